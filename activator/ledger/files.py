"""Files the ledger speaks of: batches of members, and what was last told. Beside SQLite they lie in the folder, safely.

With a server other hosts need them too: the server keeps them, and the folder holds copies.
"""

from collections.abc import Collection
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from activator.config.whole_file import replace_file
from activator.errors import LedgerError
from activator.ledger.schema import shared_files


def share(connection: Connection, root: Path, name: str) -> None:
    """Keep a file of the folder where every process finds it. name: relative to root."""
    if on_server(connection):
        connection.execute(insert(shared_files).values(name=name, content=(root / name).read_bytes()))


def bring(connection: Connection, root: Path, names: Collection[str]) -> None:
    """Copy what the folder lacks.

    Raises:
        LedgerError: the server does not have it either.
    """
    if not on_server(connection):
        return
    for name in [name for name in dict.fromkeys(names) if not (root / name).is_file()]:
        found = select(shared_files.c.content).where(shared_files.c.name == name)
        content = connection.execute(found).scalar_one_or_none()
        if content is None:
            raise LedgerError(f"{name} is missing from the ledger's server", "Restore the ledger's schema.")
        (root / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(root / name, content)


def forget(connection: Connection, names: Collection[str]) -> None:
    """Let the server forget files; the folder's copies are the caller's."""
    if on_server(connection):
        connection.execute(delete(shared_files).where(shared_files.c.name.in_(names)))


def strays(connection: Connection, root: Path, folder: str) -> tuple[str, ...]:
    """Copies of files below a folder that the server no longer has, as another host has retired them."""
    if not on_server(connection):
        return ()
    copies = [str(path.relative_to(root)) for path in (root / folder).rglob("*") if path.is_file()]
    known = set(connection.execute(select(shared_files.c.name).where(shared_files.c.name.in_(copies))).scalars())
    return tuple(name for name in copies if name not in known)


def on_server(connection: Connection) -> bool:
    """Whether other hosts find files there."""
    return connection.dialect.name != "sqlite"
