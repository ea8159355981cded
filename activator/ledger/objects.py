"""Objects we own on the platforms."""

from sqlalchemy import Connection, delete, insert, select, update

from activator.ledger.schema import objects
from activator.model.ledger import OwnedObject
from activator.ports import Clock


def owned(connection: Connection, destination: str) -> dict[str, OwnedObject]:
    """Everything of ours on one destination, by spec key, unfinished creates included."""
    query = select(objects).where(objects.c.destination == destination)
    return {
        row.key: OwnedObject(row.destination, row.key, row.kind, row.name, row.platform_id, row.plan_id)
        for row in connection.execute(query)
    }


def intend(
    connection: Connection, clock: Clock, plan_id: str, destination: str, kind: str, key: str, name: str
) -> None:
    """Write down that a create is about to be sent; repeating an unfinished intent changes nothing."""
    if key in owned(connection, destination):
        return
    connection.execute(
        insert(objects).values(
            destination=destination, key=key, kind=kind, name=name, plan_id=plan_id, created_at=clock.now()
        )
    )


def acknowledge(connection: Connection, destination: str, key: str, platform_id: str) -> None:
    """The create is known to have happened."""
    where = (objects.c.destination == destination) & (objects.c.key == key)
    connection.execute(update(objects).where(where).values(platform_id=platform_id))


def forget(connection: Connection, destination: str, key: str) -> None:
    """The platform no longer has it."""
    connection.execute(delete(objects).where((objects.c.destination == destination) & (objects.c.key == key)))
