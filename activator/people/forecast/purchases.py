"""How often somebody will buy: BG/NBD and its modified form, fitted by maximum a posteriori.

While active a customer buys at a rate of their own, and after each purchase may leave for good. BG/NBD: Fader, Hardie
and Lee 2005, Marketing Science 24(2). MBG/NBD (Batislam, Denizel and Filiztekin 2007) also lets the first purchase be
the last; with BG/NBD every one-time buyer is surely still active, which no churn figure should claim.

The unit of time is a week. Arrays hold one value per distinct history.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

Array: TypeAlias = npt.NDArray[np.float64]

# Weak log-normal priors on r, alpha / longest history, a and b. They keep small and odd samples finite: without them
# 100 customers gave r = 1,097 and one retailer b = 211; on thousands of customers they do not show.
PRIOR_CENTRES = np.log([0.5, 0.15, 0.9, 2.0])
PRIOR_SPREADS = np.array([0.8, 0.8, 0.7, 0.7])
STARTS = ((0.5, 0.15, 0.9, 2.0), (0.2, 0.1, 0.5, 1.0), (1.5, 0.5, 1.0, 5.0))
LOG_BOUND = 12.0  # e^12 is far beyond any customer base; it keeps the search out of overflow
_SINGULAR = 1e-5  # at a = 1 the expectation is 0 / 0; this near, its neighbour is right to ten digits


@dataclass(frozen=True, slots=True)
class Histories:
    """repeats: purchase days after the first; last_weeks: first to last purchase; weeks: first purchase to now.

    people: how many customers share the history.
    """

    repeats: Array
    last_weeks: Array
    weeks: Array
    people: Array


@dataclass(frozen=True, slots=True)
class PurchaseModel:
    """Purchase rates are Gamma(r, alpha) over customers, chances to leave Beta(a, b). modified: MBG/NBD."""

    r: float
    alpha: float
    a: float
    b: float
    modified: bool = True

    def log_likelihood(self, histories: Histories) -> float:
        """Of all customers together, natural logarithm."""
        logs, _ = _log_likelihoods(np.array([self.r, self.alpha, self.a, self.b]), histories, modified=self.modified)
        return float(histories.people @ logs)

    def alive(self, repeats: Array, last_weeks: Array, weeks: Array) -> Array:
        """The chance that a customer with this history has not left."""
        survived = self.b + repeats - 1 + self.modified
        gone = np.log(self.a) - np.log(np.maximum(survived, 1e-300))
        gone += (self.r + repeats) * (np.log(self.alpha + weeks) - np.log(self.alpha + last_weeks))
        chance = special.expit(-gone)
        return chance if self.modified else np.where(repeats > 0, chance, 1.0)

    def no_purchase(self, repeats: Array, last_weeks: Array, weeks: Array, horizon_weeks: float) -> Array:
        """The chance of no purchase within the horizon: churn risk. Never below what the alive may skip by chance."""
        ratio = (self.alpha + weeks) / (self.alpha + weeks + horizon_weeks)
        return 1 - self.alive(repeats, last_weeks, weeks) * (1 - ratio ** (self.r + repeats))

    def expected(self, repeats: Array, last_weeks: Array, weeks: Array, horizon_weeks: float) -> Array:
        """Purchase days to expect within the horizon."""
        survived = self.b + repeats + self.modified
        active = self._of_active(self.r + repeats, self.alpha + weeks, survived, horizon_weeks)
        return self.alive(repeats, last_weeks, weeks) * active

    def expected_of_new(self, weeks: Array) -> Array:
        """Repeat purchase days to expect of somebody who has just bought for the first time, by weeks since."""
        stays = self.b / (self.a + self.b) if self.modified else 1.0
        shape, survived = np.full_like(weeks, self.r), np.full_like(weeks, self.b + self.modified)
        return stays * self._of_active(shape, np.full_like(weeks, self.alpha), survived, weeks)

    def _of_active(self, shape: Array, rate: Array, survived: Array, horizon: Array | float) -> Array:
        """Given that a customer is active, with rate ~ Gamma(shape, rate) and chance to leave ~ Beta(a, survived).

        Pfaff's transformation of the published form: its argument is negative, so nothing overflows for busy buyers.
        """
        a = self.a if abs(self.a - 1) > _SINGULAR else 1 + _SINGULAR
        reach = horizon / rate
        total = a + survived - 1
        exact = total / (a - 1) * (1 - special.hyp2f1(shape, a - 1, total, -reach))
        leaves = a / (a + survived)
        near = (
            1 - (1 + leaves * reach) ** -shape
        ) / leaves  # at the mean chance to leave; takes over where exact fails
        bounded = np.isfinite(exact) & (exact >= 0) & (exact <= shape * reach * (1 + 1e-9))
        return np.where(bounded, exact, near)


def fit_purchases(histories: Histories, *, modified: bool = True, prior: bool = True) -> PurchaseModel:
    """The model that fits best; always finite. prior=False is plain maximum likelihood, as in the literature."""
    scale = np.array([1.0, max(float(histories.weeks.max(initial=0.0)), 1.0), 1.0, 1.0])
    total = max(float(histories.people.sum()), 1.0)

    def objective(logs: Array) -> tuple[float, Array]:
        values, slopes = _log_likelihoods(np.exp(logs) * scale, histories, modified=modified)
        loss, slope = -(histories.people @ values), -(slopes @ histories.people) * np.exp(logs) * scale
        if prior:
            away = (logs - PRIOR_CENTRES) / PRIOR_SPREADS
            loss, slope = loss + away @ away / 2, slope + away / PRIOR_SPREADS
        return float(loss) / total, slope / total

    found = [
        optimize.minimize(
            objective,
            np.log(start),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-LOG_BOUND, LOG_BOUND)] * 4,
            options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500},
        )
        for start in STARTS
    ]
    best = min(found, key=lambda result: float(result.fun))
    r, alpha, a, b = (float(value) for value in np.exp(best.x) * scale)
    return PurchaseModel(r, alpha, a, b, modified)


def _log_likelihoods(parameters: Array, histories: Histories, *, modified: bool) -> tuple[Array, Array]:
    """Log likelihood of each history, and its slope along r, alpha, a and b (4 rows)."""
    r, alpha, a, b = parameters
    x, last, weeks = histories.repeats, histories.last_weeks, histories.weeks
    survived = b + x + modified
    stayed = -(r + x) * np.log(alpha + weeks)
    left = np.log(a) - np.log(np.maximum(survived - 1, 1e-300)) - (r + x) * np.log(alpha + last)
    if not modified:
        left = np.where(x > 0, left, -np.inf)
    either = np.logaddexp(stayed, left)
    logs = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + either
    logs += special.gammaln(a + b) + special.gammaln(survived) - special.gammaln(b) - special.gammaln(a + survived)
    if_stayed, if_left = np.exp(stayed - either), np.exp(left - either)
    both = special.digamma(a + b) - special.digamma(a + survived)
    slope_r = special.digamma(r + x) - special.digamma(r) + np.log(alpha)
    slope_r -= if_stayed * np.log(alpha + weeks) + if_left * np.log(alpha + last)
    slope_alpha = r / alpha - (r + x) * (if_stayed / (alpha + weeks) + if_left / (alpha + last))
    slope_a = both + if_left / a
    slope_b = both + special.digamma(survived) - special.digamma(b) - if_left / np.maximum(survived - 1, 1e-300)
    return logs, np.stack([slope_r, slope_alpha, slope_a, slope_b])


__all__ = ["Array", "Histories", "PurchaseModel", "fit_purchases"]
