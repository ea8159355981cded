"""A change that is told to a webhook: who came to carry a tag or lost it, when, and how far telling it has come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventState(StrEnum):
    """PENDING is told when due; WITHDRAWN was undone before it was told; REFUSED by the receiver for good."""

    PENDING = "pending"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """One change. kind: entered | left; person_key: 32 hex digits, ours alone; source_ids: JSON or None."""

    event_id: str
    sequence: int
    kind: str
    tag: str
    person_key: str
    occurred_at: datetime
    due_at: datetime
    state: EventState = EventState.PENDING
    attempts: int = 0
    next_attempt_at: datetime | None = None
    delivered_at: datetime | None = None
    source_ids: str | None = None
    detail: str = ""
