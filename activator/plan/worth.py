"""What each tier's customers will bring, added up where the people are: what bids are made from."""

import ibis
import ibis.expr.types as ir

from activator.model.bidding import TierWorth
from activator.people.engine import Engine

SQUARED_MAX = 10**14  # minor units; whoever is worth more counts as this in the spread, so that sums stay exact


def tier_worths(engine: Engine, standing: ir.Table, horizon_days: int) -> tuple[TierWorth, ...]:
    """One entry per tier anybody is in, by name.

    standing: see People.standing. What a customer will cost is what they have cost, for the horizon: the same pace, but
    never more than so far, since bringing somebody on board is not done twice.
    """
    customers = standing.filter(standing.tier.notnull())
    pace = ibis.least(1.0, horizon_days / ibis.greatest(customers.age_days.fill_null(horizon_days), 1))
    cost = (customers.cost_to_serve_minor.fill_null(0) * pace).round(0).cast("int64")
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
