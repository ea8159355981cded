"""What the ledger can tell a person: believed members, open batches, the last plan, slots, history."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, func, select

from activator.config.workspace import Workspace
from activator.ledger import erasures
from activator.ledger.refusals import refused_removals
from activator.ledger.schema import audit, batches, plans, slots
from activator.ledger.store import LedgerReader
from activator.model.erasure import Erasure
from activator.people.engine import Engine, open_engine
from activator.people.membership import believed_count
from activator.ports import Clock

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


def sends(connection: Connection) -> list[dict[str, Any]]:
    """What was sent to platforms and what they said, newest first, as far as the membership log still has it."""
    query = select(batches).where(batches.c.sends > 0).order_by(batches.c.sent_at.desc(), batches.c.sequence.desc())
    query = query.limit(HISTORY_MAX)
    named = ("plan_id", "destination", "audience_key", "operation", "rows", "settled", "rejected", "processing")
    return [
        {
            "at": row.sent_at,
            **{name: row._mapping[name] for name in (*named, "unknown", "sends", "state", "detail")},
            "receipt": row.request_id,
        }
        for row in connection.execute(query)
    ]


def open_erasures(connection: Connection) -> list[Erasure]:
    """People to be forgotten who are not yet, the most urgent first."""
    return sorted(erasures.unfinished(connection), key=lambda erasure: erasure.due_at)


def state_of(workspace: Workspace, clock: Clock, *, with_history: bool = False) -> dict[str, Any]:
    """What `status` shows: believed members per audience, open batches, last plan, slots. Calls no platform."""
    ledger = LedgerReader(workspace.ledger_place, clock)
    try:
        with ledger.reading() as connection:
            state: dict[str, Any] = {
                "last_plan": last_plan(connection),
                "slots": newest_slots(connection),
            }
            if with_history:
                state["history"] = history(connection)
                state["sends"] = sends(connection)
            state["erasures"] = open_erasures(connection)
            state["refused_removals"] = [asdict(owed) for owed in refused_removals(connection)]
        state["open_batches"] = [
            {
                "destination": record.destination,
                "audience_key": record.audience_key,
                "operation": record.operation.value,
                "rows": record.rows,
                "state": record.state.value,
                "detail": record.detail,
            }
            for record in ledger.open_batches()
        ]
        state["waits"] = [
            {"quota": quota, "until": until} for quota, until in sorted(ledger.allowances.waits().items())
        ]
        state["refreshes"] = [
            {
                "destination": one.destination,
                "audience_key": one.audience_key,
                "rows": one.rows,
                "since": one.started_at,
            }
            for one in ledger.replacing()
        ]
        with open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine:
            state["audiences"] = [
                _audience_state(engine, ledger, name, key)
                for name in workspace.project.destinations
                for key, owned in ledger.owned(name).items()
                if owned.kind == "audience"
            ]
        return state
    finally:
        ledger.close()


def _audience_state(engine: Engine, ledger: LedgerReader, name: str, key: str) -> dict[str, Any]:
    log = ledger.audience_log(name, key)
    return {
        "destination": name,
        "audience_key": key,
        "members": believed_count(engine, log),
        "batches": len(log.batches),
        "waiting_until": max((send.quiet_until for send in log.lost), default=None),
    }
