"""Campaigns, ad groups and ads, each created by one atomic request: paused, marked and labelled as ours."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from activator.errors import ConfigurationError, DestinationError, OutcomeUnknownError, PermanentRefusalError
from activator.model.ads import AdSpec, Bid, BidStrategy, CampaignSpec, GroupSpec
from activator.model.naming import MARKER, marker_in
from connectors.google import texts
from connectors.google.comparison import bid_text, budget_minor, checked_strategy
from connectors.google.errors import DUPLICATE_LABEL, DUPLICATE_NAMES
from connectors.google.observation import groups_in, our_campaigns
from connectors.google.options import GoogleOptions
from connectors.google.places import COUNTRIES
from connectors.google.transport import GoogleTransport
from connectors.google.value_rules import CampaignRules, read_rules, rule_operations
from connectors.google.version import (
    LABEL_COLOUR,
    LABEL_DESCRIPTION,
    LABEL_NAME,
    MARKER_PARAMETER,
    MICROS_PER_MINOR,
)

Operation: TypeAlias = dict[str, Any]

_LABELS = "SELECT label.resource_name, label.name FROM label WHERE label.status = 'ENABLED'"


class Delivery:
    """Creates what carries ads in one account."""

    def __init__(self, transport: GoogleTransport, options: GoogleOptions) -> None:
        self._transport = transport
        self._options = options
        self._label: str | None = None

    def create_campaign(self, spec: CampaignSpec) -> str:
        """Budget, campaign, places, languages and label, all or none; the campaign's id.

        Raises DestinationError; OutcomeUnknownError when it may exist now.
        """
        budget, campaign = self._name("campaignBudgets", -1), self._name("campaigns", -2)
        operations: list[Operation] = [
            {"campaign_budget_operation": {"create": _budget(budget, spec)}},
            {"campaign_operation": {"create": self._campaign(campaign, budget, spec)}},
        ]
        operations += [country_operation(campaign, country) for country in self._options.countries]
        operations += [language_operation(campaign, number) for number in self._options.language_ids()]
        try:
            made = self._mutate_labelled(operations, "campaign_label_operation", "campaign", campaign)
        except PermanentRefusalError as error:
            return _existing(error, spec.name, lambda: self._campaigns_named(spec.name))
        return _last_id(made[1])

    def create_group(self, spec: GroupSpec, ids: Mapping[str, str]) -> str:
        """Ad group, its list or segments, exclusions, keywords and label, all or none; the ad group's id."""
        group, campaign_id = self._name("adGroups", -1), ids[spec.campaign_key]
        customer = self._transport.customer_id
        operations: list[Operation] = [
            {"ad_group_operation": {"create": self._group(group, self._name("campaigns", campaign_id), spec)}},
        ]
        if spec.audience_key:
            operations.append(list_operation(customer, group, ids[spec.audience_key], spec.bid))
        operations += [interest_operation(customer, group, number) for number in sorted(set(spec.in_market))]
        operations += [
            exclusion_operation(customer, group, ids[key]) for key in sorted(set(spec.excluded_audience_keys))
        ]
        operations += [keyword_operation(group, keyword.text, keyword.match) for keyword in self._options.keywords]
        if spec.bid.value_bp is not None:
            operations += self._value_rules(
                self._name("campaigns", campaign_id), ids[spec.audience_key], spec.bid.value_bp
            )
        try:
            made = self._mutate_labelled(operations, "ad_group_label_operation", "ad_group", group)
        except PermanentRefusalError as error:
            return _existing(error, spec.name, lambda: groups_in(self._transport, campaign_id))
        return _last_id(made[0])

    def create_ad(self, spec: AdSpec, ids: Mapping[str, str]) -> str:
        """One responsive search ad; its id.

        The label follows in a request of its own, since a label is attached to the ad's final name. The ad is found
        by its marker whether or not that second request succeeds.
        """
        marker = MARKER.search(spec.name)
        assert marker, "names of specs end in a marker"
        ad = {
            "final_urls": [spec.landing_url],
            "url_custom_parameters": [{"key": MARKER_PARAMETER, "value": marker.group(1)}],
            "responsive_search_ad": search_ad(spec, self._options),
        }
        if spec.url_tags:
            ad["final_url_suffix"] = spec.url_tags
        group = self._name("adGroups", ids[spec.group_key])
        label = self._known_label()
        made = self._transport.mutate(
            [{"ad_group_ad_operation": {"create": {"ad_group": group, "status": "PAUSED", "ad": ad}}}]
        )
        try:
            attach = {"ad_group_ad": made[0], "label": label}
            self._transport.mutate([{"ad_group_ad_label_operation": {"create": attach}}])
        except DestinationError as error:
            unlabelled = error
        else:
            return _last_id(made[0])
        raise OutcomeUnknownError(
            f"the ad was created but not labelled: {unlabelled.message}",
            "Run the sync again; it finds the ad by its marker.",
            unlabelled.fault,
        )

    def _campaign(self, name: str, budget: str, spec: CampaignSpec) -> Operation:
        political = self._options.contains_eu_political_advertising
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
            **strategy_fields(spec, self._options),
        }

    def _group(self, name: str, campaign: str, spec: GroupSpec) -> Operation:
        return {
            "resource_name": name,
            "name": spec.name,
            "campaign": campaign,
            "status": "PAUSED",
            "type_": "SEARCH_STANDARD",
            "targeting_setting": targeting_setting(self._options),
            **bid_fields(spec.bid),
        }

    def _value_rules(self, campaign: str, list_id: str, factor_bp: int) -> list[Operation]:
        known = read_rules(self._transport, frozenset({campaign})).get(campaign, CampaignRules())
        return rule_operations(self._transport.customer_id, campaign, list_id, factor_bp, known)

    def _mutate_labelled(self, operations: list[Operation], kind: str, field: str, resource: str) -> list[str]:
        """Run operations and label one of the resources they make; the label itself is made on first use."""
        label = self._label or self._find_label()
        temporary = self._name("labels", -9)
        attach: list[Operation] = [{kind: {"create": {field: resource, "label": label or temporary}}}]
        if label:
            return self._transport.mutate([*operations, *attach])
        make: Operation = {"label_operation": {"create": _label(temporary)}}
        try:
            made = self._transport.mutate([*operations, make, *attach])
        except PermanentRefusalError as error:
            if error.fault.code != DUPLICATE_LABEL:
                raise
            made = []
        if made:
            self._label = made[len(operations)]
            return made
        # Somebody has just made the label: everything was turned down, so all of it is sent again with that one.
        return self._mutate_labelled(operations, kind, field, resource)

    def _known_label(self) -> str:
        if self._label is None:
            self._label = (
                self._find_label() or self._transport.mutate([{"label_operation": {"create": _label(None)}}])[0]
            )
        return self._label

    def _find_label(self) -> str | None:
        found = [row.label.resource_name for row in self._transport.search(_LABELS) if row.label.name == LABEL_NAME]
        self._label = found[0] if found else None
        return self._label

    def _campaigns_named(self, name: str) -> list[Any]:
        return [row.campaign for row in our_campaigns(self._transport, {marker_in(name) or "": ""})]

    def _name(self, collection: str, number: int | str) -> str:
        return f"customers/{self._transport.customer_id}/{collection}/{number}"


def _existing(error: PermanentRefusalError, name: str, look: Callable[[], list[Any]]) -> str:
    """The id of the one object that has this name, and thereby our marker; else the refusal is raised again."""
    if error.fault.code in DUPLICATE_NAMES and marker_in(name):
        found = [shown for shown in look() if shown.name == name]
        if len(found) == 1:
            return str(found[0].id)
    raise error


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


def _budget(name: str, spec: CampaignSpec) -> Operation:
    return {
        "resource_name": name,
        "name": spec.name,
        "amount_micros": budget_minor(spec) * MICROS_PER_MINOR,
        "delivery_method": "STANDARD",
        "explicitly_shared": False,
    }


def _label(resource_name: str | None) -> Operation:
    named = {"resource_name": resource_name} if resource_name else {}
    text = {"background_color": LABEL_COLOUR, "description": LABEL_DESCRIPTION}
    return {**named, "name": LABEL_NAME, "text_label": text}


def _last_id(resource_name: str) -> str:
    """`customers/1/adGroupAds/2~3` -> `3`."""
    return resource_name.rsplit("/", 1)[-1].rsplit("~", 1)[-1]
