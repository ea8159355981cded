"""Moving a ledger between SQLite and PostgreSQL: all of it or nothing, and the old one is used no more.

The old one is marked before anything is copied, so that never two ledgers of one project are in use. Whoever is killed
in between leaves none in use; the same move, begun again, goes on.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, select

from activator.config.ledger_place import LedgerPlace
from activator.errors import LeaseHeldError, LedgerError
from activator.ledger import copying, lease, moved, plans
from activator.ledger.database import Database, is_there, open_database
from activator.ledger.moved import Mark
from activator.ledger.postgres import VARIABLE
from activator.ledger.schema import (
    batches,
    facts,
    leases,
    metadata,
    platform_uses,
    platform_waits,
    shared_files,
    slots,
)
from activator.ledger.sqlite import FILE
from activator.ports import Clock

# What looking at a ledger or a platform leaves behind: a place that holds nothing else has never been used.
_OF_LOOKS = (facts, leases, platform_waits, platform_uses)


@dataclass(frozen=True, slots=True)
class Moved:
    """What is at the new place. to: what the ledger is called now; help: what every process needs from now on."""

    rows: int
    batches: int
    to: str
    help: str


def move(source: LedgerPlace, target: LedgerPlace, clock: Clock) -> Moved:
    """Copy everything, compare it, and leave the old ledger marked.

    The two are places of one project with the same folder, one of them with a server.

    Raises:
        LeaseHeldError: a run is at work. LedgerError: there is nothing to move, the target is another ledger, a file is
            missing or damaged, or a store cannot be used; then the old ledger goes on as if nothing had happened.
    """
    if not is_there(source):
        raise LedgerError("there is no ledger to move", "The first run makes one where you want it.")
    with ExitStack() as closing:
        old, new = (closing.enter_context(_closed(open_database(place))) for place in (source, target))
        mark, mine = _marked(old, _mark(old, new, target), clock)
        arrived = False
        try:
            with old.reading() as before, new.changing() as after:
                if _is_there_already(after, mark):
                    arrived = True
                    return _told(after, mark)
                _refuse_used(after, mark, new.name)
                copying.copy_rows(before, after)
                copying.compare_rows(before, after)
                copying.copy_files(before, after, source.folder)
                moved.count_move(after, mark.number)
                arrived = True  # from here on it may be there, whatever is answered to the commit
                return _told(after, mark)
        finally:
            if mine and not arrived:
                with old.changing() as connection:
                    moved.take_mark(connection)


@contextmanager
def _closed(database: Database) -> Iterator[Database]:
    try:
        yield database
    finally:
        database.engine.dispose()


def _mark(old: Database, new: Database, target: LedgerPlace) -> Mark:
    """What the old ledger is to say."""
    with old.reading() as connection:
        number, lineage = moved.moves(connection) + 1, plans.known_lineage(connection)
    if lineage is None:
        raise LedgerError(
            f"{old.name} is empty", "There is nothing to move: the first run makes one where you want it."
        )
    if target.server is not None:
        return Mark(new.name, f"Set {VARIABLE} to that server wherever this project runs.", number, lineage)
    to = f"the ledger {target.folder / FILE} on {socket.gethostname()}"
    return Mark(to, f"Run activator there, without {VARIABLE}.", number, lineage)


def _marked(old: Database, wanted: Mark, clock: Clock) -> tuple[Mark, bool]:
    """The mark as it stands from here on, and whether it is new: else an earlier move there was interrupted."""
    with old.changing() as connection:
        found = moved.mark_of(connection)
        if found is None:
            _refuse_busy(connection, clock)
            moved.put_mark(connection, wanted)
            return wanted, True
        if found.to != wanted.to:
            moved.refuse_moved(connection, old.name)
        return found, False


def _refuse_busy(connection: Connection, clock: Clock) -> None:
    holder = lease.some_holder(connection, clock)
    if holder is None:
        claimed = (slots.c.state == "claimed") & (slots.c.lease_until > clock.now())
        holder = connection.execute(select(slots.c.holder).where(claimed).limit(1)).scalar_one_or_none()
    if holder is not None:
        raise LeaseHeldError(
            f"a run is at work ({holder})", "Stop `activator serve` and wait for the run, then move the ledger."
        )


def _is_there_already(after: Connection, mark: Mark) -> bool:
    """Whether this very move was interrupted only after its end."""
    here = moved.mark_of(after) is None and plans.known_lineage(after) == mark.lineage
    return here and moved.moves(after) == mark.number


def _refuse_used(after: Connection, mark: Mark, name: str) -> None:
    """The new place must never have been used, or have been left by an earlier move of this ledger."""
    left = moved.mark_of(after)
    if left is not None and left.lineage == mark.lineage and left.number < mark.number:
        return
    if left is not None and left.lineage == mark.lineage:
        raise LedgerError(f"{name} is the newer one, and its move to {left.to} has not ended", "Begin that move again.")
    named = after.execute(select(facts.c.name).where(facts.c.name != "lineage")).first() is not None
    if named or any(_rows(after, it) for it in metadata.sorted_tables if it not in _OF_LOOKS):
        raise LedgerError(
            f"{name} is in use already, by another ledger",
            "Take an empty place, or remove that ledger if it is nobody's.",
        )


def _told(after: Connection, mark: Mark) -> Moved:
    batches_there = select(func.count(batches.c.file.distinct()))
    rows = sum(_rows(after, table) for table in metadata.sorted_tables if table is not shared_files)
    return Moved(rows, int(after.execute(batches_there).scalar_one()), mark.to, mark.help)


def _rows(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
