"""The order of a plan: urgency over all destinations, parents before children, and stopping before starting."""

from itertools import permutations

import pytest

from activator.model.ads import AudienceSpec, BidStrategy, CampaignSpec, RemoteObject
from activator.model.delivery import Operation
from activator.model.plan import ChangeMembers, CreateObject, PauseObject, Urgency
from activator.plan.order import in_order, with_urgency

AUDIENCES = [
    AudienceSpec(f"audience/{tier}", tier, "", tier, suppress=tier == "never")
    for tier in ("high", "mid", "never", "low")
]


def change(
    tier: str,
    operation: Operation,
    destination: str = "meta",
    *,
    after: bool = False,
    asserted: bool = False,
    withdrawn: bool = False,
) -> ChangeMembers:
    return ChangeMembers(destination, f"audience/{tier}", operation, after, 1, (), asserted, withdrawn)


def urgencies(*changes: ChangeMembers) -> list[Urgency]:
    return [made.urgency for made in with_urgency(changes, AUDIENCES)]


def test_adds_are_as_urgent_as_their_audience() -> None:
    assert urgencies(*(change(tier, Operation.ADD) for tier in ("high", "mid", "never", "low"))) == [
        Urgency.HIGHEST_TIER,
        Urgency.OTHER_TIERS,
        Urgency.KEEPING_OUT,
        Urgency.OTHER_TIERS,
    ]


def test_where_the_first_tier_has_no_audience_the_next_is_the_highest() -> None:
    (made,) = with_urgency([change("mid", Operation.ADD)], AUDIENCES[1:])
    assert made.urgency is Urgency.HIGHEST_TIER


@pytest.mark.parametrize("tier", ["high", "mid", "never", "low"])
def test_removals_and_what_follows_them_are_as_urgent_in_every_audience(tier: str) -> None:
    assert urgencies(
        change(tier, Operation.REMOVE, withdrawn=True),
        change(tier, Operation.REMOVE),
        change(tier, Operation.ADD, after=True),
        change(tier, Operation.REMOVE, asserted=True),
        change(tier, Operation.ADD, asserted=True),
    ) == [Urgency.WITHDRAWAL, Urgency.REMOVAL, Urgency.AFTER_REMOVALS, Urgency.ASSERTION, Urgency.ASSERTION]


def test_urgency_counts_over_all_destinations_whatever_order_they_were_planned_in() -> None:
    changes = with_urgency(
        [
            change("low", Operation.ADD, "meta"),
            change("high", Operation.REMOVE, "google", withdrawn=True),
            change("mid", Operation.REMOVE, "meta"),
            change("high", Operation.ADD, "google"),
        ],
        AUDIENCES,
    )
    made = [CreateObject("google", AUDIENCES[0])]
    for given in permutations(changes):
        ordered = in_order(given, made, ())
        assert ordered == (changes[1], changes[2], *made, changes[3], changes[0])


def test_what_is_to_stop_comes_before_what_is_to_start() -> None:
    started = CreateObject("meta", CampaignSpec("campaign", "c", None, BidStrategy.LOWEST_COST))
    stopped = PauseObject("google", RemoteObject("ad", "ad/high/old", "8", "old", "ACTIVE"))
    assert in_order((), (), [started, stopped]) == (stopped, started)
