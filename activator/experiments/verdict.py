"""Combined-versus-baseline tests on customers, read from the CRM: sample size, looks, and the verdict (pure).

Unit: a customer, randomised into one of two lists of one tier; response: at least one order in the window. Looks use
O'Brien-Fleming bounds: peeking daily at 1.96 calls 27 % of worthless texts winners, these bounds 5 %.
Bounds: O'Brien & Fleming 1979, two-sided 5 %, as tabulated by Jennison & Turnbull, "Group Sequential Methods", 2000.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

BOUNDS: dict[int, tuple[float, ...]] = {
    1: (1.960,),
    2: (2.797, 1.977),
    3: (3.471, 2.454, 2.004),
    4: (4.049, 2.863, 2.337, 2.024),
}
MISMATCH_P = 0.001  # below this the split itself is broken, and nothing read from it means anything


class Outcome(StrEnum):
    """What to do: scale it, stop it, revise the profile (never the tiers), go on, gather more, or start again."""

    CONFIRMED = "confirmed"
    WORSE = "worse"
    NOT_IMPROVED = "not_improved"
    RUNNING = "running"
    UNDERPOWERED = "underpowered"
    VOID = "void"


ADVICE: dict[Outcome, str] = {
    Outcome.CONFIRMED: "The motivated copy brings more orders: its budget may grow.",
    Outcome.WORSE: "It brings fewer orders: stop it and revise the motivation profile.",
    Outcome.NOT_IMPROVED: "The planned sample is reached without a difference: revise the motivation profile, not the "
    "tiers. At 80 % power one good profile in five ends here; it may be repeated once.",
    Outcome.RUNNING: "No verdict yet: go on to the next look.",
    Outcome.UNDERPOWERED: "Fewer customers than planned: extend the test; this says nothing about the profile.",
    Outcome.VOID: "The arms are too unequal for a random split: find out why before starting again.",
}


@dataclass(frozen=True, slots=True)
class Arm:
    """One list of customers, and how many of them ordered in the window."""

    customers: int
    responders: int

    def __post_init__(self) -> None:
        """More responders than customers is a slip of whoever counted."""
        if not 0 <= self.responders <= self.customers or self.customers == 0:
            message = "an arm needs customers, and no more responders than customers"
            raise ValueError(message)

    @property
    def rate(self) -> float:
        """Share of the customers who ordered."""
        return self.responders / self.customers


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look says. z: combined against baseline; lift: relative difference of the rates, None without one."""

    outcome: Outcome
    z: float
    bound: float
    lift: float | None
    advice: str


def customers_per_arm(rate: float, lift: float, power: float = 0.80) -> int:
    """Customers each arm needs to see a relative lift over a response rate, two-sided 5 %."""
    better = rate * (1 + lift)
    if not 0 < rate < 1 or not 0 < better < 1 or lift == 0:
        message = "the rate must lie between 0 and 1, and so must the rate with the lift"
        raise ValueError(message)
    normal = NormalDist()
    needed = (normal.inv_cdf(0.975) + normal.inv_cdf(power)) ** 2
    return math.ceil(needed * (rate * (1 - rate) + better * (1 - better)) / (better - rate) ** 2)


def smallest_lift(rate: float, customers: int, power: float = 0.80) -> float | None:
    """The smallest lift a test of this size can show, to the percent; None if not even tenfold."""
    for percent in range(1, 1_000):
        lift = percent / 100
        if rate * (1 + lift) < 1 and customers_per_arm(rate, lift, power) <= customers:
            return lift
    return None


def verdict(baseline: Arm, combined: Arm, *, look: int, looks: int, planned_per_arm: int) -> Verdict:
    """What the test says at look number `look` of `looks`.

    Raises:
        ValueError: there is no such look, or no bounds for so many.
    """
    if looks not in BOUNDS or not 1 <= look <= looks:
        message = f"plan 1 to {max(BOUNDS)} looks, and name one of them"
        raise ValueError(message)
    bound = BOUNDS[looks][look - 1]
    z = _z(baseline, combined)
    lift = combined.rate / baseline.rate - 1 if baseline.responders else None
    outcome = _outcome(baseline, combined, z, bound, last=look == looks, planned=planned_per_arm)
    return Verdict(outcome, z, bound, lift, ADVICE[outcome])


def _outcome(baseline: Arm, combined: Arm, z: float, bound: float, *, last: bool, planned: int) -> Outcome:
    if _mismatch_p(baseline.customers, combined.customers) < MISMATCH_P:
        return Outcome.VOID
    if z >= bound:
        return Outcome.CONFIRMED
    if z <= -bound:
        return Outcome.WORSE
    if not last:
        return Outcome.RUNNING
    enough = min(baseline.customers, combined.customers) >= planned
    return Outcome.NOT_IMPROVED if enough else Outcome.UNDERPOWERED


def _z(baseline: Arm, combined: Arm) -> float:
    pooled = (baseline.responders + combined.responders) / (baseline.customers + combined.customers)
    variance = pooled * (1 - pooled) * (1 / baseline.customers + 1 / combined.customers)
    return (combined.rate - baseline.rate) / math.sqrt(variance) if variance else 0.0


def _mismatch_p(first: int, second: int) -> float:
    """Chi-square p-value (one degree of freedom) of a 50:50 split as unequal as this."""
    chi_square = (first - second) ** 2 / (first + second)
    return math.erfc(math.sqrt(chi_square / 2))
