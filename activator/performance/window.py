"""How large a fall is: the last 7, 14 or 28 days against the yardstick, with an honest interval.

The log ratio of return is that of conversion rates (stratified by day) plus that of order values, the latter shrunk
while orders are few; a prior centred on "as good as the rest" keeps small numbers from shouting.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from activator.performance.cells import Cell, Pair
from activator.performance.cusum import DISPERSION_DAYS

WINDOWS_DAYS = (7, 14, 28)
PRIOR_SD = 0.30
MATERIAL_RATIO = 0.9
ORDERS_TO_TRUST_VALUE = 20
MODE_STEPS, MODE_TOLERANCE, INFORMATION_MIN = 25, 1e-9, 1e-9
LIKELY = 0.90
_NORMAL = NormalDist()
BAND_SD = _NORMAL.inv_cdf((1 + LIKELY) / 2)


@dataclass(frozen=True, slots=True)
class Window:
    """One cell over its last `days` days. share: of exposure; log_mean and log_sd: cell over rest, after the prior."""

    days: int
    first: int
    pairs: tuple[tuple[int, Pair], ...]
    conversions: float
    expected: float
    share: float
    log_mean: float
    log_sd: float

    @property
    def probability_low(self) -> float:
        """How likely the cell returns less than 90 % of the rest."""
        return _NORMAL.cdf((math.log(MATERIAL_RATIO) - self.log_mean) / self.log_sd)

    @property
    def likely(self) -> tuple[float, float]:
        """90 % interval of the cell's return over that of cell and rest together."""
        reach = BAND_SD * self.log_sd
        return self._over_all(self.log_mean - reach), self._over_all(self.log_mean + reach)

    def _over_all(self, log_ratio: float) -> float:
        ratio = math.exp(log_ratio)
        return ratio / (self.share * ratio + 1 - self.share)


def window(cell: Cell, days: int, dispersion: float, variation: float, started: int | None) -> Window | None:
    """Estimate over the last `days` days; None when there is nothing to compare.

    variation: coefficient of variation of order value; started: where the present fall began, if there is one.
    """
    last = len(cell.days)
    first = max(0, last - days)
    anchor = first if started is None else min(first, started)
    pairs = tuple((index, pair) for index in range(first, last) if (pair := cell.pair(index, anchor)) is not None)
    if not pairs and started is not None:
        pairs = tuple((index, pair) for index in range(first, last) if (pair := cell.pair(index, started)) is not None)
    if not pairs:
        return None
    told = [pair for _, pair in pairs]
    conversions = sum(pair.conversions for pair in told)
    exposure = sum(pair.exposure for pair in told)
    log_mean, log_sd = _posterior(told, dispersion, variation)
    return Window(
        days=days,
        first=first,
        pairs=pairs,
        conversions=conversions,
        expected=sum((pair.conversions + pair.rest_conversions) * pair.share for pair in told),
        share=exposure / (exposure + sum(pair.rest_exposure for pair in told)),
        log_mean=log_mean,
        log_sd=log_sd,
    )


def _posterior(pairs: list[Pair], dispersion: float, variation: float) -> tuple[float, float]:
    """Mean and standard deviation of the log ratio of return.

    Counts enter by their binomial likelihood, expanded around the posterior mode rather than around the observed ratio:
    an ad without a single conversion has no log ratio, yet says a lot.
    """
    shift, shift_variance = _order_value_shift(pairs, variation)
    shift_variance += dispersion * sum(pair.doubt for pair in pairs) / len(pairs)
    rate, mean, precision = 0.0, 0.0, 1.0
    for _ in range(MODE_STEPS):
        score, information = _counts(pairs, rate, dispersion)
        observed, variance = rate + score / information, 1 / information
        precision = 1 / (variance + shift_variance) + 1 / PRIOR_SD**2
        mean = (observed + shift) / (variance + shift_variance) / precision
        step = observed + (mean - observed - shift) * variance / (variance + shift_variance) - rate
        rate += max(-1.0, min(1.0, step))
        if abs(step) < MODE_TOLERANCE:
            break
    return mean, math.sqrt(1 / precision)


def _counts(pairs: list[Pair], rate: float, dispersion: float) -> tuple[float, float]:
    """Slope and curvature of the log likelihood of the conversions, at the log ratio `rate` of conversion rates."""
    score, information = 0.0, INFORMATION_MIN
    for pair in pairs:
        count = pair.conversions + pair.rest_conversions
        likely = 1 / (1 + pair.rest_exposure / pair.exposure * math.exp(-rate))
        score += (pair.conversions - count * likely) / dispersion
        information += count * likely * (1 - likely) / dispersion
    return score, information


def _order_value_shift(pairs: list[Pair], variation: float) -> tuple[float, float]:
    """The log ratio of order values, shrunk while orders are few, and its variance."""
    own = sum(pair.conversions for pair in pairs)
    rest = sum(pair.rest_conversions for pair in pairs)
    value, rest_value = sum(pair.value for pair in pairs), sum(pair.rest_value for pair in pairs)
    if value <= 0 or rest_value <= 0 or own <= 0 or rest <= 0:
        return 0.0, 0.0
    weight = own / (own + ORDERS_TO_TRUST_VALUE)
    return weight * math.log((value / own) / (rest_value / rest)), (weight * variation) ** 2 * (1 / own + 1 / rest)


def order_value_variation(cell: Cell) -> float:
    """Coefficient of variation of one order's value among the tier's variants, from daily sums of the last 60 days.

    The sum of c orders varies c times as much as one order, so squared deviations of daily sums over c estimate it.
    """
    squares, freedom, value, orders = 0.0, 0, 0.0, 0.0
    for series in cell.siblings.values():
        recent = [
            (count, amount)
            for count, amount in zip(
                series.conversions[-DISPERSION_DAYS:], series.capped[-DISPERSION_DAYS:], strict=True
            )
            if count > 0
        ]
        count, amount = sum(count for count, _ in recent), sum(amount for _, amount in recent)
        if len(recent) > 1:
            mean = amount / count
            squares += sum((amount - orders_of_day * mean) ** 2 / orders_of_day for orders_of_day, amount in recent)
            freedom += len(recent) - 1
        value, orders = value + amount, orders + count
    if not freedom or value <= 0:
        return 1.0
    return math.sqrt(squares / freedom) / (value / orders)
