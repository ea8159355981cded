"""Figures as Insights writes them: text, rates, and lists of actions that overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.meta import rules
from connectors.sandbox.performance import AdDayFigures
from connectors.sandbox.state import Document

# The same purchases under three names: to be read once, never summed (docs/reference/meta.md, 2026-11-22)
PURCHASE_TYPES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")


@dataclass(slots=True)
class Totals:
    """Sums over the days and ads of one row. Money in micros."""

    spend_micros: int = 0
    impressions: int = 0
    clicks: int = 0
    purchases: int = 0
    value_micros: int = 0

    def add(self, figures: AdDayFigures) -> None:
        """Count one ad's day."""
        self.spend_micros += figures.spend_micros
        self.impressions += figures.impressions
        self.clicks += figures.clicks
        self.purchases += figures.conversions_milli // 1000
        self.value_micros += figures.value_micros


def figure_fields(totals: Totals, windows: Sequence[str]) -> Document:
    """Every figure that can be asked for; lists without entries are absent, as on the platform."""
    reach = max(1, totals.impressions * 10 // 17)
    fields: Document = {
        "spend": _amount(totals.spend_micros),
        "impressions": str(totals.impressions),
        "clicks": str(totals.clicks),
        "inline_link_clicks": str(totals.clicks),
        "reach": str(reach),
        "frequency": f"{totals.impressions / reach:.6f}",
        "ctr": f"{totals.clicks * 100 / totals.impressions:.6f}",
        "cpm": f"{totals.spend_micros / 1000 / totals.impressions:.6f}",
        "cpc": f"{totals.spend_micros / 1_000_000 / totals.clicks:.6f}" if totals.clicks else None,
        "actions": _actions(totals, windows),
        "action_values": _action_values(totals, windows),
    }
    if totals.purchases and totals.spend_micros:
        ratio = f"{totals.value_micros / totals.spend_micros:.6f}"
        fields["purchase_roas"] = [{"action_type": "omni_purchase", "value": ratio}]
        fields["website_purchase_roas"] = [{"action_type": PURCHASE_TYPES[2], "value": ratio}]
        cost = f"{totals.spend_micros / 1_000_000 / totals.purchases:.6f}"
        fields["cost_per_action_type"] = [{"action_type": kind, "value": cost} for kind in PURCHASE_TYPES]
    return fields


def _actions(totals: Totals, windows: Sequence[str]) -> list[Document] | None:
    counts = [("link_click", totals.clicks), ("landing_page_view", totals.clicks * 9 // 10)]
    counts += [(kind, totals.purchases) for kind in PURCHASE_TYPES]
    return _entries([(kind, count) for kind, count in counts if count], windows, str)


def _action_values(totals: Totals, windows: Sequence[str]) -> list[Document] | None:
    if not totals.purchases:
        return None
    cents = totals.value_micros // 10_000
    return _entries([(kind, cents) for kind in PURCHASE_TYPES], windows, lambda value: _amount(value * 10_000))


def _entries(counts: Sequence[tuple[str, int]], windows: Sequence[str], write: Any) -> list[Document] | None:
    """One entry per action type; with windows named, one value for each that still brings data."""
    alive = [window for window in windows if window not in rules.DEAD_WINDOWS]
    if windows and not alive:
        return None
    entries = []
    for kind, count in counts:
        entry: Document = {"action_type": kind, "value": write(count)}
        entry |= {window: write(_in_window(count, window)) for window in alive}
        entries.append(entry)
    return entries or None


def _in_window(count: int, window: str) -> int:
    """A tenth comes from views; four fifths of the clicks' part within a day."""
    viewed = count // 10
    clicked = count - viewed
    shares = {"1d_view": viewed, "1d_ev": 0, "7d_click": clicked, "28d_click": clicked, "1d_click": clicked * 4 // 5}
    return shares.get(window, count)


def _amount(micros: int) -> str:
    """Money with two decimals."""
    cents = (micros + 5_000) // 10_000
    return f"{cents // 100}.{cents % 100:02}"
