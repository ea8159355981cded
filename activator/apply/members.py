"""Sending members by the membership protocol (docs/explanation/membership-protocol.md): intent, send, receipt."""

import hashlib
from dataclasses import dataclass, field

from activator.apply.context import ApplyContext
from activator.apply.result import ChangeResult, ChangeState
from activator.config.whole_file import replace_file
from activator.errors import (
    ActivatorError,
    DestinationError,
    LeaseLostError,
    OutcomeUnknownError,
    RateLimitedError,
    RetryableError,
    RowRejectedError,
)
from activator.ledger import batches, files
from activator.ledger.lease import Lease
from activator.model.delivery import Operation, Receipt, Settlement
from activator.model.ledger import BatchRecord, BatchState
from activator.model.plan import ChangeMembers, PlannedBatch
from activator.plan.files import verify_batch

SENDS_MAX = 3  # of one batch in one run; more only hammers a platform that does not answer
FINISHED = (BatchState.SETTLED, BatchState.PROCESSING)


@dataclass(frozen=True, slots=True)
class Upload:
    """One batch on its way. ordinal: of its change; held: the lease on its audience; attempt: in this run, 1-based.

    content: of its file, which another run that takes over may clear away.
    """

    ordinal: int
    change: ChangeMembers
    held: Lease
    record: BatchRecord
    audience_id: str
    content: bytes = field(repr=False)
    attempt: int = 1


def promise_adds(context: ApplyContext, held: Lease, removal: ChangeMembers) -> None:
    """Before a removal that takes out others too, write down that they are to be added again.

    A run that ends in between leaves them in doubt, so that the next plan adds them: else nobody would know.
    """
    for change in context.plan.changes:
        if isinstance(change, ChangeMembers) and change.after_removals and same_audience(change, removal):
            for planned in change.batches:
                intended(context, held, change, planned)


def same_audience(one: ChangeMembers, other: ChangeMembers) -> bool:
    """Whether two changes are of the same audience."""
    return (one.destination, one.audience_key) == (other.destination, other.audience_key)


def summary(
    context: ApplyContext, ordinal: int, change: ChangeMembers, error: ActivatorError | None, *, already: bool
) -> ChangeResult:
    """Counts of one change as the ledger has them now; sent = settled + rejected + processing + unknown."""
    records = [record for record in (_find(context, change, batch) for batch in change.batches) if record is not None]
    known = [record for record in records if record.state in FINISHED]
    processing = sum(record.processing for record in known)
    state = ChangeState.ALREADY if already else ChangeState.DONE
    if processing:
        state = ChangeState.PROCESSING
    if error is not None:
        state = ChangeState.LEFT if isinstance(error, RetryableError | RateLimitedError) else ChangeState.FAILED
        state = ChangeState.LEFT if isinstance(error, OutcomeUnknownError) or error.exit_code == 7 else state
    return ChangeResult(
        ordinal,
        change.destination,
        f"{change.operation} {change.audience_key.removeprefix('audience/')}" + ", withdrawn" * change.withdrawn,
        state,
        sent=sum(record.rows for record in records if record.sends),
        settled=sum(record.settled for record in known),
        rejected=sum(record.rejected for record in known),
        processing=processing,
        error=error,
    )


def removals_settled(context: ApplyContext, change: ChangeMembers) -> bool:
    """Whether every removal of this plan from the same audience is done, and none may arrive once more.

    Only then may these adds follow.
    """
    for other in context.plan.changes:
        if isinstance(other, ChangeMembers) and _may_take_out(other, change):
            records = [_find(context, other, batch) for batch in other.batches]
            with context.ledger.reading() as connection:
                for record in records:
                    if record is None or record.state is not BatchState.SETTLED:
                        return False
                    if batches.in_the_air(connection, context.clock, record.batch_id):
                        return False
    return True


def _may_take_out(removal: ChangeMembers, adds: ChangeMembers) -> bool:
    """Whether a change is a removal these adds may have to follow. What is only asserted shares nothing with them."""
    return removal.operation is Operation.REMOVE and not removal.asserted and same_audience(removal, adds)


def batch_id(context: ApplyContext, change: ChangeMembers, planned: PlannedBatch) -> str:
    """The same batch of the same plan always has the same id; a different payload never does."""
    parts = (
        context.plan.plan_id,
        change.destination,
        change.audience_key,
        change.operation.value,
        str(change.after_removals),
        str(change.withdrawn),
        str(change.asserted),
        str(planned.ordinal),
        planned.digest,
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _find(context: ApplyContext, change: ChangeMembers, planned: PlannedBatch) -> BatchRecord | None:
    with context.ledger.reading() as connection:
        return batches.find(connection, context.ledger.folder, batch_id(context, change, planned))


def intended(context: ApplyContext, held: Lease, change: ChangeMembers, planned: PlannedBatch) -> BatchRecord:
    """The batch with its file safe in the store and its intent committed."""
    record = _find(context, change, planned)
    if record is not None:
        return record
    source = context.folder / planned.file
    verify_batch(source, planned.digest)
    identity = batch_id(context, change, planned)
    file = keep(context, change.destination, identity, source.read_bytes())
    with context.writing(held) as connection:
        files.share(connection, context.ledger.folder, file)
        batches.intend(
            connection,
            context.clock,
            batch_id=identity,
            plan_id=context.plan.plan_id,
            destination=change.destination,
            audience_key=change.audience_key,
            operation=change.operation,
            file=file,
            digest=planned.digest,
            rows=planned.rows,
            owed=change.after_removals,
        )
        record = batches.find(connection, context.ledger.folder, identity)
    assert record is not None, "an intent just written cannot be missing"
    return record


def keep(context: ApplyContext, destination: str, identity: str, content: bytes) -> str:
    """A file of the membership log, fsynced: what we may have sent must outlive any crash. Returns its name there."""
    relative = f"membership/{destination}/{identity}.parquet"
    target = context.ledger.folder / relative
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_file(target, content)
    return relative


def announce(context: ApplyContext, upload: Upload) -> None:
    """Write down that a batch is about to be sent."""
    with context.announcing(upload.held) as connection:
        current = batches.find(connection, context.ledger.folder, upload.record.batch_id)
        assert current is not None, "a batch being sent cannot be missing"
        window = context.destinations[current.destination].quiet_window
        batches.about_to_send(connection, context.clock, current, window)


def take_up(context: ApplyContext, upload: Upload, answer: Receipt | DestinationError) -> None:
    """Write down what came of a send.

    Raises:
        LeaseLostError: another run took over; that this send was made is written down all the same.
    """
    rows = upload.record.rows
    match answer:
        case Receipt():
            _record(context, upload, answer)
        case OutcomeUnknownError():
            _record(context, upload, Receipt(Settlement.UNKNOWN, rows, unknown=rows, detail=answer.message))
        case RowRejectedError():
            _record(context, upload, Receipt(Settlement.REJECTED, rows, rejected=rows, detail=str(answer)))
        case _:
            with context.writing(upload.held) as connection:
                batches.record_no_effect(connection, upload.record.batch_id, answer.message)


def verdict(answer: Receipt | DestinationError) -> DestinationError | None:
    """Why a batch is not through after an answer; None where it is."""
    if isinstance(answer, DestinationError):
        return answer
    match answer.settlement:
        case Settlement.REJECTED:
            return RowRejectedError(f"the platform took none of {answer.sent:,} rows: {answer.detail}")
        case Settlement.UNKNOWN:
            return OutcomeUnknownError(f"{answer.sent:,} rows: the platform does not say what became of them")
        case _:
            return None


def _record(context: ApplyContext, upload: Upload, receipt: Receipt) -> None:
    try:
        with context.writing(upload.held) as connection:
            batches.record_receipt(connection, context.clock, upload.record.batch_id, receipt)
            if receipt.settlement is Settlement.UNKNOWN:
                window = context.destinations[upload.change.destination].quiet_window
                batches.may_land_from_now(connection, context.clock, upload.record.batch_id, window)
    except LeaseLostError:
        if receipt.settlement is not Settlement.REJECTED:
            _confess(context, upload)
        raise


def _confess(context: ApplyContext, upload: Upload) -> None:
    """Another run took over while this send was under way. It must know that these members are in doubt again."""
    record = upload.record
    identity = hashlib.sha256(f"{record.batch_id}\n{upload.held.epoch}".encode()).hexdigest()[:32]
    window = context.destinations[record.destination].quiet_window
    file = keep(context, record.destination, identity, upload.content)
    with context.ledger.writing() as connection:
        files.share(connection, context.ledger.folder, file)
        batches.confess(connection, context.clock, record, identity, file, window)
