"""Which tier everybody was in before: what the platforms were last told, since that is what must not flap.

The ledger's batches say it, so it outlives restarts, and a tier no platform was told of is no reason to stay in it.
"""

from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir

from activator.config.clock import SystemClock
from activator.config.workspace import Workspace
from activator.ledger.database import is_there
from activator.ledger.store import LedgerReader
from activator.model.ledger import BatchRecord
from activator.people.engine import Engine
from activator.people.membership import believed_members
from activator.plan.desired import audience_key


def earlier_tiers(workspace: Workspace, engine: Engine) -> ir.Table | None:
    """(person, tier) of everybody believed to be in the audience of a tier, on any destination.

    None where that decides nothing, or nothing was ever sent.
    """
    if not any(tier.remembers for tier in workspace.project.tiers) or not is_there(workspace.ledger_place):
        return None
    ledger = LedgerReader(workspace.ledger_place, SystemClock())
    try:
        batches = ledger.every_batch()
    finally:
        ledger.close()
    tiers = {audience_key(tier.name): tier.name for tier in workspace.project.tiers}
    parts = [
        believed_members(engine, log).select(person="person_key", tier=ibis.literal(tiers[key]))
        for key, log in _by_audience(batches, tiers)
    ]
    return engine.materialise("earlier", ibis.union(*parts, distinct=True)) if parts else None


def _by_audience(batches: Iterable[BatchRecord], keys: Iterable[str]) -> Iterable[tuple[str, Sequence[BatchRecord]]]:
    """The batches of each audience on each destination, oldest first."""
    logs: dict[tuple[str, str], list[BatchRecord]] = {}
    wanted = set(keys)
    for batch in batches:
        if batch.audience_key in wanted:
            logs.setdefault((batch.destination, batch.audience_key), []).append(batch)
    return [(key, log) for (_, key), log in logs.items()]


def digest_of(earlier: ir.Table | None) -> str:
    """A short digest of who was where, whatever the order of rows; empty where it is no matter."""
    if earlier is None:
        return ""
    marks = (earlier.person.cast("string") + " " + earlier.tier).hash().cast("decimal(38, 0)")
    found = earlier.agg(people=earlier.count(), marks=marks.sum()).to_pyarrow().to_pylist()[0]
    return f"{found['people']}:{found['marks']}"
