"""What a customer's value is taken to be, and what a run found out about predicting it."""

from dataclasses import dataclass
from enum import StrEnum


class Basis(StrEnum):
    """Which value decides the tier; always net of returns and of the cost to serve.

    PAST: what came so far. PREDICTED: what is expected within the horizon. BLENDED: both together.
    """

    PAST = "past"
    PREDICTED = "predicted"
    BLENDED = "blended"


@dataclass(frozen=True, slots=True)
class Valuing:
    """What the tiers of a run go by, for the plan to say.

    method, reason: how the future is estimated and why; empty where only the past counts. low, high: what came, by what
    was predicted, at worst and at best of the back-test.
    """

    basis: Basis = Basis.PAST
    horizon_days: int = 365
    method: str = ""
    reason: str = ""
    low: float = 1.0
    high: float = 1.0
