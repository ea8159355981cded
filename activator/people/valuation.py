"""What customers cost and will bring, worked out when somebody asks: a plan by past value alone never does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

import ibis.expr.types as ir

from activator.config.mapping import MINOR_DIGITS, MINOR_DIGITS_DEFAULT
from activator.model.valuing import Basis
from activator.people.engine import Engine
from activator.people.forecast.backtest import Backtest, backtest
from activator.people.forecast.predict import predictions
from activator.people.rows import NumberedSource
from activator.people.spending import spending_days
from activator.people.value import exchange_factors

HORIZON_DAYS_DEFAULT = 365


@dataclass(frozen=True)
class ValuingPolicy:
    """basis: which value decides the tier; horizon_days: how far is predicted."""

    basis: Basis = Basis.PAST
    horizon_days: int = HORIZON_DAYS_DEFAULT


@dataclass
class Valuation:
    """The values of one run's customers. Every relation is computed once, at its first use.

    rows: (row_id, person) and more, of every row; customers: see `value.customers`.
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
        return int(10 ** MINOR_DIGITS.get(self.currency, MINOR_DIGITS_DEFAULT))

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
    def tried(self) -> Backtest:
        """Every method tried on the project's own past, and the one that is used."""
        return backtest(self.days, self.as_of, self.policy.horizon_days)

    @cached_property
    def predicted(self) -> ir.Table:
        """(person, predicted_minor, no_purchase, silent_days) of everyone who has bought."""
        found = predictions(self.days, self.as_of, self.policy.horizon_days, self.tried)
        return self.engine.materialise("predicted", found)
