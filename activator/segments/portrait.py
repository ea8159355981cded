"""What the page shows besides the segments' own figures: how value is spread, tiers, RFM, moves, reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from activator.people.accounting import Ending
from activator.people.consent import PLATFORMS
from activator.people.pipeline import People
from activator.segments.figures import Sums
from activator.segments.kept import KeptMemberships
from activator.segments.study import Study

BINS_PER_DECADE = 4
DAYS_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Bin:
    """Customers whose value is from low to high, in units of the currency; low is None for 0 and less."""

    low: float | None
    high: float
    customers: int


@dataclass(frozen=True, slots=True)
class TierPortrait:
    """Money in minor units."""

    tier: str
    customers: int
    value_minor: int
    predicted_minor: int
    churn_risk: float | None


@dataclass(frozen=True, slots=True)
class RfmCell:
    """Customers with one recency and one frequency score, and their mean value in minor units."""

    recency: int
    frequency: int
    customers: int
    mean_value_minor: float


@dataclass(frozen=True, slots=True)
class RfmName:
    """One of the seven names."""

    name: str
    customers: int
    value_minor: int


@dataclass(frozen=True, slots=True)
class MovesOfDay:
    """Who came into and left a segment on one day."""

    on: date
    segment: str
    came: int
    left: int


@dataclass(frozen=True)
class Portrait:
    """Everything; value_shares: of all value, what the best 1 %, 2 % ... 100 % of customers hold together."""

    bins: Sequence[Bin]
    value_shares: Sequence[float]
    tiers: Sequence[TierPortrait]
    cells: Sequence[RfmCell]
    names: Sequence[RfmName]
    days: Sequence[MovesOfDay]
    reach: Mapping[str, Mapping[str, int]]
    everybody: Sums


def portrait(people: People, made: Study, kept: KeptMemberships) -> Portrait:
    """Compute all; a few small aggregates over people."""
    customers = made.rows.filter(made.rows.is_customer)
    return Portrait(
        bins=_bins(customers, made.subjects.money_unit),
        value_shares=_value_shares(customers),
        tiers=_tiers(made.rows),
        cells=_cells(customers),
        names=_names(customers),
        days=_days(kept),
        reach=_reach(people, made),
        everybody=made.figures.everybody,
    )


def _bins(customers: ir.Table, money_unit: int) -> list[Bin]:
    """On a logarithmic scale: values span four powers of ten. Empty ones in between are there too."""
    worth = customers.value_minor.cast("float64") / money_unit
    step = ibis.cases((worth > 0, (ibis.greatest(worth, 1.0).log10() * BINS_PER_DECADE).floor().cast("int64")))
    counted = customers.group_by(step=step).agg(customers=lambda t: t.count()).to_pyarrow().to_pylist()
    found = {row["step"]: row["customers"] for row in counted}
    nothing = found.pop(None, 0)
    if not found:
        return [Bin(None, 0.0, nothing)] if nothing else []
    steps = range(min(found), max(found) + 1)
    made = [Bin(_edge(each), _edge(each + 1), found.get(each, 0)) for each in steps]
    return [Bin(None, 0.0, nothing), *made] if nothing else made


def _edge(step: int) -> float:
    return float(10 ** (step / BINS_PER_DECADE))


def _value_shares(customers: ir.Table) -> list[float]:
    order = [customers.value_minor.desc(), customers.person]
    place = ibis.row_number().over(order_by=order)
    ranked = customers.select("value_minor", place=place, everybody=customers.count().over(ibis.window()))
    ranked = ranked.mutate(percent=(ranked.place * 100 / ranked.everybody).floor().cast("int64"))
    by_percent = ranked.group_by("percent").agg(value=lambda t: t.value_minor.cast("float64").sum()).order_by("percent")
    rows = {row["percent"]: row["value"] for row in by_percent.to_pyarrow().to_pylist()}
    total, running, shares = sum(rows.values()), 0.0, []
    for percent in range(100):
        running += rows.get(percent, 0.0)
        shares.append(round(running / total, 6) if total > 0 else 0.0)
    return shares


def _tiers(rows: ir.Table) -> list[TierPortrait]:
    """Of everybody in a tier, as `activator value` says it: who only has returns is in one too."""
    grouped = rows.filter(rows.tier.notnull()).group_by("tier")
    found = grouped.agg(
        customers=lambda t: t.count(),
        value_minor=lambda t: t.value_minor.sum().cast("int64"),
        predicted_minor=lambda t: t.predicted_minor.sum().cast("int64"),
        churn_risk=lambda t: t.churn_risk.mean(),
    )
    return [TierPortrait(**row) for row in found.to_pyarrow().to_pylist()]


def _cells(customers: ir.Table) -> list[RfmCell]:
    scored = customers.filter(customers.recency_score.notnull())
    rows = scored.group_by(recency="recency_score", frequency="frequency_score").agg(
        customers=lambda t: t.count(), mean_value_minor=lambda t: t.value_minor.mean()
    )
    return [RfmCell(**row) for row in rows.order_by("recency", "frequency").to_pyarrow().to_pylist()]


def _names(customers: ir.Table) -> list[RfmName]:
    named = customers.filter(customers.rfm_name.notnull())
    rows = named.group_by(name="rfm_name").agg(
        customers=lambda t: t.count(), value_minor=lambda t: t.value_minor.sum().cast("int64")
    )
    return [RfmName(**row) for row in rows.order_by(ibis.desc("value_minor"), "name").to_pyarrow().to_pylist()]


def _days(kept: KeptMemberships) -> list[MovesOfDay]:
    """The newest days with their moves, oldest first."""
    history = kept.history()
    if history is None:
        return []
    grouped = history.group_by("on", "segment").agg(
        came=history.came.sum().cast("int64"), left=(~history.came).sum().cast("int64")
    )
    rows = grouped.order_by("on", "segment").to_pyarrow().to_pylist()
    shown = sorted({row["on"] for row in rows})[-DAYS_SHOWN:]
    return [MovesOfDay(**row) for row in rows if row["on"] in shown]


def _reach(people: People, made: Study) -> dict[str, dict[str, int]]:
    """By segment: how many may be sent to each platform."""
    known = people.known
    sent = {platform: known[f"ending_{platform}"] == Ending.MEMBER.value for platform in PLATFORMS}
    joined = made.members.join(known.select("person", **sent), "person")
    rows = joined.group_by("segment").agg(**{name: joined[name].sum().cast("int64") for name in PLATFORMS})
    return {row.pop("segment"): row for row in rows.to_pyarrow().to_pylist()}
