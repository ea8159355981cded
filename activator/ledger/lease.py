"""One writer at a time: a lease with an epoch. A dead process on this machine gives its lease up at once."""

import os
import socket
from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select, update

from activator.errors import LedgerError
from activator.ledger.schema import leases
from activator.ports import Clock

LEASE = timedelta(minutes=10)  # longer than any one send with its bounded waits; renewed before each


def this_process() -> str:
    """Who we are, for people and for the check whether a holder still lives."""
    return f"{socket.gethostname()}:{os.getpid()}"


def take(connection: Connection, clock: Clock, name: str, holder: str) -> int:
    """Take or renew a lease and return its epoch.

    Raises:
        LedgerError: somebody alive holds it.
    """
    now = clock.now()
    row = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
    if row is None:
        connection.execute(insert(leases).values(name=name, holder=holder, epoch=1, until=now + LEASE))
        return 1
    ours = row.holder == holder
    if not ours and row.until > now and not _dead(row.holder):
        raise LedgerError(
            f"another run is at work ({row.holder}, until {row.until:%H:%M:%S} UTC)", "Wait for it, or stop it first."
        )
    epoch = row.epoch if ours else row.epoch + 1
    where = (leases.c.name == name) & (leases.c.epoch == row.epoch)
    connection.execute(update(leases).where(where).values(holder=holder, epoch=epoch, until=now + LEASE))
    return int(epoch)


def release(connection: Connection, name: str, holder: str) -> None:
    """Give the lease back."""
    connection.execute(delete(leases).where((leases.c.name == name) & (leases.c.holder == holder)))


def _dead(holder: str) -> bool:
    host, _, pid = holder.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
