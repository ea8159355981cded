"""What contracts will bring: renewals by shifted-beta-geometric, where purchase models do not apply.

A customer with a running contract is expected to pay at each renewal within the horizon as often as customers who had
renewed as many times went on to. Chances to leave are learnt from the project's own contracts. Somebody whose contracts
have all ended is a customer like any other if they bought afterwards, and is gone otherwise.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np

from activator.model.people import Entity
from activator.people.engine import Engine
from activator.people.forecast.contracts import ContractModel, fit_contracts
from activator.people.purchases import exact_product
from activator.people.rows import NumberedSource

# How many days one term lasts, by the words exports use; anything else counts as a month.
_TERM_DAYS = {
    "day": 1, "daily": 1, "week": 7, "weekly": 7, "quarter": 91, "quarterly": 91, "year": 365, "yearly": 365,
    "annual": 365, "annually": 365,
}  # fmt: skip
_MONTH_DAYS = 30.4375
_RENEWALS_MAX = 120  # beyond, the chances to leave hardly change any more
_BEGUN_MAX = 9 * 10**18  # minor units
_SLACK_DAYS, _SLACK_SHARE = 3.0, 0.1  # months have 28 to 31 days, and a charge may come a little late


def renewals(
    engine: Engine,
    sources: Sequence[NumberedSource],
    persons: ir.Table,
    as_of: date,
    horizon_days: int,
    factors: Mapping[str, ir.DecimalScalar],
) -> ir.Table | None:
    """(person, predicted_minor, no_purchase, ended_on, begun_minor) of everybody who has or had a contract, or None.

    predicted_minor: to be paid at renewals within the horizon; no_purchase: the chance that none of the running
    contracts is renewed again; ended_on: NULL while one runs, else the day the last one ended; begun_minor: what the
    terms begun so far come to.
    """
    parts = [source.valid for source in sources if source.source.entity is Entity.SUBSCRIPTIONS]
    if not parts:
        return None
    terms = engine.materialise("terms", _terms(parts, persons, as_of, horizon_days, factors))
    within = _within(terms, _fitted(terms))
    grouped = within.group_by("person").agg(
        predicted_minor=within.pays.sum().round(0).cast("int64"),
        no_purchase=within.leaves.log().sum().exp(),
        running=within.runs.any(),
        last=within.ended_on.max(),
        begun=(within.minor.cast("decimal(38, 0)") * (within.renewed + within.runs.cast("int64"))).sum(),
    )
    ended_on = ibis.cases((~grouped.running, grouped["last"]))
    begun_minor = ibis.least(grouped.begun, _BEGUN_MAX).cast("int64")
    told = grouped.select("person", "predicted_minor", "no_purchase", ended_on=ended_on, begun_minor=begun_minor)
    made = engine.materialise("renewals", told)
    engine.drop(terms)
    return made


def _terms(
    parts: Sequence[ir.Table],
    persons: ir.Table,
    as_of: date,
    horizon_days: int,
    factors: Mapping[str, ir.DecimalScalar],
) -> ir.Table:
    """(person, ended_on, runs, minor, renewed, due) of each contract begun up to as_of, once.

    renewed: how often, for a running contract; for one that ended, the renewal at which it was not renewed. due: how
    many renewals of a running contract fall within the horizon.
    """
    columns = ("row_id", "subscription_id", "started_on", "ended_on", "amount_minor", "currency", "interval")
    every = ibis.union(*[rows.select(*columns) for rows in parts], distinct=False)
    owned = every.join(persons, "row_id")
    begun = owned.filter(owned.started_on <= as_of)
    newest = {name: begun[name].argmax("row_id") for name in ("amount_minor", "currency", "interval")}
    once = begun.group_by("person", "subscription_id").agg(
        started_on=begun.started_on.min(), ended_on=begun.ended_on.max(), **newest
    )
    rate = ibis.cases(*[(once.currency == code, factor) for code, factor in factors.items()])
    minor = exact_product(once.amount_minor.cast("decimal(19, 0)"), rate).round(0).try_cast("int64")
    words = [(once.interval.lower() == word, float(days)) for word, days in _TERM_DAYS.items()]
    runs = once.ended_on.isnull() | (once.ended_on > as_of)
    until = ibis.cases((runs, ibis.literal(as_of)), else_=once.ended_on)
    days = ibis.cases(*words, else_=_MONTH_DAYS)
    lasted = ibis.greatest(until.delta(once.started_on, unit="day"), 0) / days
    ahead = ibis.literal(float(horizon_days)) / days
    slack = ibis.least(_SLACK_DAYS / days, _SLACK_SHARE)
    dated = once.select(
        "person",
        "ended_on",
        runs=runs,
        minor=ibis.greatest(minor.fill_null(0), 0),
        lasted=lasted,
        ahead=ahead,
        slack=slack,
    )
    renewed = ibis.cases(
        (dated.runs, (dated.lasted + dated.slack).floor()), else_=ibis.greatest((dated.lasted - dated.slack).ceil(), 1)
    )
    due = (dated.lasted + dated.ahead + dated.slack).floor() - (dated.lasted + dated.slack).floor()
    return dated.select(
        "person",
        "ended_on",
        "runs",
        "minor",
        renewed=ibis.least(renewed.cast("int64"), _RENEWALS_MAX),
        due=due.cast("int64"),
    )


def _fitted(terms: ir.Table) -> ContractModel:
    """From how many contracts were not renewed at which renewal, and how many still run after how many."""
    counted = terms.group_by("renewed", "runs").agg(n=lambda t: t.count()).order_by("renewed", "runs").to_pyarrow()
    longest = max([*counted["renewed"].to_pylist(), 0]) + 1
    lost, kept = np.zeros(longest), np.zeros(longest)
    for row in counted.to_pylist():
        if row["runs"]:
            kept[row["renewed"]] += row["n"]
        else:
            lost[row["renewed"] - 1] += row["n"]
    return fit_contracts(lost, kept)


def _within(terms: ir.Table, model: ContractModel) -> ir.Table:
    """Contracts with what they will pay within the horizon, and the chance that they pay nothing though they could."""
    told = []
    for pair in terms.select("renewed", "due").distinct().to_pyarrow().to_pylist():
        ahead = model.survival(np.arange(pair["renewed"], pair["renewed"] + pair["due"] + 1, dtype=float))
        stays = ahead / max(float(ahead[0]), 1e-300)
        told.append({**pair, "times": float(stays[1:].sum()), "left": 1 - float(stays[min(pair["due"], 1)])})
    schema = ibis.schema({"renewed": "int64", "due": "int64", "times": "float64", "left": "float64"})
    joined = terms.join(ibis.memtable(told, schema=schema), ["renewed", "due"])
    return joined.mutate(
        pays=ibis.cases((joined.runs, joined.minor * joined.times), else_=0.0),
        leaves=ibis.cases((joined.runs, ibis.greatest(joined.left, 1e-12)), else_=1.0),
    )
