"""Reads what is ours: lists by the marker in their name, campaigns likewise, and all else from inside our campaigns.

Names are compared here and not in GAQL: `[` has a meaning of its own in LIKE, and text of the project file has no
place inside a query. Everything of ours below a campaign is found by the campaign's id, so other people's ad groups
and ads are never even read. Six calls for an account with a campaign of ours, two without; where it bids by value, two
or three more for the rules of value and what new customers count.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from activator.model.ads import BidStrategy, Observation, RemoteObject
from activator.model.naming import marker_in
from connectors.google.comparison import shown_ad, shown_campaign, shown_group, shown_strategy
from connectors.google.enums import enum_name
from connectors.google.new_customers import read_links, shown_value
from connectors.google.transport import GoogleTransport
from connectors.google.value_rules import CampaignRules, read_rules
from connectors.google.version import MARKER_PARAMETER

CAMPAIGNS = (
    "SELECT campaign.id, campaign.name, campaign.status, campaign.bidding_strategy_type, campaign.campaign_budget, "
    "campaign.maximize_conversion_value.target_roas, campaign.contains_eu_political_advertising, "
    "campaign.experiment_type, campaign_budget.amount_micros FROM campaign WHERE campaign.status != 'REMOVED'"
)
_COPIES = ("DRAFT", "EXPERIMENT")
_CAMPAIGN_CRITERIA = (
    "SELECT campaign_criterion.resource_name, campaign_criterion.campaign, campaign_criterion.negative, "
    "campaign_criterion.location.geo_target_constant, campaign_criterion.language.language_constant "
    "FROM campaign_criterion WHERE campaign.id IN ({}) AND campaign_criterion.status != 'REMOVED' "
    "AND campaign_criterion.type IN ('LOCATION', 'LANGUAGE')"
)
_GROUPS = (
    "SELECT ad_group.id, ad_group.name, ad_group.status, ad_group.campaign, ad_group.cpc_bid_micros, "
    "ad_group.target_roas, ad_group.targeting_setting.target_restrictions "
    "FROM ad_group WHERE campaign.id IN ({}) AND ad_group.status != 'REMOVED'"
)
_GROUP_CRITERIA = (
    "SELECT ad_group_criterion.resource_name, ad_group_criterion.ad_group, ad_group_criterion.negative, "
    "ad_group_criterion.bid_modifier, ad_group_criterion.user_list.user_list, "
    "ad_group_criterion.user_interest.user_interest_category, ad_group_criterion.keyword.text, "
    "ad_group_criterion.keyword.match_type FROM ad_group_criterion WHERE {} IN ({}) "
    "AND ad_group_criterion.status != 'REMOVED' "
    "AND ad_group_criterion.type IN ('USER_LIST', 'USER_INTEREST', 'KEYWORD')"
)
_ADS = (
    "SELECT ad_group_ad.resource_name, ad_group_ad.status, ad_group_ad.ad.id, ad_group_ad.ad.final_urls, "
    "ad_group_ad.ad.final_url_suffix, ad_group_ad.ad.url_custom_parameters, "
    "ad_group_ad.ad.responsive_search_ad.headlines, ad_group_ad.ad.responsive_search_ad.descriptions, "
    "ad_group_ad.ad.responsive_search_ad.path1, ad_group_ad.ad.responsive_search_ad.path2 "
    "FROM ad_group_ad WHERE campaign.id IN ({}) AND ad_group_ad.status != 'REMOVED'"
)


def observe(transport: GoogleTransport, audiences: Sequence[RemoteObject], markers: Mapping[str, str]) -> Observation:
    """Every object whose marker is in markers. audiences: our lists (Audiences.observed). Raises DestinationError."""
    rows = our_campaigns(transport, markers)
    if not rows:
        return Observation(tuple(audiences), complete=True)
    ids = ", ".join(str(row.campaign.id) for row in rows)
    strategies = {row.campaign.resource_name: shown_strategy(row.campaign) for row in rows}
    by_value = frozenset(name for name, strategy in strategies.items() if strategy == BidStrategy.TARGET_ROAS)
    criteria_of_campaigns = transport.search(_CAMPAIGN_CRITERIA.format(ids))
    campaigns = _campaigns(rows, criteria_of_campaigns, read_links(transport, by_value), markers)
    rules = read_rules(transport, by_value) if by_value else {}
    list_keys = {audience.platform_id: audience.key for audience in audiences}
    criteria = group_criteria(transport, "campaign.id", ids)
    groups = _groups(transport.search(_GROUPS.format(ids)), criteria, strategies, list_keys, rules, markers)
    ads = [remote for row in transport.search(_ADS.format(ids)) if (remote := _ad(row.ad_group_ad, markers))]
    return Observation((*audiences, *campaigns, *groups, *ads), complete=True)


def our_campaigns(transport: GoogleTransport, markers: Mapping[str, str]) -> list[Any]:
    """Rows of the campaigns we own; Google's copies of them for a split test carry their names, and are Google's."""
    rows = (row for row in transport.search(CAMPAIGNS) if marker_in(row.campaign.name) in markers)
    return [row for row in rows if enum_name(row.campaign, "experiment_type") not in _COPIES]


def campaign_criteria(transport: GoogleTransport, campaign_id: str) -> list[Any]:
    """Locations and languages of one campaign."""
    return [row.campaign_criterion for row in transport.search(_CAMPAIGN_CRITERIA.format(int(campaign_id)))]


def groups_in(transport: GoogleTransport, campaign_id: str) -> list[Any]:
    """Ad groups of one campaign."""
    return [row.ad_group for row in transport.search(_GROUPS.format(int(campaign_id)))]


def group_criteria(transport: GoogleTransport, field: str, ids: str) -> dict[str, list[Any]]:
    """Lists, segments and keywords by ad group resource name. field: campaign.id or ad_group.id."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in transport.search(_GROUP_CRITERIA.format(field, ids)):
        found[row.ad_group_criterion.ad_group].append(row.ad_group_criterion)
    return found


def _campaigns(
    rows: Iterable[Any], criteria: Iterable[Any], links: Mapping[str, Any], markers: Mapping[str, str]
) -> list[RemoteObject]:
    by_campaign: dict[str, list[Any]] = defaultdict(list)
    for row in criteria:
        by_campaign[row.campaign_criterion.campaign].append(row.campaign_criterion)
    return [
        RemoteObject(
            "campaign",
            markers[marker_in(row.campaign.name) or ""],
            str(row.campaign.id),
            row.campaign.name,
            enum_name(row.campaign, "status"),
            shown_campaign(
                row, by_campaign[row.campaign.resource_name], shown_value(links.get(row.campaign.resource_name))
            ),
        )
        for row in rows
    ]


def _groups(
    rows: Iterable[Any],
    criteria: Mapping[str, list[Any]],
    strategies: Mapping[str, str],
    list_keys: Mapping[str, str],
    rules: Mapping[str, CampaignRules],
    markers: Mapping[str, str],
) -> list[RemoteObject]:
    found = []
    for group in (row.ad_group for row in rows):
        key = markers.get(marker_in(group.name) or "")
        if key is None:
            continue
        strategy, of_campaign = strategies.get(group.campaign, ""), rules.get(group.campaign, CampaignRules())
        fields = shown_group(group, strategy, criteria.get(group.resource_name, []), list_keys, of_campaign)
        found.append(RemoteObject("group", key, str(group.id), group.name, enum_name(group, "status"), fields))
    return found


def marker_of_ad(ad: Any) -> str | None:
    """The marker an ad carries as a custom parameter: responsive search ads have no name of their own."""
    for parameter in ad.url_custom_parameters:
        if parameter.key == MARKER_PARAMETER:
            return marker_in(f"[act:{parameter.value}]")
    return None


def _ad(row: Any, markers: Mapping[str, str]) -> RemoteObject | None:
    marker = marker_of_ad(row.ad)
    key = markers.get(marker or "")
    if key is None:
        return None
    name = f"{key.rsplit('/', 1)[-1]} {marker}"
    return RemoteObject("ad", key, str(row.ad.id), name, enum_name(row, "status"), shown_ad(row.ad))
