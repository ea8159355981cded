"""What came of a plan, change by change."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from activator.errors import (
    ActivatorError,
    ConfigurationError,
    DestinationError,
    LeaseHeldError,
    PermanentRefusalError,
    PlatformFault,
    RowRejectedError,
)
from activator.model.ads import kind_of
from activator.model.delivery import Operation
from activator.model.plan import (
    Change,
    ChangeMembers,
    CreateObject,
    PauseObject,
    ReplaceMembers,
    StartTest,
    UpdateObject,
)

# Faults of one object or batch: its destination goes on with the rest.
OF_ONE_OBJECT = (PermanentRefusalError, RowRejectedError, ConfigurationError)


class ChangeState(StrEnum):
    """DONE now, ALREADY done by an earlier try, PROCESSING there, LEFT for later, FAILED for good, or REFUSED.

    What is refused needs a new plan, or somebody's word: a guard objects, the world has changed, approval is missing.
    """

    DONE = "done"
    ALREADY = "already"
    PROCESSING = "processing"
    LEFT = "left"
    FAILED = "failed"
    REFUSED = "refused"

    @property
    def open(self) -> bool:
        """The change is not carried out."""
        return self in (ChangeState.LEFT, ChangeState.FAILED, ChangeState.REFUSED)


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """One change's end. error explains LEFT, FAILED and REFUSED."""

    ordinal: int
    destination: str
    subject: str
    state: ChangeState
    sent: int = 0
    settled: int = 0
    rejected: int = 0
    processing: int = 0
    error: ActivatorError | None = None


def stopped() -> DestinationError:
    """Why what is left of a plan is left when somebody asks the run to stop."""
    return DestinationError("stopped on request", "Apply the plan again to go on.")


def waiting_for(audience_key: str, busy: LeaseHeldError) -> DestinationError:
    """Why a change is left while another run is at work on its audience."""
    return DestinationError(f"{title('audience', audience_key)}: {busy.message}", busy.next_step)


def subject(change: Change) -> str:
    """What a change is about, in a few words."""
    match change:
        case CreateObject():
            return f"create {title(kind_of(change.spec), change.spec.key)}"
        case UpdateObject():
            return f"update {title(kind_of(change.spec), change.spec.key)}"
        case PauseObject():
            return f"pause {title(change.remote.kind, change.remote.key)}"
        case ChangeMembers():
            verb = "add to" if change.operation is Operation.ADD else "remove from"
            who = ", withdrawn" * change.withdrawn + " once more" * change.asserted
            return f"{verb} {title('audience', change.audience_key)}{who}"
        case ReplaceMembers():
            return f"refresh {title('audience', change.audience_key)}"
        case StartTest():
            return f"start {title('test', change.key)}"
        case _:
            assert_never(change)


def title(kind: str, key: str) -> str:
    """`audience high`, `group mid`, `ad high/plain_a`, `campaign`."""
    return key if key == kind else f"{kind} {key.removeprefix(f'{kind}/')}"


def answer(row: ChangeResult) -> str:
    """What a platform said to one change, for the audit log: counts, or its own scrubbed words and codes."""
    counted = f"{row.sent:,} sent, {row.settled:,} settled, {row.rejected:,} rejected, {row.processing:,} processing"
    said = f"{row.destination} {row.subject}: {row.state.value}" + (f", {counted}" if row.sent else "")
    if row.error is None:
        return said
    fault = row.error.fault if isinstance(row.error, DestinationError) else PlatformFault()
    codes = "/".join(code for code in (fault.code, fault.subcode, fault.trace_id) if code)
    return f"{said}; {row.error.message}" + (f" ({codes})" if codes else "")


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """The whole apply. stopped: asked to stop, it parked the rest; objection: of a guard, to some of the plan."""

    plan_id: str
    results: tuple[ChangeResult, ...]
    stopped: bool = False
    objection: ActivatorError | None = None

    @property
    def complete(self) -> bool:
        """Nothing is left to send. Batches still processing on a platform were accepted and need nothing from us."""
        return self.objection is None and not any(result.state.open for result in self.results)

    @property
    def resumable(self) -> bool:
        """Applying the same plan again may do more of it."""
        return any(result.state in (ChangeState.LEFT, ChangeState.FAILED) for result in self.results)

    @property
    def exit_code(self) -> int:
        """0 complete; else the first of 6, a platform needs a human; 4, a guard or missing approval; 5, stale; 7; 2."""
        if self.complete:
            return 0
        errors = [self.objection, *(result.error for result in self.results)]
        codes = {error.exit_code for error in errors if error is not None}
        return next(code for code in (6, 4, 5, 7, 2) if code in codes)
