"""Forgetting a person: what was asked, where they are removed from, and how far that has come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

ACCOUNT = ""  # audience_key of the account as a whole


class PlaceState(StrEnum):
    """How far the removal from one place has come.

    PENDING: not sent, or without an answer. PROCESSING: taken, the platform works on it. WAITING: done once; an add
    sent before may still take effect, so it is done again. REFUSED: the platform said no. UNREACHABLE: the destination
    is no longer in the project file. DONE: removed, and nothing sent before can bring the person back.
    """

    PENDING = "pending"
    PROCESSING = "processing"
    WAITING = "waiting"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Place:
    """One audience, or one account as a whole, and what became of the removal there.

    attempts: removals begun; rows: rows sent with each; again_after: when nothing sent before can take effect any more;
    request_id, detail: the platform's answer to the last one.
    """

    destination: str
    audience_key: str
    state: PlaceState
    attempts: int = 0
    rows: int = 0
    again_after: datetime | None = None
    sent_at: datetime | None = None
    request_id: str = ""
    detail: str = ""

    @property
    def needs_human(self) -> bool:
        """It will not go on by itself."""
        return self.state in (PlaceState.REFUSED, PlaceState.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class Erasure:
    """One person to be forgotten. found: something was ever sent about them; due_at: one month after the request."""

    erasure_id: str
    requested_at: datetime
    actor: str
    found: bool
    completed_at: datetime | None
    places: tuple[Place, ...] = ()

    @property
    def due_at(self) -> datetime:
        """One month after the request (GDPR, Article 12(3)): the same day, or the month's last."""
        return a_month_later(self.requested_at)


def a_month_later(moment: datetime) -> datetime:
    """The same day and hour of the next month, or its last day where it is shorter."""
    year, month = (moment.year, moment.month + 1) if moment.month < 12 else (moment.year + 1, 1)
    for day in (moment.day, 30, 29, 28):
        try:
            return moment.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
