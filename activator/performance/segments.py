"""What each tier, and each text within it, brought: ratios of sums, one currency at a time, every ad day once.

A mean of daily or per-ad ratios would let one cheap day outweigh a month; sums do not.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeAlias

from activator.model.performance import AdDay, SegmentPerformance

Segment: TypeAlias = tuple[str, str | None, str | None, str]


def by_tier(rows: Iterable[AdDay]) -> tuple[SegmentPerformance, ...]:
    """One total per destination, tier and currency."""
    return _totals(rows, lambda row: (row.destination, row.tier, None, row.currency))


def by_tier_and_variant(rows: Iterable[AdDay]) -> tuple[SegmentPerformance, ...]:
    """One total per destination, tier, copy variant and currency."""
    return _totals(rows, lambda row: (row.destination, row.tier, row.variant, row.currency))


def campaign_totals(rows: Iterable[AdDay]) -> tuple[SegmentPerformance, ...]:
    """One total per destination and currency: the average that hides what the tiers do."""
    return _totals(rows, lambda row: (row.destination, None, None, row.currency))


def between(rows: Iterable[AdDay], first: date, last: date) -> list[AdDay]:
    """The rows of first to last, both included."""
    return [row for row in rows if first <= row.day <= last]


def _totals(rows: Iterable[AdDay], segment_of: Callable[[AdDay], Segment]) -> tuple[SegmentPerformance, ...]:
    groups: dict[Segment, list[AdDay]] = defaultdict(list)
    for row in rows:
        groups[segment_of(row)].append(row)
    ordered = sorted(groups.items(), key=lambda item: tuple(part or "" for part in item[0]))
    return tuple(_total(segment, group) for segment, group in ordered)


def _total(segment: Segment, rows: list[AdDay]) -> SegmentPerformance:
    destination, tier, variant, currency = segment
    return SegmentPerformance(
        destination=destination,
        tier=tier,
        variant=variant,
        spend_micros=sum(row.spend_micros for row in rows),
        value_micros=sum(row.value_micros for row in rows),
        conversions_milli=sum(row.conversions_milli for row in rows),
        clicks=sum(row.clicks for row in rows),
        impressions=sum(row.impressions for row in rows),
        days=len({row.day for row in rows}),
        currency=currency,
    )
