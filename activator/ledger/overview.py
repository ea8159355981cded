"""What the ledger can tell a person: the last plan, slots, history."""

from typing import Any

from sqlalchemy import Connection, func, select

from activator.ledger.schema import audit, plans, slots

HISTORY_MAX = 200


def last_plan(connection: Connection) -> dict[str, Any] | None:
    """The plan begun last, and how far it came."""
    row = connection.execute(select(plans).order_by(plans.c.serial.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return {
        "plan_id": row.plan_id,
        "state": row.state,
        "summary": row.summary,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def newest_slots(connection: Connection) -> list[dict[str, Any]]:
    """The newest slot of each schedule."""
    newest = select(slots.c.schedule, func.max(slots.c.instant).label("at")).group_by(slots.c.schedule).subquery()
    query = select(slots).join(newest, (slots.c.schedule == newest.c.schedule) & (slots.c.instant == newest.c.at))
    return [
        {"schedule": row.schedule, "instant": row.instant, "state": row.state, "detail": row.detail}
        for row in connection.execute(query.order_by(slots.c.schedule))
    ]


def history(connection: Connection) -> list[dict[str, Any]]:
    """The audit log, newest first."""
    rows = connection.execute(select(audit).order_by(audit.c.sequence.desc()).limit(HISTORY_MAX))
    return [
        {"at": row.at, "actor": row.actor, "action": row.action, "subject": row.subject, "detail": row.detail}
        for row in rows
    ]
