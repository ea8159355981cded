"""Approvals of plans. A plan's id is a digest of its content, so an approval is of exactly what was shown."""

from sqlalchemy import Connection, insert, select

from activator.ledger.schema import approvals
from activator.model.approval import Approval


def approve(connection: Connection, given: Approval) -> None:
    """Write an approval down; giving it twice changes nothing."""
    if given.person not in {known.person for known in of_plan(connection, given.plan_id)}:
        connection.execute(
            insert(approvals).values(
                plan_id=given.plan_id, person=given.person, actor=given.actor, at=given.at, reason=given.reason
            )
        )


def of_plan(connection: Connection, plan_id: str) -> tuple[Approval, ...]:
    """Who has approved a plan, first come first."""
    query = select(approvals).where(approvals.c.plan_id == plan_id).order_by(approvals.c.at)
    return tuple(Approval(row.plan_id, row.person, row.actor, row.at, row.reason) for row in connection.execute(query))
