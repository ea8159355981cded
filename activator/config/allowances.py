"""What platforms allow, remembered while the process lives: for whatever has no ledger at hand."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from activator.ports import Clock


class ProcessAllowances:
    """Implements ports.Allowances."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waits: dict[str, datetime] = {}
        self._uses: dict[str, list[tuple[datetime, int]]] = defaultdict(list)

    def waits(self) -> Mapping[str, datetime]:
        """See ports."""
        now = self._clock.now()
        with self._lock:
            return {quota: until for quota, until in self._waits.items() if until > now}

    def wait(self, quota: str, until: datetime) -> None:
        """See ports."""
        with self._lock:
            self._waits[quota] = max(until, self._waits.get(quota, until))

    def use(self, quota: str, amount: int, allowed: int, within: timedelta) -> datetime | None:
        """See ports."""
        now = self._clock.now()
        with self._lock:
            self._uses[quota] = uses = [use for use in self._uses[quota] if use[0] > now - within]
            if sum(used for _, used in uses) + amount > allowed:
                return room_at(uses, amount, allowed, within, now)
            uses.append((now, amount))
            return None

    def used(self, quota: str, within: timedelta) -> int:
        """See ports."""
        since = self._clock.now() - within
        with self._lock:
            return sum(amount for at, amount in self._uses[quota] if at > since)


def room_at(uses: list[tuple[datetime, int]], amount: int, allowed: int, within: timedelta, now: datetime) -> datetime:
    """When enough of what was used is over. uses: oldest first. What is never allowed at once: when all is over."""
    left = allowed - sum(used for _, used in uses)
    for at, used in uses:
        left += used
        if left >= amount:
            return at + within
    return uses[-1][0] + within if uses else now + within
