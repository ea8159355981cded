"""Every zone the machine knows, two years, awkward times: one slot per local date, 22 to 26 hours apart."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from activator.config.project import RunKind
from activator.schedule.slots import Slot, Timetable, slots

FIRST = date(2026, 1, 1)
DAYS = 730
TIMES = (time(0, 0), time(0, 30), time(1, 30), time(2, 30), time(3, 30), time(23, 45))
EVERY_DAY = frozenset(range(7))


def distinct_zones() -> list[ZoneInfo]:
    """One zone per behaviour: links and twins with the same offsets in every hour around a change are left out."""
    seen: dict[tuple[object, ...], ZoneInfo] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        seen.setdefault(tuple(changes(zone)), zone)
    return list(seen.values())


def changes(zone: ZoneInfo) -> Iterator[tuple[datetime, timedelta | None]]:
    start = datetime(2025, 12, 30, tzinfo=UTC)
    before = None
    for day in range(DAYS + 4):
        offset = (start + timedelta(days=day)).astimezone(zone).utcoffset()
        if offset != before:
            hours = (start + timedelta(days=day - 1, hours=hour) for hour in range(25))
            yield from ((hour, hour.astimezone(zone).utcoffset()) for hour in hours)
        before = offset


ZONES = distinct_zones()


@pytest.mark.parametrize("at", TIMES, ids=str)
def test_one_slot_per_local_date_everywhere(at: time) -> None:
    for zone in ZONES:
        schedule = Timetable("s", RunKind.SYNC, at, EVERY_DAY, zone, 12)
        start = datetime.combine(FIRST, time(0), tzinfo=zone) - timedelta(seconds=1)
        end = datetime.combine(FIRST + timedelta(days=DAYS), time(0), tzinfo=zone) + timedelta(hours=3)
        found = slots(schedule, start, end)[:DAYS]
        assert [slot.local_date for slot in found] == [FIRST + timedelta(days=n) for n in range(DAYS)], zone
        gaps = {later.instant - earlier.instant for earlier, later in pairwise(found)}
        assert timedelta(hours=22) <= min(gaps) <= max(gaps) <= timedelta(hours=26), zone
        assert all(stands_right(slot, at, zone) for slot in found), zone


def stands_right(slot: Slot, at: time, zone: ZoneInfo) -> bool:
    """Judged by reading the clock on the wall at that instant, and by nothing the product uses."""
    wall = slot.instant.astimezone(zone)
    wanted = datetime.combine(slot.local_date, at)
    if wall.replace(tzinfo=None, fold=0) == wanted:
        return wall.fold == 0  # the first of two
    offset_before, offset_after = (
        (slot.instant + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in (-4, 4)
    )
    assert offset_before is not None
    assert offset_after is not None
    return wall.replace(tzinfo=None, fold=0) - wanted == offset_after - offset_before > timedelta(0)
