"""Opening the control store and bringing it to the current schema: SQLite beside the project, or PostgreSQL.

Transactions mean the same on both: one that reads sees one state and cannot write; those that write queue up, so what
they read stays true until they commit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from activator.config.ledger_place import LedgerPlace
from activator.errors import LedgerError
from activator.ledger import moved

HEAD = "0010"


@dataclass(frozen=True, slots=True)
class Database:
    """One open control store. name: for messages; unusable, damaged: what to do about failures of either kind."""

    engine: Engine
    name: str
    unusable: str
    damaged: str

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One state of everything; writing fails."""
        with self._explained(), self.engine.connect() as connection:
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it, or nothing. Others that write wait.

        Raises:
            LedgerError: it fails, or the ledger was moved.
        """
        with self.changing() as connection:
            moved.refuse_moved(connection, self.name)
            yield connection

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """The same, also of a ledger that is being made or moved."""
        with (
            self._explained(),
            self.engine.connect().execution_options(writing=True) as connection,
            connection.begin(),
        ):
            yield connection

    def migrate(self) -> None:
        """Bring it to the current schema. Processes that start together wait for the first."""
        with self.reading() as connection:
            if _version(connection) == HEAD:
                return
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.changing() as connection:
            current = _version(connection)
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError:
                raise LedgerError(
                    f"{self.name} was written by a newer activator (schema {current})",
                    "Upgrade activator; nothing was changed.",
                ) from None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn storage failures into LedgerError: a ledger that cannot be trusted stops the run."""
        try:
            yield
        except OperationalError as error:
            raise LedgerError(f"{self.name} cannot be used: {_said(error)}", self.unusable) from None
        except DatabaseError as error:
            raise LedgerError(f"{self.name} is damaged: {_said(error)}", self.damaged) from None
        except SQLAlchemyError as error:
            raise LedgerError(f"{self.name} failed: {type(error).__name__}") from None


def open_database(place: LedgerPlace) -> Database:
    """Open or create the store and bring it to the current schema.

    Raises:
        LedgerError: it cannot be opened, is damaged, or belongs to a newer activator.
        ConfigurationError: the server's address cannot be used.
    """
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if place.server is None:
        from activator.ledger import sqlite

        database = sqlite.opened(place.folder)
    else:
        from activator.ledger import postgres

        database = postgres.opened(place.server, place.schema)
    try:
        database.migrate()
    except LedgerError:
        database.engine.dispose()
        raise
    return database


def is_there(place: LedgerPlace) -> bool:
    """Whether there may be a ledger to ask. Makes nothing: looking at an export is no reason for a ledger."""
    from activator.ledger import sqlite

    return place.server is not None or (place.folder / sqlite.FILE).exists()


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return cast("str | None", found)


def _said(error: DatabaseError) -> str:
    """The store's own words, on one line. They name tables and conditions; values are in other parts of the error."""
    lines = str(error.orig).splitlines()
    return lines[0] if lines else type(error.orig).__name__
