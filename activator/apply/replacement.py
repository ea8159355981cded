"""Full refreshes: a whole new list in the old one's place; after an interruption the ledger says how to go on."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection

from activator.apply.context import ApplyContext
from activator.apply.members import keep
from activator.apply.objects import known_ids
from activator.apply.result import OF_ONE_OBJECT, ChangeResult, ChangeState, stopped, subject
from activator.errors import (
    DestinationError,
    LeaseLostError,
    OutcomeUnknownError,
    PermanentRefusalError,
    RowRejectedError,
)
from activator.ledger import batches, files, lease, reassertions, replacements
from activator.ledger.lease import Lease
from activator.ledger.store import Ledger
from activator.model.delivery import Operation, Receipt, ReplacementPart, Settlement
from activator.model.ledger import BatchRecord, BatchState, ReplacementRecord, ReplacementState
from activator.model.plan import PlannedBatch, ReplaceMembers
from activator.plan.files import verify_batch
from activator.ports import Destination, ReplacingDestination

SENDS_MAX = 3  # of one part in one run
SESSION_ID_MAX = 0x7FFF_FFFF_FFFF_FFFF
_AGAIN = (
    "Run `activator sync`: it puts right whatever is in doubt. Then refresh the audience again if you still want to."
)
Writing: TypeAlias = Callable[[], AbstractContextManager[Connection]]


def replace_members(context: ApplyContext, held: Lease, ordinal: int, change: ReplaceMembers) -> ChangeResult:
    """Send what is missing of the new list, and see to its end. held: the audience's lease."""
    error: DestinationError | None = None
    try:
        state = _carried_on(context, held, change)
    except DestinationError as refused:
        error, state = refused, ChangeState.FAILED if isinstance(refused, OF_ONE_OBJECT) else ChangeState.LEFT
    parts = [record for record in (_find(context, change, Operation.ADD, batch) for batch in change.batches) if record]
    return ChangeResult(
        ordinal,
        change.destination,
        subject(change),
        state,
        sent=sum(record.rows for record in parts if record.sends),
        settled=sum(record.settled for record in parts),
        rejected=sum(record.rejected for record in parts),
        processing=sum(record.processing for record in parts),
        error=error,
    )


def go_on(ledger: Ledger, held: Lease, destinations: Mapping[str, Destination], keep_plan: str = "") -> None:
    """See to the end of those that are sent, and give up those that were left half-way.

    held: the lease on applying plans; keep_plan: the plan that is about to be gone on with.
    """

    @contextmanager
    def writing() -> Iterator[Connection]:
        with ledger.writing() as connection:
            lease.renew(connection, ledger.clock, held)
            yield connection

    for record in ledger.replacing():
        port = destinations.get(record.destination)
        if port is None or (record.state is ReplacementState.SENDING and record.plan_id == keep_plan):
            continue
        if record.state is ReplacementState.SENDING:
            _give_up(ledger, port, record, writing)
        else:
            with suppress(DestinationError):  # asked again by the next run, or given up and said by the next plan
                _conclude(ledger, port, record, writing)


def _carried_on(context: ApplyContext, held: Lease, change: ReplaceMembers) -> ChangeState:
    record = _begun(context, held, change)
    if record is None:
        return ChangeState.ALREADY
    if record.state is ReplacementState.GIVEN_UP:
        raise PermanentRefusalError("this full refresh was interrupted and cannot go on", _AGAIN)

    def writing() -> AbstractContextManager[Connection]:
        return context.writing(held)

    port = context.destinations[change.destination]
    if record.state is ReplacementState.SENDING:
        for planned in change.batches:
            if context.should_stop():
                raise stopped()
            try:
                _send_part(context, held, change, record, planned)
            except OF_ONE_OBJECT:
                _give_up(context.ledger, port, record, writing)
                raise
            context.report(f"refresh {change.destination} {change.audience_key}", planned.rows)
        with writing() as connection:
            replacements.all_sent(connection, record)
        record = replace(record, state=ReplacementState.FINISHING)
    return ChangeState.DONE if _conclude(context.ledger, port, record, writing) else ChangeState.PROCESSING


def _begun(context: ApplyContext, held: Lease, change: ReplaceMembers) -> ReplacementRecord | None:
    """The record of this refresh, written down with everybody it names; None where it has ended well already."""
    with context.ledger.reading() as connection:
        there = replacements.find(connection, change.destination, change.audience_key)
    if there is not None and there.plan_id == context.plan.plan_id:
        return there
    if _find(context, change, Operation.ADD, change.batches[0]) is not None:
        return None
    now = context.clock.now()
    if there is not None and there.may_land(now):
        raise DestinationError("an earlier full refresh of this list may still take effect", "Try again tomorrow.")
    record = ReplacementRecord(
        destination=change.destination,
        audience_key=change.audience_key,
        plan_id=context.plan.plan_id,
        session_id=_session_id(context.plan.plan_id, change),
        parts=len(change.batches),
        rows=change.rows,
        at_once=_replacing(context.destinations[change.destination]).replaces_at_once,
        started_at=now,
    )
    named = [(Operation.REMOVE, planned) for planned in change.leaving]
    named += [(Operation.ADD, planned) for planned in change.batches]
    kept = [(operation, planned, _kept(context, change, operation, planned)) for operation, planned in named]
    with context.announcing(held) as connection:
        for operation, planned, file in kept:
            files.share(connection, context.ledger.folder, file)
            batches.intend(
                connection,
                context.clock,
                batch_id=_batch_id(context, change, operation, planned),
                plan_id=context.plan.plan_id,
                destination=change.destination,
                audience_key=change.audience_key,
                operation=operation,
                file=file,
                digest=planned.digest,
                rows=planned.rows,
                owed=operation is Operation.ADD,  # refused or not: until the end is known, everybody is in doubt
            )
        replacements.begin(connection, record)
    return record


def _send_part(
    context: ApplyContext, held: Lease, change: ReplaceMembers, record: ReplacementRecord, planned: PlannedBatch
) -> None:
    """Send one part unless it has been acknowledged; what it counts is open until the end of the whole.

    Raises:
        LeaseLostError: another run took over; that this part was sent is written down all the same.
    """
    port = _replacing(context.destinations[change.destination])
    batch = _written(context, change, planned)
    if batch.state in (BatchState.PROCESSING, BatchState.SETTLED):
        return
    members = pq.read_table(pa.BufferReader(batch.file.read_bytes()))
    audience_id = _audience_id(known_ids(context, change.destination).get(change.audience_key))
    part = _part(record, planned.ordinal)
    for attempt in range(1, SENDS_MAX + 1):
        batch = _written(context, change, planned)
        with context.announcing(held) as connection:
            window = context.destinations[change.destination].quiet_window
            batches.about_to_send(connection, context.clock, batch, window)
        try:
            receipt = _open(port.replace(audience_id, members, replace(part, again=batch.sends > 0)))
        except OutcomeUnknownError as lost:
            receipt = Receipt(Settlement.UNKNOWN, batch.rows, unknown=batch.rows, detail=lost.message)
        except DestinationError as refused:
            with context.writing(held) as connection:
                batches.record_no_effect(connection, batch.batch_id, refused.message)
            raise
        try:
            with context.writing(held) as connection:
                batches.record_receipt(connection, context.clock, batch.batch_id, receipt)
        except LeaseLostError:
            _confess(context, held, change, record)
            raise
        if receipt.settlement is Settlement.REJECTED:
            raise RowRejectedError(f"the platform took none of {batch.rows:,} rows: {receipt.detail}", _AGAIN)
        if receipt.settlement is Settlement.PROCESSING:
            return
        if attempt < SENDS_MAX:
            context.clock.sleep(float(2**attempt))
    raise OutcomeUnknownError(f"{planned.rows:,} rows: the platform does not say what became of them")


def _confess(context: ApplyContext, held: Lease, change: ReplaceMembers, begun: ReplacementRecord) -> None:
    """Another run took over while a part was under way, and believes the list to be its own by now.

    It must know that everybody is in doubt again: a part that came alone may yet take the whole list's place.
    """
    window, made = context.destinations[change.destination].quiet_window, []
    for record in (_find(context, change, Operation.ADD, planned) for planned in change.batches):
        if record is not None:
            identity = hashlib.sha256(f"{record.batch_id}\n{held.epoch}".encode()).hexdigest()[:32]
            made.append((record, identity, keep(context, change.destination, identity, record.file.read_bytes())))
    with context.ledger.writing() as connection:
        for record, identity, file in made:
            files.share(connection, context.ledger.folder, file)
            batches.confess(connection, context.clock, record, identity, file, window)
        replacements.may_land_from_now(connection, context.clock, begun, window)


def _open(receipt: Receipt) -> Receipt:
    """A part that was taken is in force with the whole only."""
    if receipt.settlement is not Settlement.SETTLED:
        return receipt
    return replace(receipt, settlement=Settlement.PROCESSING, settled=0, processing=receipt.settled)


def _conclude(ledger: Ledger, port: Destination, record: ReplacementRecord, writing: Writing) -> bool:
    """Whether the new list is all there is by now.

    Raises:
        PermanentRefusalError: it is not going to be; it has been given up. DestinationError: it cannot be asked.
    """
    log = ledger.audience_log(record.destination, record.audience_key)
    mine = [batch for batch in log.batches if batch.plan_id == record.plan_id and batch.operation is Operation.ADD]
    if any(batch.state is BatchState.PROCESSING and batch.request_id for batch in mine):
        return False
    if not all(batch.state in (BatchState.PROCESSING, BatchState.SETTLED) for batch in mine):
        _give_up(ledger, port, record, writing)
        raise PermanentRefusalError("not everybody could be put in, so nobody was taken out", _AGAIN)
    audience_id = _audience_id(getattr(ledger.owned(record.destination).get(record.audience_key), "platform_id", None))
    receipt = _replacing(port).complete_replacement(audience_id, _part(record, record.parts), record.request_id)
    match receipt.settlement:
        case Settlement.PROCESSING:
            with writing() as connection:
                replacements.asked(connection, record, receipt.request_id or "")
            return False
        case Settlement.SETTLED:
            with writing() as connection:
                replacements.finish(connection, ledger.clock, record)
                reassertions.record(connection, record.started_at, [(record.destination, record.audience_key)])
            return True
        case _:
            _give_up(ledger, port, record, writing)
            raise PermanentRefusalError(receipt.detail or "the platform did not replace the list", _AGAIN)


def _give_up(ledger: Ledger, port: Destination, record: ReplacementRecord, writing: Writing) -> None:
    with writing() as connection:
        replacements.give_up(connection, ledger.clock, record, port.quiet_window)


def _part(record: ReplacementRecord, ordinal: int) -> ReplacementPart:
    last = ordinal == record.parts
    return ReplacementPart(record.session_id, ordinal, last, record.rows, record.started_at)


def _session_id(plan_id: str, change: ReplaceMembers) -> int:
    """The same for every try of the same plan."""
    text = f"{plan_id}\n{change.destination}\n{change.audience_key}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) & SESSION_ID_MAX or 1


def _batch_id(context: ApplyContext, change: ReplaceMembers, operation: Operation, planned: PlannedBatch) -> str:
    parts = (context.plan.plan_id, change.destination, change.audience_key, "refresh", operation.value)
    text = "\n".join((*parts, str(planned.ordinal), planned.digest))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _find(
    context: ApplyContext, change: ReplaceMembers, operation: Operation, planned: PlannedBatch
) -> BatchRecord | None:
    with context.ledger.reading() as connection:
        return batches.find(connection, context.ledger.folder, _batch_id(context, change, operation, planned))


def _written(context: ApplyContext, change: ReplaceMembers, planned: PlannedBatch) -> BatchRecord:
    record = _find(context, change, Operation.ADD, planned)
    assert record is not None, "a part of a refresh that was begun is written down"
    return record


def _kept(context: ApplyContext, change: ReplaceMembers, operation: Operation, planned: PlannedBatch) -> str:
    source = context.folder / planned.file
    verify_batch(source, planned.digest)
    return keep(context, change.destination, _batch_id(context, change, operation, planned), source.read_bytes())


def _audience_id(known: str | None) -> str:
    if known is None:
        raise PermanentRefusalError("the audience to be refreshed is not there", "Plan again.")
    return known


def _replacing(port: Destination) -> ReplacingDestination:
    assert isinstance(port, ReplacingDestination), "planned for destinations that can replace a list only"
    return port
