"""Which plans were applied, from which sources, and the serial that tells a stale plan from a fresh one."""

import secrets

from sqlalchemy import Connection, func, insert, select, update

from activator.errors import StalePlanError
from activator.ledger.schema import audit, facts, plans, source_uses
from activator.model.ledger import SourceUse
from activator.ports import Clock


def lineage(connection: Connection) -> str:
    """The ledger's random name, given once: a plan made from another ledger is refused."""
    known = connection.execute(select(facts.c.value).where(facts.c.name == "lineage")).scalar_one_or_none()
    if known is not None:
        return str(known)
    value = secrets.token_hex(16)
    connection.execute(insert(facts).values(name="lineage", value=value))
    return value


def serial(connection: Connection) -> int:
    """How many times a plan has been begun or gone on with."""
    return int(connection.execute(select(func.coalesce(func.max(plans.c.serial), 0))).scalar_one())


def begin(connection: Connection, clock: Clock, plan_id: str, made_at_serial: int, summary: str) -> None:
    """Claim the ledger for a plan, or go on with one that was interrupted.

    Raises:
        StalePlanError: another plan was begun since this one was made, or this one is already done.
    """
    row = connection.execute(select(plans).where(plans.c.plan_id == plan_id)).one_or_none()
    current = serial(connection)
    if row is not None:
        if row.state == "applied":
            raise StalePlanError("this plan has already been applied", "Run `activator plan` for a new one.")
        if row.serial != current:
            raise StalePlanError("another plan was applied after this one began", "Run `activator plan` again.")
        # Plans made between its tries know nothing of what it sends now: they go stale.
        connection.execute(update(plans).where(plans.c.plan_id == plan_id).values(serial=current + 1))
        return
    if current != made_at_serial:
        raise StalePlanError("another plan was applied since this one was made", "Run `activator plan` again.")
    connection.execute(
        insert(plans).values(
            plan_id=plan_id, state="applying", serial=current + 1, started_at=clock.now(), summary=summary
        )
    )


def resumable(connection: Connection, plan_id: str) -> bool:
    """Whether this very plan was begun and not finished, and nothing else was begun since."""
    row = connection.execute(select(plans).where(plans.c.plan_id == plan_id)).one_or_none()
    return row is not None and row.state != "applied" and row.serial == serial(connection)


def finish(connection: Connection, clock: Clock, plan_id: str, *, complete: bool, uses: tuple[SourceUse, ...]) -> None:
    """Record how far the plan came and what it was made from, the yardstick of the next one."""
    connection.execute(
        update(plans)
        .where(plans.c.plan_id == plan_id)
        .values(state="applied" if complete else "partial", finished_at=clock.now())
    )
    known = {row.source for row in connection.execute(select(source_uses).where(source_uses.c.plan_id == plan_id))}
    for use in uses:
        if use.source not in known:
            connection.execute(
                insert(source_uses).values(
                    source=use.source, plan_id=plan_id, rows=use.rows, digest=use.digest, used_at=use.used_at
                )
            )


def last_uses(connection: Connection) -> dict[str, SourceUse]:
    """The newest use of each source."""
    rows = connection.execute(select(source_uses).order_by(source_uses.c.used_at))
    return {row.source: SourceUse(row.source, row.rows, row.digest, row.used_at) for row in rows}


def note(connection: Connection, clock: Clock, actor: str, action: str, subject: str, detail: str = "") -> None:
    """One line of the audit log: who did what to what, when."""
    connection.execute(insert(audit).values(at=clock.now(), actor=actor, action=action, subject=subject, detail=detail))
