"""Upload batches: intent before send, receipt after, and lost sends remembered until their quiet window ends."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from activator.ledger import files, replacements, retired
from activator.ledger.schema import batches, lost_sends
from activator.model.delivery import Operation, Receipt, Settlement
from activator.model.ledger import AudienceLog, BatchRecord, BatchState, LostSend
from activator.ports import Clock

_STATE = {
    Settlement.PROCESSING: BatchState.PROCESSING,
    Settlement.SETTLED: BatchState.SETTLED,
    Settlement.REJECTED: BatchState.REJECTED,
    Settlement.UNKNOWN: BatchState.UNKNOWN,
}


def find(connection: Connection, root: Path, batch_id: str) -> BatchRecord | None:
    """One batch, if it was ever intended."""
    row = connection.execute(select(batches).where(batches.c.batch_id == batch_id)).one_or_none()
    if row is None:
        return None
    files.bring(connection, root, [row.file])
    return _record(row, root)


def intend(
    connection: Connection,
    clock: Clock,
    *,
    batch_id: str,
    plan_id: str,
    destination: str,
    audience_key: str,
    operation: Operation,
    file: str,
    digest: str,
    rows: int,
    owed: bool,
) -> None:
    """Write the intent. The batch file must already be safe on disk.

    owed: adds of people whom a removal of the same plan may take out with others. Until they are sent and answered,
    these people may be out, whatever was known before.
    """
    connection.execute(
        insert(batches).values(
            batch_id=batch_id,
            plan_id=plan_id,
            destination=destination,
            audience_key=audience_key,
            operation=operation.value,
            file=file,
            digest=digest,
            rows=rows,
            owed=owed,
            state=BatchState.INTENT.value,
            sends=0,
            intended_at=clock.now(),
        )
    )


def about_to_send(connection: Connection, clock: Clock, batch: BatchRecord, quiet_window: timedelta) -> None:
    """Count the send and presume it lost until a receipt says otherwise: a crash in between leaves the truth.

    A batch that was refused before is open again.
    """
    now = clock.now()
    where = batches.c.batch_id == batch.batch_id
    values = {"sends": batch.sends + 1, "sent_at": now, "state": BatchState.INTENT.value}
    connection.execute(update(batches).where(where).values(values))
    _lost(connection, batch.batch_id, batch.sends + 1, now + quiet_window)


def record_receipt(connection: Connection, clock: Clock, batch_id: str, receipt: Receipt) -> None:
    """Record the answer to the latest send. Only that send stops being lost; earlier ones stay remembered."""
    row = connection.execute(select(batches).where(batches.c.batch_id == batch_id)).one()
    assert row.rows == receipt.sent, "receipt is for another batch"
    state = _STATE[receipt.settlement]
    if state is not BatchState.UNKNOWN:
        _found(connection, batch_id, row.sends)
    if state is BatchState.REJECTED:
        state = _without_effect(connection, batch_id, owed=row.owed)
    _answered(connection, clock, row, receipt, state)


def may_land_from_now(connection: Connection, clock: Clock, batch_id: str, quiet_window: timedelta) -> None:
    """The latest send of a batch went unanswered. It was announced a while ago, but may have been made just now.

    Between the two lie waits that the platform asks for, and its silence.
    """
    latest = select(batches.c.sends).where(batches.c.batch_id == batch_id).scalar_subquery()
    where = (lost_sends.c.batch_id == batch_id) & (lost_sends.c.send == latest)
    connection.execute(update(lost_sends).where(where).values(quiet_until=clock.now() + quiet_window))


def record_settlement(
    connection: Connection, clock: Clock, batch: BatchRecord, receipt: Receipt, quiet_window: timedelta
) -> None:
    """Record what became of a batch that was PROCESSING. Of one that has gone on since, nothing is recorded.

    What the platform cannot tell the end of may still take effect: the send is lost from now on.
    """
    row = connection.execute(select(batches).where(batches.c.batch_id == batch.batch_id)).one_or_none()
    if row is None or row.state != BatchState.PROCESSING.value or row.sends != batch.sends:
        return
    state = _STATE[receipt.settlement]
    if state is BatchState.UNKNOWN:
        _lost(connection, row.batch_id, row.sends, clock.now() + quiet_window)
    if state is BatchState.REJECTED:
        state = _without_effect(connection, row.batch_id, owed=row.owed)
    _answered(connection, clock, row, receipt, state)


def _answered(connection: Connection, clock: Clock, row: Row[Any], receipt: Receipt, state: BatchState) -> None:
    connection.execute(
        update(batches)
        .where(batches.c.batch_id == row.batch_id)
        .values(
            state=state.value,
            request_id=receipt.request_id or row.request_id,
            settled=receipt.settled,
            rejected=receipt.rejected,
            processing=receipt.processing,
            unknown=receipt.unknown,
            detail=receipt.detail,
            settled_at=clock.now() if state in (BatchState.SETTLED, BatchState.REJECTED) else None,
        )
    )


def record_no_effect(connection: Connection, batch_id: str, detail: str) -> None:
    """The latest send certainly had no effect (refused or throttled before it was taken): it can be sent again."""
    row = connection.execute(select(batches).where(batches.c.batch_id == batch_id)).one()
    _found(connection, batch_id, row.sends)
    state = _without_effect(connection, batch_id, owed=row.owed)
    where = batches.c.batch_id == batch_id
    connection.execute(update(batches).where(where).values(state=state.value, detail=detail))


def presume_lost(
    connection: Connection, clock: Clock, destination: str, audience_key: str, quiet_window: timedelta
) -> None:
    """Take over from a run that may still be alive: what it was about to send may be sent as late as now."""
    open_sends = select(batches.c.batch_id, batches.c.sends).where(
        (batches.c.destination == destination)
        & (batches.c.audience_key == audience_key)
        & (batches.c.sends > 0)
        & batches.c.state.in_([BatchState.INTENT.value, BatchState.UNKNOWN.value])
    )
    for row in connection.execute(open_sends).all():
        _found(connection, row.batch_id, row.sends)
        _lost(connection, row.batch_id, row.sends, clock.now() + quiet_window)


def confess(
    connection: Connection,
    clock: Clock,
    batch: BatchRecord,
    batch_id: str,
    file: str,
    quiet_window: timedelta,
) -> None:
    """Write down a send made after another run had taken over: as the newest of its audience, of unknown outcome."""
    intend(
        connection,
        clock,
        batch_id=batch_id,
        plan_id=batch.plan_id,
        destination=batch.destination,
        audience_key=batch.audience_key,
        operation=batch.operation,
        file=file,
        digest=batch.digest,
        rows=batch.rows,
        owed=False,
    )
    where = batches.c.batch_id == batch_id
    connection.execute(
        update(batches).where(where).values(state=BatchState.UNKNOWN.value, sends=1, sent_at=clock.now())
    )
    _lost(connection, batch_id, 1, clock.now() + quiet_window)


def _lost(connection: Connection, batch_id: str, send: int, quiet_until: datetime) -> None:
    connection.execute(insert(lost_sends).values(batch_id=batch_id, send=send, quiet_until=quiet_until))


def in_the_air(connection: Connection, clock: Clock, batch_id: str) -> bool:
    """Whether a send of the batch may still land."""
    live = (lost_sends.c.batch_id == batch_id) & (lost_sends.c.quiet_until > clock.now())
    return connection.execute(select(lost_sends.c.send).where(live)).first() is not None


def _found(connection: Connection, batch_id: str, send: int) -> None:
    """The outcome of one send is known: it is no longer in the air."""
    connection.execute(delete(lost_sends).where((lost_sends.c.batch_id == batch_id) & (lost_sends.c.send == send)))


def _without_effect(connection: Connection, batch_id: str, *, owed: bool) -> BatchState:
    """A refused batch leaves things as they were, unless an earlier send of it was lost and may have had an effect.

    Owed adds were not sent yet: what they make good may have happened.
    """
    earlier = connection.execute(select(lost_sends.c.send).where(lost_sends.c.batch_id == batch_id)).first()
    if earlier is not None:
        return BatchState.UNKNOWN
    return BatchState.INTENT if owed else BatchState.REJECTED


def open_batches(connection: Connection, root: Path) -> tuple[BatchRecord, ...]:
    """Batches that are unresolved or still being processed, oldest first."""
    states = [BatchState.INTENT.value, BatchState.UNKNOWN.value, BatchState.PROCESSING.value]
    return _records(connection, root, select(batches).where(batches.c.state.in_(states)))


def every_batch(connection: Connection, root: Path) -> tuple[BatchRecord, ...]:
    """All batches of all audiences, oldest first, also of audiences the project no longer has."""
    return _records(connection, root, select(batches))


def audience_log(connection: Connection, clock: Clock, root: Path, destination: str, audience_key: str) -> AudienceLog:
    """Everything needed to say who is in one audience."""
    of_audience = (batches.c.destination == destination) & (batches.c.audience_key == audience_key)
    records = _records(connection, root, select(batches).where(of_audience))
    lost = connection.execute(
        select(batches.c.batch_id, batches.c.operation, batches.c.file, lost_sends.c.quiet_until)
        .join(lost_sends, lost_sends.c.batch_id == batches.c.batch_id)
        .where(of_audience & (lost_sends.c.quiet_until > clock.now()))
    )  # their files are among the records'
    whole = replacements.find(connection, destination, audience_key)
    return AudienceLog(
        destination,
        audience_key,
        records,
        tuple(LostSend(row.batch_id, Operation(row.operation), root / row.file, row.quiet_until) for row in lost),
        whole if whole is not None and whole.may_land(clock.now()) else None,
    )


def clear_audience(connection: Connection, clock: Clock, destination: str, audience_key: str) -> None:
    """Forget what we believed: the audience no longer exists on the platform."""
    of_audience = (batches.c.destination == destination) & (batches.c.audience_key == audience_key)
    retired.retire(connection, clock, connection.execute(select(batches.c.file).where(of_audience)).scalars().all())
    gone = select(batches.c.batch_id).where(of_audience)
    connection.execute(delete(lost_sends).where(lost_sends.c.batch_id.in_(gone)))
    connection.execute(delete(batches).where(of_audience))
    replacements.forget(connection, destination, audience_key)


def _records(connection: Connection, root: Path, query: Select[Any]) -> tuple[BatchRecord, ...]:
    rows = connection.execute(query.order_by(batches.c.sequence)).all()
    files.bring(connection, root, [row.file for row in rows])
    return tuple(_record(row, root) for row in rows)


def _record(row: Row[Any], root: Path) -> BatchRecord:
    return BatchRecord(
        sequence=row.sequence,
        batch_id=row.batch_id,
        plan_id=row.plan_id,
        destination=row.destination,
        audience_key=row.audience_key,
        operation=Operation(row.operation),
        file=root / row.file,
        digest=row.digest,
        rows=row.rows,
        state=BatchState(row.state),
        sends=row.sends,
        request_id=row.request_id,
        settled=row.settled,
        rejected=row.rejected,
        processing=row.processing,
        unknown=row.unknown,
        detail=row.detail,
        sent_at=row.sent_at,
        settled_at=row.settled_at,
    )
