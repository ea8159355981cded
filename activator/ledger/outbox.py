"""The outbox's rows: added in the transaction that moves what was seen last, told until the receiver says yes."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from activator.ledger.schema import facts, outbox
from activator.model.outbox import EventState, OutboxEvent

ROWS_PER_INSERT = 5_000
SEEN = "outbox_seen"  # the file of who carried which tag when the outbox was filled last


def key_of(lineage: str, person: str) -> str:
    """What events call a person of this ledger: no digest of an address, and another one in another ledger."""
    return hashlib.sha256(f"{lineage}{person}".encode()).hexdigest()[:32]


def seen(connection: Connection) -> str | None:
    """The name of the file the outbox was filled up to; None before the first time."""
    value = connection.execute(select(facts.c.value).where(facts.c.name == SEEN)).scalar_one_or_none()
    return None if value is None else str(value)


def move_seen(connection: Connection, file: str) -> None:
    """From now on changes are counted from this file."""
    connection.execute(delete(facts).where(facts.c.name == SEEN))
    connection.execute(insert(facts).values(name=SEEN, value=file))


def last_sequence(connection: Connection) -> int:
    """The number of the newest event; events are told in this order."""
    return int(connection.execute(select(func.coalesce(func.max(outbox.c.sequence), 0))).scalar_one())


def withdraw(connection: Connection, undone: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Take back what nobody has been told yet of these (person_key, tag) that entered; returns those taken back."""
    wanted = set(undone)
    if not wanted:
        return set()
    untold = (outbox.c.state == EventState.PENDING.value) & (outbox.c.kind == "entered") & (outbox.c.attempts == 0)
    rows = connection.execute(select(outbox.c.event_id, outbox.c.person_key, outbox.c.tag).where(untold)).all()
    taken = {(row.person_key, row.tag): row.event_id for row in rows if (row.person_key, row.tag) in wanted}
    for event_id in taken.values():
        connection.execute(
            update(outbox)
            .where(outbox.c.event_id == event_id)
            .values(state=EventState.WITHDRAWN.value, source_ids=None, detail="left before it was due")
        )
    return set(taken)


def add(connection: Connection, events: Sequence[OutboxEvent]) -> None:
    """New events, pending."""
    for start in range(0, len(events), ROWS_PER_INSERT):
        connection.execute(
            insert(outbox),
            [
                {
                    "event_id": event.event_id,
                    "sequence": event.sequence,
                    "kind": event.kind,
                    "tag": event.tag,
                    "person_key": event.person_key,
                    "occurred_at": event.occurred_at,
                    "due_at": event.due_at,
                    "state": EventState.PENDING.value,
                    "next_attempt_at": event.due_at,
                    "source_ids": event.source_ids,
                }
                for event in events[start : start + ROWS_PER_INSERT]
            ],
        )


def due(connection: Connection, now: datetime, limit: int) -> list[OutboxEvent]:
    """Pending events whose time has come, oldest first."""
    query = select(outbox).where((outbox.c.state == EventState.PENDING.value) & (outbox.c.next_attempt_at <= now))
    return [_event(row) for row in connection.execute(query.order_by(outbox.c.sequence).limit(limit))]


def next_due_at(connection: Connection) -> datetime | None:
    """When the next pending event wants telling."""
    query = select(outbox.c.next_attempt_at).where(outbox.c.state == EventState.PENDING.value)
    return connection.execute(query.order_by(outbox.c.next_attempt_at).limit(1)).scalar_one_or_none()


def about_to_tell(connection: Connection, event_id: str) -> bool:
    """Count the attempt before it is made: from here on the receiver may know, whatever happens to us.

    False: it is not to be told any more.
    """
    pending = (outbox.c.event_id == event_id) & (outbox.c.state == EventState.PENDING.value)
    counted = connection.execute(update(outbox).where(pending).values(attempts=outbox.c.attempts + 1))
    return counted.rowcount == 1


def told(connection: Connection, event_id: str, now: datetime) -> None:
    """The receiver has said yes; what identifies anybody is forgotten."""
    values = {"state": EventState.DELIVERED.value, "delivered_at": now, "source_ids": None, "detail": ""}
    connection.execute(update(outbox).where(outbox.c.event_id == event_id).values(**values))


def refused(connection: Connection, event_id: str, detail: str) -> None:
    """The receiver will never take it."""
    values = {"state": EventState.REFUSED.value, "source_ids": None, "detail": detail}
    connection.execute(update(outbox).where(outbox.c.event_id == event_id).values(**values))


def postpone(connection: Connection, event_id: str, until: datetime, detail: str) -> None:
    """Not told, or nobody knows: once more at `until`."""
    connection.execute(update(outbox).where(outbox.c.event_id == event_id).values(next_attempt_at=until, detail=detail))


def people(connection: Connection) -> frozenset[str]:
    """Whom events are about, by their keys."""
    return frozenset(connection.execute(select(outbox.c.person_key).distinct()).scalars())


def redact(connection: Connection, person_key: str, instead: str) -> None:
    """What waits about a person is never told, and what was told bears another name from now on."""
    theirs = outbox.c.person_key == person_key
    waiting = theirs & (outbox.c.state == EventState.PENDING.value)
    withdrawn = {"state": EventState.WITHDRAWN.value, "detail": "the person was forgotten"}
    connection.execute(update(outbox).where(waiting).values(**withdrawn))
    connection.execute(update(outbox).where(theirs).values(person_key=instead, source_ids=None))


def told_of(connection: Connection, person_keys: Iterable[str]) -> list[OutboxEvent]:
    """What the receiver knows about somebody, or may know since nobody heard its answer; oldest first."""
    tried = outbox.c.person_key.in_(sorted(person_keys)) & (outbox.c.attempts > 0)
    return [_event(row) for row in connection.execute(select(outbox).where(tried).order_by(outbox.c.sequence))]


def counts(connection: Connection) -> dict[str, int]:
    """Events by state."""
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    found = {str(state): int(count) for state, count in rows}
    return {state.value: found.get(state.value, 0) for state in EventState}


def newest(connection: Connection, state: EventState | None, limit: int) -> list[OutboxEvent]:
    """Events, newest first."""
    query = select(outbox) if state is None else select(outbox).where(outbox.c.state == state.value)
    return [_event(row) for row in connection.execute(query.order_by(outbox.c.sequence.desc()).limit(limit))]


def prune(connection: Connection, before: datetime) -> None:
    """Forget what was told before this instant."""
    over = outbox.c.state != EventState.PENDING.value
    connection.execute(delete(outbox).where(over & (outbox.c.occurred_at < before) & (outbox.c.due_at < before)))


def _event(row: Row[Any]) -> OutboxEvent:
    return OutboxEvent(
        event_id=row.event_id,
        sequence=row.sequence,
        kind=row.kind,
        tag=row.tag,
        person_key=row.person_key,
        occurred_at=row.occurred_at,
        due_at=row.due_at,
        state=EventState(row.state),
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        delivered_at=row.delivered_at,
        source_ids=row.source_ids,
        detail=row.detail,
    )
