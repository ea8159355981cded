"""Approval of a plan by a named second person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Covered(StrEnum):
    """What an approval is needed for."""

    AUDIENCES = "audiences"
    ADS = "ads"


@dataclass(frozen=True, slots=True)
class ApprovalNeeded:
    """What of a plan waits for approval, and who may give it: anybody named but whoever planned."""

    covers: tuple[Covered, ...]
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved which plan, when, and why. actor: person and process, as in the audit log."""

    plan_id: str
    person: str
    actor: str
    at: datetime
    reason: str
