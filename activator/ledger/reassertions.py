"""When each audience was last asserted as a whole: all who belong there sent anew, and all who have left."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from activator.ledger.schema import objects, reassertions
from activator.ports import Clock


def due(connection: Connection, clock: Clock, destination: str, every: timedelta) -> frozenset[str]:
    """Keys of the audiences last asserted, or else created, at least so long ago."""
    made = select(objects.c.key, objects.c.created_at).where(
        (objects.c.destination == destination) & (objects.c.kind == "audience") & objects.c.platform_id.is_not(None)
    )
    asserted = select(reassertions.c.audience_key, reassertions.c.at).where(reassertions.c.destination == destination)
    since = {row.key: row.created_at for row in connection.execute(made)}
    for row in connection.execute(asserted):
        if row.audience_key in since:
            since[row.audience_key] = max(since[row.audience_key], row.at)
    return frozenset(key for key, at in since.items() if clock.now() - at >= every)


def record(connection: Connection, at: datetime, audiences: Iterable[tuple[str, str]]) -> None:
    """These audiences (destination, key) have been asserted; at: what was changed by hand until then is put right."""
    for destination, key in audiences:
        same = (reassertions.c.destination == destination) & (reassertions.c.audience_key == key)
        connection.execute(delete(reassertions).where(same))
        connection.execute(insert(reassertions).values(destination=destination, audience_key=key, at=at))
