"""What came of a plan, change by change."""

from dataclasses import dataclass
from enum import StrEnum

from activator.errors import ActivatorError, DestinationError, PlatformFault


class ChangeState(StrEnum):
    """DONE now, ALREADY done by an earlier try, PROCESSING on the platform, LEFT for later, or FAILED for good."""

    DONE = "done"
    ALREADY = "already"
    PROCESSING = "processing"
    LEFT = "left"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """One change's end. error explains LEFT and FAILED."""

    ordinal: int
    destination: str
    subject: str
    state: ChangeState
    sent: int = 0
    settled: int = 0
    rejected: int = 0
    processing: int = 0
    error: ActivatorError | None = None


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
    """The whole apply. stopped: it was asked to stop and parked the rest."""

    plan_id: str
    results: tuple[ChangeResult, ...]
    stopped: bool = False

    @property
    def complete(self) -> bool:
        """Nothing is left to send. Batches still processing on a platform were accepted and need nothing from us."""
        return all(result.state not in (ChangeState.LEFT, ChangeState.FAILED) for result in self.results)

    @property
    def exit_code(self) -> int:
        """0 complete; 6 a platform needs a human; 7 partly done and resumable; 2 the project file must be corrected."""
        if self.complete:
            return 0
        codes = {result.error.exit_code for result in self.results if result.error is not None}
        return next(code for code in (6, 7, 2) if code in codes)
