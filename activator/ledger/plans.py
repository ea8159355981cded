"""Which plans were applied, from which sources, and the serial that tells a stale plan from a fresh one."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from activator.errors import StalePlanError
from activator.ledger.schema import audit, facts, plans, source_uses
from activator.model.ledger import Evidence, SourceUse
from activator.ports import Clock

USES_KEPT = 7  # of each source, for the trailing median
USES_READ_MAX = 10_000  # of all sources, so that years of hourly runs cost no more than weeks


def lineage(connection: Connection) -> str:
    """The ledger's random name, given once: a plan made from another ledger is refused."""
    known = known_lineage(connection)
    if known is not None:
        return known
    value = secrets.token_hex(16)
    connection.execute(insert(facts).values(name="lineage", value=value))
    return value


def known_lineage(connection: Connection) -> str | None:
    """The same, where it was given."""
    found: str | None = connection.execute(select(facts.c.value).where(facts.c.name == "lineage")).scalar_one_or_none()
    return found


def serial(connection: Connection) -> int:
    """How many times a plan has been begun or gone on with."""
    return int(connection.execute(select(func.coalesce(func.max(plans.c.serial), 0))).scalar_one())


def refuse_applied(connection: Connection, plan_id: str) -> None:
    """Refuse a plan that was applied as a whole.

    Raises:
        StalePlanError: it was.
    """
    state = connection.execute(select(plans.c.state).where(plans.c.plan_id == plan_id)).scalar_one_or_none()
    if state == "applied":
        raise StalePlanError("this plan has already been applied", "Run `activator plan` for a new one.")


def begin(connection: Connection, clock: Clock, plan_id: str, made_at_serial: int, summary: str) -> None:
    """Claim the ledger for a plan, or go on with one that was interrupted.

    Raises:
        StalePlanError: another plan was begun since this one was made, or this one is already done.
    """
    row = connection.execute(select(plans).where(plans.c.plan_id == plan_id)).one_or_none()
    current = serial(connection)
    if row is not None:
        refuse_applied(connection, plan_id)
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


def finish(
    connection: Connection,
    clock: Clock,
    plan_id: str,
    *,
    complete: bool,
    uses: tuple[SourceUse, ...],
    tiers: Mapping[str, int],
) -> None:
    """Record how far the plan came and what it was made from, the yardstick of the next one. tiers: people by tier."""
    known = {row.source for row in connection.execute(select(source_uses).where(source_uses.c.plan_id == plan_id))}
    for use in uses:
        if use.source not in known:
            connection.execute(insert(source_uses).values(plan_id=plan_id, **_row_of(use)))
    connection.execute(
        update(plans)
        .where(plans.c.plan_id == plan_id)
        .values(
            state="applied" if complete else "partial",
            finished_at=clock.now(),
            uses=len(known | {use.source for use in uses}),
            tier_people=json.dumps(dict(tiers), sort_keys=True),
        )
    )


def withhold(connection: Connection, clock: Clock, plan_id: str) -> None:
    """Record that guards held back what the plan is about: it leaves no yardstick."""
    where = plans.c.plan_id == plan_id
    connection.execute(update(plans).where(where).values(state="withheld", finished_at=clock.now()))


def evidence(connection: Connection) -> Evidence:
    """What plans were made from, as far as the next one is compared with it. What is missing is said to be missing."""
    finished = select(plans).where(plans.c.state.in_(("applied", "partial"))).order_by(plans.c.serial.desc()).limit(1)
    last = connection.execute(finished).one_or_none()
    if last is None:
        return Evidence()
    order = select(source_uses).order_by(source_uses.c.used_at.desc(), source_uses.c.source).limit(USES_READ_MAX)
    everything: dict[str, list[SourceUse]] = {}
    mine, told = 0, True
    for row in connection.execute(order):
        everything.setdefault(row.source, []).append(_use_of(row))
        mine += row.plan_id == last.plan_id
        told = told and bool(row.dialect or not row.rows or row.plan_id != last.plan_id)
    return Evidence(
        uses={name: _yardstick(found) for name, found in everything.items()},
        unchanged_since={name: _runs_of_equals(found)[0][-1].used_at for name, found in everything.items()},
        tiers=json.loads(last.tier_people or "{}"),
        whole=told and last.tier_people is not None and last.uses == mine,
    )


def _yardstick(newest_first: Sequence[SourceUse]) -> tuple[SourceUse, ...]:
    """The latest of each run of equal exports, back to where somebody has accepted another measure."""
    kept: list[SourceUse] = []
    for run in _runs_of_equals(newest_first)[:USES_KEPT]:
        kept.append(run[0])
        if any(use.restarted for use in run):
            break
    return tuple(kept)


def _runs_of_equals(newest_first: Sequence[SourceUse]) -> list[list[SourceUse]]:
    return [list(run) for _, run in groupby(newest_first, key=lambda use: (use.digest, use.rows))]


def _row_of(use: SourceUse) -> dict[str, object]:
    return asdict(use) | {"columns": json.dumps(use.columns), "restarted": int(use.restarted)}


def _use_of(row: Row[Any]) -> SourceUse:
    return SourceUse(
        source=row.source,
        rows=row.rows,
        digest=row.digest,
        used_at=row.used_at,
        columns=tuple(json.loads(row.columns)),
        dialect=row.dialect,
        usable_bp=row.usable_bp,
        written_at=row.written_at,
        restarted=bool(row.restarted),
    )


def applied(connection: Connection) -> frozenset[str]:
    """Ids of the plans that were carried out to their end."""
    return frozenset(connection.execute(select(plans.c.plan_id).where(plans.c.state == "applied")).scalars())


def newest(connection: Connection) -> str | None:
    """Id of the plan begun last."""
    query = select(plans.c.plan_id).order_by(plans.c.serial.desc()).limit(1)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def note(connection: Connection, clock: Clock, actor: str, action: str, subject: str, detail: str = "") -> None:
    """One line of the audit log: who did what to what, when."""
    connection.execute(insert(audit).values(at=clock.now(), actor=actor, action=action, subject=subject, detail=detail))
