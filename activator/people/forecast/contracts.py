"""How long contracts last: shifted-beta-geometric (Fader and Hardie 2007, Journal of Interactive Marketing 21(1)).

At each renewal a customer leaves with a chance of their own, Beta(alpha, beta) over customers. Purchase models do not
apply to contracts: there is nothing random between renewals.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from activator.people.forecast.purchases import Array

_LOG_BOUND = 12.0
# Weak log-normal priors on alpha and beta: one customer in five leaves at the first renewal, give or take a lot.
_PRIOR_CENTRES = np.log([1.0, 4.0])
_PRIOR_SPREAD = 1.5


@dataclass(frozen=True, slots=True)
class ContractModel:
    """alpha and beta of the chances to leave."""

    alpha: float
    beta: float

    def survival(self, renewals: Array) -> Array:
        """The share of new customers still there after so many renewals."""
        logs = special.betaln(self.alpha, self.beta + renewals) - special.betaln(self.alpha, self.beta)
        survived: Array = np.exp(logs)
        return survived

    def leaves_next(self, renewals: Array) -> Array:
        """The chance that somebody who has renewed so often leaves at the next renewal."""
        return self.alpha / (self.alpha + self.beta + renewals)


def fit_contracts(lost: Array, kept: Array, *, prior: bool = True) -> ContractModel:
    """Maximum a posteriori; always finite. prior=False is plain maximum likelihood, as in the literature.

    lost: customers who left at renewal 1, 2, ...; kept: those still there who have renewed 0, 1, 2, ... times.
    """
    renewals, done = np.arange(1, lost.size + 1, dtype=float), np.arange(kept.size, dtype=float)
    total = max(float(lost.sum() + kept.sum()), 1.0)

    def loss(logs: Array) -> float:
        alpha, beta = np.exp(logs)
        new = special.betaln(alpha, beta)
        left = special.betaln(alpha + 1, beta + renewals - 1) - new
        stayed = special.betaln(alpha, beta + done) - new
        away = (logs - _PRIOR_CENTRES) / _PRIOR_SPREAD
        return float(-(lost @ left + kept @ stayed) + prior * (away @ away) / 2) / total

    best = optimize.minimize(
        loss,
        _PRIOR_CENTRES,
        method="L-BFGS-B",
        bounds=[(-_LOG_BOUND, _LOG_BOUND)] * 2,
        options={"ftol": 1e-15, "gtol": 1e-10},
    )
    alpha, beta = (float(value) for value in np.exp(best.x))
    return ContractModel(alpha, beta)
