"""Keeping the membership log short, and no longer than it may be kept: after the work of an apply, under its leases."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from activator.apply.context import ApplyContext
from activator.errors import LeaseHeldError
from activator.ledger import compaction
from activator.ledger.compaction import BaseFile, Fold, Policy
from activator.model.delivery import Operation
from activator.model.ledger import BatchRecord
from activator.people.engine import Engine, rows_in
from activator.people.membership import KEYS
from activator.people.standing_members import LEFT_AT, Standing, standing
from activator.plan.batches import write_batches

BASE_ROWS_MAX = 100_000  # of one file: written and copied as a whole


def tidy(context: ApplyContext, policy: Policy, open_engine: Callable[[], AbstractContextManager[Engine]]) -> int:
    """Compact every audience that needs it, and delete what is no longer needed. Returns batches replaced.

    An audience somebody else is at work on is left for the next time.
    """
    replaced = 0
    for destination, port in context.destinations.items():
        for key, owned in context.ledger.owned(destination).items():
            if owned.kind != "audience" or not compaction.due(context.ledger, destination, key, policy):
                continue
            with open_engine() as engine, tempfile.TemporaryDirectory(dir=engine.folder) as folder:
                fold = folding(engine, port.identifier_form, Path(folder))
                replaced += compact_audience(context, destination, key, policy, fold)
    compaction.sweep(context.ledger)
    return replaced


def compact_audience(context: ApplyContext, destination: str, key: str, policy: Policy, fold: Fold) -> int:
    """Compact one audience under its lease."""
    try:
        with context.audience(destination, key) as held:
            return compaction.compact(context.ledger, held, destination, key, policy, fold)
    except LeaseHeldError:
        return 0


def folding(engine: Engine, form: str, folder: Path) -> Fold:
    """How the engine writes a base into folder."""

    def fold(batches: Sequence[BatchRecord], left_since: datetime) -> Sequence[BaseFile]:
        parts = standing(engine, form, batches, left_since)
        return tuple(base for part in parts if rows_in(part.rows) for base in _written(engine, part, folder))

    return fold


def _written(engine: Engine, part: Standing, folder: Path) -> list[BaseFile]:
    oldest = None
    if part.certain and not part.added:
        oldest = datetime.fromisoformat(part.rows[LEFT_AT].min().to_pyarrow().as_py())
    operation = Operation.ADD if part.added else Operation.REMOVE
    keys = {name: part.rows[name].cast("binary") for name in KEYS}
    stream = engine.stream(part.rows.mutate(**keys), BASE_ROWS_MAX)
    label = f"{operation}-{'known' if part.certain else 'unknown'}"
    files = write_batches(stream, BASE_ROWS_MAX, folder, label, "")
    return [BaseFile(folder / file.file, file.rows, operation, part.certain, oldest) for file in files]
