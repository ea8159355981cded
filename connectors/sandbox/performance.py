"""Believable daily performance from a seed: what an ad spends and brings on one day. Pure, nothing else is random.

Shapes as measured on public data sets (Online Retail II, CDNOW, Hillstrom; 2026-11-22): weekday index .86 to
1.26, day shocks shared by the whole account with CV .15, own noise of each ad CV .10, order values with CV 1.

A real platform knows neither the tier of an ad group nor the motivation of a text. `standings` derives both from what
it can see: within a campaign, the group with the highest bid (then budget) is taken to reach the best customers, and
ads are told apart by name. Of the best group the ad whose name comes last in the alphabet does not speak to what moves
those customers: it stays about 40 % below its siblings and still beats the campaign's average, the case a comparison
with the campaign average can never see.
"""

import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

HIGH, MID, LOW = "high", "mid", "low"
MATCHED, MISMATCHED = "matched", "mismatched"

MISMATCH_FACTOR = 0.62
WEEKDAY = (0.94, 0.90, 0.86, 0.95, 1.00, 1.09, 1.26)  # Monday first, mean 1
DAY_SHOCK_CV, OWN_CV, ORDER_VALUE_CV = 0.15, 0.10, 1.0
_MICROS_PER_MINOR = 10_000


@dataclass(frozen=True, slots=True)
class AdDayFigures:
    """One ad on one day. Money in micros of the account currency, conversions in thousandths."""

    spend_micros: int
    impressions: int
    clicks: int
    conversions_milli: int
    value_micros: int


@dataclass(frozen=True, slots=True)
class TierBehaviour:
    """roas: value per spend of a matched ad; order_value_minor: mean; delivery: share of the budget that is spent.

    Small audiences of very good customers are exhausted before their budget is, hence a delivery below 1.
    """

    roas: float
    order_value_minor: int
    delivery: float


TIERS = {
    HIGH: TierBehaviour(roas=6.5, order_value_minor=600, delivery=0.55),
    MID: TierBehaviour(roas=1.7, order_value_minor=570, delivery=0.93),
    LOW: TierBehaviour(roas=0.85, order_value_minor=540, delivery=0.96),
}


@dataclass(frozen=True, slots=True)
class Reach:
    """How a platform's ads are bought: cost per thousand impressions and clicks per impression."""

    cpm_micros: int
    click_rate: float


REACH = {"meta": Reach(7_500_000, 0.021), "google": Reach(26_000_000, 0.065)}


@dataclass(frozen=True, slots=True)
class GroupView:
    """One delivery group as its platform sees it. bid and budget: any unit, larger is more; ads: (ad id, ad name)."""

    group_id: str
    bid: int
    budget: int
    ads: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the model takes one ad to be; the fields are arguments of `daily`."""

    tier: str
    motivation: str
    variant: str
    tier_motivation: str = MATCHED


def standings(groups: Sequence[GroupView]) -> dict[str, Standing]:
    """Tier and fit of every ad of one campaign, by ad id. Ties are broken by group id, oldest first."""
    ranked = sorted(groups, key=lambda group: (-group.bid, -group.budget, len(group.group_id), group.group_id))
    result: dict[str, Standing] = {}
    for rank, group in enumerate(ranked):
        tier = HIGH if rank == 0 else LOW if rank == len(ranked) - 1 and rank >= 2 else MID
        names = sorted(name for _, name in group.ads)
        weakest = names[-1] if tier == HIGH and len(names) > 1 else None
        for ad_id, name in group.ads:
            result[ad_id] = Standing(tier, MISMATCHED if name == weakest else MATCHED, name)
    return result


def daily(
    seed: int,
    platform: str,
    ad_id: str,
    tier: str,
    motivation: str,
    variant: str,
    tier_motivation: str,
    daily_budget_minor: int,
    day: date,
) -> AdDayFigures:
    """What one ad did on one day. The same arguments always give the same figures.

    daily_budget_minor: the part of the group's (or campaign's) daily budget that falls on this ad, in minor units.
    """
    behaviour, reach = TIERS[tier], REACH[platform]
    own = _random(seed, platform, ad_id, day.isoformat())
    season = WEEKDAY[day.weekday()] * _lognormal(_random(seed, platform, "shared", day.isoformat()), DAY_SHOCK_CV)

    # Budgets are averages: a day may spend more or less, more so on busy weekdays (both platforms say so).
    spend_minor = daily_budget_minor * behaviour.delivery * (0.9 + 0.1 * WEEKDAY[day.weekday()])
    spend_micros = round(spend_minor * _lognormal(own, 0.06) * _MICROS_PER_MINOR)
    if spend_micros <= 0:
        return AdDayFigures(0, 0, 0, 0, 0)

    fit = 1.0 if motivation == tier_motivation else MISMATCH_FACTOR
    appeal = 1 + 0.03 * (_random(seed, platform, "variant", variant).random() * 2 - 1)
    orders_per_day = spend_micros / _MICROS_PER_MINOR * behaviour.roas / behaviour.order_value_minor
    orders = _poisson(own, orders_per_day * season * fit * appeal * _lognormal(own, OWN_CV))
    value_minor = sum(_order_value_minor(own, behaviour.order_value_minor) for _ in range(orders))

    impressions = max(1, round(spend_micros / reach.cpm_micros * 1000 * _lognormal(own, 0.08)))
    clicks = max(orders, round(impressions * reach.click_rate * _lognormal(own, 0.10)))
    return AdDayFigures(
        spend_micros=spend_micros,
        impressions=max(impressions, clicks),
        clicks=clicks,
        conversions_milli=_credit_milli(own, platform, orders),
        value_micros=value_minor * _MICROS_PER_MINOR,
    )


def _random(seed: int, *parts: str) -> random.Random:
    """A generator that depends on nothing but its name, so that days can be asked for in any order."""
    digest = hashlib.sha256("\n".join((str(seed), *parts)).encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))  # noqa: S311 - a simulation, not a secret


def _lognormal(generator: random.Random, cv: float) -> float:
    """A positive factor of mean 1 and coefficient of variation cv."""
    variance = math.log1p(cv * cv)
    return generator.lognormvariate(-variance / 2, math.sqrt(variance))


def _order_value_minor(generator: random.Random, mean_minor: int) -> int:
    return max(1, round(mean_minor * _lognormal(generator, ORDER_VALUE_CV)))


def _poisson(generator: random.Random, mean: float) -> int:
    """Arrivals within one unit of time; large means in pieces, since exp(-mean) would vanish."""
    count = 0
    while mean > 0:
        piece = min(mean, 30.0)
        mean -= piece
        limit, product = math.exp(-piece), generator.random()
        while product > limit:
            count += 1
            product *= generator.random()
    return count


def _credit_milli(generator: random.Random, platform: str, orders: int) -> int:
    """Google's data-driven attribution credits fractions of a conversion; Meta counts whole ones."""
    if platform != "google" or orders == 0:
        return orders * 1000
    return orders * 1000 - generator.randrange(0, 400)
