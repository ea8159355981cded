"""Copying a ledger's rows and files from one store to another, and comparing what arrived with what was there."""

import hashlib
import json
from pathlib import Path

from sqlalchemy import Connection, Select, Table, delete, insert, select

from activator.config.whole_file import replace_file
from activator.errors import LedgerError
from activator.ledger import files, outbox, postgres
from activator.ledger.moved import MARK, MOVES
from activator.ledger.schema import batches, facts, metadata, shared_files

_STREAMED = {"yield_per": 2_000}
_TABLES = tuple(table for table in metadata.sorted_tables if table is not shared_files)


def copy_rows(before: Connection, after: Connection) -> None:
    """Every row of every table, in place of whatever is there. Files are copied apart."""
    for table in metadata.sorted_tables:
        after.execute(delete(table))
    for table in _TABLES:
        for rows in before.execute(_all(table), execution_options=_STREAMED).partitions():
            after.execute(insert(table), [row._asdict() for row in rows])
        if after.dialect.name == "postgresql":
            postgres.go_on_counting(after, table)


def compare_rows(before: Connection, after: Connection) -> int:
    """How many rows there are, on both sides the same.

    Raises:
        LedgerError: what arrived is something else.
    """
    total = 0
    for table in _TABLES:
        was, now = _summary(before, table), _summary(after, table)
        if was != now:
            raise LedgerError(
                f"of {was[0]:,} rows of `{table.name}` {now[0]:,} arrived, or others", "Nothing was moved. Report this."
            )
        total += was[0]
    return total


def copy_files(before: Connection, after: Connection, folder: Path) -> int:
    """Every file the ledger speaks of: from the folder to the server, or back. Returns how many.

    Raises:
        LedgerError: one is missing or damaged.
    """
    digests = {str(row.file): str(row.digest) for row in before.execute(select(batches.c.file, batches.c.digest))}
    names = dict.fromkeys([*digests, *_outbox_file(before), *before.execute(select(shared_files.c.name)).scalars()])
    for name in names:
        content = _content(before, folder, name)
        if digests.get(name, hashlib.sha256(content).hexdigest()) != hashlib.sha256(content).hexdigest():
            raise LedgerError(f"{name} is damaged", "Restore it from a backup; nothing was moved.")
        _put(after, folder, name, content)
        if _content(after, folder, name) != content:
            raise LedgerError(f"{name} did not arrive as it was", "Nothing was moved. Check the disk.")
    return len(names)


def _all(table: Table) -> Select[tuple[object, ...]]:
    """What a ledger takes along: not its own mark, nor how often it was moved."""
    return select(table).where(facts.c.name.not_in([MARK, MOVES])) if table is facts else select(table)


def _summary(connection: Connection, table: Table) -> tuple[int, int]:
    """Count and digest of all rows. Stores sort texts differently, so the digest is a sum."""
    count = total = 0
    for row in connection.execute(_all(table), execution_options=_STREAMED):
        count += 1
        total += int.from_bytes(hashlib.sha256(repr(tuple(row)).encode()).digest())
    return count, total % 2**256


def _outbox_file(connection: Connection) -> list[str]:
    seen = outbox.seen(connection)
    return [] if seen is None else [f"outbox/{json.loads(seen)['file']}"]


def _content(connection: Connection, folder: Path, name: str) -> bytes:
    if files.on_server(connection):
        found: bytes | None = connection.execute(
            select(shared_files.c.content).where(shared_files.c.name == name)
        ).scalar_one_or_none()
    else:
        found = (folder / name).read_bytes() if (folder / name).is_file() else None
    if found is None:
        raise LedgerError(f"{name} is missing from the ledger", "Restore it from a backup; nothing was moved.")
    return bytes(found)


def _put(connection: Connection, folder: Path, name: str, content: bytes) -> None:
    if files.on_server(connection):
        connection.execute(insert(shared_files).values(name=name, content=content))
        return
    (folder / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_file(folder / name, content)
