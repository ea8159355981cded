"""One writer at a time: a lease with an epoch. A dead process on this machine gives its lease up at once.

Whoever writes under a lease renews it in the same transaction, so that a run whose lease was taken over cannot write.
"""

import os
import socket
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, bindparam, insert, select, update

from activator.errors import LeaseHeldError, LeaseLostError
from activator.ledger.schema import leases
from activator.ports import Clock

LEASE = timedelta(minutes=10)  # longer than any one send with its bounded waits; renewed before each
NOBODY = ""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it was taken. epoch: grows with every taking, also by the same holder.

    succeeds: it was taken from a holder that never gave it back and may still be alive.
    """

    name: str
    holder: str
    epoch: int
    succeeds: bool


_RENEWAL = (
    update(leases)
    .where(leases.c.name == bindparam("its_name"))
    .where(leases.c.epoch == bindparam("its_epoch"))
    .where(leases.c.holder == bindparam("its_holder"))
    .values(until=bindparam("until"))
)


def this_process() -> str:
    """Who we are, for people and for the check whether a holder still lives."""
    return f"{socket.gethostname()}:{os.getpid()}"


def take(connection: Connection, clock: Clock, name: str, holder: str) -> Lease:
    """Take a lease that is free, over, or held by somebody dead. Taken twice by one holder, the first no longer holds.

    Raises:
        LeaseHeldError: somebody else, alive, holds it.
    """
    now = clock.now()
    row = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
    if row is None:
        connection.execute(insert(leases).values(name=name, holder=holder, epoch=1, until=now + LEASE))
        return Lease(name, holder, 1, succeeds=False)
    gone = row.holder == NOBODY or _dead(row.holder)
    if not gone and row.holder != holder and row.until > now:
        raise LeaseHeldError(
            f"another run is at work ({row.holder}, until {row.until:%H:%M:%S} UTC)", "Wait for it, or stop it first."
        )
    where = (leases.c.name == name) & (leases.c.epoch == row.epoch)
    connection.execute(update(leases).where(where).values(holder=holder, epoch=row.epoch + 1, until=now + LEASE))
    return Lease(name, holder, row.epoch + 1, succeeds=not gone)


def renew(connection: Connection, clock: Clock, lease: Lease) -> None:
    """Hold it for another while.

    Raises:
        LeaseLostError: somebody took it over. What the caller was about to write must not be written.
    """
    values = {
        "its_name": lease.name,
        "its_epoch": lease.epoch,
        "its_holder": lease.holder,
        "until": clock.now() + LEASE,
    }
    kept = connection.execute(_RENEWAL, values)
    if kept.rowcount != 1:
        raise LeaseLostError(
            "another run took over, because this one had not been heard of for too long",
            "Nothing more was done. Run `activator sync` to see where things stand.",
        )


def release(connection: Connection, clock: Clock, lease: Lease) -> None:
    """Give it back, unless somebody took it over. The row stays: an epoch is never used twice."""
    values = {"its_name": lease.name, "its_epoch": lease.epoch, "its_holder": lease.holder, "until": clock.now()}
    connection.execute(_RENEWAL.values(holder=NOBODY), values)


def some_holder(connection: Connection, clock: Clock) -> str | None:
    """Somebody who holds a lease and may be at work; None where nobody does."""
    held = connection.execute(
        select(leases.c.holder).where((leases.c.holder != NOBODY) & (leases.c.until > clock.now()))
    )
    return next((holder for holder in held.scalars() if not _dead(holder)), None)


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
