"""How long contracts last: shifted-beta-geometric (Fader and Hardie 2007, Journal of Interactive Marketing 21(1)).

At each renewal a customer leaves with a chance of their own, Beta(alpha, beta) over customers. Purchase models do not
apply to contracts: there is nothing random between renewals.
"""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from activator.people.forecast.purchases import Array

_LOG_BOUND = 12.0


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


def fit_contracts(lost: Array, kept: float) -> ContractModel:
    """Maximum likelihood. lost: customers who left at renewal 1, 2, ...; kept: those still there after the last."""
    renewals = np.arange(1, lost.size + 1, dtype=float)

    def loss(logs: Array) -> float:
        alpha, beta = np.exp(logs)
        left = special.betaln(alpha + 1, beta + renewals - 1) - special.betaln(alpha, beta)
        stayed = special.betaln(alpha, beta + renewals[-1]) - special.betaln(alpha, beta)
        return -float(lost @ left + kept * stayed) / float(lost.sum() + kept)

    best = optimize.minimize(
        loss,
        np.zeros(2),
        method="L-BFGS-B",
        bounds=[(-_LOG_BOUND, _LOG_BOUND)] * 2,
        options={"ftol": 1e-15, "gtol": 1e-10},
    )
    alpha, beta = (float(value) for value in np.exp(best.x))
    return ContractModel(alpha, beta)
