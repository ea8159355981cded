"""Findings of `activator doctor` and of connectors about their own configuration."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """OK needs nothing; WARNING can wait; ERROR stops a sync."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked thing, what was found, and the fix (empty when OK)."""

    check: str
    severity: Severity
    message: str
    fix: str = ""
