"""What the ads brought: Insights by ad and day.

DOC/marketing-api/insights/best-practices and .../insights/error-codes, checked 2026-11-22. Days are the account's;
Meta restates them for 28 days, so callers pull that window again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from activator.errors import PermanentRefusalError
from activator.model.naming import marker_in
from activator.model.performance import PerformanceRow
from connectors.meta.listing import MARKER_START
from connectors.meta.reports import Reports, TooMuchError
from connectors.meta.version import PURCHASE_ACTION_TYPES

_FIELDS = (
    "campaign_id",
    "adset_id",
    "ad_id",
    "ad_name",
    "spend",
    "impressions",
    "clicks",
    "actions",
    "action_values",
    "account_currency",
)


@dataclass(frozen=True, slots=True)
class Insights:
    """What one account's reports say. window: the attribution window counted, None for what the ad sets are set to."""

    reports: Reports
    destination: str
    currency: str
    window: str | None = None

    def rows(self, since: date, until: date) -> Iterator[PerformanceRow]:
        """One row per ad of ours and day with delivery, both days included. Too many days are asked for in halves."""
        if since > until:
            return
        refused = None
        try:
            raw = self.reports.rows(_FIELDS, self._question(since, until))
        except TooMuchError as too_much:
            refused = too_much.error
        if refused is None:
            yield from (self._row(row) for row in raw if _is_ours(row))
            return
        if since == until:
            raise refused
        middle = since + (until - since) // 2
        yield from self.rows(since, middle)
        yield from self.rows(middle + timedelta(days=1), until)

    def _question(self, since: date, until: date) -> dict[str, Any]:
        windows = {} if self.window is None else {"action_attribution_windows": [self.window]}
        return {
            "level": "ad",
            "time_increment": 1,
            "time_range": {"since": since.isoformat(), "until": until.isoformat()},
            "filtering": [{"field": "ad.name", "operator": "CONTAIN", "value": MARKER_START}],
            **windows,
        }

    def _row(self, row: Mapping[str, Any]) -> PerformanceRow:
        try:
            conversions, value = _purchases(row, self.window or "value")
            return PerformanceRow(
                destination=self.destination,
                campaign_id=str(row["campaign_id"]),
                group_id=str(row["adset_id"]),
                ad_id=str(row["ad_id"]),
                day=date.fromisoformat(str(row["date_start"])),
                spend_micros=_scaled(row.get("spend", "0"), 1_000_000),
                impressions=_scaled(row.get("impressions", "0"), 1),
                clicks=_scaled(row.get("clicks", "0"), 1),
                conversions_milli=_scaled(conversions, 1_000),
                value_micros=_scaled(value, 1_000_000),
                currency=str(row.get("account_currency") or self.currency),
            )
        except (KeyError, ValueError, TypeError, AttributeError, InvalidOperation):
            pass
        raise PermanentRefusalError(
            "Meta's report has a row that cannot be read", "Report it with the day and account; nothing was stored."
        )


def _is_ours(row: Mapping[str, Any]) -> bool:
    """Meta has filtered by name already; a name that is in the answer is checked once more."""
    return "ad_name" not in row or marker_in(str(row["ad_name"])) is not None


def _purchases(row: Mapping[str, Any], window: str) -> tuple[Any, Any]:
    """Number and value of purchases, both by the same one action type: the types overlap.

    A window that brought nothing is left out of an entry, so it counts as zero.
    """
    numbers = {action["action_type"]: action.get(window, "0") for action in row.get("actions") or ()}
    values = {action["action_type"]: action.get(window, "0") for action in row.get("action_values") or ()}
    chosen = next((kind for kind in PURCHASE_ACTION_TYPES if kind in numbers or kind in values), "")
    return numbers.get(chosen, "0"), values.get(chosen, "0")


def _scaled(text: Any, scale: int) -> int:
    """A decimal text times scale, exactly; beyond the scale it is rounded half to even."""
    scaled = Decimal(str(text)) * scale
    if not scaled.is_finite():
        raise InvalidOperation
    return int(scaled.to_integral_value())
