"""Files of the membership log that nothing needs any more: first written down as such, deleted later.

Later, since a plan being made may have read that they were needed.
"""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select

from activator.errors import LeaseLostError
from activator.ledger.schema import retired_files
from activator.ports import Clock

GRACE = timedelta(hours=1)  # longer than a plan takes to read the log


def retire(connection: Connection, clock: Clock, names: Collection[str]) -> None:
    """Have files deleted, in a while. names: relative to the ledger's folder."""
    connection.execute(delete(retired_files).where(retired_files.c.name.in_(names)))
    for name in names:
        connection.execute(insert(retired_files).values(name=name, at=clock.now()))


def take_back(connection: Connection, names: Collection[str]) -> None:
    """They are in use after all.

    Raises:
        LeaseLostError: somebody may have deleted them meanwhile.
    """
    kept = connection.execute(delete(retired_files).where(retired_files.c.name.in_(names)))
    if kept.rowcount != len(names):
        raise LeaseLostError("compacting took too long, and was given up", "Nothing is lost; the next run tries again.")


def deletable(connection: Connection, clock: Clock) -> tuple[str, ...]:
    """What has been retired long enough."""
    old = retired_files.c.at < clock.now() - GRACE
    return tuple(connection.execute(select(retired_files.c.name).where(old)).scalars())


def forget(connection: Connection, names: Collection[str]) -> None:
    """They are deleted."""
    connection.execute(delete(retired_files).where(retired_files.c.name.in_(names)))
