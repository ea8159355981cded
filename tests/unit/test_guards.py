"""Each guard at its boundary: the last plan that passes, and the first that does not."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from activator.config.project import GuardSection
from activator.model.ads import Bid, BidStrategy, CampaignSpec, GroupSpec, ObjectSpec, RemoteObject
from activator.model.bidding import AppliedTerms, TierVerdict
from activator.model.ledger import SourceUse
from activator.model.plan import AudienceState, GuardFinding
from activator.plan.guards import (
    GUARDS,
    accept,
    audience_guards,
    budget_guards,
    missing_guards,
    source_guards,
    unproven_budget_guards,
)

LIMITS = GuardSection(
    removal_share_max=Decimal("0.30"), source_rows_share_min=Decimal("0.50"), daily_budget_max=Decimal("100.00")
)
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


@pytest.mark.parametrize(("rows", "objections"), [(500, []), (499, ["source-shrunk"]), (0, ["source-shrunk"])])
def test_an_export_may_halve_and_no_more(rows: int, objections: list[str]) -> None:
    last = {"orders": SourceUse("orders", 1000, "digest", datetime(2026, 11, 1, tzinfo=UTC))}
    assert names(source_guards({"orders": rows}, last, LIMITS)) == objections


def test_a_new_export_has_nothing_to_be_compared_with() -> None:
    assert source_guards({"orders": 1}, {}, LIMITS) == []


def test_an_entry_taken_out_of_the_project_file_is_missed_until_somebody_accepts_it() -> None:
    last = {
        name: SourceUse(name, rows, "", datetime(2026, 11, 1, tzinfo=UTC))
        for name, rows in (("crm", 10), ("objections", 3), ("old", 0))
    }
    (found,) = missing_guards({"crm"}, last)
    assert (found.guard, found.subject) == ("source-shrunk", "objections")
    assert "3 rows" in found.message


def campaign(minor: int) -> CampaignSpec:
    return CampaignSpec("campaign", "name", minor, BidStrategy.MANUAL_CPC)


@pytest.mark.parametrize(("second", "objections"), [(4000, []), (4001, ["daily-budget"])])
def test_budgets_add_up_over_destinations(second: int, objections: list[str]) -> None:
    specs = {"meta": [campaign(6000)], "google": [campaign(second)]}
    assert names(budget_guards(specs, LIMITS)) == objections


def test_without_a_ceiling_budgets_are_the_users_affair() -> None:
    assert budget_guards({"meta": [campaign(10**9)]}, GuardSection(daily_budget_max=None)) == []


def test_accepting_one_guard_leaves_the_others_standing() -> None:
    findings = [GuardFinding("source-shrunk", "orders", "", ""), GuardFinding("empty-audience", "meta/x", "", "")]
    shrunk, emptied = accept(findings, {"source-shrunk": "season is over"})
    assert (shrunk.accepted, emptied.accepted) == ("season is over", None)


def test_every_objection_has_a_name_users_can_accept() -> None:
    raised = {
        *names(audience_guards([audience(1000, removes=301), audience(5, removes=5)], LIMITS, MINIMUM)),
        *names(budget_guards({"meta": [campaign(10_001)]}, LIMITS)),
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
        assert not unproven_budget_guards(
            "google", specs, observed, (), [*proven, TierVerdict("b", "confirmed", self.NOW, "")], ["a", "b"]
        )
