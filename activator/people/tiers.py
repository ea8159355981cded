"""Value tiers by nearest-rank cuts over integers: exact, total, disjoint, and the same whatever the order of rows.

With n customers and a cumulative share s, the cut is the value of the customer at rank round(s * n), best first, half
rounded up; everyone worth at least as much is in the tier or a better one. Equal values are never split, so a tie at
the cut makes the tier larger than its share. The last tier takes the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import ibis
import ibis.expr.types as ir

from activator.model.people import TierSummary
from activator.people.engine import Engine


@dataclass(frozen=True)
class TierCut:
    """A tier and the cumulative share of customers, best first, that reaches into it; None for the rest."""

    name: str
    top_share: Decimal | None


def rank_of(share: Decimal, customers: int) -> int:
    """The rank of the last customer the share reaches, half rounded up; 0 when it reaches nobody."""
    return int((share * customers).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def cut_values(engine: Engine, customers: ir.Table, tiers: Sequence[TierCut]) -> tuple[int | None, ...]:
    """The least value of each tier with a share, in order; None where the share reaches nobody."""
    histogram = customers.group_by("value_minor").agg(people=lambda t: t.count())
    best_first = ibis.window(order_by=ibis.desc("value_minor"), rows=(None, 0))
    ranked = engine.materialise("histogram", histogram.mutate(reached=histogram.people.sum().over(best_first)))
    total = int(customers.count().execute())
    cuts = tuple(_cut(ranked, rank_of(tier.top_share, total)) for tier in tiers if tier.top_share is not None)
    engine.drop(ranked)
    return cuts


def _cut(ranked: ir.Table, rank: int) -> int | None:
    if rank == 0:
        return None
    return int(ranked.filter(ranked.reached >= rank).value_minor.max().execute())


def with_tier(engine: Engine, customers: ir.Table, tiers: Sequence[TierCut]) -> ir.Table:
    """Customers with `tier`. Exactly one of tiers, the last, has no share."""
    cuts = cut_values(engine, customers, tiers)
    named = zip((tier.name for tier in tiers if tier.top_share is not None), cuts, strict=True)
    branches = [(customers.value_minor >= cut, ibis.literal(name)) for name, cut in named if cut is not None]
    rest = ibis.literal(tiers[-1].name)
    tier = ibis.cases(*branches, else_=rest) if branches else rest
    return engine.materialise("tiered", customers.mutate(tier=tier))


def summaries(customers: ir.Table, tiers: Sequence[TierCut]) -> tuple[TierSummary, ...]:
    """One summary per tier, best first, also for a tier nobody is in."""
    grouped = customers.group_by("tier").agg(
        people=lambda t: t.count(),
        total=customers.value_minor.sum().cast("decimal(38, 0)"),
        least=customers.value_minor.min(),
        most=customers.value_minor.max(),
    )
    found = {row["tier"]: row for row in grouped.to_pyarrow().to_pylist()}
    nobody = {"people": 0, "total": 0, "least": 0, "most": 0}
    rows = [(tier.name, found.get(tier.name, nobody)) for tier in tiers]
    return tuple(
        TierSummary(name, int(row["people"]), int(row["total"]), int(row["least"]), int(row["most"]))
        for name, row in rows
    )
