"""What each tier's customers will bring, added up where the people are: what bids are made from."""

import ibis
import ibis.expr.types as ir

from activator.model.bidding import TierWorth
from activator.people.engine import Engine

SQUARED_MAX = 10**14  # minor units; whoever is worth more counts as this in the spread, so that sums stay exact


def tier_worths(engine: Engine, standing: ir.Table) -> tuple[TierWorth, ...]:
    """One entry per tier anybody is in, by name.

    standing: see People.standing, whose cost_ahead_minor is what serving each will cost within the same horizon.
    """
    customers = standing.filter(standing.tier.notnull())
    cost = customers.cost_ahead_minor.fill_null(0)
    margins = customers.select(
        "tier",
        margin=(customers.predicted_minor.fill_null(0) - cost).cast("decimal(38, 0)"),
        high=(customers.predicted_high_minor.fill_null(0) - cost).cast("decimal(38, 0)"),
    )
    kept = engine.materialise("margins", margins)
    size = ibis.least(kept.margin.abs(), SQUARED_MAX).cast("decimal(38, 0)")
    summed = kept.group_by("tier").agg(
        customers=kept.count(),
        total=kept.margin.sum(),
        high=kept.high.sum(),
        square=(size * size).sum(),
    )
    rows = summed.order_by("tier").to_pyarrow().to_pylist()
    engine.drop(kept)
    return tuple(
        TierWorth(row["tier"], row["customers"], int(row["total"]), int(row["high"]), int(row["square"]))
        for row in rows
    )
