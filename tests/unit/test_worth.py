"""What tiers will bring, summed where the people are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import pytest

from activator.model.bidding import TierWorth
from activator.people.engine import Engine, open_engine
from activator.plan.bids import CREDIBILITY_MAX, credibility_of
from activator.plan.worth import tier_worths

KINDS = {
    "tier": "string",
    "predicted_minor": "int64",
    "predicted_high_minor": "int64",
    "cost_ahead_minor": "int64",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(Path(tmp_path_factory.mktemp("worth"))) as opened:
        yield opened


def worths(engine: Engine, *people: tuple[Any, ...]) -> tuple[TierWorth, ...]:
    rows = [dict(zip(KINDS, person, strict=True)) for person in people]
    return tier_worths(engine, ibis.memtable(rows, schema=ibis.schema(KINDS)))


def test_predictions_less_costs_are_summed_per_tier(engine: Engine) -> None:
    found = worths(engine, ("high", 1000, 1200, 100), ("high", 500, 600, 0), ("low", 50, 60, 80), (None, 9, 9, 0))
    assert found == (
        TierWorth("high", 2, 1400, 1700, 900**2 + 500**2),
        TierWorth("low", 1, -30, -20, 30**2),
    )


def test_what_is_not_known_is_nothing(engine: Engine) -> None:
    assert worths(engine, ("high", None, None, None)) == (TierWorth("high", 1, 0, 0, 0),)
    assert worths(engine) == ()


def test_the_largest_values_of_all_do_not_break_the_sum(engine: Engine) -> None:
    most = 9_000_000_000_000_000_000
    (high,) = worths(engine, *[("high", most, most, 0)] * 3)
    assert (high.total_minor, high.customers) == (3 * most, 3)


class TestCredibility:
    """Tiers whose own mean cannot be told from chance count as everybody's."""

    def test_tiers_that_do_not_differ(self) -> None:
        alike = [TierWorth(tier, 2, 200, 200, 100**2 + 100**2) for tier in ("a", "b")]
        assert credibility_of(alike) == CREDIBILITY_MAX

    def test_tiers_whose_people_do_not_differ_count_as_they_are(self) -> None:
        assert credibility_of([TierWorth("a", 5, 500, 0, 5 * 100**2), TierWorth("b", 5, 50, 0, 5 * 10**2)]) == 0

    def test_one_tier_or_nobody(self) -> None:
        assert credibility_of([TierWorth("a", 5, 500, 0, 0)]) == CREDIBILITY_MAX
        assert credibility_of([]) == CREDIBILITY_MAX
