"""When a schedule is due: exactly one slot per local date, through every change of clocks.

Cron triggers skip or double days around clock changes (APScheduler 3.11.3: the day after the spring change is missed in
170 of 518 zones at 00:00, 01:30 runs twice in 98; docs/adr/0003). The rule here needs no trigger:
a local time that does not exist moves on by the gap, a local time that happens twice means the first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from activator.config.project import RunKind, ScheduleSection

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PUNCTUAL = timedelta(minutes=10)  # a slot seen this late is still on time: another run may have been going on
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Timetable:
    """One schedule with every default filled in. weekdays: 0 is Monday."""

    name: str
    run: RunKind
    at: time
    weekdays: frozenset[int]
    zone: ZoneInfo
    catch_up_hours: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One run a schedule owes: its local date and the instant (UTC) at which it is due."""

    schedule: str
    local_date: date
    instant: datetime


@dataclass(frozen=True, slots=True)
class SkippedSlot:
    """A slot that will not be run, and why."""

    slot: Slot
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about the slots that are due: at most one is run, every other one is recorded as skipped."""

    run: Slot | None
    skipped: tuple[SkippedSlot, ...]


def timetable(section: ScheduleSection, time_zone: str) -> Timetable:
    """A schedule of the project file. time_zone: used where the section names none."""
    return Timetable(
        name=section.name,
        run=section.run,
        at=section.at.replace(tzinfo=None, fold=0),
        weekdays=frozenset(WEEKDAYS.index(day) for day in section.days),
        zone=ZoneInfo(section.time_zone or time_zone),
        catch_up_hours=section.catch_up_hours,
    )


def slots(schedule: Timetable, after: datetime, until: datetime) -> tuple[Slot, ...]:
    """The slots with after < instant <= until, oldest first. Both instants are timezone-aware."""
    first = after.astimezone(schedule.zone).date() - DAY
    last = until.astimezone(schedule.zone).date() + DAY
    candidates = (Slot(schedule.name, day, due_instant(day, schedule.at, schedule.zone)) for day in _dates(first, last))
    return tuple(
        slot
        for slot in candidates
        if after < slot.instant <= until and slot.local_date.weekday() in schedule.weekdays and _exists(slot, schedule)
    )


def due_instant(local_date: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a local time. In a gap it moves on by the gap; in a fold it is the first of the two.

    Both follow from fold=0: Python then takes the offset in force before the change (PEP 495).
    """
    return datetime.combine(local_date, at, tzinfo=zone).astimezone(UTC)


def decide(due: Iterable[Slot], now: datetime, catch_up_hours: int) -> Decision:
    """Choose from the slots of one schedule that are due and not yet recorded.

    The newest is run when it is at most catch_up_hours (and in any case PUNCTUAL) late; all others are skipped.
    """
    ordered = sorted((slot for slot in due if slot.instant <= now), key=lambda slot: slot.instant)
    if not ordered:
        return Decision(None, ())
    newest = ordered[-1]
    window = max(timedelta(hours=catch_up_hours), PUNCTUAL)
    run = newest if now - newest.instant <= window else None
    too_late = f"missed by more than {window // timedelta(minutes=1)} minutes"
    skipped = tuple(
        SkippedSlot(slot, too_late if now - slot.instant > window else "a newer slot is due as well")
        for slot in ordered
        if slot is not run
    )
    return Decision(run, skipped)


def _dates(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _exists(slot: Slot, schedule: Timetable) -> bool:
    """False for a date a zone left out altogether (Pacific/Apia, 2011-12-30): its slot is the next day's."""
    return slot.instant != due_instant(slot.local_date + DAY, schedule.at, schedule.zone)
