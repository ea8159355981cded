"""When a call may be made: one pace for everything in this process that spends the same quota.

Quotas belong to the Google Cloud project of the credentials, so several accounts and destinations share them. Google
sends no usage with its answers; what is known is the documented rate of the Data Manager API and, after
RESOURCE_EXHAUSTED, how long to wait and for whom.
"""

import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from activator.errors import RateLimitedError
from activator.ports import Clock
from connectors.google.version import (
    OPERATIONS_DAY,
    RATE_PER_MINUTE,
    RATE_WAIT_SECONDS_MAX,
)

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_GRAIN = timedelta(milliseconds=50)  # clocks tick; a call is never made in the very moment the wait ends


@dataclass(frozen=True, slots=True)
class Quota:
    """What a call spends. project: whose quota; api: endpoint and kind of call; account: the advertiser."""

    project: str
    api: str
    account: str
    per_minute: bool = False

    @property
    def shared(self) -> tuple[str, str]:
        """What all accounts of the project share."""
        return (self.project, self.api)


@dataclass(slots=True)
class _Book:
    """calls: of the last minute; operations: (when, how many) of the last day."""

    calls: deque[datetime] = field(default_factory=deque)
    operations: deque[tuple[datetime, int]] = field(default_factory=deque)


class Pace:
    """Shared by all connections of a process; times are those of each caller's clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._books: dict[tuple[str, str], _Book] = defaultdict(_Book)
        self._until: dict[tuple[str, ...], datetime] = {}

    def admit(self, quota: Quota, clock: Clock) -> None:
        """Wait until a call may be made, and count it. Raises RateLimitedError where that is long."""
        while True:
            with self._lock:
                now = clock.now()
                free = self._free_at(quota, now)
                if free <= now:
                    self._books[quota.shared].calls.append(now)
                    return
            seconds = (free - now).total_seconds()
            if seconds > RATE_WAIT_SECONDS_MAX + _GRAIN.total_seconds():
                raise RateLimitedError(
                    "Google has asked us to wait", "The sync goes on where it stopped.", retry_after_seconds=seconds
                )
            clock.sleep(seconds)

    def hold(self, quota: Quota, clock: Clock, seconds: float, *, account_only: bool) -> None:
        """Google asks to wait: nobody calls before, or nobody for this account."""
        key = (*quota.shared, quota.account) if account_only else quota.shared
        until = clock.now() + timedelta(seconds=seconds) + _GRAIN
        with self._lock:
            self._until[key] = max(until, self._until.get(key, until))

    def spend(self, quota: Quota, clock: Clock, operations: int, allowed: int) -> None:
        """Count operations of the day. Raises RateLimitedError before more than allowed are spent; 0 allows any."""
        with self._lock:
            book, now = self._books[quota.shared], clock.now()
            while book.operations and book.operations[0][0] <= now - _DAY:
                book.operations.popleft()
            spent = sum(count for _, count in book.operations)
            if not allowed or spent + operations <= allowed:
                book.operations.append((now, operations))
                return
            wait = (book.operations[0][0] + _DAY - now).total_seconds() if book.operations else OPERATIONS_DAY
        raise RateLimitedError(
            f"Google: {operations} more operations would exceed the {allowed:,} a day of the Cloud project",
            "Apply again tomorrow, or apply for a higher access level and set ACTIVATOR_GOOGLE__DAILY_OPERATIONS.",
            retry_after_seconds=wait,
        )

    def _free_at(self, quota: Quota, now: datetime) -> datetime:
        keys = (quota.shared, (*quota.shared, quota.account))
        told = max((self._until.get(key, now) for key in keys), default=now)
        calls = self._books[quota.shared].calls
        while calls and calls[0] <= now - _MINUTE:
            calls.popleft()
        if quota.per_minute and len(calls) >= RATE_PER_MINUTE:
            return max(told, calls[-RATE_PER_MINUTE] + _MINUTE + _GRAIN)
        return told


PACE = Pace()
