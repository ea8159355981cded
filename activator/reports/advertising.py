"""What advertising to tiers brought in a month, and whether texts for why people buy did better than those for all.

The ledger knows our own ads only, so an unsegmented campaign elsewhere in the account is no baseline here. What is:
texts that speak to everybody (`generic`), shown to tiers that were cut by value. Nobody was drawn by lot for either,
so a difference may come of the tiers; a split test tells (`activator experiment`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from activator.config.acquisition import GROUP
from activator.model.performance import AdDay, SegmentPerformance
from activator.performance.segments import between, by_tier_and_variant
from activator.plan.copy import GENERIC
from activator.reports.comparison import DISPERSION, Comparison, Share, compared
from activator.reports.month import Month

OWN, EVERYBODY, GONE = "own", "everybody", "gone"  # what a text speaks to; gone: it is no longer in the project


@dataclass(frozen=True, slots=True)
class Told:
    """What one tier was told on a destination, in one currency. told: own | everybody | gone; before: last month."""

    figures: SegmentPerformance
    told: str
    before: SegmentPerformance | None


@dataclass(frozen=True, slots=True)
class Advertising:
    """days: with figures, by destination. baseline: by destination and currency, tiers only."""

    rows: tuple[Told, ...]
    days: Mapping[str, int]
    baseline: Mapping[str, Comparison]


def advertising(ad_days: Iterable[AdDay], motives: Mapping[str, str], month: Month) -> Advertising:
    """Sums of a month. motives: name of a text -> the motivation it speaks to."""
    labelled = [replace(row, variant=_told(motives.get(row.variant))) for row in ad_days]
    now, then = (between(labelled, each.first, each.last) for each in (month, month.before))
    earlier = {_place(figures): figures for figures in by_tier_and_variant(then)}
    rows = tuple(
        Told(figures, figures.variant or GONE, earlier.get(_place(figures))) for figures in by_tier_and_variant(now)
    )
    seen: dict[str, set[object]] = {}
    for row in now:
        seen.setdefault(row.destination, set()).add(row.day)
    return Advertising(rows, {name: len(days) for name, days in sorted(seen.items())}, _baselines(now))


def _told(motive: str | None) -> str:
    return GONE if motive is None else EVERYBODY if motive == GENERIC else OWN


def _place(figures: SegmentPerformance) -> tuple[str, str | None, str | None, str]:
    return figures.destination, figures.tier, figures.variant, figures.currency


def _baselines(rows: Iterable[AdDay]) -> dict[str, Comparison]:
    """Conversions per click, of destinations whose tiers were shown both kinds of texts."""
    of_tiers = (replace(row, tier="") for row in rows if row.tier != GROUP)
    shares: dict[str, dict[str | None, Share]] = {}
    for figures in by_tier_and_variant(of_tiers):
        share = Share(figures.conversions_milli, figures.clicks)
        shares.setdefault(f"{figures.destination} {figures.currency}", {})[figures.variant] = share
    return {
        place: compared(told[OWN], told[EVERYBODY], DISPERSION)
        for place, told in shares.items()
        if OWN in told and EVERYBODY in told
    }
