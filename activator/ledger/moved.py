"""The mark on a ledger that was moved: from then on it is not used, and says where the new one is."""

import json
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, insert, select

from activator.errors import LedgerError
from activator.ledger.schema import facts

MARK, MOVES = "moved_to", "moves"


@dataclass(frozen=True, slots=True)
class Mark:
    """to: what the ledger is called now, without credentials; help: how to get there.

    number: of this move, 1 for the first; lineage: of the ledger, which it keeps.
    """

    to: str
    help: str
    number: int
    lineage: str


# Made once: it is asked in every transaction that writes.
_MARKED = select(facts.c.value).where(facts.c.name == MARK)


def mark_of(connection: Connection) -> Mark | None:
    """Where this ledger was moved, if it was."""
    found = connection.execute(_MARKED).scalar_one_or_none()
    return None if found is None else Mark(**json.loads(found))


def put_mark(connection: Connection, mark: Mark) -> None:
    """Once this is committed nobody uses this ledger any more."""
    connection.execute(insert(facts).values(name=MARK, value=json.dumps(asdict(mark))))


def take_mark(connection: Connection) -> None:
    """It was not moved after all."""
    connection.execute(delete(facts).where(facts.c.name == MARK))


def moves(connection: Connection) -> int:
    """How often this ledger has been moved before it came here."""
    return int(_fact(connection, MOVES) or 0)


def count_move(connection: Connection, number: int) -> None:
    """It came here by this move."""
    connection.execute(delete(facts).where(facts.c.name == MOVES))
    connection.execute(insert(facts).values(name=MOVES, value=str(number)))


def refuse_moved(connection: Connection, name: str) -> None:
    """Stop whoever would still write into a ledger that was moved.

    Raises:
        LedgerError: it was; names the new one.
    """
    mark = mark_of(connection)
    if mark is not None:
        raise LedgerError(f"{name} was moved and is used no more; it is now {mark.to}", mark.help)


def _fact(connection: Connection, name: str) -> str | None:
    found: str | None = connection.execute(select(facts.c.value).where(facts.c.name == name)).scalar_one_or_none()
    return found
