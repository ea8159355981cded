"""Advertising accounts to judge: exact ones written out by the day, and seeded ones as noisy as real ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from activator.model.performance import AdDay

START = date(2026, 9, 1)
UNIT = 1_000_000


def ad_day(
    day: int | date,
    tier: str = "high",
    variant: str = "a",
    *,
    spend: float = 100,
    conversions: float = 5,
    value: float = 500,
    destination: str = "meta",
    currency: str = "EUR",
    ad_id: str = "",
) -> AdDay:
    """One ad on one day; money in whole units, day counted from START."""
    return AdDay(
        destination=destination,
        tier=tier,
        variant=variant,
        ad_id=ad_id or f"{destination}/{tier}/{variant}",
        day=day if isinstance(day, date) else START + timedelta(days=day),
        spend_micros=round(spend * UNIT),
        impressions=1000,
        clicks=50,
        conversions_milli=round(conversions * 1000),
        value_micros=round(value * UNIT),
        currency=currency,
    )


def steady(
    days: range, ads: Mapping[tuple[str, str], tuple[float, float, float]], destination: str = "meta"
) -> list[AdDay]:
    """The same every day. ads: (tier, variant) -> (spend, conversions, value) a day."""
    return [
        ad_day(day, *ad, spend=spend, conversions=conversions, value=value, destination=destination)
        for day in days
        for ad, (spend, conversions, value) in ads.items()
    ]


@dataclass(frozen=True)
class NoisyAccount:
    """3 tiers x 4 variants with lognormal order values, weekdays, shared and own luck, and late conversions.

    The design of the published simulation: order value CV 1, shared daily CV .15, own CV .10, 60 % of conversions
    reported on the day itself and 96 % within a week, 25 spent per conversion.
    """

    seed: int
    conversions_a_day: float
    days: int
    fall_of: tuple[int, int] | None = None
    fall_from: int = 0
    fall_to: float = 1.0

    def draw(self) -> dict[tuple[int, int, int], tuple[float, np.ndarray, np.ndarray]]:
        """(day, tier, variant) -> spend, order values, days until each order is reported."""
        rng = np.random.default_rng(self.seed)
        weekdays = (1.0, 0.95, 0.9, 1.0, 1.1, 1.2, 0.86)
        drawn = {}
        for day in range(self.days):
            shared = rng.gamma(1 / 0.15**2, 0.15**2) * weekdays[day % 7]
            for tier in range(3):
                for variant in range(4):
                    fallen = self.fall_of == (tier, variant) and day >= self.fall_from
                    mean = self.conversions_a_day * shared * rng.gamma(100, 0.01) * (self.fall_to if fallen else 1.0)
                    count = rng.poisson(mean)
                    values = rng.lognormal(np.log(100 * (3 - tier)) - np.log(2) / 2, np.sqrt(np.log(2)), count)
                    luck = rng.random(count)
                    late = np.where(luck < 0.96, rng.integers(1, 8, count), rng.integers(8, 20, count))
                    spend = self.conversions_a_day * 25 * shared**0.5
                    drawn[day, tier, variant] = (spend, values, np.where(luck < 0.6, 0, late))
        return drawn


def reported(drawn: Mapping[tuple[int, int, int], tuple[float, np.ndarray, np.ndarray]], morning: int) -> list[AdDay]:
    """What the platform shows on one morning: days before it, with the conversions reported so far."""
    rows = []
    for (day, tier, variant), (spend, values, late) in drawn.items():
        if day < morning:
            known = values[day + late < morning]
            rows.append(
                ad_day(day, f"t{tier}", f"v{variant}", spend=spend, conversions=len(known), value=float(known.sum()))
            )
    return rows
