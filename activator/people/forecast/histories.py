"""Purchase days as the models want them: how many, how recent, over how long, and worth how much.

A purchase day is a day on which somebody bought for more than they returned. Returns on other days lower the value, and
are no purchases.
"""

from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np

from activator.people.forecast.purchases import Histories

DAYS_PER_WEEK = 7
DISTINCT_MAX = 100_000  # histories beyond this are counted in whole weeks: the fit is then as good, and quick


def histories(days: ir.Table, as_of: date) -> ir.Table:
    """(person, repeats, last_days, age_days, value_minor, repeat_minor) of everyone who bought up to as_of.

    Args:
        days: (person, day, net_minor), one row per person and day; net_minor is below 0 where returns prevail.
        as_of: later days are not looked at.

    repeats: purchase days after the first; last_days: first to last; age_days: first to as_of; repeat_minor: net value
    after the first purchase day, never below 0.
    """
    known = days.filter(days.day <= as_of)
    bought = known.net_minor > 0
    grouped = known.group_by("person").agg(
        bought=bought.sum().cast("int64"),
        first_on=ibis.cases((bought, known.day)).min(),
        last_on=ibis.cases((bought, known.day)).max(),
        value_minor=known.net_minor.sum().cast("int64"),
        first_minor=known.net_minor.argmin(ibis.cases((bought, known.day))),
    )
    buyers = grouped.filter(grouped.bought > 0)
    return buyers.select(
        "person",
        "value_minor",
        repeats=buyers.bought - 1,
        last_days=buyers.last_on.delta(buyers.first_on, unit="day"),
        age_days=ibis.literal(as_of).delta(buyers.first_on, unit="day"),
        repeat_minor=ibis.greatest(buyers.value_minor - buyers.first_minor, 0),
    )


def kept_histories(days: ir.Table, as_of: date) -> ir.Table:
    """`histories`, computed now: they are looked at several times."""
    name = ibis.util.gen_name("histories")
    table: ir.Table = days.get_backend().create_table(name, histories(days, as_of), temp=True)
    return table


def distinct_histories(people: ir.Table) -> Histories:
    """Equal histories once, with how many share them. Sorted, so that sums come out alike in every run."""
    grouped = _grouped(people, 1)
    if grouped.count().to_pyarrow().as_py() > DISTINCT_MAX:
        grouped = _grouped(people, DAYS_PER_WEEK)
    found = grouped.order_by("repeats", "last_days", "age_days").to_pyarrow()
    repeats, last, age, count = (found[name].to_numpy().astype(float) for name in found.column_names)
    return Histories(repeats, np.minimum(last, age) / DAYS_PER_WEEK, age / DAYS_PER_WEEK, count)


def _grouped(people: ir.Table, unit_days: int) -> ir.Table:
    rounded = {
        name: (people[name].cast("float64") / unit_days).round(0).cast("int64") * unit_days
        for name in ("last_days", "age_days")
    }
    return (
        people.select("repeats", **rounded).group_by("repeats", "last_days", "age_days").agg(people=lambda t: t.count())
    )
