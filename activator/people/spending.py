"""What everybody spent on which day, in the project's currency: what rhythm and predictions are made of."""

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine
from activator.people.purchases import exact_product
from activator.people.rows import NumberedSource

_DAYS = {"person": "uuid", "day": "date", "net_minor": "int64"}


def spending_days(
    engine: Engine,
    sources: Sequence[NumberedSource],
    persons: ir.Table,
    as_of: date,
    factors: Mapping[str, ir.DecimalScalar],
) -> ir.Table:
    """(person, day, net_minor), one row per person and day up to as_of; below 0 where returns prevail.

    Args:
        engine: where it is computed.
        sources: those with orders are read.
        persons: (row_id, person) of every row that is somebody's.
        as_of: later orders are not looked at.
        factors: minor units of the project's currency for one of each other.
    """
    parts = [_of_rows(source.behind, as_of) for source in sources if source.gathered is not None]
    if not parts:
        return engine.materialise("days", ibis.memtable([], schema=ibis.schema(_DAYS)))
    every = engine.materialise("spent", ibis.union(*parts, distinct=False) if len(parts) > 1 else parts[0])
    owned = every.join(persons, every.stands_in == persons.row_id)
    rate = ibis.cases(*[(owned.currency == code, factor) for code, factor in factors.items()])
    net = exact_product(owned.minor.cast("decimal(19, 0)"), rate)
    summed = owned.select("person", "day", net=net).group_by("person", "day").agg(net=lambda t: t.net.sum().round(0))
    days = engine.materialise("days", summed.select("person", "day", net_minor=summed.net.try_cast("int64")))
    engine.drop(every)
    return days


def _of_rows(rows: ir.Table, as_of: date) -> ir.Table:
    """Sums by gathered row, day and currency: far fewer rows than orders, before anybody's name is joined."""
    dated = rows.select("stands_in", "currency", "amount_minor", day=rows.ordered_at.date())
    known = dated.filter(dated.day <= as_of)
    return known.group_by("stands_in", "day", "currency").agg(minor=known.amount_minor.sum().cast("decimal(38, 0)"))
