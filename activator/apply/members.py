"""Sending members by the membership protocol (docs/explanation/membership-protocol.md): intent, send, receipt."""

import hashlib

import pyarrow as pa
import pyarrow.parquet as pq

from activator.apply.context import ApplyContext
from activator.apply.objects import known_ids
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
from activator.ports import Destination

SENDS_MAX = 3  # of one batch in one run; more only hammers a platform that does not answer
FINISHED = (BatchState.SETTLED, BatchState.PROCESSING)


def change_members(context: ApplyContext, held: Lease, ordinal: int, change: ChangeMembers) -> ChangeResult:
    """Send every batch of one change, stopping at the first that cannot be sent. held: the audience's lease."""
    error: ActivatorError | None = None
    already = True
    if change.operation is Operation.REMOVE:
        _promise_adds(context, held, change)
    for planned in change.batches:
        if context.should_stop():
            error = DestinationError("stopped on request", "Apply the plan again to go on.")
            break
        record = _intended(context, held, change, planned)
        if record.state in FINISHED:
            context.report("", record.rows)
            continue
        already = False
        try:
            _send(context, held, change, record)
        except DestinationError as refused:
            error = refused
            break
        context.report(f"{change.operation} {change.rows:,} {change.destination} {change.audience_key}", record.rows)
    return summary(context, ordinal, change, error, already=already)


def _promise_adds(context: ApplyContext, held: Lease, removal: ChangeMembers) -> None:
    """Before a removal that takes out others too, write down that they are to be added again.

    A run that ends in between leaves them in doubt, so that the next plan adds them: else nobody would know.
    """
    for change in context.plan.changes:
        if isinstance(change, ChangeMembers) and change.after_removals and same_audience(change, removal):
            for planned in change.batches:
                _intended(context, held, change, planned)


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


def _intended(context: ApplyContext, held: Lease, change: ChangeMembers, planned: PlannedBatch) -> BatchRecord:
    """The batch with its file safe in the store and its intent committed."""
    record = _find(context, change, planned)
    if record is not None:
        return record
    source = context.folder / planned.file
    verify_batch(source, planned.digest)
    identity = batch_id(context, change, planned)
    file = _keep(context, change.destination, identity, source.read_bytes())
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


def _keep(context: ApplyContext, destination: str, identity: str, content: bytes) -> str:
    """A file of the membership log, fsynced: what we may have sent must outlive any crash. Returns its name there."""
    relative = f"membership/{destination}/{identity}.parquet"
    target = context.ledger.folder / relative
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_file(target, content)
    return relative


def _send(context: ApplyContext, held: Lease, change: ChangeMembers, record: BatchRecord) -> None:
    """Send one batch; an unknown outcome allows only the identical batch again, at most SENDS_MAX times in a run."""
    port = context.destinations[change.destination]
    audience_id = known_ids(context, change.destination).get(change.audience_key)
    if audience_id is None:
        raise DestinationError(f"{change.audience_key} does not exist yet", "Apply the plan again.")
    content = record.file.read_bytes()
    members = pq.read_table(pa.BufferReader(content))
    for attempt in range(1, SENDS_MAX + 1):
        _announce(context, held, record, port)
        try:
            receipt = port.send(change.operation, audience_id, members, record.batch_id)
        except OutcomeUnknownError as lost:
            _record(context, held, record, content, _unknown(record, lost))
            if attempt == SENDS_MAX:
                raise
            context.clock.sleep(float(2**attempt))
            continue
        except RowRejectedError as refused:
            _record(context, held, record, content, _rejected(record, refused))
            raise
        except DestinationError as refused:
            with context.writing(held) as connection:
                batches.record_no_effect(connection, record.batch_id, refused.message)
            raise
        _record(context, held, record, content, receipt)
        if receipt.settlement is Settlement.REJECTED:
            raise RowRejectedError(f"the platform took none of {record.rows:,} rows: {receipt.detail}")
        if receipt.settlement is not Settlement.UNKNOWN:
            return
    raise OutcomeUnknownError(f"{record.rows:,} rows: the platform does not say what became of them")


def _announce(context: ApplyContext, held: Lease, record: BatchRecord, port: Destination) -> None:
    """Write down that the batch is about to be sent."""
    with context.announcing(held) as connection:
        current = batches.find(connection, context.ledger.folder, record.batch_id)
        assert current is not None, "a batch being sent cannot be missing"
        batches.about_to_send(connection, context.clock, current, port.quiet_window)


def _unknown(record: BatchRecord, lost: OutcomeUnknownError) -> Receipt:
    return Receipt(Settlement.UNKNOWN, record.rows, unknown=record.rows, detail=lost.message)


def _rejected(record: BatchRecord, refused: RowRejectedError) -> Receipt:
    return Receipt(Settlement.REJECTED, record.rows, rejected=record.rows, detail=str(refused))


def _record(context: ApplyContext, held: Lease, record: BatchRecord, content: bytes, receipt: Receipt) -> None:
    try:
        with context.writing(held) as connection:
            batches.record_receipt(connection, context.clock, record.batch_id, receipt)
    except LeaseLostError:
        if receipt.settlement is not Settlement.REJECTED:
            _confess(context, held, record, content)
        raise


def _confess(context: ApplyContext, held: Lease, record: BatchRecord, content: bytes) -> None:
    """Another run took over while this send was under way. It must know that these members are in doubt again."""
    identity = hashlib.sha256(f"{record.batch_id}\n{held.epoch}".encode()).hexdigest()[:32]
    window = context.destinations[record.destination].quiet_window
    file = _keep(context, record.destination, identity, content)
    with context.ledger.writing() as connection:
        files.share(connection, context.ledger.folder, file)
        batches.confess(connection, context.clock, record, identity, file, window)
