"""What a person reads when a guard objects: which guard, about what, why, and what to do."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from activator.config.project import GuardSection
from activator.model.ads import Bid, BidStrategy
from activator.model.exports import ExportLook
from activator.model.ledger import Evidence, SourceUse
from activator.model.people import Outcome, SourceCount, TierSummary
from activator.model.plan import AudienceState, GuardFinding, Plan
from activator.plan.guards import (
    accept,
    audience_guards,
    bid_guards,
    budget_guards,
    evidence_guards,
    freshness_guards,
    identifier_guards,
    layout_guards,
    missing_guards,
    source_guards,
    suppression_guards,
    tier_guards,
)
from activator.plan.yardsticks import usable_shares, uses_of
from tests.plans import bare_plan
from tests.unit.test_guards_of_money import EUROS, campaign, group

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
LIMITS = GuardSection(
    daily_budget_max=Decimal("10.00"), tier_daily_budgets_max={"high": Decimal("1.00")}, bid_max=Decimal("0.50")
)
USE = SourceUse("orders", 1000, "d", NOW, ("amount", "email"), "CSV UTF-8 comma", 9_900, NOW)
KNOWN = Evidence({"orders": (USE,)}, {"orders": NOW}, {"high": 1000})
LOOK = ExportLook("orders", ("amount",), ("amount", "email"), "CSV UTF-8 tab", "d", datetime(2026, 11, 1, tzinfo=UTC))
BIDDING = group("high", bid=Bid(BidStrategy.BID_CAP, 51))

# Asked inside the test, not when this file is read.
SAID: dict[str, tuple[Callable[[], list[GuardFinding]], tuple[str, str], str]] = {
    "removal-share": (
        lambda: audience_guards(
            [AudienceState("meta", "audience/high", "high", 1000, 600, 0, 400, 0)], LIMITS, {"meta": 100}
        ),
        ("meta/audience/high", "400 of 1,000 members would be removed (40 %; limit 30 %)"),
        "Check the exports and the tier cuts.",
    ),
    "empty-audience": (
        lambda: audience_guards(
            [AudienceState("meta", "audience/high", "high", 1000, 0, 0, 1000, 0)], LIMITS, {"meta": 100}
        ),
        ("meta/audience/high", "1,000 members would become 0; the platform delivers from 100"),
        "Check that the exports are complete.",
    ),
    "source-shrunk": (
        lambda: source_guards({"orders": 10}, KNOWN, LIMITS),
        ("orders", "10 rows, 1,000 are usual (limit 80 %)"),
        "Export it again, and check that it is complete.",
    ),
    "source-shrunk, gone": (
        lambda: missing_guards(set(), KNOWN),
        ("orders", "no longer in the project file; 1,000 rows when last used"),
        "Put it back. If it was a suppression list, whoever it named may be sent again without it.",
    ),
    "suppression-shrunk": (
        lambda: suppression_guards({"orders": 10}, KNOWN, LIMITS),
        ("orders", "10 usable rows, 1,000 are usual (limit 80 %)"),
        "Export the list again, and check that it is complete: whoever it no longer names may be sent again.",
    ),
    "identifiers-fell": (
        lambda: identifier_guards({"orders": 5_000}, {"orders": 1000}, KNOWN, LIMITS),
        ("orders", "50.0 % of its rows say whose they are, 99.0 % are usual (limit 10 points less)"),
        "See `activator plan --rejects FILE` for the rows, and check the columns of the export.",
    ),
    "layout-changed": (
        lambda: layout_guards([LOOK], KNOWN),
        ("orders", "the column 'email' is gone; it is CSV UTF-8 tab, and was CSV UTF-8 comma"),
        "Look at the export, and at its mapping: `activator profile` shows what is made of it.",
    ),
    "stale-export": (
        lambda: freshness_guards([LOOK], {"orders": 36}, KNOWN, NOW),
        ("orders", "written 2026-11-01 00:00 UTC, longer ago than 36 hours"),
        "See to it that the export is made, or raise `fresh_hours` of this source.",
    ),
    "tier-moved": (
        lambda: tier_guards([TierSummary("high", 1300, 0, 0, 0)], KNOWN, LIMITS),
        ("high", "1,300 people, 1,000 after the last plan (+30 %; limit 25 %)"),
        "Check the exports and the tier cuts; a tier that is gone keeps its audience on the platforms.",
    ),
    "no-evidence": (
        lambda: evidence_guards(Evidence(whole=False)),
        ("the ledger", "it does not say, or no longer wholly, what the last applied plan was made from"),
        "Restore the ledger from a backup, or look at the exports and the changes yourself.",
    ),
    "daily-budget": (
        lambda: budget_guards({"google": [campaign(123_456)]}, LIMITS, EUROS),
        ("all destinations", "daily budgets of 1,234.56 EUR exceed the ceiling of 10.00 EUR"),
        "Lower the budgets, or raise guards.daily_budget_max in the project file.",
    ),
    "tier-budget": (
        lambda: budget_guards({"meta": [group("high", 101)]}, LIMITS, EUROS),
        ("high", "daily budgets of 1.01 EUR exceed the ceiling of 1.00 EUR"),
        "Lower the budgets, or raise guards.tier_daily_budgets_max in the project file.",
    ),
    "bid-cap": (
        lambda: bid_guards({"meta": [BIDDING]}, LIMITS, EUROS),
        ("meta/group/high", "a bid of up to 0.51 EUR exceeds the ceiling of 0.50 EUR"),
        "Lower the bid, or raise guards.bid_max in the project file.",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_a_guard_says_about_what_it_objects_why_and_what_to_do(name: str) -> None:
    found, (subject, message), fix = SAID[name]
    assert found() == [GuardFinding(name.partition(",")[0], subject, message, fix)]


def test_accepting_changes_nothing_but_the_reason() -> None:
    finding = GuardFinding("tier-moved", "high", "why", "what to do")
    assert accept([finding], {"tier-moved": "season"}) == (
        GuardFinding("tier-moved", "high", "why", "what to do", "season"),
    )


class TestSeveralExports:
    """One that nothing can be said of keeps no other from being looked at."""

    def test_layouts(self) -> None:
        new = ExportLook("new", ("x",), ("x",), "CSV UTF-8 comma", "d")
        assert [found.subject for found in layout_guards([new, LOOK], KNOWN)] == ["orders"]

    def test_ages(self) -> None:
        other = ExportLook("other", ("x",), ("x",), "CSV UTF-8 comma", "d")
        assert [f.subject for f in freshness_guards([other, LOOK], {"orders": 36}, KNOWN, NOW)] == ["orders"]

    def test_shares(self) -> None:
        shares = {"new": 0, "orders": 5_000}
        found = identifier_guards(shares, {"new": 50, "orders": 1000}, KNOWN, LIMITS)
        assert [each.subject for each in found] == ["orders"]


def test_shares_are_whole_numbers_rounded_down_also_where_destinations_differ() -> None:
    counts = [
        SourceCount("orders", Outcome.NO_IDENTIFIER, "nothing usable", 1, "meta"),
        SourceCount("orders", Outcome.MEMBER, "", 2, "meta"),
        SourceCount("orders", Outcome.MEMBER, "", 3, "google"),
    ]
    (share,) = usable_shares(counts).values()
    assert (share, type(share)) == (6_666, int)


class TestUses:
    """What the ledger is told of a plan that was applied."""

    def plan(self, *findings: GuardFinding) -> Plan:
        counts = (
            SourceCount("orders", Outcome.MEMBER, "", 90),
            SourceCount("orders", Outcome.INVALID, "no date", 10),
        )
        return bare_plan(NOW, guards=findings, sources=counts, looks=(LOOK,))

    def test_everything_a_guard_will_ask_for(self) -> None:
        (use,) = uses_of(self.plan(), Evidence(), NOW)
        assert use == SourceUse("orders", 100, "d", NOW, ("amount",), "CSV UTF-8 tab", 9_000, LOOK.written_at)

    def test_what_is_gone_counts_as_empty_from_now_on(self) -> None:
        gone = SourceUse("old", 5, "d", NOW, ("a",), "CSV UTF-8 comma", 10_000)
        uses = {use.source: use for use in uses_of(self.plan(), Evidence({"old": (gone,)}), NOW)}
        assert uses["old"] == SourceUse("old", 0, "", NOW)

    @pytest.mark.parametrize(
        ("guard", "subject", "accepted", "restarted"),
        [
            ("source-shrunk", "orders", "yes", True),
            ("suppression-shrunk", "orders", "yes", True),
            ("identifiers-fell", "orders", "yes", True),
            ("source-shrunk", "contacts", "yes", False),
            ("source-shrunk", "orders", None, False),
            ("layout-changed", "orders", "yes", False),
            ("no-evidence", "the ledger", "yes", True),
            ("no-evidence", "the ledger", None, False),
        ],
    )
    def test_what_was_accepted_is_the_new_measure(
        self, guard: str, subject: str, accepted: str | None, restarted: bool
    ) -> None:
        (use,) = uses_of(self.plan(GuardFinding(guard, subject, "", "", accepted)), Evidence(), NOW)
        assert use.restarted is restarted
