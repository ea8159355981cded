"""How much a purchase day will be worth: Gamma-Gamma, or a mean shrunk towards everybody's.

Gamma-Gamma: Fader and Hardie, "The Gamma-Gamma Model of Monetary Value", note 025 (2013). It needs that how often
somebody buys says little about how much; where it does, the shrunk mean was as good or better on real shops.
Values are in minor units, as floats: these are estimates, rounded once where they become money.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from activator.people.forecast.purchases import Array

CORRELATION_MAX = 0.3  # of count and mean value, beyond which Gamma-Gamma's independence is plainly wrong
REPEAT_BUYERS_MIN = 50
SHRINKAGE_DAYS = 1.5  # everybody's mean counts as much as this many purchase days of one's own
_LOG_BOUND = 12.0
# Weak log-normal priors on p, q - 1 and v / mean value, for the same reason as those of the purchase models.
_PRIOR_CENTRES = np.log([3.0, 2.0, 1.0])
_PRIOR_SPREAD = 1.5


@dataclass(frozen=True, slots=True)
class SpendModel:
    """Gamma-Gamma. q is above 1, so that a mean exists."""

    p: float
    q: float
    v: float

    def log_likelihood(self, days: Array, mean: Array) -> float:
        """Of customers with `days` purchase days (at least 1) of this mean value."""
        return float(_log_likelihoods(np.array([self.p, self.q, self.v]), days, mean)[0].sum())

    def expected(self, days: Array, mean: Array) -> Array:
        """The value to expect of a further purchase day; everybody's mean where days is 0."""
        return self.p * (self.v + days * mean) / (self.p * days + self.q - 1)


@dataclass(frozen=True, slots=True)
class ShrunkMean:
    """Everybody's mean value of a purchase day, and one's own as far as it is known."""

    overall: float

    def expected(self, days: Array, mean: Array) -> Array:
        """The value to expect of a further purchase day."""
        return (days * mean + SHRINKAGE_DAYS * self.overall) / (days + SHRINKAGE_DAYS)


def fit_spend(days: Array, mean: Array, *, prior: bool = True) -> SpendModel:
    """Gamma-Gamma over customers with at least one such day of positive value; always finite."""
    typical = float(mean.mean())

    def unpacked(logs: Array) -> Array:
        return np.array([np.exp(logs[0]), 1 + np.exp(logs[1]), np.exp(logs[2]) * typical])

    def objective(logs: Array) -> tuple[float, Array]:
        values, slopes = _log_likelihoods(unpacked(logs), days, mean)
        inner = np.exp(logs) * np.array([1.0, 1.0, typical])
        loss, slope = -values.sum(), -slopes.sum(axis=1) * inner
        if prior:
            away = (logs - _PRIOR_CENTRES) / _PRIOR_SPREAD
            loss, slope = loss + away @ away / 2, slope + away / _PRIOR_SPREAD
        return float(loss) / days.size, slope / days.size

    best = optimize.minimize(
        objective,
        _PRIOR_CENTRES,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-_LOG_BOUND, _LOG_BOUND)] * 3,
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500},
    )
    p, q, v = (float(value) for value in unpacked(best.x))
    return SpendModel(p, q, v)


def choose_spend(days: Array, mean: Array) -> SpendModel | ShrunkMean:
    """Gamma-Gamma where its assumption holds and there are enough repeat buyers, else the shrunk mean.

    days, mean: repeat purchase days and their mean value, one entry per customer; entries without days are passed over.
    """
    known = (days > 0) & (mean > 0)
    overall = float((days[known] @ mean[known]) / days[known].sum()) if known.any() else 0.0
    if known.sum() < REPEAT_BUYERS_MIN or abs(_correlation(days[known], mean[known])) > CORRELATION_MAX:
        return ShrunkMean(overall)
    return fit_spend(days[known], mean[known])


def _correlation(first: Array, second: Array) -> float:
    """Pearson's; 0 where either does not vary."""
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _log_likelihoods(parameters: Array, days: Array, mean: Array) -> tuple[Array, Array]:
    """Of each customer, and the slopes along p, q and v (3 rows)."""
    p, q, v = parameters
    shape, together = p * days, np.log(days * mean + v)
    logs = special.gammaln(shape + q) - special.gammaln(shape) - special.gammaln(q) + q * np.log(v)
    logs += (shape - 1) * np.log(mean) + shape * np.log(days) - (shape + q) * together
    both = special.digamma(shape + q)
    slope_p = days * (both - special.digamma(shape) + np.log(mean) + np.log(days) - together)
    slope_q = both - special.digamma(q) + np.log(v) - together
    slope_v = q / v - (shape + q) / (days * mean + v)
    return logs, np.stack([slope_p, slope_q, slope_v])
