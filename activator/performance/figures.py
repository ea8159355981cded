"""The money and the picture of one cell over one window: exact sums, as a marketer would add them up."""

import math
from dataclasses import dataclass
from fractions import Fraction

from activator.model.performance import FlagDay, Yardstick
from activator.performance.cells import Cell
from activator.performance.window import BAND_SD, Window

CONVERSIONS_TO_RECOMMEND = 8.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over the window's days, in micros. reference_value_micros: what the spend would have brought as expected."""

    spend_micros: int
    value_micros: int
    reference_value_micros: int
    tier_cpa_micros: float
    daily_spend_micros: int
    campaign_spend_micros: int
    campaign_value_micros: int
    shift_to: str | None
    shift_to_roas: Fraction | None

    @property
    def lost_micros(self) -> int:
        """What is missing."""
        return self.reference_value_micros - self.value_micros


def figures_of(cell: Cell, shown: Window, started: int | None) -> Figures:
    """Add up the window. started: where the present fall began; baselines end before it."""
    first = shown.first
    spend, value = sum(cell.own.spend[first:]), sum(cell.own.value[first:])
    active = sum(1 for amount in cell.own.spend[first:] if amount)
    reference, cpa = _reference(cell, shown, started)
    shift_to, shift_to_roas = _best_sibling(cell, first) or (None, None)
    return Figures(
        spend_micros=spend,
        value_micros=value,
        reference_value_micros=reference,
        tier_cpa_micros=cpa,
        daily_spend_micros=round(spend / active) if active else 0,
        campaign_spend_micros=sum(cell.campaign.spend[first:]),
        campaign_value_micros=sum(cell.campaign.value[first:]),
        shift_to=shift_to,
        shift_to_roas=shift_to_roas,
    )


def _reference(cell: Cell, shown: Window, started: int | None) -> tuple[int, float]:
    """Revenue the spend would have brought at the yardstick's return, and the yardstick's cost per conversion."""
    first = shown.first
    spend = sum(cell.own.spend[first:])
    if cell.yardstick is Yardstick.TIER:
        (rest,) = cell.others
        tier_spend = spend + sum(rest.spend[first:])
        tier_value = sum(cell.own.value[first:]) + sum(rest.value[first:])
        conversions = sum(cell.own.conversions[first:]) + sum(rest.conversions[first:])
        return spend * tier_value // tier_spend, tier_spend / conversions if conversions else math.inf
    anchors = [shown.first if started is None else min(shown.first, started), started]
    base = next((base for anchor in anchors if anchor is not None and (base := cell.own.baseline(anchor))), None)
    if base is None:
        return 0, math.inf
    return round(shown.expected * base.order_value), 1 / base.rate


def _best_sibling(cell: Cell, first: int) -> tuple[str, Fraction] | None:
    """The tier's variant with the best return in the window, if it has enough conversions and beats the tier."""
    if cell.key[2] is None:
        return None
    returns = {
        name: Fraction(sum(series.value[first:]), spend)
        for name, series in cell.siblings.items()
        if name != cell.key[2]
        and sum(series.conversions[first:]) >= CONVERSIONS_TO_RECOMMEND
        and (spend := sum(series.spend[first:]))
    }
    best = max(returns, key=lambda name: returns[name], default=None)
    spend = sum(sum(series.spend[first:]) for series in cell.siblings.values())
    value = sum(sum(series.value[first:]) for series in cell.siblings.values())
    return (best, returns[best]) if best is not None and returns[best] * spend >= value else None


def track_of(cell: Cell, shown: Window, dispersion: float) -> tuple[FlagDay, ...]:
    """Cumulative conversions and expectation by day, with the band ordinary luck stays in nine times in ten."""
    track: list[FlagDay] = []
    own, expected, variance = 0.0, 0.0, 0.0
    for index, pair in shown.pairs:
        count = pair.conversions + pair.rest_conversions
        own += pair.conversions
        expected += count * pair.share
        variance += dispersion * count * pair.share * (1 - pair.share)
        reach = BAND_SD * math.sqrt(variance)
        thousandths = [round(1000 * number) for number in (own, expected, max(0.0, expected - reach), expected + reach)]
        track.append(FlagDay(cell.days[index], *thousandths))
    return tuple(track)
