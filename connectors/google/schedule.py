"""When to ask what became of an upload: Google works on it for up to a day, and asking more often tells nothing.

developers.google.com/data-manager/api/devguides/diagnostics (read 2026-11-22): first after 30 minutes, then at pauses
that grow by 1.3 up to an hour.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from activator.ports import Clock
from connectors.google.version import POLL_GROWTH, POLL_SECONDS_MAX


@dataclass(frozen=True, slots=True)
class _Asked:
    """By upload: when it may be asked about again, and the pause that leads there."""

    until: dict[str, datetime] = field(default_factory=dict)
    pauses: dict[str, float] = field(default_factory=dict)


# A run opens its destinations more than once, to plan and to apply, but has one clock.
_ASKED: WeakKeyDictionary[Clock, _Asked] = WeakKeyDictionary()


class PollSchedule:
    """First by when an upload was accepted, also by an earlier run; then by the pauses of this process."""

    def __init__(self, clock: Clock, first_seconds: float) -> None:
        self._clock = clock
        self._first_seconds = first_seconds
        self._asked = _ASKED.setdefault(clock, _Asked())

    def due(self, request_id: str, accepted_at: datetime | None) -> bool:
        """Whether it may be asked about now; if so, this counts as asking. accepted_at: None where it is not known."""
        now = self._clock.now()
        first = now if accepted_at is None else accepted_at + timedelta(seconds=self._first_seconds)
        if now < self._asked.until.get(request_id, first):
            return False
        pause = self._asked.pauses.get(request_id, self._first_seconds)
        self._asked.pauses[request_id] = min(pause * POLL_GROWTH, max(POLL_SECONDS_MAX, self._first_seconds))
        self._asked.until[request_id] = now + timedelta(seconds=self._asked.pauses[request_id])
        return True

    def over(self, request_id: str) -> None:
        """Its outcome is known."""
        self._asked.until.pop(request_id, None)
        self._asked.pauses.pop(request_id, None)
