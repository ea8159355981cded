"""Removals a platform has refused: people who should be out of an audience, and are still in."""

from itertools import groupby, takewhile
from typing import Any

from sqlalchemy import Connection, func, select

from activator.ledger.schema import batches, plans
from activator.model.delivery import Operation
from activator.model.ledger import BatchState, RefusedRemoval


def refused_removals(connection: Connection) -> tuple[RefusedRemoval, ...]:
    """What is owed to people by audience, for longest first.

    Of each audience its newest plan with removals counts, unless a later plan was done whole: that one has made good
    what was owed, or found that nothing is any more.
    """
    whole = connection.execute(select(func.max(plans.c.serial)).where(plans.c.state == "applied")).scalar() or 0
    columns = (batches.c.destination, batches.c.audience_key, plans.c.serial, batches.c.state, batches.c.rows)
    removals = (
        select(*columns, batches.c.rejected, batches.c.intended_at, batches.c.detail)
        .join(plans, plans.c.plan_id == batches.c.plan_id)
        .where(batches.c.operation == Operation.REMOVE.value)
        .order_by(batches.c.destination, batches.c.audience_key, plans.c.serial.desc(), batches.c.sequence)
    )
    found = []
    for (destination, key), of_audience in groupby(connection.execute(removals), lambda row: (row[0], row[1])):
        by_plan = [[*of_plan] for _, of_plan in groupby(of_audience, lambda row: row.serial)]
        refused = [[row for row in rows if _still_in(row)] for rows in by_plan]
        if not refused[0] or by_plan[0][0].serial < whole:
            continue
        since = [*takewhile(bool, refused)][-1][0].intended_at
        people = sum(_still_in(row) for row in refused[0])
        found.append(RefusedRemoval(destination, key, people, since, refused[0][-1].detail))
    return tuple(sorted(found, key=lambda owed: owed.since))


def _still_in(removal: Any) -> int:
    """How many people of a batch (a row of `batches`) were not taken out: all where it was refused as a whole."""
    return int(removal.rows if removal.state == BatchState.REJECTED.value else removal.rejected)
