"""Lookalikes are grown from the highest tier, or from one that is named with a reason: on every platform."""

from pathlib import Path

import pytest

from activator.errors import ConfigurationError
from activator.model.naming import marker
from activator.ports import DestinationContext
from tests.clocks import ManualClock

TIERS = ("gold", "silver")


def context(tmp_path: Path) -> DestinationContext:
    keys = ("campaign", *(f"audience/{tier}" for tier in TIERS))
    markers = {marker("p", "meta", key): key for key in keys}
    return DestinationContext("meta", "p", "1", "EUR", "UTC", tmp_path, {}, ManualClock(), ("DE",), markers)


def test_the_highest_tier_needs_no_reason(tmp_path: Path) -> None:
    assert context(tmp_path).tiers == TIERS
    context(tmp_path).check_seeds("lookalikes", ["gold"], {})


def test_a_lower_tier_is_refused_and_both_ways_on_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        context(tmp_path).check_seeds("lookalikes", ["gold", "silver"], {"silver": " "})
    assert refused.value.message == (
        "destinations.meta.options.lookalikes: a lookalike of tier `silver` looks for more people who are worth less"
    )
    assert refused.value.next_step == "Grow it from `gold`, or say why: `lookalike_reasons: {silver: ...}`."


def test_a_lower_tier_with_a_reason_is_taken(tmp_path: Path) -> None:
    context(tmp_path).check_seeds("lookalikes", ["silver"], {"silver": "gold is too small to seed one"})


@pytest.mark.parametrize(("seeds", "reasons"), [(["platinum"], {}), (["gold"], {"platinum": "why not"})])
def test_a_tier_that_is_not_there_is_named(tmp_path: Path, seeds: list[str], reasons: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="there is no tier `platinum`") as refused:
        context(tmp_path).check_seeds("lookalikes", seeds, reasons)
    assert refused.value.next_step == "Name one of: gold, silver."
