"""Opening the control store: SQLite in WAL with full synchronisation, private to its owner, migrated before use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from activator.errors import LedgerError

HEAD = "0002"
FILE = "ledger.sqlite"


def open_database(folder: Path) -> Engine:
    """Open or create the store in folder (0700, file 0600) and bring it to the current schema.

    Raises:
        LedgerError: it cannot be opened, is damaged, or belongs to a newer activator.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / FILE
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise LedgerError(f"{path} cannot be opened: {error.strerror}", "Check the folder's owner and space.") from None
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    with explained(path):
        _migrate(engine, path)
    return engine


def _begin(connection: Connection) -> None:
    """Writers queue up at once (BEGIN IMMEDIATE): what they read stays true until they commit."""
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _configure(connection: Any, _record: Any) -> None:
    """WAL lets a reader preview while a run writes; FULL survives power loss (0.21 ms a commit, measured)."""
    connection.isolation_level = None  # transactions are begun by _begin, not guessed by the driver
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _migrate(engine: Engine, path: Path) -> None:
    with engine.connect() as connection:
        current = _version(connection)
    if current == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect().execution_options(writing=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError:
            raise LedgerError(
                f"{path} was written by a newer activator (schema {current})", "Upgrade activator; nothing was changed."
            ) from None


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn storage failures into LedgerError: a ledger that cannot be trusted stops the run."""
    try:
        yield
    except OperationalError as error:
        raise LedgerError(
            f"the ledger {path.name} cannot be used: {error.orig}", "Check disk space, permissions and other runs."
        ) from None
    except DatabaseError as error:
        raise LedgerError(
            f"the ledger {path.name} is damaged: {error.orig}", "Restore it from a backup; do not delete it."
        ) from None
    except SQLAlchemyError as error:
        raise LedgerError(f"the ledger {path.name} failed: {type(error).__name__}") from None
