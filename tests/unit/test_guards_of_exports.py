"""Guards over exports, each at its boundary, and what they say when the ledger has nothing to compare with."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

import pytest

from activator.config.project import GuardSection
from activator.model.exports import ExportLook
from activator.model.ledger import Evidence, SourceUse
from activator.model.people import Outcome, SourceCount, SuppressionCount, TierSummary
from activator.model.plan import GuardFinding
from activator.people.mapping import IGNORED
from activator.plan.guards import (
    evidence_guards,
    freshness_guards,
    identifier_guards,
    layout_guards,
    missing_guards,
    source_guards,
    suppression_guards,
    tier_guards,
)
from activator.plan.yardsticks import rows_by_source, usable_shares

LIMITS = GuardSection()
NOW = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
LOOK = ExportLook("orders", ("amount", "email", "note"), ("amount", "email"), "CSV UTF-8 comma", "d1")


def used(rows: int, **more: object) -> SourceUse:
    return replace(SourceUse("orders", rows, "d1", NOW - timedelta(days=1)), **more)  # type: ignore[arg-type]


def known(*newest_first: SourceUse, since: datetime | None = None) -> Evidence:
    return Evidence(uses={"orders": newest_first}, unchanged_since={"orders": since} if since else {})


def names(findings: Sequence[GuardFinding]) -> list[str]:
    return [finding.guard for finding in findings]


class TestSourceShrunk:
    def objections(self, rows: int, *newest_first: int) -> list[str]:
        return names(source_guards({"orders": rows}, known(*(used(count) for count in newest_first)), LIMITS))

    @pytest.mark.parametrize(("rows", "objections"), [(800, []), (799, ["source-shrunk"]), (0, ["source-shrunk"])])
    def test_a_fifth_may_go_and_no_more(self, rows: int, objections: list[str]) -> None:
        assert self.objections(rows, 1000) == objections

    def test_a_decline_in_small_steps_is_measured_against_the_median(self) -> None:
        """Each step loses 15 %, which the last export alone would let pass."""
        assert self.objections(614, 722, 850, 1000) == ["source-shrunk"]
        assert self.objections(722, 722, 850, 1000) == []

    def test_one_export_that_was_cut_and_accepted_does_not_lower_the_measure(self) -> None:
        assert self.objections(500, 400, 1000, 1000) == ["source-shrunk"]

    def test_what_has_just_grown_may_not_be_cut_either(self) -> None:
        assert self.objections(300, 1000, 300, 300) == ["source-shrunk"]

    def test_a_new_export_has_nothing_to_be_compared_with(self) -> None:
        assert source_guards({"orders": 1}, Evidence(), LIMITS) == []

    def test_it_says_what_there_is_and_what_is_usual(self) -> None:
        (found,) = source_guards({"orders": 10}, known(used(1000)), LIMITS)
        assert found.message == "10 rows, 1,000 are usual (limit 80 %)"

    def test_an_entry_taken_out_of_the_project_file_is_missed_until_somebody_accepts_it(self) -> None:
        evidence = Evidence(uses={"crm": (used(10),), "objections": (used(3),), "old": (used(0), used(3))})
        (found,) = missing_guards({"crm"}, evidence)
        assert (found.guard, found.subject) == ("source-shrunk", "objections")
        assert "3 rows" in found.message

    def test_suppression_lists_are_measured_likewise(self) -> None:
        (found,) = suppression_guards({"orders": 79}, known(used(100)), LIMITS)
        assert (found.guard, found.message) == ("suppression-shrunk", "79 usable rows, 100 are usual (limit 80 %)")
        assert suppression_guards({"orders": 80}, known(used(100)), LIMITS) == []


class TestIdentifiersFell:
    def objections(self, share: int, *newest_first: int, rows: int = 1000) -> list[str]:
        evidence = known(*(used(rows, usable_bp=before) for before in newest_first))
        return names(identifier_guards({"orders": share}, {"orders": rows}, evidence, LIMITS))

    @pytest.mark.parametrize(("share", "objections"), [(8500, []), (8499, ["identifiers-fell"]), (9900, [])])
    def test_ten_points_may_be_lost_and_no_more(self, share: int, objections: list[str]) -> None:
        assert self.objections(share, 9500) == objections

    def test_a_decline_in_small_steps_is_measured_against_the_median(self) -> None:
        assert self.objections(7900, 8300, 9100, 9900) == ["identifiers-fell"]

    @pytest.mark.parametrize(("rows", "objections"), [(9, []), (10, ["identifiers-fell"])])
    def test_a_share_of_a_handful_says_nothing(self, rows: int, objections: list[str]) -> None:
        assert self.objections(1000, 9500, rows=rows) == objections

    def test_nothing_is_known_of_a_new_export(self) -> None:
        assert self.objections(0) == []

    def test_it_says_both_shares(self) -> None:
        evidence = known(used(1000, usable_bp=9950))
        (found,) = identifier_guards({"orders": 7125}, {"orders": 1000}, evidence, LIMITS)
        assert found.message.startswith(
            "71.2 % of its rows say whose they are, 99.5 % are usual (limit 10 points less)"
        )

    def test_rows_that_are_not_wanted_count_neither_way(self) -> None:
        counts = [
            SourceCount("orders", Outcome.MEMBER, "", 60),
            SourceCount("orders", Outcome.NO_CONSENT, "consent denied", 20),
            SourceCount("orders", Outcome.INVALID, "no date", 10),
            SourceCount("orders", Outcome.INVALID, f"{IGNORED}refunds", 100),
            SourceCount("orders", Outcome.NO_IDENTIFIER, "nothing usable", 4, "meta"),
            SourceCount("orders", Outcome.NO_IDENTIFIER, "nothing usable", 10, "google"),
            SourceCount("orders", Outcome.MEMBER, "", 6, "meta"),
        ]
        assert usable_shares(counts) == {"orders": 8000}
        assert rows_by_source(counts, [SuppressionCount("nay", 9, 3, 2, 4, 0, 3)]) == {"orders": 200, "nay": 5}

    def test_an_export_of_nothing_but_unwanted_rows_has_no_share(self) -> None:
        assert usable_shares([SourceCount("orders", Outcome.INVALID, f"{IGNORED}refunds", 5)]) == {}


class TestLayoutChanged:
    BEFORE = used(10, columns=LOOK.columns, dialect=LOOK.dialect)

    def said(self, look: ExportLook, before: SourceUse | None = None) -> list[str]:
        return [finding.message for finding in layout_guards([look], known(before or self.BEFORE))]

    def test_the_same_layout_passes_in_any_order(self) -> None:
        assert self.said(LOOK) == []

    @pytest.mark.parametrize("columns", [("amount", "email"), ("amount", "email", "note", "shoe size")])
    def test_columns_nobody_reads_may_come_and_go(self, columns: tuple[str, ...]) -> None:
        assert self.said(replace(LOOK, columns=columns)) == []

    def test_a_column_in_use_may_not_go(self) -> None:
        assert self.said(replace(LOOK, columns=("amount", "note"))) == ["the column 'email' is gone"]

    def test_a_column_the_mapping_would_use_may_not_come_unseen(self) -> None:
        before = used(10, columns=("amount", "note"), dialect=LOOK.dialect)
        assert self.said(LOOK, before) == ["the column 'email' is new"]

    def test_a_mapping_that_makes_use_of_more_columns_has_changed_no_export(self) -> None:
        assert self.said(replace(LOOK, used=("amount", "email", "note"))) == []

    def test_another_way_of_writing_is_told(self) -> None:
        (said,) = self.said(replace(LOOK, dialect="CSV UTF-8 semicolon"))
        assert said == "it is CSV UTF-8 semicolon, and was CSV UTF-8 comma"

    def test_a_new_export_changed_nothing(self) -> None:
        assert layout_guards([LOOK], Evidence()) == []


class TestStaleExport:
    HOURS: ClassVar = {"orders": 24}

    def said(self, look: ExportLook, evidence: Evidence, hours: dict[str, int] | None = None) -> list[str]:
        found = freshness_guards([look], self.HOURS if hours is None else hours, evidence, NOW)
        return [finding.message for finding in found]

    def written(self, hours: float) -> ExportLook:
        return replace(LOOK, written_at=NOW - timedelta(hours=hours), digest="d2")

    @pytest.mark.parametrize(("hours", "stale"), [(24, False), (24.01, True)])
    def test_an_export_may_be_as_old_as_its_section_says(self, hours: float, stale: bool) -> None:
        assert bool(self.said(self.written(hours), Evidence())) == stale

    def test_an_hour_is_one_hour(self) -> None:
        (said,) = self.said(self.written(2), Evidence(), hours={"orders": 1})
        assert said == "written 2026-11-25 00:30 UTC, longer ago than 1 hour"

    def test_nobody_is_asked_where_the_project_says_nothing(self) -> None:
        assert self.said(self.written(9999), Evidence(), hours={}) == []

    def test_an_older_one_does_not_take_the_place_of_a_newer(self) -> None:
        before = known(used(10, digest="d1", written_at=NOW - timedelta(hours=2)))
        (said,) = self.said(self.written(3), before)
        assert said == "written 2026-11-24 23:30 UTC, before the one used last (2026-11-25 00:30 UTC)"
        assert self.said(self.written(2), before) == []

    @pytest.mark.parametrize(("since_hours", "stale"), [(24, False), (25, True)])
    def test_a_file_written_anew_with_the_same_bytes_is_no_newer(self, since_hours: int, stale: bool) -> None:
        before = known(used(10), since=NOW - timedelta(hours=since_hours))
        look = replace(LOOK, written_at=NOW)
        assert bool(self.said(look, before)) == stale
        assert self.said(replace(look, digest="d2"), before) == []

    def test_a_database_is_judged_by_its_rows_alone(self) -> None:
        before = known(used(10), since=NOW - timedelta(hours=25))
        (said,) = self.said(LOOK, before)
        assert said.startswith("the very same that was first used 2026-11-24 01:30 UTC")


class TestTierMoved:
    def objections(self, before: int, now: int | None) -> list[str]:
        tiers = [] if now is None else [TierSummary("high", now, 0, 0, 0)]
        return names(tier_guards(tiers, Evidence(tiers={"high": before}), LIMITS))

    @pytest.mark.parametrize(
        ("now", "objections"), [(1250, []), (1251, ["tier-moved"]), (750, []), (749, ["tier-moved"])]
    )
    def test_a_quarter_may_come_or_go(self, now: int, objections: list[str]) -> None:
        assert self.objections(1000, now) == objections

    @pytest.mark.parametrize(("before", "objections"), [(99, []), (100, ["tier-moved"])])
    def test_a_tier_too_small_for_any_platform_may_do_as_it_likes(self, before: int, objections: list[str]) -> None:
        assert self.objections(before, 0) == objections

    def test_a_tier_that_is_gone_is_missed(self) -> None:
        assert self.objections(1000, None) == ["tier-moved"]

    def test_a_new_tier_has_moved_from_nowhere(self) -> None:
        assert tier_guards([TierSummary("new", 500, 0, 0, 0)], Evidence(), LIMITS) == []

    def test_it_says_how_far(self) -> None:
        (found,) = tier_guards([TierSummary("high", 600, 0, 0, 0)], Evidence(tiers={"high": 1000}), LIMITS)
        assert found.message == "600 people, 1,000 after the last plan (-40 %; limit 25 %)"

    def test_the_limit_is_the_project_files(self) -> None:
        loose = GuardSection(tier_change_max=Decimal("0.40"))
        assert tier_guards([TierSummary("high", 600, 0, 0, 0)], Evidence(tiers={"high": 1000}), loose) == []


def test_what_cannot_be_compared_is_not_taken_for_equal() -> None:
    assert names(evidence_guards(Evidence(whole=False))) == ["no-evidence"]
    assert evidence_guards(Evidence()) == []
