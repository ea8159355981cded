"""What platforms allow, remembered for all runs: until when they asked to wait, and what was used of their rations.

The one thing of the ledger that planning writes, too: looking at a platform also uses what it allows. Safe to use from
threads, each statement or two in a transaction of its own.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from activator.config.allowances import room_at
from activator.ledger.database import Database
from activator.ledger.schema import platform_uses, platform_waits
from activator.ports import Clock

KEPT = timedelta(days=31)  # longer than any ration's time; what was used of those nobody asks for any more
WAIT_MAX = timedelta(days=2)  # no platform asks for more; what says so was written while the clock was wrong


class LedgerAllowances:
    """Implements ports.Allowances."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def waits(self) -> Mapping[str, datetime]:
        """See ports."""
        now = self._clock.now()
        until = platform_waits.c.until
        live = select(platform_waits).where((until > now) & (until <= now + WAIT_MAX))
        with self._database.reading() as connection:
            return {row.quota: row.until for row in connection.execute(live)}

    def wait(self, quota: str, until: datetime) -> None:
        """See ports."""
        mine = platform_waits.c.quota == quota
        with self._database.writing() as connection:
            known = connection.execute(select(platform_waits.c.until).where(mine)).scalar_one_or_none()
            connection.execute(delete(platform_waits).where(mine | (platform_waits.c.until <= self._clock.now())))
            connection.execute(insert(platform_waits).values(quota=quota, until=max(until, known or until)))

    def use(self, quota: str, amount: int, allowed: int, within: timedelta) -> datetime | None:
        """See ports."""
        now = self._clock.now()
        mine = platform_uses.c.quota == quota
        with self._database.writing() as connection:
            over = (mine & (platform_uses.c.at <= now - within)) | (platform_uses.c.at <= now - KEPT)
            connection.execute(delete(platform_uses).where(over))
            rows = connection.execute(select(platform_uses).where(mine).order_by(platform_uses.c.sequence))
            uses = [(row.at, row.amount) for row in rows]
            if sum(used for _, used in uses) + amount > allowed:
                return room_at(uses, amount, allowed, within, now)
            connection.execute(insert(platform_uses).values(quota=quota, at=now, amount=amount))
            return None

    def used(self, quota: str, within: timedelta) -> int:
        """See ports."""
        recent = (platform_uses.c.quota == quota) & (platform_uses.c.at > self._clock.now() - within)
        with self._database.reading() as connection:
            return int(connection.execute(select(func.sum(platform_uses.c.amount)).where(recent)).scalar_one() or 0)
