"""Deleting what is kept no longer: saved plans and the batches beside them, and old reports of platforms."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from activator.config.workspace import Workspace
from activator.errors import StalePlanError
from activator.ledger import performance, plans
from activator.ledger.store import Ledger
from activator.plan.files import PLAN_FILE, load_plan
from activator.ports import Clock


@dataclass(frozen=True, slots=True)
class Purged:
    """What was deleted: saved plans, batch files of plans that can no longer be applied, rows of reports."""

    plans: int = 0
    batches: int = 0
    performance_rows: int = 0


def purge(workspace: Workspace, ledger: Ledger, clock: Clock) -> Purged:
    """Delete everything whose time is over. Apply compacts the membership log itself (membership.keep_left_days).

    Raises:
        LedgerError: the ledger cannot be written.
    """
    keep = workspace.project.retention
    now = clock.now()
    with ledger.writing() as connection:
        rows = performance.purge(connection, now.date() - timedelta(days=keep.performance_days), now)
    with ledger.reading() as connection:
        done, last = plans.applied(connection), plans.newest(connection)
    batches = deleted = 0
    for folder in _saved(workspace):
        over = folder.name in done or _expired(folder, now)
        for batch in folder.glob("*.parquet") if over else ():
            batch.unlink(missing_ok=True)
            batches += 1
        if over and folder.name != last and now - _made_at(folder) > timedelta(days=keep.plans_days):
            shutil.rmtree(folder, ignore_errors=True)
            deleted += 1
    return Purged(deleted, batches, rows)


def _saved(workspace: Workspace) -> Iterator[Path]:
    """The folders of saved plans; those being made are none yet."""
    for folder in sorted(workspace.plans.glob("*")):
        if folder.is_dir() and not folder.name.startswith("making-"):
            yield folder


def _expired(folder: Path, now: datetime) -> bool:
    """Whether a plan can no longer be applied. One that cannot be read cannot be applied either."""
    try:
        plan, _ = load_plan(folder, with_batches=False)
    except StalePlanError:
        return True
    return plan.bindings.expires_at < now


def _made_at(folder: Path) -> datetime:
    try:
        seconds = (folder / PLAN_FILE).stat().st_mtime
    except OSError:
        seconds = folder.stat().st_mtime
    return datetime.fromtimestamp(seconds, UTC)
