"""When a call may be made: one pace for everything in this process that spends the same quota.

Quotas belong to the Google Cloud project of the credentials, so several accounts and destinations share them. Google
sends no usage with its answers; what is known is the documented rate of the Data Manager API and, after
RESOURCE_EXHAUSTED, how long to wait and for whom.
"""

import hashlib
import math
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from activator.errors import RateLimitedError
from activator.ports import Allowances, Clock
from connectors.google.version import RATE_PER_MINUTE, RATE_WAIT_SECONDS_MAX

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
    def shared(self) -> str:
        """The name of what all accounts of the project share; who the project is stays unsaid."""
        owner = hashlib.sha256(f"{self.project} {self.api}".encode()).hexdigest()[:24]
        return f"google {owner}"

    @property
    def own(self) -> str:
        """The name of what is the account's alone."""
        return f"{self.shared} {self.account}"


class Pace:
    """Shared by all connections of a process; times are those of each caller's clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, deque[datetime]] = defaultdict(deque)  # of the last minute
        self._until: dict[str, datetime] = {}

    def recall(self, waits: Mapping[str, datetime]) -> None:
        """Keep the waits that other processes were told."""
        with self._lock:
            for quota, until in waits.items():
                self._until[quota] = max(until, self._until.get(quota, until))

    def admit(self, quota: Quota, clock: Clock) -> None:
        """Wait until a call may be made, and count it. Raises RateLimitedError where that is long."""
        while True:
            with self._lock:
                now = clock.now()
                free = self._free_at(quota, now)
                if free <= now:
                    self._calls[quota.shared].append(now)
                    return
            seconds = (free - now).total_seconds()
            if seconds > RATE_WAIT_SECONDS_MAX + _GRAIN.total_seconds():
                raise RateLimitedError(
                    f"Google has asked us to wait another {math.ceil(seconds / 60)} minutes with calls of {quota.api}",
                    "Run the command again then; it resumes where it stopped.",
                    retry_after_seconds=seconds,
                )
            clock.sleep(seconds)

    def hold(self, quota: Quota, clock: Clock, seconds: float, allowances: Allowances, *, account_only: bool) -> None:
        """Google asks to wait: nobody calls before, or nobody for this account; no other process either."""
        name = quota.own if account_only else quota.shared
        until = clock.now() + timedelta(seconds=seconds) + _GRAIN
        self.recall({name: until})
        allowances.wait(name, until)

    def _free_at(self, quota: Quota, now: datetime) -> datetime:
        told = max(self._until.get(name, now) for name in (quota.shared, quota.own))
        calls = self._calls[quota.shared]
        while calls and calls[0] <= now - _MINUTE:
            calls.popleft()
        if quota.per_minute and len(calls) >= RATE_PER_MINUTE:
            return max(told, calls[-RATE_PER_MINUTE] + _MINUTE + _GRAIN)
        return told


@dataclass(frozen=True, slots=True)
class DailyOperations:
    """The operations of a day that the Cloud project has of the Google Ads API. allowed: 0 for any number."""

    allowances: Allowances
    quota: Quota
    allowed: int

    def spend(self, operations: int, clock: Clock) -> None:
        """Count operations. Raises RateLimitedError before more are spent than are allowed."""
        room = self.allowances.use(self._name, operations, self.allowed, _DAY) if self.allowed else None
        if room is None:
            return
        raise RateLimitedError(
            f"Google: {operations} more operations would exceed the {self.allowed:,} a day of the Cloud project",
            f"Apply again after {room:%Y-%m-%d %H:%M} UTC, or apply for a higher access level and set"
            " ACTIVATOR_GOOGLE__DAILY_OPERATIONS.",
            retry_after_seconds=(room - clock.now()).total_seconds(),
        )

    @property
    def left(self) -> int:
        """How many may be spent now."""
        return max(0, self.allowed - self.allowances.used(self._name, _DAY))

    @property
    def _name(self) -> str:
        return f"{self.quota.shared} operations"


PACE = Pace()
