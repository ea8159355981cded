"""Cells: a copy variant within its tier, or a tier within its account, laid out day by day beside what it is judged by.

Within one tier and day all variants share season, lag and luck of the day, so a variant is compared with the rest of
its tier on the same days. A whole tier, or a tier's only variant, is compared with its own earlier return on spend,
while the account's other tiers (each against its own) say what everybody shares (docs/explanation/attention-flags.md).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from activator.model.performance import AdDay, Yardstick

BASELINE_DAYS = 28
BASELINE_DAYS_MIN = 14
BASELINE_CONVERSIONS_MIN = 30
ORDER_VALUE_PERCENTILE = 0.99

CellKey: TypeAlias = tuple[str, str, str | None]


@dataclass(frozen=True, slots=True)
class Series:
    """One segment on the account's consecutive days.

    capped: value in micros with extreme order values cut at the tier's 99th percentile; for estimates, never for sums
    that are shown.
    """

    spend: tuple[int, ...]
    conversions: tuple[float, ...]
    value: tuple[int, ...]
    capped: tuple[float, ...]

    def baseline(self, anchor: int) -> "Baseline | None":
        """Return of the 28 days before day `anchor`; None when they say too little."""
        days = slice(max(0, anchor - BASELINE_DAYS), anchor)
        spend, conversions = sum(self.spend[days]), sum(self.conversions[days])
        active = sum(1 for amount in self.spend[days] if amount)
        if active < BASELINE_DAYS_MIN or conversions < BASELINE_CONVERSIONS_MIN:
            return None
        return Baseline(
            conversions / spend, sum(self.capped[days]) / conversions, sum(self.value[days]) / conversions, conversions
        )


@dataclass(frozen=True, slots=True)
class Baseline:
    """rate: conversions per micro spent; order values in micros per conversion, capped and as they were."""

    rate: float
    capped_order_value: float
    order_value: float
    conversions: float


@dataclass(frozen=True, slots=True)
class Pair:
    """One day of a cell and of what it is compared with. Exposures and values are comparable with each other.

    doubt: variance of the log ratio of exposures, before overdispersion: baselines are estimates, spend is not.
    """

    exposure: float
    rest_exposure: float
    conversions: float
    rest_conversions: float
    value: float
    rest_value: float
    doubt: float = 0.0

    @property
    def share(self) -> float:
        """The cell's share of the day's exposure: its share of conversions were it as good as the rest."""
        return self.exposure / (self.exposure + self.rest_exposure)


@dataclass(frozen=True, slots=True)
class Cell:
    """What is judged. siblings: the tier's variants; campaign: the whole account."""

    key: CellKey
    currency: str
    yardstick: Yardstick
    days: tuple[date, ...]
    own: Series
    others: tuple[Series, ...]
    siblings: Mapping[str, Series]
    campaign: Series

    def pair(self, index: int, anchor: int) -> Pair | None:
        """Day `index`; baselines, where used, are those before day `anchor`. None when there is nothing to compare."""
        own = self.own
        if not own.spend[index]:
            return None
        if self.yardstick is Yardstick.TIER:
            (rest,) = self.others
            pair = Pair(
                own.spend[index],
                rest.spend[index],
                own.conversions[index],
                rest.conversions[index],
                own.capped[index],
                rest.capped[index],
            )
            return pair if pair.rest_exposure else None
        return self._baseline_pair(index, anchor)

    def _baseline_pair(self, index: int, anchor: int) -> Pair | None:
        base = self.own.baseline(anchor)
        others = [(other, rest) for other in self.others if (rest := other.baseline(anchor)) and other.spend[index]]
        if base is None or not others:
            return None
        return Pair(
            base.rate * self.own.spend[index],
            sum(rest.rate * other.spend[index] for other, rest in others),
            self.own.conversions[index],
            sum(other.conversions[index] for other, _ in others),
            _ratio(self.own.capped[index], base.capped_order_value),
            sum(_ratio(other.capped[index], rest.capped_order_value) for other, rest in others),
            1 / base.conversions + 1 / sum(rest.conversions for _, rest in others),
        )


@dataclass(frozen=True, slots=True)
class Account:
    """One destination in one currency, days without a gap through yesterday."""

    destination: str
    currency: str
    days: tuple[date, ...]
    cells: tuple[Cell, ...]


def accounts(rows: Iterable[AdDay], yesterday: date) -> list[Account]:
    """Lay out everything through yesterday; today is not over and is left out."""
    groups: dict[tuple[str, str], list[AdDay]] = defaultdict(list)
    for row in rows:
        if row.day <= yesterday:
            groups[row.destination, row.currency].append(row)
    return [_account(*key, group, yesterday) for key, group in sorted(groups.items())]


def _account(destination: str, currency: str, rows: list[AdDay], yesterday: date) -> Account:
    first = min(row.day for row in rows)
    days = tuple(first + timedelta(days=offset) for offset in range((yesterday - first).days + 1))
    tiers: dict[str, dict[str, list[AdDay]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        tiers[row.tier][row.variant].append(row)
    variants: dict[str, dict[str, Series]] = {}
    for tier, of_tier in sorted(tiers.items()):
        cap = _order_value_cap([row for group in of_tier.values() for row in group])
        variants[tier] = {name: _series(group, days, cap) for name, group in sorted(of_tier.items())}
    whole = {tier: _sum(list(of_tier.values())) for tier, of_tier in variants.items()}
    campaign = _sum(list(whole.values()))
    cells: list[Cell] = []
    for tier, of_tier_series in variants.items():
        key = (destination, tier)
        rest_of_account = tuple(series for name, series in whole.items() if name != tier)
        single = next(iter(of_tier_series)) if len(of_tier_series) == 1 else None
        if single is None:
            cells += _variant_cells(key, currency, days, of_tier_series, campaign)
        cells.append(
            Cell(
                (*key, single),
                currency,
                Yardstick.OWN_BASELINE,
                days,
                whole[tier],
                rest_of_account,
                of_tier_series,
                campaign,
            )
        )
    return Account(destination, currency, days, tuple(cells))


def _variant_cells(
    key: tuple[str, str], currency: str, days: tuple[date, ...], variants: Mapping[str, Series], campaign: Series
) -> list[Cell]:
    return [
        Cell(
            (*key, name),
            currency,
            Yardstick.TIER,
            days,
            series,
            (_sum([other for sibling, other in variants.items() if sibling != name]),),
            variants,
            campaign,
        )
        for name, series in variants.items()
    ]


def _order_value_cap(rows: Sequence[AdDay]) -> float:
    """The tier's 99th percentile of order value, in micros, by conversions (nearest rank).

    Platforms report sums per ad and day, so an ad day's mean stands for each of its orders.
    """
    means = sorted(
        (row.value_micros * 1000 / row.conversions_milli, row.conversions_milli) for row in rows if _sold(row)
    )
    rank = ORDER_VALUE_PERCENTILE * sum(weight for _, weight in means)
    reached = 0
    for mean, weight in means:
        reached += weight
        if reached >= rank:
            return mean
    return float("inf")


def _sold(row: AdDay) -> bool:
    return row.conversions_milli > 0


def _series(rows: Sequence[AdDay], days: tuple[date, ...], cap: float) -> Series:
    spend: dict[date, int] = defaultdict(int)
    conversions: dict[date, int] = defaultdict(int)
    value: dict[date, int] = defaultdict(int)
    capped: dict[date, float] = defaultdict(float)
    for row in rows:
        spend[row.day] += row.spend_micros
        conversions[row.day] += row.conversions_milli
        value[row.day] += row.value_micros
        capped[row.day] += min(row.value_micros, cap * row.conversions_milli / 1000) if _sold(row) else 0.0
    return Series(
        tuple(spend[day] for day in days),
        tuple(conversions[day] / 1000 for day in days),
        tuple(value[day] for day in days),
        tuple(capped[day] for day in days),
    )


def _sum(parts: Sequence[Series]) -> Series:
    return Series(
        tuple(map(sum, zip(*(part.spend for part in parts), strict=True))),
        tuple(map(sum, zip(*(part.conversions for part in parts), strict=True))),
        tuple(map(sum, zip(*(part.value for part in parts), strict=True))),
        tuple(map(sum, zip(*(part.capped for part in parts), strict=True))),
    )


def _ratio(value: float, unit: float) -> float:
    return value / unit if unit else 0.0
