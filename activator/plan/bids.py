"""From what tiers are worth to what is bid and spent on them; every number with its derivation. Pure arithmetic.

value per customer -> shrunk towards the mean of all -> its ratio to that mean, raised to how far predictions came true
(slope) and how far we have got (ramp) -> clamped, never a little down: a tier far below the mean is excluded instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from activator.model.bidding import TierWorth

SLOPE_DEFAULT = 0.8  # of realised on predicted log ratios; CDNOW measured 0.88. Replaced by the back-test's own
CREDIBILITY_MAX = 200.0  # customers; beyond it even small tiers of noisy data would be shrunk to nothing
EXCLUDED_BELOW = 0.6
MULTIPLIER_MAX_DEFAULT = 3.0
CHANGE_MIN = 0.10  # smaller changes restart the platforms' learning for nothing
CHANGE_MAX = 0.30  # a week
CHANGE_DAYS = 7
RAMP = ((2, 0.5), (4, 0.75))  # (up to and including week, share of the way); all of it afterwards


@dataclass(frozen=True, slots=True)
class TierValue:
    """What the arithmetic needs to know of a tier.

    customers: people in it; value_minor: predicted margin per customer over the next year, minor units;
    value_high_minor: the upper end of its interval; spend_share: of what is spent on tiers before multipliers, 0 to 1;
    cost_per_order_minor: what an order of the tier costs in advertising, 0 where unknown; bid: the multiplier in place,
    None where there is none, 0 where the tier is excluded; bid_days: how long it has stood; testing: its copy is being
    tested, so nothing of it may move.
    """

    tier: str
    customers: int
    value_minor: float
    value_high_minor: float
    spend_share: float
    cost_per_order_minor: float = 0.0
    bid: float | None = None
    bid_days: int = CHANGE_DAYS
    testing: bool = False


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


def credibility_of(tiers: Sequence[TierWorth]) -> float:
    """Buehlmann's k of the tiers themselves.

    Within: the pooled variance of customers about their tier's mean; between: the unbiased estimate of the variance of
    the tiers' true means (Buehlmann & Gisler, "A Course in Credibility Theory", 2005, section 4.8, equal weights).
    """
    filled = [tier for tier in tiers if tier.customers]
    people = sum(tier.customers for tier in filled)
    if people <= len(filled) or len(filled) < 2:
        return CREDIBILITY_MAX
    mean = sum(tier.total_minor for tier in filled) / people
    # Exact integers: n * sum(x^2) - sum(x)^2 loses everything in floats when customers are alike.
    scatter = sum((tier.customers * tier.square_minor - tier.total_minor**2) / tier.customers for tier in filled)
    within = scatter / (people - len(filled))
    spread = sum(tier.customers * (tier.mean_minor - mean) ** 2 for tier in filled) - (len(filled) - 1) * within
    between = spread / (people - sum(tier.customers**2 for tier in filled) / people)
    return credibility(within, between)


def bids(
    tiers: Sequence[TierValue],
    k: float,
    weeks_running: int,
    slope: float = SLOPE_DEFAULT,
    multiplier_max: float = MULTIPLIER_MAX_DEFAULT,
    mean_minor: float | None = None,
) -> tuple[TierBid, ...]:
    """One bid per tier, in the order given.

    mean_minor: worth per customer of everybody, also of those in no tier given; default: of the tiers given.
    """
    people = sum(tier.customers for tier in tiers)
    mean = mean_minor if mean_minor is not None else sum(t.customers * t.value_minor for t in tiers) / max(people, 1)
    if mean <= 0:
        judged = [TierBid(tier.tier, 1.0, False, 0.0, _UNKNOWN.format(tier.tier)) for tier in tiers]
    else:
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
    if tier.testing and tier.bid is not None:
        words = "stays excluded" if tier.bid == 0 else f"stays {tier.bid:.2f}"
        return TierBid(tier.tier, tier.bid, tier.bid == 0, 0.0, f"{tier.tier}: {words}, since its copy is being tested")
    weight = tier.customers / (tier.customers + k) if tier.customers else 0.0
    shrunk = weight * tier.value_minor + (1 - weight) * mean
    shrunk_high = weight * tier.value_high_minor + (1 - weight) * mean
    derived = f"{shrunk / mean:.3f} times the mean value ({weight:.0%} own, {1 - weight:.0%} everybody's)"
    if why := _too_little(tier, shrunk, max(shrunk_high / mean, 0.0) ** slope, derived):
        return TierBid(tier.tier, 0.0, True, 0.0, f"{tier.tier}: {why}")
    power = f"^({slope:.2f} x {way:.2f})"
    exact = max(shrunk / mean, 0.0) ** (slope * way)
    wanted = min(max(1.0, exact), multiplier_max)
    limit = f", at least 1: {exact:.2f} is not pushed" if exact < 1 else ""
    limit = f", at most {multiplier_max:.2f}" if exact > multiplier_max else limit
    pushed, held = _stepped(tier, wanted)
    return TierBid(tier.tier, pushed, False, 0.0, f"{tier.tier}: {pushed:.2f} = {derived} {power}{limit}{held}")


def _too_little(tier: TierValue, shrunk: float, full_high: float, derived: str) -> str:
    """Why a tier is left out, or ''. One that is out comes back only when clearly above the limit."""
    limit = EXCLUDED_BELOW * (1 + CHANGE_MIN) if tier.bid == 0 else EXCLUDED_BELOW
    if full_high < limit:
        since = f"{EXCLUDED_BELOW:g}" if tier.bid != 0 else f"{limit:.2f}, from which an excluded tier comes back"
        return f"excluded, {derived}; at best {full_high:.2f}, below {since}"
    if shrunk < tier.cost_per_order_minor:
        return f"excluded, worth {shrunk / 100:.2f} where an order costs {tier.cost_per_order_minor / 100:.2f}"
    return ""


def _stepped(tier: TierValue, wanted: float) -> tuple[float, str]:
    """The step to take towards a multiplier, and what holds it back. A first bid, or one after exclusion, is none."""
    now = tier.bid
    if not now or wanted == now:
        return wanted, ""
    change = wanted / now - 1
    if abs(change) <= CHANGE_MIN:
        return now, f"; stays, since {wanted:.2f} is within {CHANGE_MIN:.0%}"
    if tier.bid_days < CHANGE_DAYS:
        return now, f"; stays on the way to {wanted:.2f}, since it was set less than a week ago"
    if abs(change) > CHANGE_MAX:
        limited = max(1.0, now * (1 + CHANGE_MAX * (1 if change > 0 else -1)))
        return limited, f"; at most {CHANGE_MAX:.0%} a week on the way to {wanted:.2f}"
    return wanted, ""
