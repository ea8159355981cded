"""What each tier is worth and will bring, how that was tried on the past, and which estimate is used."""

from dataclasses import dataclass, replace
from datetime import date

import ibis.expr.types as ir

from activator.config.workspace import Workspace
from activator.model.bidding import Notice
from activator.model.valuing import Valuing
from activator.people.engine import open_engine
from activator.people.forecast.backtest import Backtest
from activator.people.pipeline import People
from activator.plan.inputs import read_people
from activator.plan.tier_notices import tier_notices

EVEN_DAYS = 14  # a horizon so near to whole years holds every season alike


@dataclass(frozen=True, slots=True)
class TierOutlook:
    """A tier's customers in sums. Minor units; churn_risk is the mean chance of no purchase within the horizon."""

    tier: str
    customers: int
    orders: int
    value_minor: int
    cost_to_serve_minor: int
    predicted_minor: int
    predicted_low_minor: int
    predicted_high_minor: int
    churn_risk: float | None


@dataclass(frozen=True, slots=True)
class ValueReport:
    """valuing.method and reason are filled whatever the tiers go by. history_days: from the first order to as_of.

    seasonal: whether the horizon is no whole year, so that seasons matter; its season, None where not known, is
    backtest.season; notices: what deserves a look
    about the tiers.
    """

    as_of: date
    currency: str
    history_days: int
    valuing: Valuing
    backtest: Backtest
    tiers: tuple[TierOutlook, ...]
    contracts: int
    seasonal: bool
    notices: tuple[Notice, ...] = ()


def read_values(workspace: Workspace, today: date) -> ValueReport:
    """Value and predict every customer, and try the predictions on the project's own past.

    Raises:
        SourceError: an export cannot be used.
    """
    with open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine:
        people = read_people(workspace, engine, today)
        found = value_report(people, workspace.project.currency)
        return replace(found, notices=tuple(tier_notices(workspace.project, people.tiers, people.valuing)))


def value_report(people: People, currency: str) -> ValueReport:
    """The same of people already read."""
    valuation = people.valuation
    first = people.people.first_order_on.min().to_pyarrow().as_py()
    history_days = (people.as_of - first).days if first else 0
    horizon_days = valuation.policy.horizon_days
    contracts = 0 if valuation.contracts is None else int(valuation.contracts.count().to_pyarrow().as_py())
    return ValueReport(
        as_of=people.as_of,
        currency=currency,
        history_days=history_days,
        valuing=valuation.told(people.valuing.rules, predicting=True),
        backtest=valuation.tried,
        tiers=_outlooks(people.standing(), [tier.tier for tier in people.tiers]),
        contracts=contracts,
        seasonal=EVEN_DAYS < horizon_days % 365 < 365 - EVEN_DAYS,
    )


_SUMS = (
    "orders", "value_minor", "cost_to_serve_minor", "predicted_minor", "predicted_low_minor", "predicted_high_minor",
)  # fmt: skip


def _outlooks(standing: ir.Table, tiers: list[str]) -> tuple[TierOutlook, ...]:
    customers = standing.filter(standing.tier.notnull())
    sums = {name: customers[name].fill_null(0).sum().cast("decimal(38, 0)") for name in _SUMS}
    grouped = customers.group_by("tier").agg(
        customers=customers.count(), churn_risk=customers.churn_risk.mean(), **sums
    )
    found = {row["tier"]: row for row in grouped.to_pyarrow().to_pylist()}
    nobody = {"customers": 0, "churn_risk": None, **dict.fromkeys(_SUMS, 0)}
    return tuple(
        TierOutlook(
            tier=tier,
            customers=int(row["customers"]),
            churn_risk=None if row["churn_risk"] is None else round(row["churn_risk"], 4),
            **{name: int(row[name]) for name in _SUMS},
        )
        for tier in tiers
        for row in [found.get(tier, nobody)]
    )
