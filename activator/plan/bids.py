"""From what tiers are worth to what is bid and spent on them; every number with its derivation. Pure arithmetic.

value per customer -> shrunk towards the mean of all -> its ratio to that mean, raised to how far predictions came true
(slope) and how far we have got (ramp) -> clamped, never a little down: a tier far below the mean is excluded instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SLOPE_DEFAULT = 0.8  # of realised on predicted log ratios; CDNOW measured 0.88. Replaced by the back-test's own
CREDIBILITY_MAX = 200.0  # customers; beyond it even small tiers of noisy data would be shrunk to nothing
EXCLUDED_BELOW = 0.6
MULTIPLIER_MAX_DEFAULT = 3.0
CHANGE_MIN = 0.10  # smaller changes restart the platforms' learning for nothing
CHANGE_MAX = 0.30  # a week
RAMP = ((2, 0.5), (4, 0.75))  # (up to and including week, share of the way); all of it afterwards


@dataclass(frozen=True, slots=True)
class TierValue:
    """What the arithmetic needs to know of a tier.

    customers: people in it; value_minor: predicted margin per customer over the next year, minor units;
    value_high_minor: the upper end of its interval; spend_share: of what is spent on tiers now, 0 to 1;
    cost_per_order_minor: what an order of the tier costs in advertising, 0 where unknown; bid: the multiplier in place,
    1 where there is none.
    """

    tier: str
    customers: int
    value_minor: float
    value_high_minor: float
    spend_share: float
    cost_per_order_minor: float = 0.0
    bid: float = 1.0


@dataclass(frozen=True, slots=True)
class TierBid:
    """multiplier: to push, 1 or more, 0 for an excluded tier; budget_share: of the total, 0 to 1; why: in words."""

    tier: str
    multiplier: float
    excluded: bool
    budget_share: float
    why: str


def ramp(weeks_running: int) -> float:
    """How much of the full multiplier is used in a week, counted from 1."""
    return next((share for last, share in RAMP if weeks_running <= last), 1.0)


def credibility(within_variance: float, between_variance: float) -> float:
    """Buehlmann's k: the customers at which a tier's own mean counts as much as everybody's."""
    if between_variance <= 0:
        return CREDIBILITY_MAX
    return min(within_variance / between_variance, CREDIBILITY_MAX)


def bids(
    tiers: Sequence[TierValue],
    k: float,
    weeks_running: int,
    slope: float = SLOPE_DEFAULT,
    multiplier_max: float = MULTIPLIER_MAX_DEFAULT,
) -> tuple[TierBid, ...]:
    """One bid per tier, in the order given."""
    people = sum(tier.customers for tier in tiers)
    mean = sum(tier.customers * tier.value_minor for tier in tiers) / max(people, 1)
    if mean <= 0:
        return tuple(TierBid(tier.tier, 1.0, False, tier.spend_share, _UNKNOWN.format(tier.tier)) for tier in tiers)
    judged = [_judged(tier, mean, k, slope, ramp(weeks_running), multiplier_max) for tier in tiers]
    weights = [
        0.0 if bid.excluded else tier.spend_share * bid.multiplier for tier, bid in zip(tiers, judged, strict=True)
    ]
    total = sum(weights)
    return tuple(
        TierBid(bid.tier, bid.multiplier, bid.excluded, weight / total if total else 0.0, bid.why)
        for bid, weight in zip(judged, weights, strict=True)
    )


_UNKNOWN = "{}: 1.00, since nothing is known of what customers will bring"


def _judged(tier: TierValue, mean: float, k: float, slope: float, way: float, multiplier_max: float) -> TierBid:
    weight = tier.customers / (tier.customers + k) if tier.customers else 0.0
    shrunk = weight * tier.value_minor + (1 - weight) * mean
    shrunk_high = weight * tier.value_high_minor + (1 - weight) * mean
    derived = f"{shrunk / mean:.3f} times the mean value ({weight:.0%} own, {1 - weight:.0%} everybody's)"
    full_high = max(shrunk_high / mean, 0.0) ** slope
    if full_high < EXCLUDED_BELOW:
        why = f"{tier.tier}: excluded, {derived}; at best {full_high:.2f}, below {EXCLUDED_BELOW}"
        return TierBid(tier.tier, 0.0, True, 0.0, why)
    if shrunk < tier.cost_per_order_minor:
        cost = tier.cost_per_order_minor / 100
        why = f"{tier.tier}: excluded, worth {shrunk / 100:.2f} where an order costs {cost:.2f}"
        return TierBid(tier.tier, 0.0, True, 0.0, why)
    wanted = min(max(1.0, max(shrunk / mean, 0.0) ** (slope * way)), multiplier_max)
    pushed, held = _stepped(tier.bid, wanted)
    power = f"^({slope:.2f} x {way:.2f})"
    why = f"{tier.tier}: {pushed:.2f} = {derived} {power}"
    return TierBid(tier.tier, pushed, False, 0.0, why + held)


def _stepped(now: float, wanted: float) -> tuple[float, str]:
    """The step to take towards a multiplier, and what holds it back. A first bid is no step."""
    if now == 1.0:
        return wanted, ""
    change = wanted / now - 1
    if abs(change) <= CHANGE_MIN:
        return now, f"; stays, since {wanted:.2f} is within {CHANGE_MIN:.0%}"
    if abs(change) > CHANGE_MAX:
        return now * (
            1 + CHANGE_MAX * (1 if change > 0 else -1)
        ), f"; at most {CHANGE_MAX:.0%} a week on the way to {wanted:.2f}"
    return wanted, ""
