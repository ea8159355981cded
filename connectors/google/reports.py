"""Reports over a span of days: by ad group, ad, single text, or audience, each by one query.

Value rules change `conversions_value`; `value_adjustment` is what they added (support.google.com/google-ads/answer/
10518330, read 2026-11-22). A text's figures are those of the ads it was shown in, and overlap
(resources/types/ad_group_ad_asset_view.py, v26).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from activator.model.ads import Observation
from activator.model.reports import Cut, ReportRow
from connectors.google.observation import marker_of_ad, our_campaigns
from connectors.google.performance import scaled
from connectors.google.transport import GoogleTransport

_METRICS = (
    "customer.currency_code, metrics.impressions, metrics.clicks, metrics.cost_micros, metrics.conversions, "
    "metrics.conversions_value"
)
_RULES = "metrics.value_adjustment"
_REPORT = "SELECT {}, {} FROM {} WHERE campaign.id IN ({}) AND segments.date BETWEEN '{}' AND '{}'"
_QUERIES = {
    Cut.GROUP: ("ad_group", f"ad_group.id, {_RULES}"),
    Cut.AD: ("ad_group_ad", f"ad_group_ad.ad.url_custom_parameters, {_RULES}"),
    Cut.TEXT: ("ad_group_ad_asset_view", "ad_group_ad_asset_view.field_type, asset.text_asset.text"),
    Cut.AUDIENCE: ("ad_group_audience_view", f"ad_group_criterion.user_list.user_list, {_RULES}"),
}


def read_report(
    transport: GoogleTransport, observation: Observation, markers: Mapping[str, str], cut: Cut, since: date, until: date
) -> list[ReportRow]:
    """Rows of our campaigns, both days included, most spent first. Raises DestinationError."""
    campaigns = our_campaigns(transport, markers)
    if not campaigns:
        return []
    ids = ", ".join(str(row.campaign.id) for row in campaigns)
    resource, fields = _QUERIES[cut]
    query = _REPORT.format(fields, _METRICS, resource, ids, since.isoformat(), until.isoformat())
    keys = {(remote.kind, remote.platform_id): remote.key for remote in observation.objects}
    sums: dict[str, ReportRow] = {}
    for row in transport.search(query):
        found = _row(_subject(cut, row, keys, markers), row)
        sums[found.subject] = _added(sums[found.subject], found) if found.subject in sums else found
    shown = (row for row in sums.values() if row.impressions or row.spend_micros)
    return sorted(shown, key=lambda row: (-row.spend_micros, row.subject))


def _subject(cut: Cut, row: Any, keys: Mapping[tuple[str, str], str], markers: Mapping[str, str]) -> str:
    """What a row is about, by our own names; by Google's id where it is not ours."""
    match cut:
        case Cut.GROUP:
            return keys.get(("group", str(row.ad_group.id)), f"ad group {row.ad_group.id}")
        case Cut.AD:
            return markers.get(marker_of_ad(row.ad_group_ad.ad) or "", "ads of others")
        case Cut.TEXT:
            return str(row.asset.text_asset.text)
        case Cut.AUDIENCE:
            number = row.ad_group_criterion.user_list.user_list.rsplit("/", 1)[-1]
            return keys.get(("audience", number), f"list {number}")


def _row(subject: str, row: Any) -> ReportRow:
    metrics = row.metrics
    shown, rules = Decimal(str(metrics.conversions_value)), Decimal(str(metrics.value_adjustment))
    return ReportRow(
        subject=subject,
        impressions=metrics.impressions,
        clicks=metrics.clicks,
        spend_micros=metrics.cost_micros,
        conversions_milli=scaled(Decimal(str(metrics.conversions)), 1_000),
        value_micros=scaled(shown - rules, 1_000_000),
        rules_micros=scaled(rules, 1_000_000),
        currency=row.customer.currency_code,
    )


def _added(left: ReportRow, right: ReportRow) -> ReportRow:
    return replace(
        left,
        impressions=left.impressions + right.impressions,
        clicks=left.clicks + right.clicks,
        spend_micros=left.spend_micros + right.spend_micros,
        conversions_milli=left.conversions_milli + right.conversions_milli,
        value_micros=left.value_micros + right.value_micros,
        rules_micros=left.rules_micros + right.rules_micros,
    )
