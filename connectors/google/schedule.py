"""When to ask what became of an upload: Google works on it for up to a day, and asking more often tells nothing.

developers.google.com/data-manager/api/devguides/diagnostics (read 2026-11-22): first after 30 minutes, then at pauses
that grow by 1.3 up to an hour.
"""

from datetime import datetime, timedelta

from activator.ports import Clock
from connectors.google.version import POLL_GROWTH, POLL_SECONDS_MAX


class PollSchedule:
    """Keeps the pauses of one process. An upload of an earlier run may be asked about at once, then by this rule."""

    def __init__(self, clock: Clock, first_seconds: float) -> None:
        self._clock = clock
        self._first_seconds = first_seconds
        self._next: dict[str, datetime] = {}
        self._pauses: dict[str, float] = {}

    def sent(self, request_id: str) -> None:
        """An upload was accepted now."""
        self._next[request_id] = self._clock.now() + timedelta(seconds=self._first_seconds)

    def due(self, request_id: str) -> bool:
        """Whether it may be asked about now; if so, this counts as asking."""
        now = self._clock.now()
        if now < self._next.get(request_id, now):
            return False
        pause = self._pauses.get(request_id, self._first_seconds)
        self._pauses[request_id] = min(pause * POLL_GROWTH, max(POLL_SECONDS_MAX, self._first_seconds))
        self._next[request_id] = now + timedelta(seconds=self._pauses[request_id])
        return True

    def over(self, request_id: str) -> None:
        """Its outcome is known."""
        self._next.pop(request_id, None)
        self._pauses.pop(request_id, None)
