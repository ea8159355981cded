"""Full refreshes: which list is being replaced as a whole, how far that is, and what may still come of it.

Its members stand in batches like all others: everybody of the new list is added, whoever is known to be in the old one
and not in the new is removed. They are all written down before the first part is sent, so that whatever is interrupted
leaves everybody in doubt, and the next plan brings the list to what is wanted.
"""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from activator.ledger.schema import batches, lost_sends, replacements
from activator.model.delivery import Operation
from activator.model.ledger import BatchState, ReplacementRecord, ReplacementState
from activator.ports import Clock


def begin(connection: Connection, record: ReplacementRecord) -> None:
    """Write it down; one of the same audience that was given up has nothing more to say."""
    connection.execute(delete(replacements).where(_of(record)))
    connection.execute(insert(replacements).values(**asdict(record) | {"state": record.state.value}))


def find(connection: Connection, destination: str, audience_key: str) -> ReplacementRecord | None:
    """The one of an audience, if any is under way or was given up."""
    row = connection.execute(select(replacements).where(_at(destination, audience_key))).one_or_none()
    return None if row is None else _record(row)


def forget(connection: Connection, destination: str, audience_key: str) -> None:
    """The audience no longer exists on the platform."""
    connection.execute(delete(replacements).where(_at(destination, audience_key)))


def under_way(connection: Connection) -> tuple[ReplacementRecord, ...]:
    """All that were neither finished nor given up."""
    going = replacements.c.state != ReplacementState.GIVEN_UP.value
    return tuple(_record(row) for row in connection.execute(select(replacements).where(going)))


def all_sent(connection: Connection, record: ReplacementRecord) -> None:
    """Every part is acknowledged: from here on the platform is asked for the end."""
    connection.execute(update(batches).where(_leaving(record)).values(state=BatchState.PROCESSING.value))
    connection.execute(update(replacements).where(_of(record)).values(state=ReplacementState.FINISHING.value))


def asked(connection: Connection, record: ReplacementRecord, request_id: str) -> None:
    """The platform works on the end; request_id: what to ask by next time."""
    connection.execute(update(replacements).where(_of(record)).values(request_id=request_id))


def finish(connection: Connection, clock: Clock, record: ReplacementRecord) -> None:
    """The new list is all there is: whoever was accepted is in, and whoever is not in it is out."""
    for where, counts in (
        (_parts(record), {"settled": batches.c.settled + batches.c.processing, "processing": 0}),
        (_leaving(record), {"settled": batches.c.rows}),
    ):
        open_ones = where & (batches.c.state == BatchState.PROCESSING.value)
        settled = {"state": BatchState.SETTLED.value, "settled_at": clock.now(), **counts}
        connection.execute(update(batches).where(open_ones).values(**settled))
    connection.execute(delete(replacements).where(_of(record)))


def give_up(connection: Connection, clock: Clock, record: ReplacementRecord, quiet_window: timedelta) -> None:
    """It has ended, nobody knows how: everybody it names is in doubt, and what was sent may land until then."""
    until = clock.now() + quiet_window
    unproven = (
        _parts(record) & (batches.c.state == BatchState.PROCESSING.value) & batches.c.request_id.is_(None)
    ) | _leaving(record)
    connection.execute(update(batches).where(unproven).values(state=BatchState.UNKNOWN.value))
    tried = select(batches.c.batch_id, batches.c.sends, batches.c.state).where(_parts(record) & (batches.c.sends > 0))
    sent = connection.execute(tried).all()
    for row in sent:
        if BatchState(row.state).unresolved:
            this_send = (lost_sends.c.batch_id == row.batch_id) & (lost_sends.c.send == row.sends)
            connection.execute(delete(lost_sends).where(this_send))
            connection.execute(insert(lost_sends).values(batch_id=row.batch_id, send=row.sends, quiet_until=until))
    ended = {"state": ReplacementState.GIVEN_UP.value, "quiet_until": until if sent else None}
    connection.execute(update(replacements).where(_of(record)).values(**ended))


def may_land_from_now(connection: Connection, clock: Clock, record: ReplacementRecord, quiet_window: timedelta) -> None:
    """A part of one that another run has given up was sent just now."""
    given_up = _of(record) & (replacements.c.plan_id == record.plan_id)
    given_up &= replacements.c.state == ReplacementState.GIVEN_UP.value
    connection.execute(update(replacements).where(given_up).values(quiet_until=clock.now() + quiet_window))


def _at(destination: str, audience_key: str) -> ColumnElement[bool]:
    return (replacements.c.destination == destination) & (replacements.c.audience_key == audience_key)


def _of(record: ReplacementRecord) -> ColumnElement[bool]:
    return _at(record.destination, record.audience_key)


def _batches(record: ReplacementRecord, operation: Operation) -> ColumnElement[bool]:
    of_audience = (batches.c.destination == record.destination) & (batches.c.audience_key == record.audience_key)
    return of_audience & (batches.c.plan_id == record.plan_id) & (batches.c.operation == operation.value)


def _parts(record: ReplacementRecord) -> ColumnElement[bool]:
    return _batches(record, Operation.ADD)


def _leaving(record: ReplacementRecord) -> ColumnElement[bool]:
    """Those that are never sent; people who withdrew are taken out before, by removals of their own."""
    return _batches(record, Operation.REMOVE) & (batches.c.sends == 0)


def _record(row: Row[Any]) -> ReplacementRecord:
    return ReplacementRecord(**{**row._mapping, "state": ReplacementState(row.state)})
