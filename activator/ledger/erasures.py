"""People to be forgotten, as the ledger keeps them: who is meant is known by keyed digests only."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from activator.ledger.schema import erasure_macs, erasure_places, erasures, facts
from activator.model.erasure import Erasure, Place, PlaceState

_SEAL = "erasure_seal"


def begin(connection: Connection, erasure: Erasure, macs: Collection[str], places: Collection[Place] = ()) -> None:
    """Write an erasure down; one that is known already is left as it is, with more digests if there are any."""
    if one(connection, erasure.erasure_id) is None:
        connection.execute(
            insert(erasures).values(
                erasure_id=erasure.erasure_id,
                requested_at=erasure.requested_at,
                actor=erasure.actor,
                found=erasure.found,
                completed_at=erasure.completed_at,
            )
        )
    known = set(macs_of(connection, erasure.erasure_id))
    for mac in sorted(set(macs) - known):
        connection.execute(insert(erasure_macs).values(mac=mac, erasure_id=erasure.erasure_id))
    for place in places:
        put(connection, erasure.erasure_id, place)


def put(connection: Connection, erasure_id: str, place: Place) -> None:
    """Write down how far one place has come."""
    where = (
        (erasure_places.c.erasure_id == erasure_id)
        & (erasure_places.c.destination == place.destination)
        & (erasure_places.c.audience_key == place.audience_key)
    )
    connection.execute(delete(erasure_places).where(where))
    connection.execute(
        insert(erasure_places).values(
            erasure_id=erasure_id,
            destination=place.destination,
            audience_key=place.audience_key,
            state=place.state.value,
            attempts=place.attempts,
            rows=place.rows,
            again_after=place.again_after,
            sent_at=place.sent_at,
            request_id=place.request_id,
            detail=place.detail,
        )
    )


def complete(connection: Connection, erasure_id: str, at: datetime) -> None:
    """Everything is done."""
    connection.execute(update(erasures).where(erasures.c.erasure_id == erasure_id).values(completed_at=at))


def reopen(connection: Connection) -> None:
    """All erasures are to be looked at again: what the ledger says about them may be older than they are."""
    connection.execute(update(erasures).values(completed_at=None))


def one(connection: Connection, erasure_id: str) -> Erasure | None:
    """One erasure, if it is known."""
    row = connection.execute(select(erasures).where(erasures.c.erasure_id == erasure_id)).one_or_none()
    return None if row is None else _erasure(connection, row)


def every(connection: Connection) -> tuple[Erasure, ...]:
    """All erasures, oldest first."""
    rows = connection.execute(select(erasures).order_by(erasures.c.requested_at, erasures.c.erasure_id)).all()
    return tuple(_erasure(connection, row) for row in rows)


def unfinished(connection: Connection) -> tuple[Erasure, ...]:
    """Those that are not complete, oldest first."""
    return tuple(erasure for erasure in every(connection) if erasure.completed_at is None)


def macs_of(connection: Connection, erasure_id: str) -> tuple[str, ...]:
    """The digests one erasure is known by, in order."""
    rows = connection.execute(select(erasure_macs.c.mac).where(erasure_macs.c.erasure_id == erasure_id))
    return tuple(sorted(rows.scalars()))


def every_mac(connection: Connection) -> tuple[str, ...]:
    """The digests of everybody forgotten, in order."""
    return tuple(sorted(connection.execute(select(erasure_macs.c.mac).distinct()).scalars()))


def seal(connection: Connection) -> str | None:
    """What the secret in use must be able to make again; None before anybody was forgotten."""
    found: str | None = connection.execute(select(facts.c.value).where(facts.c.name == _SEAL)).scalar_one_or_none()
    return found


def set_seal(connection: Connection, value: str) -> None:
    """Say which secret the digests are made with."""
    connection.execute(insert(facts).values(name=_SEAL, value=value))


def _erasure(connection: Connection, row: Row[Any]) -> Erasure:
    places = connection.execute(
        select(erasure_places)
        .where(erasure_places.c.erasure_id == row.erasure_id)
        .order_by(erasure_places.c.destination, erasure_places.c.audience_key)
    )
    return Erasure(
        erasure_id=row.erasure_id,
        requested_at=row.requested_at,
        actor=row.actor,
        found=row.found,
        completed_at=row.completed_at,
        places=tuple(
            Place(
                destination=place.destination,
                audience_key=place.audience_key,
                state=PlaceState(place.state),
                attempts=place.attempts,
                rows=place.rows,
                again_after=place.again_after,
                sent_at=place.sent_at,
                request_id=place.request_id,
                detail=place.detail,
            )
            for place in places
        ),
    )
