"""The ledger of one project: the control store plus the folder of batch files, opened together.

Planning is given a LedgerReader, which cannot write: SQLite itself refuses it (PRAGMA query_only).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from activator.ledger import batches, objects, plans
from activator.ledger.database import FILE, explained, open_database
from activator.model.ledger import AudienceLog, BatchRecord, OwnedObject, SourceUse
from activator.ports import Clock


class LedgerReader:
    """What planning may ask."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Open the ledger in folder, creating or migrating it when needed."""
        self.folder = folder
        self.clock = clock
        self._engine: Engine = open_database(folder)
        with self._writing() as connection:
            self.lineage = plans.lineage(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection on which writing fails."""
        with explained(self.folder / FILE), self._engine.connect() as connection:
            connection.execute(text("PRAGMA query_only=ON"))
            try:
                yield connection
            finally:
                connection.rollback()
                connection.execute(text("PRAGMA query_only=OFF"))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            explained(self.folder / FILE),
            self._engine.connect().execution_options(writing=True) as connection,
            connection.begin(),
        ):
            yield connection

    def serial(self) -> int:
        """How many plans have been begun."""
        with self.reading() as connection:
            return plans.serial(connection)

    def resumable(self, plan_id: str) -> bool:
        """Whether this plan was begun, is unfinished, and nothing else was begun since."""
        with self.reading() as connection:
            return plans.resumable(connection, plan_id)

    def owned(self, destination: str) -> dict[str, OwnedObject]:
        """Our objects on one destination, by spec key."""
        with self.reading() as connection:
            return objects.owned(connection, destination)

    def audience_log(self, destination: str, audience_key: str) -> AudienceLog:
        """What to believe about one audience."""
        with self.reading() as connection:
            return batches.audience_log(connection, self.clock, self.folder, destination, audience_key)

    def open_batches(self) -> tuple[BatchRecord, ...]:
        """Batches that are unresolved or still processing."""
        with self.reading() as connection:
            return batches.open_batches(connection, self.folder)

    def every_batch(self) -> tuple[BatchRecord, ...]:
        """All batches ever intended, oldest first."""
        with self.reading() as connection:
            return batches.every_batch(connection, self.folder)

    def last_uses(self) -> dict[str, SourceUse]:
        """What the last applied plan read."""
        with self.reading() as connection:
            return plans.last_uses(connection)

    def close(self) -> None:
        """Release the file."""
        self._engine.dispose()


class Ledger(LedgerReader):
    """What apply may change. Every method of its stores runs inside one `writing` transaction, fsynced on leaving."""

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it, or nothing."""
        with self._writing() as connection:
            yield connection
