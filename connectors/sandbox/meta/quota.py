"""How many calls of a rolling hour are allowed, and used."""

import math
import threading
from collections import deque

HOUR_SECONDS = 3600.0


class Quota:
    """One use case's calls of the last hour; a call above the limit is refused and counts all the same."""

    def __init__(self, calls_max: int) -> None:
        self._max = calls_max
        self._lock = threading.Lock()
        self._at: deque[float] = deque()

    def take(self, now: float) -> bool:
        """Count a call at `now` (seconds since 1970); False if it is above the limit."""
        with self._lock:
            while self._at and self._at[0] <= now - HOUR_SECONDS:
                self._at.popleft()
            self._at.append(now)
            return len(self._at) <= self._max

    @property
    def percent(self) -> int:
        """How much is used, rounded down as the platform does."""
        with self._lock:
            return len(self._at) * 100 // self._max

    def minutes_left(self, now: float) -> int:
        """Minutes, rounded up, until one more call is allowed."""
        with self._lock:
            above = len(self._at) - self._max
            until = self._at[max(0, above)] + HOUR_SECONDS
        return max(1, math.ceil((until - now) / 60))
