"""Sending members: operations, receipts and what their outcome lets us believe."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Operation(StrEnum):
    """What a batch does to its members."""

    ADD = "add"
    REMOVE = "remove"


class Settlement(StrEnum):
    """How far a batch has come.

    PROCESSING: accepted, the platform still works on it. SETTLED: done, counts known. REJECTED: the platform took none
    of it, now or later. UNKNOWN: it may or may not have taken effect, and may still do so until its quiet window ends.
    """

    PROCESSING = "processing"
    SETTLED = "settled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A platform's answer to one batch. Always sent = settled + rejected + processing + unknown.

    request_id: what `settle` polls by, where the platform settles later; detail: the platform's words, scrubbed.
    rejected_rows: zero-based positions in the batch that the platform refused, where it says which.
    """

    settlement: Settlement
    sent: int
    settled: int = 0
    rejected: int = 0
    processing: int = 0
    unknown: int = 0
    request_id: str | None = None
    detail: str = ""
    rejected_rows: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """A receipt that does not add up is a defect of the connector, found at once."""
        assert self.sent == self.settled + self.rejected + self.processing + self.unknown, "receipt does not balance"


@dataclass(frozen=True, slots=True)
class ReplacementPart:
    """One part of a full refresh: the whole list is sent anew in parts, and takes the old one's place at once.

    session_id: positive, the same for all parts; ordinal: 1-based, in order; last: ends the session; rows_total:
    members of all parts; started_at: when the replacement began, in UTC; again: it was sent before, and nobody knows
    what became of that. All parts have the same columns, and all but the last the same number of rows.
    """

    session_id: int
    ordinal: int
    last: bool
    rows_total: int
    started_at: datetime
    again: bool = False
