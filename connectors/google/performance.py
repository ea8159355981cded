"""What our ads brought, by ad and day, exactly: decimals are read as printed, never added up as floats."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from activator.model.performance import PerformanceRow
from connectors.google.observation import our_campaigns
from connectors.google.transport import GoogleTransport

# value_adjustment is what conversion value rules added to conversions_value; the original value is the difference
# (support.google.com/google-ads/answer/10518330, read 2026-11-22). Rows without impressions are left out by Google.
_REPORT = (
    "SELECT customer.currency_code, campaign.id, ad_group.id, ad_group_ad.ad.id, segments.date, metrics.cost_micros, "
    "metrics.impressions, metrics.clicks, metrics.conversions, metrics.conversions_value, metrics.value_adjustment "
    "FROM ad_group_ad WHERE campaign.id IN ({}) AND segments.date BETWEEN '{}' AND '{}'"
)


def read_performance(
    transport: GoogleTransport, destination: str, markers: Mapping[str, str], since: date, until: date
) -> Iterable[PerformanceRow]:
    """Rows of our campaigns, both days included, in the account's time zone. Raises DestinationError."""
    if since > until:
        return []
    campaigns = our_campaigns(transport, markers)
    if not campaigns:
        return []
    ids = ", ".join(str(row.campaign.id) for row in campaigns)
    rows = transport.search(_REPORT.format(ids, since.isoformat(), until.isoformat()))
    return [_row(destination, row) for row in rows]


def _row(destination: str, row: Any) -> PerformanceRow:
    metrics = row.metrics
    original = Decimal(str(metrics.conversions_value)) - Decimal(str(metrics.value_adjustment))
    return PerformanceRow(
        destination=destination,
        campaign_id=str(row.campaign.id),
        group_id=str(row.ad_group.id),
        ad_id=str(row.ad_group_ad.ad.id),
        day=date.fromisoformat(row.segments.date),
        spend_micros=metrics.cost_micros,
        impressions=metrics.impressions,
        clicks=metrics.clicks,
        conversions_milli=scaled(Decimal(str(metrics.conversions)), 1_000),
        value_micros=scaled(original, 1_000_000),
        currency=row.customer.currency_code,
    )


def scaled(value: Decimal, factor: int) -> int:
    """A decimal as whole parts of 1 / factor, exactly as printed, half to even."""
    return int((value * factor).to_integral_value(rounding=ROUND_HALF_EVEN))
