"""What a customer's value is taken to be, and what a run found out about predicting it."""

from dataclasses import dataclass
from enum import StrEnum

RFM_NAMES = ("champions", "loyal", "regular", "new", "cant_lose", "at_risk", "dormant")


class Basis(StrEnum):
    """Which value decides the tier; always net of returns and of the cost to serve.

    PAST: what came so far. PREDICTED: what is expected within the horizon. BLENDED: both together.
    """

    PAST = "past"
    PREDICTED = "predicted"
    BLENDED = "blended"


@dataclass(frozen=True, slots=True)
class TierRule:
    """What it took in this run to be in a tier. The last tier takes the rest and has no limits.

    least_minor: the least value with which a newcomer is in it or a better one, None where that is nobody or names
    decide; enter_minor: the same for somebody from a lesser tier; stay_minor: down to which somebody who was in it
    stays; rfm, stay_rfm: the same in names; closed: the tier its people are in instead, because they are too few.
    """

    tier: str
    least_minor: int | None = None
    enter_minor: int | None = None
    stay_minor: int | None = None
    rfm: tuple[str, ...] = ()
    stay_rfm: tuple[str, ...] = ()
    closed: str = ""


@dataclass(frozen=True, slots=True)
class Valuing:
    """What the tiers of a run go by, for the plan to say.

    method, reason: how the future is estimated and why; empty where only the past counts. low, high: what came, by what
    was predicted, at worst and at best of the back-test; assumed where tried is false, since the past is too short;
    costs: whether the cost to serve is subtracted; rules: best tier first.
    """

    basis: Basis = Basis.PAST
    horizon_days: int = 365
    method: str = ""
    reason: str = ""
    low: float = 1.0
    high: float = 1.0
    tried: bool = True
    costs: bool = False
    rules: tuple[TierRule, ...] = ()
