"""The ledger of one project: the control store plus the folder of batch files, opened together.

Planning is given a LedgerReader, which cannot write: the database itself refuses it.
"""

from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from activator.config.ledger_place import LedgerPlace
from activator.errors import LedgerError
from activator.ledger import batches, objects, plans, reassertions, replacements
from activator.ledger.allowances import LedgerAllowances
from activator.ledger.database import open_database
from activator.model.ledger import AudienceLog, BatchRecord, Evidence, OwnedObject, ReplacementRecord
from activator.ports import Clock


class LedgerReader:
    """What planning may ask."""

    def __init__(self, place: LedgerPlace | Path, clock: Clock) -> None:
        """Open the ledger, creating or migrating it when needed. A path: the embedded one in that folder."""
        where = LedgerPlace(place) if isinstance(place, Path) else place
        self.folder = where.folder
        self.clock = clock
        self._database = open_database(where)
        try:
            with self._database.writing() as connection:
                self.lineage = plans.lineage(connection)
        except LedgerError:
            self.close()
            raise

    @property
    def allowances(self) -> LedgerAllowances:
        """What platforms allow. Planning may write this, and nothing else: looking uses some of it, too."""
        return LedgerAllowances(self._database, self.clock)

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection on which writing fails, and everything is as it was when it began."""
        return self._database.reading()

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

    def assertions_due(self, destination: str, every: timedelta) -> frozenset[str]:
        """Keys of the audiences that have not been sent as a whole for so long."""
        with self.reading() as connection:
            return reassertions.due(connection, self.clock, destination, every)

    def open_batches(self) -> tuple[BatchRecord, ...]:
        """Batches that are unresolved or still processing."""
        with self.reading() as connection:
            return batches.open_batches(connection, self.folder)

    def every_batch(self) -> tuple[BatchRecord, ...]:
        """All batches ever intended, oldest first."""
        with self.reading() as connection:
            return batches.every_batch(connection, self.folder)

    def replacing(self) -> tuple[ReplacementRecord, ...]:
        """Full refreshes that are under way."""
        with self.reading() as connection:
            return replacements.under_way(connection)

    def evidence(self) -> Evidence:
        """What the plans applied so far were made from."""
        with self.reading() as connection:
            return plans.evidence(connection)

    def close(self) -> None:
        """Release the file, or hang up."""
        self._database.engine.dispose()


class Ledger(LedgerReader):
    """What apply may change. Every method of its stores runs inside one `writing` transaction, fsynced on leaving."""

    def writing(self) -> AbstractContextManager[Connection]:
        """One transaction: all of it, or nothing."""
        return self._database.writing()
