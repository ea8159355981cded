"""Schedule slots: the row's key decides who runs one (fulfils schedule.store.SlotStore)."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from activator.ledger.schema import slots
from activator.ledger.store import Ledger

FINAL = ("started", "done", "failed", "skipped")


class LedgerSlots:
    """The slot table of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def recorded_until(self, schedule: str, now: datetime) -> datetime:
        """The newest final slot; on first sight of a schedule, now is recorded and returned."""
        with self._ledger.writing() as connection:
            newest = connection.execute(
                select(func.max(slots.c.instant)).where((slots.c.schedule == schedule) & slots.c.state.in_(FINAL))
            ).scalar_one()
            if newest is not None:
                assert isinstance(newest, datetime)
                return newest
            connection.execute(insert(slots).values(schedule=schedule, instant=now, state="started"))
            return now

    def claim(
        self, schedule: str, instant: datetime, local_date: date, now: datetime, holder: str, lease: timedelta
    ) -> bool:
        """Take a slot without a row, a parked one, or one whose lease has ended. True for exactly one caller."""
        values = {"state": "claimed", "holder": holder, "lease_until": now + lease}
        row = {"schedule": schedule, "instant": instant, "local_date": local_date, **values}
        free = or_(slots.c.state == "parked", and_(slots.c.state == "claimed", slots.c.lease_until < now))
        with self._ledger.writing() as connection:
            if _made(connection, row):
                return True
            taken = connection.execute(update(slots).where(_of(schedule, instant) & free).values(values))
            return taken.rowcount == 1

    def renew(self, schedule: str, instant: datetime, now: datetime, holder: str, lease: timedelta) -> bool:
        """Extend a claim; False when it is no longer ours."""
        with self._ledger.writing() as connection:
            kept = connection.execute(
                update(slots).where(_of(schedule, instant) & _held(holder)).values(lease_until=now + lease)
            )
            return kept.rowcount == 1

    def finish(self, schedule: str, instant: datetime, now: datetime, holder: str, state: str, detail: str) -> None:
        """Record how a claimed slot ended, unless somebody else has it now."""
        with self._ledger.writing() as connection:
            connection.execute(
                update(slots)
                .where(_of(schedule, instant) & _held(holder))
                .values(state=str(state), finished_at=now, detail=detail)
            )

    def skip(self, schedule: str, instant: datetime, local_date: date, now: datetime, reason: str) -> None:
        """Record that a slot will not be run; a final row or a running one is left as it is."""
        row = {"schedule": schedule, "instant": instant, "local_date": local_date}
        values = {"state": "skipped", "finished_at": now, "detail": reason}
        idle = or_(slots.c.state == "parked", and_(slots.c.state == "claimed", slots.c.lease_until < now))
        with self._ledger.writing() as connection:
            _made(connection, {**row, **values})
            connection.execute(update(slots).where(_of(schedule, instant) & idle).values(values))


def _made(connection: Connection, row: dict[str, Any]) -> bool:
    """Whether the row is new: no such slot, and no other of that local date. Transactions that write queue up."""
    same = or_(slots.c.instant == row["instant"], slots.c.local_date == row["local_date"])
    there = connection.execute(select(slots.c.instant).where((slots.c.schedule == row["schedule"]) & same)).first()
    if there is None:
        connection.execute(insert(slots).values(row))
    return there is None


def _of(schedule: str, instant: datetime) -> ColumnElement[bool]:
    return (slots.c.schedule == schedule) & (slots.c.instant == instant)


def _held(holder: str) -> ColumnElement[bool]:
    return (slots.c.holder == holder) & (slots.c.state == "claimed")
