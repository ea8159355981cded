"""What is sent to the Google Ads API to make things: operations of one mutate, as dicts of MutateOperation (pure)."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from activator.errors import ConfigurationError
from activator.model.ads import AdSpec, Bid, BidStrategy, CampaignSpec, GroupSpec
from activator.model.naming import MARKER
from connectors.google import texts
from connectors.google.comparison import bid_text, budget_minor, checked_strategy
from connectors.google.options import GoogleOptions
from connectors.google.places import COUNTRIES
from connectors.google.version import (
    LABEL_COLOUR,
    LABEL_DESCRIPTION,
    LABEL_NAME,
    MARKER_PARAMETER,
    MICROS_PER_MINOR,
)

Operation: TypeAlias = dict[str, Any]


def campaign_operations(campaign: str, budget: str, spec: CampaignSpec, options: GoogleOptions) -> list[Operation]:
    """Budget, campaign, places and languages. Both names are temporary ones."""
    made = {"campaign_operation": {"create": _campaign(campaign, budget, spec, options)}}
    places = [country_operation(campaign, country) for country in options.countries]
    languages = [language_operation(campaign, number) for number in options.language_ids()]
    return [budget_operation(budget, spec), made, *places, *languages]


def group_operations(
    customer: str, group: str, campaign: str, spec: GroupSpec, ids: Mapping[str, str], options: GoogleOptions
) -> list[Operation]:
    """Ad group, its list or segments, exclusions and keywords. The group's name is a temporary one."""
    operations = [group_operation(group, campaign, spec, options)]
    if spec.audience_key:
        operations.append(list_operation(customer, group, ids[spec.audience_key], spec.bid))
    operations += [interest_operation(customer, group, number) for number in sorted(set(spec.in_market))]
    operations += [exclusion_operation(customer, group, ids[key]) for key in sorted(set(spec.excluded_audience_keys))]
    return operations + [keyword_operation(group, keyword.text, keyword.match) for keyword in options.keywords]


def group_operation(group: str, campaign: str, spec: GroupSpec, options: GoogleOptions) -> Operation:
    """An ad group by a temporary name, in a campaign."""
    made = {
        "resource_name": group,
        "name": spec.name,
        "campaign": campaign,
        "status": "PAUSED",
        "type_": "SEARCH_STANDARD",
        "targeting_setting": targeting_setting(options),
        **bid_fields(spec.bid),
    }
    return {"ad_group_operation": {"create": made}}


def ad_operation(name: str, group: str, spec: AdSpec, options: GoogleOptions) -> Operation:
    """A responsive search ad in an ad group, by a temporary name. It carries its marker as a custom parameter."""
    marker = MARKER.search(spec.name)
    assert marker, "names of specs end in a marker"
    ad: Operation = {
        "final_urls": [spec.landing_url],
        "url_custom_parameters": [{"key": MARKER_PARAMETER, "value": marker.group(1)}],
        "responsive_search_ad": search_ad(spec, options),
    }
    if spec.url_tags:
        ad["final_url_suffix"] = spec.url_tags
    made = {"resource_name": name, "ad_group": group, "status": "PAUSED", "ad": ad}
    return {"ad_group_ad_operation": {"create": made}}


def _campaign(name: str, budget: str, spec: CampaignSpec, options: GoogleOptions) -> Operation:
    political = options.contains_eu_political_advertising
    return {
        "resource_name": name,
        "name": spec.name,
        "status": "PAUSED",
        "advertising_channel_type": "SEARCH",
        "campaign_budget": budget,
        "network_settings": {
            "target_google_search": True,
            "target_search_network": False,
            "target_content_network": False,
            "target_partner_search_network": False,
        },
        "contains_eu_political_advertising": (
            "CONTAINS_EU_POLITICAL_ADVERTISING" if political else "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING"
        ),
        **strategy_fields(spec, options),
    }


def strategy_fields(spec: CampaignSpec, options: GoogleOptions) -> Operation:
    """The one bidding field of a campaign. Every ad group overrides the campaign's target with its own."""
    if checked_strategy(spec.strategy) is BidStrategy.MANUAL_CPC:
        return {"manual_cpc": {}}
    return {"target_roas": {"target_roas": options.campaign_target_roas}}


def bid_fields(bid: Bid) -> Operation:
    """An ad group's bid. Raises ConfigurationError."""
    bid_text(bid)
    if bid.strategy is BidStrategy.MANUAL_CPC:
        return {"cpc_bid_micros": (bid.amount_minor or 0) * MICROS_PER_MINOR}
    return {"target_roas": (bid.roas_bp or 0) / 10_000}


def targeting_setting(options: GoogleOptions) -> Operation:
    """Always said outright: left out, Google targets, which throttles a Search ad group to the list."""
    observes = options.targeting == "observation"
    return {"target_restrictions": [{"targeting_dimension": "AUDIENCE", "bid_only": observes}]}


def search_ad(spec: AdSpec, options: GoogleOptions) -> Operation:
    """Texts and display paths of an ad. Raises ConfigurationError."""
    paths = {"path1": options.path1, "path2": options.path2}
    return {
        "headlines": [{"text": text} for text in texts.headlines(spec.variant)],
        "descriptions": [{"text": text} for text in texts.descriptions(spec.variant)],
        **{name: path for name, path in paths.items() if path},
    }


def list_operation(customer: str, group: str, list_id: str, bid: Bid) -> Operation:
    """Attach a list to an ad group, with its bid adjustment."""
    criterion: Operation = {"ad_group": group, "status": "ENABLED", "user_list": _user_list(customer, list_id)}
    if bid.modifier_bp is not None:
        criterion["bid_modifier"] = bid.modifier_bp / 10_000
    return {"ad_group_criterion_operation": {"create": criterion}}


def exclusion_operation(customer: str, group: str, list_id: str) -> Operation:
    """Exclude a list from an ad group. Negative criteria take no bid adjustment."""
    criterion = {"ad_group": group, "negative": True, "user_list": _user_list(customer, list_id)}
    return {"ad_group_criterion_operation": {"create": criterion}}


def interest_operation(customer: str, group: str, number: str) -> Operation:
    """Aim an ad group at one of Google's own segments."""
    interest = {"user_interest_category": f"customers/{customer}/userInterests/{number}"}
    criterion = {"ad_group": group, "status": "ENABLED", "user_interest": interest}
    return {"ad_group_criterion_operation": {"create": criterion}}


def keyword_operation(group: str, text: str, match: str) -> Operation:
    """Add a keyword to an ad group."""
    criterion = {"ad_group": group, "status": "ENABLED", "keyword": {"text": text, "match_type": match.upper()}}
    return {"ad_group_criterion_operation": {"create": criterion}}


def country_operation(campaign: str, country: str) -> Operation:
    """Aim a campaign at a country."""
    if country not in COUNTRIES:
        raise ConfigurationError(f"no geo target is known for the country {country}", "Remove it from `countries`.")
    location = {"geo_target_constant": f"geoTargetConstants/{COUNTRIES[country]}"}
    return {"campaign_criterion_operation": {"create": {"campaign": campaign, "location": location}}}


def language_operation(campaign: str, number: str) -> Operation:
    """Aim a campaign at a language."""
    language = {"language_constant": f"languageConstants/{number}"}
    return {"campaign_criterion_operation": {"create": {"campaign": campaign, "language": language}}}


def _user_list(customer: str, list_id: str) -> Operation:
    return {"user_list": f"customers/{customer}/userLists/{list_id}"}


def budget_operation(name: str, spec: CampaignSpec) -> Operation:
    """A budget of a campaign of its own."""
    budget = {
        "resource_name": name,
        "name": spec.name,
        "amount_micros": budget_minor(spec) * MICROS_PER_MINOR,
        "delivery_method": "STANDARD",
        "explicitly_shared": False,
    }
    return {"campaign_budget_operation": {"create": budget}}


def label_operation() -> Operation:
    """The label of everything we make."""
    text = {"background_color": LABEL_COLOUR, "description": LABEL_DESCRIPTION}
    return {"label_operation": {"create": {"name": LABEL_NAME, "text_label": text}}}
