"""What each customer will bring within the horizon, and the risk that nothing comes: one estimate per person.

Three ways to estimate, tried on the past (backtest.py): the purchase model with the spend model; a robust rate for
small or odd customer bases; and past spend, which is hard to beat where only the order of customers counts.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from activator.people.forecast.histories import DAYS_PER_WEEK
from activator.people.forecast.purchases import Array, Histories, PurchaseModel, fit_purchases
from activator.people.forecast.spend import ShrunkMean, SpendModel, choose_spend

CUSTOMERS_MIN = 300  # below, models of 100 customers were off by 0.6 to 1.1 in total
REPEAT_BUYERS_MIN = 50
ACTIVE_INTERVALS = 3  # somebody silent for more of their own purchase intervals is taken to be gone ...
GONE_RATE = 0.15  # ... but one in seven still comes back


class Method(StrEnum):
    """How future value is estimated."""

    MODEL = "model"
    ROBUST = "robust"
    PAST_SPEND = "past_spend"


@dataclass(frozen=True, slots=True)
class Customers:
    """One entry per customer, aligned. Times in days, values in minor units."""

    repeats: Array
    last_days: Array
    age_days: Array
    value_minor: Array
    repeat_minor: Array

    @property
    def silent_days(self) -> Array:
        """Days since the last purchase."""
        return self.age_days - self.last_days


class Estimator(Protocol):
    """Estimates for customers over a horizon in days; arrays are aligned with the customers."""

    def value(self, customers: Customers, horizon_days: float) -> Array:
        """Minor units to expect, never below 0."""
        ...

    def no_purchase(self, customers: Customers, horizon_days: float) -> Array:
        """The chance that nothing is bought."""
        ...


@dataclass(frozen=True, slots=True)
class ModelEstimator:
    """MBG/NBD for how often, Gamma-Gamma or the shrunk mean for how much."""

    purchases: PurchaseModel
    spend: SpendModel | ShrunkMean

    def value(self, customers: Customers, horizon_days: float) -> Array:
        """See Estimator."""
        days = self.purchases.expected(*_in_weeks(customers), horizon_days / DAYS_PER_WEEK)
        return days * self.spend.expected(customers.repeats, _repeat_mean(customers))

    def no_purchase(self, customers: Customers, horizon_days: float) -> Array:
        """See Estimator."""
        return self.purchases.no_purchase(*_in_weeks(customers), horizon_days / DAYS_PER_WEEK)


@dataclass(frozen=True, slots=True)
class RobustEstimator:
    """A rate of one's own and everybody's, and whether the last purchase is long ago for this customer.

    typical_age_days: the median age; typical_interval_days: the median interval of repeat buyers.
    """

    typical_age_days: float
    typical_interval_days: float
    spend: ShrunkMean

    def value(self, customers: Customers, horizon_days: float) -> Array:
        """See Estimator."""
        return self._days(customers, horizon_days) * self.spend.expected(customers.repeats, _repeat_mean(customers))

    def no_purchase(self, customers: Customers, horizon_days: float) -> Array:
        """See Estimator. As if purchases came at random at the estimated rate."""
        return np.exp(-self._days(customers, horizon_days))

    def _days(self, customers: Customers, horizon_days: float) -> Array:
        rate = (customers.repeats + 1) / (customers.age_days + self.typical_age_days)
        own = customers.last_days / np.maximum(customers.repeats, 1)
        interval = np.where(customers.repeats > 0, np.maximum(own, 1), self.typical_interval_days)
        active = customers.silent_days <= ACTIVE_INTERVALS * interval
        return rate * np.where(active, 1.0, GONE_RATE) * horizon_days


@dataclass(frozen=True, slots=True)
class PastSpendEstimator:
    """Who has spent most will. Past spend says nothing about risks; those are of another estimator.

    share: of the value so far to expect per day.
    """

    share: float
    risks: Estimator

    def value(self, customers: Customers, horizon_days: float) -> Array:
        """See Estimator."""
        return np.maximum(customers.value_minor, 0) * self.share * horizon_days

    def no_purchase(self, customers: Customers, horizon_days: float) -> Array:
        """See Estimator."""
        return self.risks.no_purchase(customers, horizon_days)


def enough_for_a_model(customers: Customers) -> bool:
    """Whether there are enough customers and repeat buyers to fit one."""
    return customers.repeats.size >= CUSTOMERS_MIN and int((customers.repeats > 0).sum()) >= REPEAT_BUYERS_MIN


def fit(method: Method, customers: Customers, distinct: Histories, model: Estimator | None = None) -> Estimator:
    """The estimator of a method, fitted to these customers. model: of the same customers, where it has been fitted."""
    if method is Method.MODEL:
        return model or _fit_model(customers, distinct)
    return _fit_robust(customers) if method is Method.ROBUST else _fit_past(customers, distinct, model)


def _fit_model(customers: Customers, distinct: Histories) -> ModelEstimator:
    return ModelEstimator(fit_purchases(distinct), choose_spend(customers.repeats, _repeat_mean(customers)))


def _fit_robust(customers: Customers) -> RobustEstimator:
    repeating = customers.repeats > 0
    intervals = customers.last_days[repeating] / customers.repeats[repeating]
    overall = float(customers.value_minor.clip(0).sum() / max(float((customers.repeats + 1).sum()), 1.0))
    return RobustEstimator(
        typical_age_days=max(_median(customers.age_days), 1.0),
        typical_interval_days=max(_median(intervals), 1.0),
        spend=ShrunkMean(overall),
    )


def _fit_past(customers: Customers, distinct: Histories, model: Estimator | None) -> PastSpendEstimator:
    """Spend goes on at the pace it had, over the days since the first purchase of all."""
    share = 1 / max(float(customers.age_days.max(initial=0.0)), 1.0)
    if not enough_for_a_model(customers):
        return PastSpendEstimator(share, _fit_robust(customers))
    return PastSpendEstimator(share, model or _fit_model(customers, distinct))


def _in_weeks(customers: Customers) -> tuple[Array, Array, Array]:
    return customers.repeats, customers.last_days / DAYS_PER_WEEK, customers.age_days / DAYS_PER_WEEK


def _repeat_mean(customers: Customers) -> Array:
    return customers.repeat_minor / np.maximum(customers.repeats, 1)


def _median(values: Array) -> float:
    return float(np.median(values)) if values.size else 0.0
