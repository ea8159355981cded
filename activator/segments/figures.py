"""The figures of every segment: how many, worth what, reachable by whom, overlapping with which, and who they are.

All sums come out of the engine in one pass each; what is computed from them is plain arithmetic (differences.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine
from activator.segments.traits import Trait, traits

RESPONSE_DAYS = 90
# What segments are compared by: name -> column of `base`.
MEASURES = {
    "value": "value_minor",
    "predicted value": "predicted_minor",
    "response": "responded",
    "retention": "repeated",
    "cost to serve": "cost_minor",
}
SHARES = ("response", "retention")
CONVERSION = "conversion"


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a segment: its mean over customers, its standard deviation, and how many customers."""

    mean: float
    deviation: float
    customers: int

    @property
    def relative_error(self) -> float:
        """Standard error of log(mean), by the delta method; infinite where nothing is known."""
        if self.customers < 2 or self.mean <= 0:
            return float("inf")
        return self.deviation / self.mean / sqrt(self.customers)


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over some people. totals, squares: by measure, over customers; money in minor units."""

    people: int
    customers: int
    reachable: int
    totals: Mapping[str, float]
    squares: Mapping[str, float]

    def minus(self, other: "Sums") -> "Sums":
        """Of those who are not among the others; the others must be part of these people."""
        return Sums(
            self.people - other.people,
            self.customers - other.customers,
            self.reachable - other.reachable,
            {name: total - other.totals[name] for name, total in self.totals.items()},
            {name: total - other.squares[name] for name, total in self.squares.items()},
        )

    def measure(self, name: str) -> Measure:
        """Mean and standard deviation over customers; of CONVERSION over people.

        Shares have half a success and half a failure added, so that none in a hundred is a small share and not an
        unknown one (Jeffreys' prior).
        """
        if name == CONVERSION:
            return _share(self.customers, self.people)
        count = self.customers
        if not count:
            return Measure(0.0, 0.0, 0)
        if name in SHARES:
            return _share(self.totals[name], count)
        mean = self.totals[name] / count
        variance = max(self.squares[name] - count * mean * mean, 0.0) / max(count - 1, 1)
        return Measure(mean, sqrt(variance), count)


def _share(successes: float, count: int) -> Measure:
    if not count:
        return Measure(0.0, 0.0, 0)
    mean = (successes + 0.5) / (count + 1)
    return Measure(mean, sqrt(mean * (1 - mean)), count)


_SUMMED = (
    "person", "is_customer", "is_reachable", "days_since_last_order", "orders", "churn_risk", "interval_days",
)  # fmt: skip
NOBODY = Sums(0, 0, 0, dict.fromkeys(MEASURES, 0.0), dict.fromkeys(MEASURES, 0.0))


@dataclass(frozen=True, slots=True)
class Typical:
    """What is typical of a segment's customers: medians and means; money in minor units, None where nobody is known."""

    days_since_last_order: float | None
    orders: float | None
    churn_risk: float | None
    interval_days: float | None


@dataclass(frozen=True)
class Figures:
    """Everybody's sums, each segment's, those of each pair's shared people, and what each is like."""

    everybody: Sums
    segments: Mapping[str, Sums]
    shared: Mapping[tuple[str, str], Sums]
    typical: Mapping[str, Typical]
    traits: Mapping[str, Sequence[Trait]] = field(default_factory=dict)

    def without(self, name: str) -> Sums:
        """Everybody outside a segment."""
        return self.everybody.minus(self.segments[name])


def base(engine: Engine, people: ir.Table, reachable: ir.Table) -> ir.Table:
    """Everyone with what is summed. people: of Subjects; reachable: (person) of those a platform may be sent."""
    recent = people.days_since_last_order <= RESPONSE_DAYS
    rows = people.left_join(reachable.select("person", reached=ibis.literal(True)), "person").drop("person_right")
    return engine.materialise(
        "base",
        rows.mutate(
            is_customer=(rows.orders > 0).fill_null(False),
            is_reachable=rows.reached.fill_null(False),
            value_minor=rows["value"].fill_null(0),
            predicted_minor=rows.predicted_value.fill_null(0),
            cost_minor=rows.cost_to_serve.fill_null(0),
            responded=recent.fill_null(False).cast("int64"),
            repeated=(rows.orders > 1).fill_null(False).cast("int64"),
        ).drop("reached"),
    )


def figures(engine: Engine, rows: ir.Table, members: ir.Table, names: Sequence[str], fields: Sequence[str]) -> Figures:
    """Compute all. rows: see base; members: person, segment, since; fields: those traits are looked for in."""
    everybody = _sums(rows.agg(**_totals(rows)).to_pyarrow().to_pylist()[0])
    needed = dict.fromkeys([*_SUMMED, *MEASURES.values(), *fields])
    counted = members.select("person", "segment").join(rows.select(*needed), "person")
    joined = engine.materialise("member_rows", counted)
    grouped = joined.group_by("segment").agg(**_totals(joined), **_middles(joined)).to_pyarrow().to_pylist()
    found = {row["segment"]: row for row in grouped}
    result = Figures(
        everybody,
        {name: _sums(found[name]) if name in found else NOBODY for name in names},
        _shared(joined, members, names),
        {name: _typical(found.get(name, {})) for name in names},
        traits(rows, joined, fields),
    )
    engine.drop(joined)
    return result


def _totals(rows: ir.Table) -> dict[str, ir.Value]:
    customers = rows.is_customer
    values: dict[str, ir.Value] = {
        "people": rows.count(),
        "customers": customers.sum(),
        "reachable": rows.is_reachable.sum(),
    }
    for column in MEASURES.values():
        exact = rows[column].cast("float64")
        values[f"{column}__total"] = exact.sum(where=customers)
        values[f"{column}__squares"] = (exact * exact).sum(where=customers)
    return values


def _sums(row: Mapping[str, Any]) -> Sums:
    return Sums(
        row["people"],
        row["customers"] or 0,
        row["reachable"] or 0,
        {name: row[f"{column}__total"] or 0.0 for name, column in MEASURES.items()},
        {name: row[f"{column}__squares"] or 0.0 for name, column in MEASURES.items()},
    )


def _middles(rows: ir.Table) -> dict[str, ir.Value]:
    return {
        "silent": rows.days_since_last_order.median(),
        "bought": rows.orders.mean(where=rows.is_customer),
        "risk": rows.churn_risk.mean(),
        "interval": rows.interval_days.median(),
    }


def _typical(row: Mapping[str, Any]) -> Typical:
    return Typical(row.get("silent"), row.get("bought"), row.get("risk"), row.get("interval"))


def _shared(joined: ir.Table, members: ir.Table, names: Sequence[str]) -> dict[tuple[str, str], Sums]:
    """By pair, in the order of names: the sums of the people in both."""
    place = {name: number for number, name in enumerate(names)}
    others = members.select("person", other="segment")
    pairs = joined.join(others, "person")
    pairs = pairs.filter(pairs.segment < pairs.other)
    rows = pairs.group_by("segment", "other").agg(**_totals(pairs)).to_pyarrow().to_pylist()
    ordered = [(sorted((row["segment"], row["other"]), key=place.__getitem__), row) for row in rows]
    return {(pair[0], pair[1]): _sums(row) for pair, row in ordered}
