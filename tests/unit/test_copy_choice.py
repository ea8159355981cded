"""Which copy a tier gets."""

import pytest

from activator.errors import ConfigurationError
from activator.model.ads import CopyVariant
from activator.model.plan import TierMotivation
from activator.plan.copy import variants_for_tier


def variant(name: str, motivation: str, headline: str = "Made to last") -> CopyVariant:
    return CopyVariant(name, motivation, (headline,), ("A line.",), "A message.")


def heard(outcome: str, *motivations: str) -> TierMotivation:
    return TierMotivation("high", outcome, motivations, 120, 0.5, 0.4)


VARIANTS = (
    variant("plain_a", "generic"),
    variant("safe_a", "risk"),
    variant("rare_a", "status"),
    variant("safe_b", "risk"),
    variant("plain_b", "generic"),
)


def names(motivation: TierMotivation | None, override: str | None = None) -> list[str]:
    return [chosen.name for chosen in variants_for_tier(motivation, override, VARIANTS)]


def test_one_dominant_motivation_is_spoken_to() -> None:
    assert names(heard("one", "risk")) == ["safe_a", "safe_b"]


def test_two_take_turns_the_stronger_first() -> None:
    assert names(heard("two", "status", "risk")) == ["rare_a", "safe_a", "safe_b"]
    assert names(heard("two", "risk", "status")) == ["safe_a", "rare_a", "safe_b"]


@pytest.mark.parametrize("motivation", [None, heard("none"), heard("too_few"), heard("one", "novelty")])
def test_otherwise_the_copy_is_generic(motivation: TierMotivation | None) -> None:
    assert names(motivation) == ["plain_a", "plain_b"]


def test_of_two_only_the_one_with_copy_is_spoken_to() -> None:
    assert names(heard("two", "novelty", "status")) == ["rare_a"]


def test_the_project_file_overrules_what_was_heard() -> None:
    assert names(heard("one", "risk"), "status") == ["rare_a"]
    assert names(heard("one", "risk"), "generic") == ["plain_a", "plain_b"]


def test_an_override_nobody_wrote_for_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="no copy variant speaks to it") as caught:
        names(None, "novelty")
    assert "generic, risk, status" in caught.value.next_step


def test_an_unfilled_slot_is_never_published() -> None:
    with pytest.raises(ConfigurationError, match=r"`cheap_a` has an unfilled slot \{saving\}"):
        variants_for_tier(heard("one", "price"), None, [variant("cheap_a", "price", "Save {saving}")])
