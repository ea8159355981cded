"""What customers cost and will bring, worked out when somebody asks: a plan by past value alone never does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from activator.model.currency import minor_digits
from activator.model.people import Entity
from activator.model.valuing import Basis, TierRule, Valuing
from activator.people.costs import Costs, cost_to_serve
from activator.people.engine import Engine, rows_in
from activator.people.rows import NumberedSource
from activator.people.spending import spending_days
from activator.people.value import exchange_factors

if TYPE_CHECKING:  # the models bring scipy, which takes long to import
    from activator.people.forecast.backtest import Backtest

HORIZON_DAYS_DEFAULT = 365
PAST = "value_minor"
WORTH = "worth_minor"


@dataclass(frozen=True)
class ValuingPolicy:
    """basis: which value decides the tier; horizon_days: how far is predicted; costs: what serving costs."""

    basis: Basis = Basis.PAST
    horizon_days: int = HORIZON_DAYS_DEFAULT
    costs: Costs = field(default_factory=Costs)

    @property
    def by(self) -> str:
        """The column that decides the tier."""
        return PAST if self.basis is Basis.PAST and not self.costs.counted else WORTH


@dataclass
class Valuation:
    """The values of one run's customers. Every relation is computed once, at its first use.

    rows: (row_id, person) and more, of every row. currency: what amounts are in, in minor units.
    """

    engine: Engine
    sources: Sequence[NumberedSource]
    rows: ir.Table
    as_of: date
    currency: str
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    policy: ValuingPolicy = field(default_factory=ValuingPolicy)

    @property
    def money_unit(self) -> int:
        """Minor units of one unit of the project's currency."""
        return int(10 ** minor_digits(self.currency))

    @cached_property
    def persons(self) -> ir.Table:
        """(row_id, person) of every row that is somebody's."""
        return self.rows.filter(self.rows.person.notnull()).select("row_id", "person")

    @cached_property
    def days(self) -> ir.Table:
        """See spending_days."""
        factors = exchange_factors(self.currency, self.rates)
        return spending_days(self.engine, self.sources, self.persons, self.as_of, factors)

    @cached_property
    def contracts(self) -> ir.Table | None:
        """See renewals: who has or had a contract; None where nobody did."""
        if not any(source.source.entity is Entity.SUBSCRIPTIONS for source in self.sources):
            return None  # before the import: the model brings scipy
        from activator.people.renewals import renewals

        factors = exchange_factors(self.currency, self.rates)
        horizon_days = self.policy.horizon_days
        return renewals(self.engine, self.sources, self.persons, self.as_of, horizon_days, factors)

    @cached_property
    def free_days(self) -> ir.Table:
        """The days of those who decide on each purchase: nobody with a running contract, whose charges come anyway."""
        if self.contracts is None:
            return self.days
        running = self.contracts.filter(self.contracts.ended_on.isnull())
        ended = self.contracts.filter(self.contracts.ended_on.notnull()).select("person", "ended_on")
        dated = self.days.anti_join(running, "person").left_join(ended, "person")
        after = dated.ended_on.isnull() | (dated.day > dated.ended_on)
        return self.engine.materialise("free_days", dated.filter(after).select("person", "day", "net_minor"))

    @cached_property
    def tried(self) -> "Backtest":
        """Every method tried on the project's own past, and the one that is used."""
        from activator.people.forecast.backtest import backtest

        return backtest(self.free_days, self.as_of, self.policy.horizon_days)

    @cached_property
    def predicted(self) -> ir.Table:
        """(person, predicted_minor, trend_minor, no_purchase) of everyone who has bought or has had a contract.

        trend_minor: see predictions.
        """
        from activator.people.forecast.predict import predictions

        found = predictions(self.free_days, self.as_of, self.policy.horizon_days, self.tried)
        told = ("person", "predicted_minor", "trend_minor", "no_purchase")
        made = self.engine.materialise("predicted", found.select(*told))
        if self.contracts is None:
            return made
        contracts = self.contracts.anti_join(made, "person")
        bound = contracts.select("person", "predicted_minor", trend_minor="predicted_minor", no_purchase="no_purchase")
        return self.engine.materialise("predicted", ibis.union(made, bound.select(*told), distinct=False))

    @cached_property
    def costs(self) -> ir.Table:
        """See cost_to_serve."""
        return cost_to_serve(self.engine, self.sources, self.persons, self.as_of, self.policy.costs)

    def with_worth(self, customers: ir.Table) -> ir.Table:
        """Customers with the column that decides their tier.

        customers: person, value_minor and first_order_on. Costs that go on are expected to go on at their pace, over at
        most what they came to so far; those of onboarding are not expected again.
        """
        customers = self._with_bound(customers)
        if self.policy.by == PAST:
            return customers
        joined = customers.left_join(self.costs, "person").drop("person_right")
        once, going = joined.once_minor.fill_null(0), joined.going_minor.fill_null(0)
        past = joined.value_minor - once - going
        if self.policy.basis is Basis.PAST:
            worth = past
        else:
            joined = joined.left_join(self.predicted.select("person", "predicted_minor"), "person").drop("person_right")
            coming = joined.predicted_minor.fill_null(0) - self.cost_ahead(joined)
            past = joined.value_minor - joined.once_minor.fill_null(0) - joined.going_minor.fill_null(0)
            worth = coming if self.policy.basis is Basis.PREDICTED else past + coming
        return self.engine.materialise("worth", joined.select(*customers.columns, **{WORTH: worth.cast("int64")}))

    def _with_bound(self, customers: ir.Table) -> ir.Table:
        """Customers, and with them who has a running contract and no order: worth the terms begun so far.

        Where charges are exported, as orders of any of them show, charges count instead, and who was never charged is
        worth nothing yet.
        """
        if self.contracts is None:
            return customers
        charged = rows_in(self.contracts.semi_join(customers, "person").limit(1)) > 0
        bound = self.contracts.filter(self.contracts.ended_on.isnull()).anti_join(customers, "person")
        nothing: dict[str, ir.Value] = {name: ibis.null(kind) for name, kind in customers.schema().items()}
        zero = ibis.literal(0, "int64")
        known = {"person": bound.person, "value_minor": zero if charged else bound.begun_minor, "orders": zero}
        added = bound.select(**(nothing | known)).select(*customers.columns)
        return self.engine.materialise("customers", ibis.union(customers, added, distinct=False))

    def with_rfm_name(self, customers: ir.Table) -> ir.Table:
        """Customers with rfm_name, for tiers that go by it."""
        from activator.people.rfm import COLUMNS, with_scores

        scored, _ = with_scores(self.engine, customers, self.as_of, self.money_unit)
        return self.engine.materialise("named", scored.drop(*COLUMNS))

    def cost_ahead(self, customers: ir.Table) -> ir.IntegerValue:
        """What serving will cost within the horizon. customers: first_order_on and going_minor, which may be NULL."""
        horizon = self.policy.horizon_days
        known_days = ibis.literal(self.as_of).delta(customers.first_order_on, unit="day").fill_null(horizon)
        pace = customers.going_minor.fill_null(0).cast("float64") * horizon / ibis.greatest(known_days, horizon)
        return pace.round(0).cast("int64")

    def told(self, rules: Sequence[TierRule], *, predicting: bool = False) -> Valuing:
        """What a plan says about it. predicting: say how the future is estimated though tiers do not go by it."""
        policy = self.policy
        plain = Valuing(policy.basis, policy.horizon_days, costs=policy.costs.counted, rules=tuple(rules))
        if policy.basis is Basis.PAST and not predicting:
            return plain
        tried = self.tried
        return replace(
            plain,
            method=tried.method.value,
            reason=tried.reason,
            low=tried.low,
            high=tried.high,
            tried=bool(tried.trials),
        )
