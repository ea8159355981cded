"""Findings of `activator doctor` on Meta, in short."""

from datetime import UTC, datetime
from typing import Any

from activator.errors import ActivatorError
from activator.model.checks import Finding, Severity


def ok(check: str, message: str) -> Finding:
    """Nothing to do."""
    return Finding(f"meta.{check}", Severity.OK, message)


def finding(check: str, severity: Severity, message: str, fix: str) -> Finding:
    """Something to do, and what."""
    return Finding(f"meta.{check}", severity, message, fix)


def failed(check: str, error: ActivatorError) -> Finding:
    """A check that met an error."""
    return Finding(f"meta.{check}", Severity.ERROR, error.message, error.next_step)


def moment(value: Any) -> datetime | None:
    """A time as Graph writes it, seconds since 1970 or ISO 8601; None for anything else."""
    text = "" if value is None else str(value)
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC)
