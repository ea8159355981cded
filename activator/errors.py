"""Every error a user can meet, grouped by what helps: fix the input, wait, ask a human, or look again.

ActivatorError
├── ConfigurationError        the project file, a setting or a command is wrong
├── SourceError               an export cannot be read as it stands
├── UnsafePlanError           a guard objects
├── StalePlanError            the world is not the one the plan was made from
├── LedgerError               the ledger cannot be trusted or written
│   ├── LeaseHeldError            another run is at work
│   └── LeaseLostError            another run took over from this one
├── ResourceError             the memory limit or the disk is used up
├── AccountingError           a row was lost or counted twice: our defect
└── DestinationError          a platform said no, or nothing
    ├── RetryableError            trying again is right
    ├── RateLimitedError          trying again after a told time is right
    ├── OutcomeUnknownError       it may have happened: look before trying again
    ├── RowRejectedError          some rows are at fault, the rest is not
    ├── AuthenticationRequiredError  a human must renew access or accept terms
    └── PermanentRefusalError     the request is at fault and will stay so

No message ever holds an identifier of a person or a secret.
"""

from dataclasses import dataclass


class ActivatorError(Exception):
    """Base of all expected errors. message says what is wrong, next_step what to do about it."""

    exit_code = 2

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class ConfigurationError(ActivatorError):
    """The project file, a setting or the command line is wrong."""


class SourceError(ActivatorError):
    """An export is missing, malformed or lacks a column; names file, line, field and fix."""


class UnsafePlanError(ActivatorError):
    """A guard objects to the plan."""

    exit_code = 4


class StalePlanError(ActivatorError):
    """The plan was computed from something that has changed, or that can no longer be compared."""

    exit_code = 5


class LedgerError(ActivatorError):
    """The ledger is missing, locked, full or not ours."""


class LeaseHeldError(LedgerError):
    """Another run is at work, and alive."""


class LeaseLostError(LedgerError):
    """Another run took over from this one, which must stop at once."""

    exit_code = 7


class ResourceError(ActivatorError):
    """The memory limit or the disk is used up; names the setting. What was going on is undone, or resumable."""


class AccountingError(ActivatorError):
    """Rows read and rows accounted for differ: a defect of activator, found before anything was planned or sent."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class PlatformFault:
    """A platform's own words about a failure, scrubbed: codes to search for, never payloads or tokens.

    quota_scope: whom a rate limit binds, where the platform says so.
    """

    code: str = ""
    subcode: str = ""
    trace_id: str = ""
    http_status: int | None = None
    quota_scope: str = ""


class DestinationError(ActivatorError):
    """A platform refused or did not answer."""

    exit_code = 7

    def __init__(self, message: str, next_step: str = "", fault: PlatformFault | None = None) -> None:
        super().__init__(message, next_step)
        self.fault = fault or PlatformFault()


class RetryableError(DestinationError):
    """Temporary, and certain to have had no effect: trying again is safe and right."""


class RateLimitedError(DestinationError):
    """The platform asks us to wait retry_after_seconds."""

    def __init__(
        self, message: str, next_step: str = "", fault: PlatformFault | None = None, retry_after_seconds: float = 60.0
    ) -> None:
        super().__init__(message, next_step, fault)
        self.retry_after_seconds = retry_after_seconds


class OutcomeUnknownError(DestinationError):
    """No answer, or one that does not say whether the request took effect. Never blindly repeated."""


class RowRejectedError(DestinationError):
    """Rows of a batch are at fault; rows are their zero-based positions."""

    exit_code = 2

    def __init__(
        self, message: str, next_step: str = "", fault: PlatformFault | None = None, rows: tuple[int, ...] = ()
    ) -> None:
        super().__init__(message, next_step, fault)
        self.rows = rows


class AuthenticationRequiredError(DestinationError):
    """Token, permission or terms: only a human can go on."""

    exit_code = 6


class PermanentRefusalError(DestinationError):
    """The request itself is refused; repeating it cannot help."""

    exit_code = 6
