"""The tables of the briefing: tiers, and texts within them, against their own earlier days."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction

from activator.briefing.inert import visible
from activator.briefing.words import NONE, amount, conversions, label, ratio, tier_label
from activator.model.briefing import BriefingInput, SegmentRow, SegmentTable, Trend
from activator.model.performance import AdDay, SegmentPerformance
from activator.performance.segments import between, by_tier, by_tier_and_variant, campaign_totals

TREND_DAYS = 7
BASELINE_DAYS_MIN = 14


def tier_tables(given: BriefingInput) -> tuple[SegmentTable, ...]:
    """One table per destination and currency, best tier first, with trends."""
    return _tables(given, by_tier, lambda it: tier_label(it.tier or ""))


def variant_tables(given: BriefingInput) -> tuple[SegmentTable, ...]:
    """The same by tier and text; trends of single texts would be noise and are left out."""
    return _tables(given, by_tier_and_variant, lambda it: f"{tier_label(it.tier or '')} × {label(it.variant or '')}")


def _tables(
    given: BriefingInput,
    totals: Callable[[Iterable[AdDay]], tuple[SegmentPerformance, ...]],
    name: Callable[[SegmentPerformance], str],
) -> tuple[SegmentTable, ...]:
    now, before = _periods(given)
    earlier = {_segment(it): it for it in (*totals(before), *campaign_totals(before))}
    groups: dict[tuple[str, str], list[SegmentPerformance]] = defaultdict(list)
    for segment in totals(now):
        groups[segment.destination, segment.currency].append(segment)
    tables = []
    for campaign in campaign_totals(now):
        segments = sorted(groups[campaign.destination, campaign.currency], key=lambda it: _rank(it, given.tier_order))
        rows = tuple(_row(name(it), it, earlier, given, with_trend=it.variant is None) for it in segments)
        total = _row("Campaign", campaign, earlier, given, with_trend=False)
        tables.append(SegmentTable(label(campaign.destination), visible(campaign.currency), rows, total))
    return tuple(tables)


def _periods(given: BriefingInput) -> tuple[list[AdDay], list[AdDay]]:
    """The rows of the period shown, and those of as many days before it."""
    length = timedelta(days=given.lookback_days)
    first = given.as_of - length + timedelta(days=1)
    return between(given.ad_days, first, given.as_of), between(given.ad_days, first - length, first - timedelta(days=1))


def _rank(segment: SegmentPerformance, order: Sequence[str]) -> tuple[int, Fraction, str, str, Fraction, str]:
    """Project order where known, else best return first; within a tier the best text first."""
    place = order.index(segment.tier) if segment.tier in order else len(order)
    worst_first = -(segment.roas or Fraction(0))
    by_tier = worst_first if segment.variant is None else Fraction(0)
    return place, by_tier, segment.tier or "", segment.currency, worst_first, segment.variant or ""


def _row(
    name: str,
    segment: SegmentPerformance,
    earlier: dict[tuple[str, str | None, str | None, str], SegmentPerformance],
    given: BriefingInput,
    *,
    with_trend: bool,
) -> SegmentRow:
    before = earlier.get(_segment(segment))
    enough = before is not None and before.days >= BASELINE_DAYS_MIN
    return SegmentRow(
        name=name,
        spend=amount(segment.spend_micros),
        revenue=amount(segment.value_micros),
        conversions=conversions(segment.conversions_milli),
        roas=ratio(segment.roas),
        baseline=ratio(before.roas) if before is not None and enough else NONE,
        trend=_trend(segment, given, enough=enough) if with_trend else None,
        flagged=_flagged(segment, given),
    )


def _flagged(it: SegmentPerformance, given: BriefingInput) -> bool:
    """Whether an open flag stands on this very row."""
    still_open = [flag.episode for flag in given.flags if flag.episode.closed_on is None]
    return any((at.destination, at.tier, at.variant) == (it.destination, it.tier, it.variant) for at in still_open)


def _segment(it: SegmentPerformance) -> tuple[str, str | None, str | None, str]:
    return it.destination, it.tier, it.variant, it.currency


def _trend(segment: SegmentPerformance, given: BriefingInput, *, enough: bool) -> Trend:
    spend: dict[date, int] = defaultdict(int)
    value: dict[date, int] = defaultdict(int)
    for row in given.ad_days:
        if (row.destination, row.tier, row.currency) == (segment.destination, segment.tier, segment.currency):
            spend[row.day] += row.spend_micros
            value[row.day] += row.value_micros

    def trailing(day: date) -> float | None:
        days = [day - timedelta(days=back) for back in range(TREND_DAYS)]
        spent = sum(spend[it] for it in days)
        return sum(value[it] for it in days) / spent if spent else None

    ages = range(given.lookback_days - 1, -1, -1)
    points = tuple(trailing(given.as_of - timedelta(days=age)) for age in ages)
    older = range(given.lookback_days, 2 * given.lookback_days - TREND_DAYS + 1)
    before = [point for age in older if (point := trailing(given.as_of - timedelta(days=age))) is not None]
    if not enough or not before:
        return Trend(points, None, None)
    return Trend(points, min(before), max(before))
