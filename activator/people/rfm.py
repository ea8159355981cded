"""Recency, frequency and monetary value as scores from 1 to 5, and one name for every combination.

Conventions, since tools differ: 5 is best everywhere, so recency is turned round; recency is days from the last order
to a stated day, frequency counts orders, monetary value is the net total. Cuts are the 20, 40, 60 and 80 % quantiles
(type 7, linear between order statistics) plus one unit, and a score begins at its cut: equal values always share a
score, which ranking does not give. These are the conventions of the R package `rfm`. Where two cuts fall together, as
they do when most people have bought once, fewer scores are given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine

SCORES = 5
DROP, HIGH = 2, 4  # scores; see drops
DROP_DAYS = 30  # between the two looks at recency
COLUMNS = ("recency_score", "frequency_score", "monetary_score")


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the scores 2 to 5 begin, times five, so that quantiles stay whole numbers. Equal cuts share a score."""

    measure: str
    fifths: tuple[int, ...]

    @property
    def merged(self) -> int:
        """How many scores are not given because their cuts fall together."""
        return len(self.fifths) - len(set(self.fifths))


def with_scores(
    engine: Engine, customers: ir.Table, as_of: date, monetary_unit: int = 100
) -> tuple[ir.Table, tuple[Cuts, ...]]:
    """Customers with COLUMNS and `rfm_name`, and the cuts used.

    Args:
        engine: where the cuts are computed.
        customers: with last_order_on, orders and value_minor. Cuts are of those who have ordered; who only has returns
            has no recency score, and is named by the other two.
        as_of: the day recency is counted to.
        monetary_unit: minor units of one unit of the currency.
    """
    recency_days = ibis.literal(as_of).delta(customers.last_order_on, unit="day")
    measured = engine.staged(customers, recency_days=recency_days.cast("int64"))
    units = {"recency_days": 1, "orders": 1, "value_minor": monetary_unit}
    buyers = measured.filter(measured.recency_days.notnull())
    cuts = tuple(_cuts(engine, buyers, measure, unit) for measure, unit in units.items())
    recency, frequency, monetary = cuts
    scored = engine.staged(
        measured,
        recency_score=SCORES + 1 - _score(measured.recency_days, recency),
        frequency_score=_score(measured.orders, frequency),
        monetary_score=_score(measured.value_minor, monetary),
    )
    named = scored.mutate(rfm_name=name_of(*(scored[column] for column in COLUMNS))).drop("recency_days")
    return named, cuts


def recency_before(engine: Engine, days: ir.Table, day: date) -> ir.Table:
    """(person, r_before): the recency score on an earlier day, of everyone who had bought by then.

    Worked out from the purchases themselves, so that it needs no snapshot and is the same in every run.

    Args:
        engine: where the cuts are computed.
        days: (person, day, net_minor), one row per person and day.
        day: the earlier day; later ones are not looked at.
    """
    known = days.filter((days.day <= day) & (days.net_minor > 0))
    last = known.group_by("person").agg(last_on=known.day.max())
    recency_days = ibis.literal(day).delta(last.last_on, unit="day").cast("int64")
    measured = engine.materialise("recency", last.select("person", recency_days=recency_days))
    cuts = _cuts(engine, measured, "recency_days", 1)
    return measured.select("person", r_before=SCORES + 1 - _score(measured.recency_days, cuts))


def drops(r_before: ir.IntegerValue, r: ir.IntegerValue, f: ir.IntegerValue, m: ir.IntegerValue) -> ir.BooleanValue:
    """Whether a good customer grows silent: recency fell by DROP or more while frequency or monetary value is high."""
    return ((r_before - r >= DROP) & ((f >= HIGH) | (m >= HIGH))).fill_null(False)


def name_of(recency: ir.IntegerValue, frequency: ir.IntegerValue, monetary: ir.IntegerValue) -> ir.StringValue:
    """The segment of three scores: the first line that fits. Every combination has exactly one."""
    return ibis.cases(
        ((recency >= 4) & (frequency >= 4) & (monetary >= 4), "champions"),
        ((recency >= 3) & (frequency >= 4), "loyal"),
        ((recency >= 4) & (frequency == 3), "regular"),
        (recency >= 4, "new"),
        (recency == 3, "regular"),
        (monetary >= 4, "cant_lose"),
        ((frequency >= 4) | (monetary == 3), "at_risk"),
        else_="dormant",
    )


def _score(value: ir.IntegerValue, cuts: Cuts) -> ir.IntegerValue:
    """1, and one more for every cut reached; equal cuts count once, so the best score given is lower."""
    reached: Sequence[ir.IntegerValue] = [(value * 5 >= cut).cast("int64") for cut in sorted(set(cuts.fifths))]
    total: ir.IntegerValue = ibis.literal(1, "int64")
    for one in reached:
        total = total + one
    return total


def _cuts(engine: Engine, customers: ir.Table, measure: str, unit: int) -> Cuts:
    histogram = customers.group_by(measure).agg(people=lambda t: t.count())
    ascending = ibis.window(order_by=measure, rows=(None, 0))
    ranked = engine.materialise("ranked", histogram.mutate(reached=histogram.people.sum().over(ascending)))
    total = int(customers.count().to_pyarrow().as_py())
    if total == 0:
        engine.drop(ranked)
        return Cuts(measure, ())
    fifths = []
    for share in range(1, SCORES):
        below, rest = divmod((total - 1) * share, SCORES)
        low, high = _at(ranked, measure, below), _at(ranked, measure, min(below + 1, total - 1))
        fifths.append(5 * low + rest * (high - low) + 5 * unit)
    engine.drop(ranked)
    return Cuts(measure, tuple(fifths))


def _at(ranked: ir.Table, measure: str, position: int) -> int:
    """The order statistic at a position from 0."""
    return int(ranked.filter(ranked.reached > position)[measure].min().to_pyarrow().as_py())
