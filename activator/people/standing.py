"""Where a customer stands: active or gone by their own rhythm, growing or shrinking, and at which stage.

All labels are total: everybody has exactly one of each kind.
"""

from datetime import date

import ibis
import ibis.expr.types as ir

from activator.people.engine import Engine

# Days since the last order, in own purchase intervals (docs/explanation/segmentation.md).
ACTIVE_INTERVALS, DECLINING_INTERVALS, DORMANT_INTERVALS = 1, 2, 4
ACTIVITIES = ("active", "declining", "dormant", "churned", "no_order")
PATTERN_DAYS_MIN = 60  # of a customer's past, to have two halves worth comparing
GROWS_BY, FALLS_TO = 2, 4  # second half at least twice the first; at most a quarter of it
PATTERNS = ("grows_fast", "big_then_churns", "steady", "costs_more_than_worth", "too_new", "no_order")
GROWTH_BAND = 0.15  # a pace within 15 % of the past one is flat
GROWTHS = ("grow", "flat", "shrink", "no_order")
INTERVAL_DAYS_DEFAULT = 30.0  # where nobody has come back yet
STAGES = ("awareness", "interest", "consideration", "purchase", "retention", "loyalty", "advocacy")
LOYAL_ORDERS = 5
ADVOCATE_SCORE = 9  # of ten: a promoter, Reichheld 2003


def rhythm(engine: Engine, days: ir.Table, as_of: date) -> ir.Table:
    """(person, interval_days, silent_days, first_half_minor, second_half_minor, age_days) of everyone who has bought.

    Args:
        engine: where it is computed.
        days: (person, day, net_minor), one row per person and day.
        as_of: later days are not looked at.

    interval_days: mean days between own purchase days, the median of repeat buyers for those who came once; at least 1.
    """
    known = days.filter(days.day <= as_of)
    bought = known.net_minor > 0
    edges = known.group_by("person").agg(
        bought=bought.sum().cast("int64"),
        first_on=ibis.cases((bought, known.day)).min(),
        last_on=ibis.cases((bought, known.day)).max(),
    )
    buyers = engine.materialise("buyers", edges.filter(edges.bought > 0))
    own = ibis.cases((buyers.bought > 1, buyers.last_on.delta(buyers.first_on, unit="day") / (buyers.bought - 1)))
    typical_days = own.median().to_pyarrow().as_py() or INTERVAL_DAYS_DEFAULT
    paced = buyers.select(
        "person",
        "first_on",
        age_days=ibis.literal(as_of).delta(buyers.first_on, unit="day"),
        silent_days=ibis.literal(as_of).delta(buyers.last_on, unit="day"),
        interval_days=ibis.greatest(own.fill_null(typical_days), 1.0),
    )
    dated = known.join(paced.select("person", "first_on", "age_days"), "person")
    early = dated.day.delta(dated.first_on, unit="day") * 2 <= dated.age_days
    halves = dated.group_by("person").agg(
        first_half_minor=ibis.cases((early, dated.net_minor), else_=0).sum().cast("int64"),
        second_half_minor=ibis.cases((~early, dated.net_minor), else_=0).sum().cast("int64"),
    )
    found = engine.materialise("rhythm", paced.join(halves, "person").drop("first_on"))
    engine.drop(buyers)
    return found


def activity(silent_days: ir.IntegerValue, interval_days: ir.FloatingValue) -> ir.StringValue:
    """One of ACTIVITIES; a limit belongs to the better side."""
    return ibis.cases(
        (silent_days.isnull(), "no_order"),
        (silent_days <= ACTIVE_INTERVALS * interval_days, "active"),
        (silent_days <= DECLINING_INTERVALS * interval_days, "declining"),
        (silent_days <= DORMANT_INTERVALS * interval_days, "dormant"),
        else_="churned",
    )


def pattern(customers: ir.Table) -> ir.StringValue:
    """One of PATTERNS.

    Args:
        customers: with the columns of `rhythm`, value_minor (net of returns) and cost_to_serve_minor.
    """
    first, second = customers.first_half_minor, customers.second_half_minor
    gone = activity(customers.silent_days, customers.interval_days).isin(["dormant", "churned"])
    return ibis.cases(
        (customers.silent_days.isnull(), "no_order"),
        (customers.value_minor <= customers.cost_to_serve_minor, "costs_more_than_worth"),
        (customers.age_days < PATTERN_DAYS_MIN, "too_new"),
        ((second > 0) & (second >= GROWS_BY * first), "grows_fast"),
        ((second * FALLS_TO <= first) & gone, "big_then_churns"),
        else_="steady",
    )


def growth(customers: ir.Table, horizon_days: int) -> ir.StringValue:
    """One of GROWTHS: the pace predicted for the horizon against the pace so far.

    The first purchase is on day 0 of a customer's age, so n purchases are taken to fill their age and one interval
    more: otherwise everybody who has just come would seem to shrink. Whoever is dormant or churned by their own
    rhythm grows by no prediction: a mean of everybody's may lie above the little they have brought.

    Args:
        customers: with value_minor, age_days, silent_days, interval_days and trend_minor, the value predicted.
        horizon_days: what trend_minor covers.
    """
    past = customers.value_minor.cast("float64") / (customers.age_days + customers.interval_days)
    coming = customers.trend_minor.cast("float64") / horizon_days
    gone = activity(customers.silent_days, customers.interval_days).isin(["dormant", "churned"])
    return ibis.cases(
        (customers.trend_minor.isnull(), "no_order"),
        ((coming > past * (1 + GROWTH_BAND)) & ~gone, "grow"),
        (coming < past * (1 - GROWTH_BAND), "shrink"),
        else_="flat",
    )


def stage(
    orders: ir.IntegerValue, touches: ir.IntegerValue, intents: ir.IntegerValue, score: ir.IntegerValue
) -> ir.StringValue:
    """One of STAGES.

    Args:
        orders: orders so far, 0 for none.
        touches: answers, tickets and events so far.
        intents: events that show intent to buy (cart, checkout, pricing).
        score: the newest answer of 0 to 10 to whether they would recommend, NULL where never asked.
    """
    return ibis.cases(
        ((orders > 1) & (score >= ADVOCATE_SCORE), "advocacy"),
        (orders >= LOYAL_ORDERS, "loyalty"),
        (orders > 1, "retention"),
        (orders == 1, "purchase"),
        (intents > 0, "consideration"),
        (touches > 0, "interest"),
        else_="awareness",
    )
