"""How revenue of tiers and segments grew from one month to the next, and whether the best tier is worth the most.

Groups are fixed people. A segment is whoever was in it before the first of the two months began, where that is kept:
who is in it today is in it partly for what they did since, and would grow or fall by definition. Tiers are today's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import ibis.expr.types as ir

from activator.people.accounting import Ending
from activator.people.consent import PLATFORMS
from activator.people.engine import Engine
from activator.people.pipeline import People
from activator.reports.comparison import COUNTED_MIN, Comparison, Share, compared
from activator.reports.month import Month
from activator.segments.happenings import happenings


@dataclass(frozen=True, slots=True)
class Growth:
    """One group's revenue in a month and the one before, net of returns, in minor units of the project's currency.

    fixed_on: the day the group is of; buyers: with revenue above 0; active: who did anything, None without an export
    of events.
    """

    group: str
    fixed_on: date
    people: int
    revenue_before_minor: int
    revenue_minor: int
    buyers_before: int
    buyers: int
    active: int | None

    @property
    def ratio(self) -> float | None:
        """Revenue over that of the month before; None where there were too few buyers to say."""
        if (
            min(self.buyers_before, self.buyers) < COUNTED_MIN
            or min(self.revenue_before_minor, self.revenue_minor) <= 0
        ):
            return None
        return self.revenue_minor / self.revenue_before_minor


@dataclass(frozen=True, slots=True)
class TierWorth:
    """Mean lifetime value of a tier's customers, in minor units: brought and predicted, less the cost of serving."""

    tier: str
    customers: int
    lifetime_minor: int


def growth(
    engine: Engine, people: People, month: Month, members: ir.Table, fixed_on: Mapping[str, date]
) -> list[Growth]:
    """Of every group that has people. members: (person, segment); fixed_on: the day of each, in the order wanted."""
    kept = people.known.filter(~people.known.erased).select("person")
    counted = members.select("person", "segment").distinct().semi_join(kept, "person")
    counted = counted.left_join(_spent(engine, people, month), "person").drop("person_right")
    active = _active(people, month)
    if active is not None:
        counted = counted.left_join(active, "person").drop("person_right")
    figures = {
        "people": counted.count(),
        "revenue_before_minor": counted.then_minor.sum().fill_null(0).cast("int64"),
        "revenue_minor": counted.now_minor.sum().fill_null(0).cast("int64"),
        "buyers_before": (counted.then_minor > 0).fill_null(False).sum().cast("int64"),
        "buyers": (counted.now_minor > 0).fill_null(False).sum().cast("int64"),
    }
    if active is not None:
        figures["active"] = counted.came.notnull().sum().cast("int64")
    rows = counted.group_by("segment").agg(**figures).to_pyarrow().to_pylist()
    found = {row.pop("segment"): row for row in rows}
    return [
        Growth(group=name, fixed_on=on, **{"active": None, **found[name]})
        for name, on in fixed_on.items()
        if name in found
    ]


def tier_members(people: People, tiers: Sequence[str]) -> ir.Table:
    """(person, segment) of everybody in a tier of today."""
    known = people.known
    return known.filter(known.tier.isin(list(tiers))).select("person", segment="tier")


def tier_worths(people: People, tiers: Sequence[str]) -> list[TierWorth]:
    """Best tier first; those without customers are left out."""
    standing = people.standing()
    parts = {name: standing[name].fill_null(0) for name in ("value_minor", "predicted_minor")}
    costs = {name: standing[name].fill_null(0) for name in ("cost_to_serve_minor", "cost_ahead_minor")}
    worth = standing.select("tier", lifetime=sum(parts.values()) - sum(costs.values()))
    grouped = worth.group_by("tier").agg(customers=worth.count(), lifetime_minor=worth.lifetime.mean())
    found = {row["tier"]: row for row in grouped.to_pyarrow().to_pylist()}
    return [
        TierWorth(tier, found[tier]["customers"], round(found[tier]["lifetime_minor"]))
        for tier in tiers
        if tier in found
    ]


def against_held_out(engine: Engine, people: People, month: Month, tiers: Sequence[str]) -> Comparison | None:
    """Buyers among those advertised to against those kept out by lot; None where nobody is kept out."""
    known = people.known.filter(people.known.tier.isin(list(tiers)))
    somewhere = [known[f"ending_{platform}"] for platform in PLATFORMS]
    told, out = somewhere[0] == Ending.MEMBER.value, somewhere[0] == Ending.HELD_OUT.value
    for ending in somewhere[1:]:
        told, out = told | (ending == Ending.MEMBER.value), out | (ending == Ending.HELD_OUT.value)
    named = known.select("person", held_out=out, told=told & ~out)
    rows = named.left_join(_spent(engine, people, month), "person").drop("person_right")
    bought = (rows.now_minor > 0).fill_null(False)
    counts = rows.agg(
        told=rows.told.sum(),
        told_bought=(rows.told & bought).sum(),
        out=rows.held_out.sum(),
        out_bought=(rows.held_out & bought).sum(),
    )
    found = {name: int(count or 0) for name, count in counts.to_pyarrow().to_pylist()[0].items()}
    if not found["out"]:
        return None
    return compared(
        Share(1_000 * found["told_bought"], found["told"]), Share(1_000 * found["out_bought"], found["out"])
    )


def _spent(engine: Engine, people: People, month: Month) -> ir.Table:
    """(person, then_minor, now_minor) of everybody who spent anything, or had it returned, in the two months."""
    days = people.valuation.days
    spent = days.filter(days.day.between(month.before.first, month.last))
    now = spent.day >= month.first
    summed = spent.group_by("person").agg(
        then_minor=spent.net_minor.sum(where=~now).cast("int64"), now_minor=spent.net_minor.sum(where=now).cast("int64")
    )
    return engine.materialise("spent_in_month", summed)


def _active(people: People, month: Month) -> ir.Table | None:
    events = happenings(people, {"events"}).get("events")
    if events is None:
        return None
    day = events["at"].date()
    came = events.filter(day.between(month.first, month.last)).select("person").distinct()
    return came.mutate(came=came.person.notnull())


def before(month: Month) -> date:
    """The day groups are fixed on: the last before both months."""
    return month.before.first - timedelta(days=1)
