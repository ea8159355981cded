"""What serving each customer has cost: tickets, and the hours of onboarding and managing their company.

Rates are the project's own. A company's hours are shared out evenly among its contacts; a company whose hours stand in
several rows counts the largest. Everything is integers, rounded once per person and kind, half up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from activator.model.people import Entity
from activator.people.engine import Engine
from activator.people.rows import NumberedSource

_COSTS = {"person": "uuid", "once_minor": "int64", "going_minor": "int64"}
_MINUTES_MAX = 10_000_000  # of one company; beyond 19 years somebody has mistaken the column


@dataclass(frozen=True)
class Costs:
    """Rates in minor units of the project's currency; None is not counted."""

    ticket_minor: int | None = None
    support_hour_minor: int | None = None
    onboarding_hour_minor: int | None = None
    management_hour_minor: int | None = None

    @property
    def counted(self) -> bool:
        """Whether there is any."""
        rates = (self.ticket_minor, self.support_hour_minor, self.onboarding_hour_minor, self.management_hour_minor)
        return any(rate is not None for rate in rates)


def cost_to_serve(
    engine: Engine, sources: Sequence[NumberedSource], persons: ir.Table, as_of: date, costs: Costs
) -> ir.Table:
    """(person, once_minor, going_minor) of everybody who has cost anything up to as_of.

    once_minor: of onboarding; going_minor: of tickets and management, which go on. persons: (row_id, person).
    """
    parts = [*_of_tickets(sources, persons, as_of, costs), *_of_accounts(engine, sources, persons, costs)]
    if not parts:
        return ibis.memtable([], schema=ibis.schema(_COSTS))
    every = ibis.union(*parts, distinct=False) if len(parts) > 1 else parts[0]
    summed = every.group_by("person").agg(
        once_minor=every.once_minor.sum().cast("int64"), going_minor=every.going_minor.sum().cast("int64")
    )
    return engine.materialise("costs", summed.select(*_COSTS))


def _of_tickets(sources: Sequence[NumberedSource], persons: ir.Table, as_of: date, costs: Costs) -> list[ir.Table]:
    if costs.ticket_minor is None and costs.support_hour_minor is None:
        return []
    parts = []
    for source in (one for one in sources if one.source.entity is Entity.TICKETS):
        rows = source.valid
        rows = rows.filter(rows.opened_at.date() <= as_of)
        owned = rows.select("row_id", "minutes").join(persons, "row_id")
        minutes = ibis.greatest(ibis.least(owned.minutes.fill_null(0), _MINUTES_MAX), 0)
        grouped = owned.group_by("person").agg(tickets=owned.count(), minutes=minutes.sum().cast("int64"))
        handled = grouped.tickets * (costs.ticket_minor or 0)
        cost = handled + _of_minutes(grouped.minutes, costs.support_hour_minor or 0, 1)
        parts.append(grouped.select("person", once_minor=ibis.literal(0, "int64"), going_minor=cost.cast("int64")))
    return parts


def _of_accounts(engine: Engine, sources: Sequence[NumberedSource], persons: ir.Table, costs: Costs) -> list[ir.Table]:
    accounts = [source.valid for source in sources if source.source.entity is Entity.ACCOUNTS]
    contacts = [
        source.valid.select("row_id", "account_id")
        for source in sources
        if source.source.entity is Entity.CONTACTS and source.has("account_id")
    ]
    rated = costs.onboarding_hour_minor is not None or costs.management_hour_minor is not None
    if not (accounts and contacts and rated):
        return []
    columns = ("account_id", "onboarding_minutes", "management_minutes")
    hours = ibis.union(*[rows.select(*columns) for rows in accounts], distinct=False)
    of_company = (
        hours.filter(hours.account_id.notnull())
        .group_by("account_id")
        .agg(onboarding=_usable(hours.onboarding_minutes), management=_usable(hours.management_minutes))
    )
    named = ibis.union(*contacts, distinct=False).join(persons, "row_id")
    people = engine.materialise(
        "colleagues", named.filter(named.account_id.notnull()).select("account_id", "person").distinct()
    )
    sizes = people.group_by("account_id").agg(people=lambda t: t.count())
    shared = people.join(sizes, "account_id").join(of_company, "account_id")
    part = shared.select(
        "person",
        once_minor=_of_minutes(shared.onboarding, costs.onboarding_hour_minor or 0, shared.people),
        going_minor=_of_minutes(shared.management, costs.management_hour_minor or 0, shared.people),
    )
    return [part]


def _usable(minutes: ir.IntegerColumn) -> ir.IntegerScalar:
    return ibis.least(minutes.max(where=minutes >= 0).fill_null(0), _MINUTES_MAX)


def _of_minutes(minutes: ir.IntegerValue, hour_minor: int, people: ir.IntegerValue | int) -> ir.IntegerValue:
    """Minutes at a rate per hour, shared by people, rounded half up."""
    shares = people * 60
    return ((minutes * hour_minor * 2 + shares) // (shares * 2)).cast("int64")
