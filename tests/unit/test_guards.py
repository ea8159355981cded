"""Each guard at its boundary: the last plan that passes, and the first that does not."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from activator.config.project import GuardSection
from activator.model.ads import Bid, BidStrategy, CampaignSpec, GroupSpec, ObjectSpec, RemoteObject
from activator.model.bidding import AppliedTerms, TierVerdict
from activator.model.plan import AudienceState, GuardFinding
from activator.plan.guards import (
    CEILINGS,
    GUARDS,
    accept,
    audience_guards,
    to_accept,
    unproven_budget_guards,
)

LIMITS = GuardSection(removal_share_max=Decimal("0.30"))
MINIMUM = {"meta": 100}


def audience(believed: int, *, adds: int = 0, removes: int = 0) -> AudienceState:
    return AudienceState("meta", "audience/high", "high", believed, believed + adds - removes, adds, removes, 0)


def names(findings: list[GuardFinding]) -> list[str]:
    return [finding.guard for finding in findings]


@pytest.mark.parametrize(("removes", "objections"), [(300, []), (301, ["removal-share"])])
def test_up_to_the_removal_share_may_go(removes: int, objections: list[str]) -> None:
    assert names(audience_guards([audience(1000, removes=removes)], LIMITS, MINIMUM)) == objections


@pytest.mark.parametrize(("believed", "objections"), [(9, []), (10, ["removal-share"])])
def test_a_share_of_a_handful_says_nothing(believed: int, objections: list[str]) -> None:
    assert names(audience_guards([audience(believed, removes=4)], LIMITS, {"meta": 1})) == objections


@pytest.mark.parametrize(
    ("believed", "adds", "removes", "objections"),
    [
        (110, 0, 10, []),  # 100 left: just enough to be delivered to
        (110, 0, 11, ["empty-audience"]),
        (110, 5, 15, []),  # who comes in counts
        (100, 0, 1, ["empty-audience"]),
        (99, 0, 1, []),  # it was too small before: nothing is lost
        (5, 0, 5, ["empty-audience"]),  # but emptying is always worth a word
        (0, 0, 0, []),
    ],
)
def test_no_audience_falls_out_of_delivery(believed: int, adds: int, removes: int, objections: list[str]) -> None:
    state = audience(believed, adds=adds, removes=removes)
    assert names(audience_guards([state], LIMITS, MINIMUM)) == objections


def test_an_emptied_audience_is_one_objection_not_two() -> None:
    assert names(audience_guards([audience(1000, removes=1000)], LIMITS, MINIMUM)) == ["empty-audience"]


def test_accepting_one_guard_leaves_the_others_standing() -> None:
    findings = [GuardFinding("source-shrunk", "orders", "", ""), GuardFinding("empty-audience", "meta/x", "", "")]
    shrunk, emptied = accept(findings, {"source-shrunk": "season is over"})
    assert (shrunk.accepted, emptied.accepted) == ("season is over", None)


def test_a_ceiling_on_money_is_accepted_by_nobody() -> None:
    ceilings = [GuardFinding(name, "all", "", "") for name in CEILINGS]
    assert {f.accepted for f in accept(ceilings, dict.fromkeys(CEILINGS, "just once"))} == {None}
    assert to_accept(ceilings) == ""


def test_the_way_on_names_every_guard_that_objects_and_none_where_a_ceiling_does() -> None:
    findings = [GuardFinding(name, "x", "", "") for name in ("tier-moved", "removal-share", "tier-moved")]
    assert to_accept(findings) == '--accept removal-share --accept tier-moved --reason "..."'
    assert to_accept(accept(findings, {"removal-share": "so be it"})) == '--accept tier-moved --reason "..."'
    assert to_accept([*findings, GuardFinding("bid-cap", "meta/group/high", "", "")]) == ""


def test_every_objection_has_a_name_users_can_accept() -> None:
    raised = {
        *names(audience_guards([audience(1000, removes=301), audience(5, removes=5)], LIMITS, MINIMUM)),
    }
    assert raised <= set(GUARDS)


class TestUnprovenBudget:
    NOW = datetime(2026, 11, 25, tzinfo=UTC)

    def objections(
        self, wanted: int, shown: int | None, *, given: int = 0, outcome: str = "", gated: bool = True
    ) -> list[str]:
        group = GroupSpec(
            "group/high", "high", "campaign", "high", "audience/high", (), wanted, Bid(BidStrategy.LOWEST_COST), ("DE",)
        )
        remote = RemoteObject("group", "group/high", "1", "high", "ACTIVE", {"daily_budget_minor": shown})
        applied = [AppliedTerms("meta", "high", None, None, given, self.NOW, self.NOW)] if given else []
        verdicts = [TierVerdict("high", outcome, self.NOW, "")] if outcome else []  # type: ignore[arg-type]
        observed = {} if shown is None else {"group/high": remote}
        tiers = ["high"] if gated else []
        return names(unproven_budget_guards("meta", [group], observed, applied, verdicts, tiers))

    def test_a_first_budget_is_no_growth(self) -> None:
        assert self.objections(6000, None) == []

    @pytest.mark.parametrize(("wanted", "objections"), [(6000, []), (6001, ["unproven-budget"]), (5999, [])])
    def test_a_budget_may_not_grow(self, wanted: int, objections: list[str]) -> None:
        assert self.objections(wanted, 6000) == objections

    @pytest.mark.parametrize(
        ("outcome", "objections"), [("confirmed", []), ("running", ["unproven-budget"]), ("worse", ["unproven-budget"])]
    )
    def test_after_a_confirmed_verdict_it_may(self, outcome: str, objections: list[str]) -> None:
        assert self.objections(7000, 6000, outcome=outcome) == objections

    def test_a_tier_that_is_told_what_everybody_is_told_has_nothing_to_prove(self) -> None:
        assert self.objections(7000, 6000, gated=False) == []

    def test_what_somebody_lowered_may_come_back(self) -> None:
        assert self.objections(6000, 4000, given=6000) == []

    def test_a_campaigns_budget_needs_all_of_its_tiers_proven(self) -> None:
        bid = Bid(BidStrategy.MANUAL_CPC, 100)
        specs: list[ObjectSpec] = [
            CampaignSpec("campaign", "c", 9000, BidStrategy.MANUAL_CPC),
            *(GroupSpec(f"group/{t}", t, "campaign", t, f"audience/{t}", (), None, bid, ("DE",)) for t in ("a", "b")),
        ]
        observed = {"campaign": RemoteObject("campaign", "campaign", "1", "c", "ENABLED", {"daily_budget_minor": 8000})}
        proven = [TierVerdict("a", "confirmed", self.NOW, "")]
        (found,) = unproven_budget_guards("google", specs, observed, (), proven, ["a", "b"])
        assert found.message.startswith("the budget would grow from 80.00 to 90.00 a day; no test has confirmed")
        assert found.message.endswith("the copy of b")
        assert (found.guard, found.subject) == ("unproven-budget", "google/campaign")
        assert found.fix.startswith("Test it and record the verdict (`activator experiment verdict --record TIER`)")
        assert not unproven_budget_guards(
            "google", specs, observed, (), [*proven, TierVerdict("b", "confirmed", self.NOW, "")], ["a", "b"]
        )

    def test_a_campaign_that_shows_no_budget_yet_has_none_that_could_grow(self) -> None:
        bid = Bid(BidStrategy.MANUAL_CPC, 100)
        specs: list[ObjectSpec] = [
            CampaignSpec("campaign", "c", 9000, BidStrategy.MANUAL_CPC),
            GroupSpec("group/a", "a", "campaign", "a", "audience/a", (), None, bid, ("DE",)),
        ]
        observed = {"campaign": RemoteObject("campaign", "campaign", "1", "c", "ENABLED", {})}
        assert unproven_budget_guards("google", specs, observed, (), (), ["a"]) == []
