"""Slots: exactly one per local date, through every change of clocks, and a fair decision on what was missed."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from activator.config.project import ScheduleSection
from activator.schedule.slots import Slot, Timetable, decide, slots, timetable


def daily(at: str, zone: str = "Europe/Berlin", days: tuple[str, ...] | None = None, catch_up: int = 12) -> Timetable:
    values = {"name": "nightly", "run": "sync", "at": at, "catch_up_hours": catch_up}
    section = ScheduleSection.model_validate({**values, "days": days} if days else values)
    return timetable(section, zone)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_a_plain_day_is_the_local_time_in_utc() -> None:
    assert slots(daily("02:30"), utc(2026, 1, 9, 12), utc(2026, 1, 10, 12)) == (
        Slot("nightly", date(2026, 1, 10), utc(2026, 1, 10, 1, 30)),
    )


def test_a_time_in_the_spring_gap_moves_on_by_the_gap() -> None:
    (slot,) = slots(daily("02:30"), utc(2026, 3, 28, 12), utc(2026, 3, 29, 12))
    assert slot.local_date == date(2026, 3, 29)
    assert slot.instant.astimezone(ZoneInfo("Europe/Berlin")).time() == time(3, 30)


def test_a_time_in_the_autumn_fold_is_the_first_of_the_two() -> None:
    (slot,) = slots(daily("02:30"), utc(2026, 10, 24, 12), utc(2026, 10, 25, 12))
    assert slot == Slot("nightly", date(2026, 10, 25), utc(2026, 10, 25, 0, 30))


def test_half_hour_changes_are_whole_days_too() -> None:
    found = slots(daily("02:15", "Australia/Lord_Howe"), utc(2026, 10, 1), utc(2026, 10, 8))
    assert [slot.local_date.day for slot in found] == [2, 3, 4, 5, 6, 7, 8]


def test_a_date_the_zone_left_out_has_no_slot() -> None:
    found = slots(daily("09:00", "Pacific/Apia"), utc(2011, 12, 28), utc(2012, 1, 1, 12))
    assert [slot.local_date.isoformat() for slot in found] == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"]


def test_only_the_chosen_weekdays_count_by_local_date() -> None:
    # 08:00 on Monday in Auckland is Sunday in UTC.
    found = slots(daily("08:00", "Pacific/Auckland", days=("mon",)), utc(2026, 6, 1), utc(2026, 6, 15))
    assert [slot.local_date.isoformat() for slot in found] == ["2026-06-08", "2026-06-15"]


def test_the_start_is_excluded_and_the_end_included() -> None:
    schedule = daily("02:30")
    instant = utc(2026, 1, 10, 1, 30)
    assert slots(schedule, instant, instant + timedelta(hours=1)) == ()
    assert len(slots(schedule, instant - timedelta(seconds=1), instant)) == 1


def test_windows_laid_end_to_end_lose_nothing_and_double_nothing() -> None:
    schedule = daily("02:30", "America/New_York")
    edges = [utc(2026, 3, 1) + timedelta(minutes=97 * step) for step in range(400)]
    pieces = [slot for start, end in pairwise(edges) for slot in slots(schedule, start, end)]
    assert tuple(pieces) == slots(schedule, edges[0], edges[-1])


def test_a_schedule_may_have_its_own_zone() -> None:
    section = ScheduleSection.model_validate(
        {"name": "us", "run": "briefing", "at": "07:00", "time_zone": "America/New_York"}
    )
    assert timetable(section, "Europe/Berlin").zone.key == "America/New_York"


class TestDecide:
    day = tuple(Slot("nightly", date(2026, 5, n), utc(2026, 5, n, 0, 30)) for n in range(1, 5))

    def test_nothing_due_is_nothing_to_do(self) -> None:
        decision = decide(self.day, utc(2026, 5, 1), 12)
        assert (decision.run, decision.skipped) == (None, ())

    def test_a_punctual_slot_runs(self) -> None:
        assert decide(self.day[:1], utc(2026, 5, 1, 0, 30, 20), 0).run == self.day[0]

    @pytest.mark.parametrize(("hour", "minute", "runs"), [(12, 30, True), (12, 31, False)])
    def test_the_catch_up_window_is_a_boundary(self, hour: int, minute: int, runs: bool) -> None:
        decision = decide(self.day[:1], utc(2026, 5, 1, hour, minute), 12)
        assert (decision.run is not None) is runs
        assert [skip.reason for skip in decision.skipped] == ([] if runs else ["missed by more than 720 minutes"])

    def test_of_several_missed_slots_only_the_newest_is_caught_up(self) -> None:
        decision = decide(self.day, utc(2026, 5, 4, 9), 12)
        assert decision.run == self.day[3]
        assert [skip.slot for skip in decision.skipped] == list(self.day[:3])

    def test_two_slots_inside_the_window_run_once(self) -> None:
        close = [self.day[0], Slot("nightly", date(2026, 5, 2), self.day[0].instant + timedelta(hours=22))]
        decision = decide(close, close[1].instant + timedelta(minutes=30), 23)
        assert decision.run == close[1]
        assert [skip.reason for skip in decision.skipped] == ["a newer slot is due as well"]

    def test_every_due_slot_has_exactly_one_fate_whatever_the_order(self) -> None:
        decision = decide(reversed(self.day), utc(2026, 5, 3, 9), 12)
        fates = [*([decision.run] if decision.run else []), *(skip.slot for skip in decision.skipped)]
        assert sorted(slot.instant for slot in fates) == [slot.instant for slot in self.day[:3]]
