"""Five protocols that look right and lose people. The harness is only worth something if it catches each of them.

Each is what its planner would believe: the same real runs, seen through a memory that keeps less.
"""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select

from activator.ledger import replacements
from activator.ledger.schema import plans
from activator.ledger.store import Ledger
from activator.model.delivery import Operation
from activator.model.ledger import AudienceLog, BatchState
from tests.simulation.world import View

ACCEPTED = (BatchState.SETTLED, BatchState.PROCESSING)


def snapshot_at_the_end(ledger: Ledger, log: AudienceLog) -> AudienceLog:
    """Remembers what runs sent that came to their end, and takes it for done."""
    with ledger.reading() as connection:
        ended = set(connection.execute(select(plans.c.plan_id).where(plans.c.finished_at.is_not(None))).scalars())
    kept = (replace(batch, state=BatchState.SETTLED) for batch in log.batches if batch.plan_id in ended)
    return replace(log, batches=tuple(kept), lost=())


def after_each_answer(_ledger: Ledger, log: AudienceLog) -> AudienceLog:
    """Remembers each batch once it was acknowledged."""
    return replace(log, batches=tuple(batch for batch in log.batches if batch.state in ACCEPTED), lost=())


def intent_without_waiting(_ledger: Ledger, log: AudienceLog) -> AudienceLog:
    """Remembers what was about to be sent, but not that it may still land."""
    return replace(log, lost=())


def forgets_after_an_answer(_ledger: Ledger, log: AudienceLog) -> AudienceLog:
    """Waits for lost sends, until any later send of the same batch is acknowledged."""
    answered = {batch.batch_id for batch in log.batches if batch.state in ACCEPTED}
    return replace(log, lost=tuple(send for send in log.lost if send.batch_id not in answered))


def refresh_done_once_sent(ledger: Ledger, log: AudienceLog) -> AudienceLog:
    """Takes a new list to be in force once all its parts were acknowledged, whatever the platform says of the end."""
    with ledger.reading() as connection:
        whole = replacements.find(connection, log.destination, log.audience_key)
    mine = [batch for batch in log.batches if whole is not None and batch.plan_id == whole.plan_id]
    parts = [batch for batch in mine if batch.operation is Operation.ADD]
    if whole is None or len(parts) != whole.parts or not all(batch.settled or batch.processing for batch in parts):
        return log
    done = {batch.batch_id for batch in mine if batch.operation is Operation.ADD or not batch.sends}
    known = (replace(each, state=BatchState.SETTLED) if each.batch_id in done else each for each in log.batches)
    lost = tuple(send for send in log.lost if send.batch_id not in done)
    return replace(log, batches=tuple(known), lost=lost, replacement=None)


KNOWN_BAD: Mapping[str, View] = {
    view.__name__: view
    for view in (snapshot_at_the_end, after_each_answer, intent_without_waiting, forgets_after_an_answer)
}
