"""Brings one object of ours back to its spec by the smallest change: what is looked at anew decides, not memory."""

from collections.abc import Mapping
from typing import Any

from activator.errors import PermanentRefusalError
from activator.model.ads import AdSpec, BidStrategy, CampaignSpec, GroupField, GroupSpec, RemoteObject
from connectors.google.comparison import (
    budget_minor,
    comparable,
    interest_id,
    is_interest,
    keyword_label,
    list_id,
    modifier_bp,
    shown_ad,
    shown_campaign,
    shown_targeting,
)
from connectors.google.new_customers import NewCustomers
from connectors.google.observation import campaign_criteria, group_criteria
from connectors.google.operations import (
    Operation,
    bid_fields,
    country_operation,
    exclusion_operation,
    interest_operation,
    keyword_operation,
    language_operation,
    list_operation,
    search_ad,
    strategy_fields,
    targeting_setting,
)
from connectors.google.options import GoogleOptions
from connectors.google.places import COUNTRIES
from connectors.google.transport import GoogleTransport
from connectors.google.value_rules import CampaignRules, read_rules, rule_operations
from connectors.google.version import MICROS_PER_MINOR

_CAMPAIGN = (
    "SELECT campaign.id, campaign.campaign_budget, campaign.bidding_strategy_type, "
    "campaign.maximize_conversion_value.target_roas, campaign_budget.amount_micros "
    "FROM campaign WHERE campaign.id = {}"
)
_GROUP = (
    "SELECT ad_group.id, ad_group.campaign, ad_group.cpc_bid_micros, ad_group.target_roas, "
    "ad_group.targeting_setting.target_restrictions FROM ad_group WHERE ad_group.id = {}"
)
_AD = (
    "SELECT ad_group_ad.resource_name, ad_group_ad.status, ad_group_ad.ad.id, ad_group_ad.ad.final_urls, "
    "ad_group_ad.ad.final_url_suffix, ad_group_ad.ad.responsive_search_ad.headlines, "
    "ad_group_ad.ad.responsive_search_ad.descriptions, ad_group_ad.ad.responsive_search_ad.path1, "
    "ad_group_ad.ad.responsive_search_ad.path2 FROM ad_group_ad WHERE ad_group_ad.ad.id = {}"
)
_PAUSED = {"campaign": ("campaign", "campaigns"), "group": ("ad_group", "adGroups")}
_CRITERION = "ad_group_criterion_operation"
_NEUTRAL_BP = 10_000


class Updates:
    """Changes what exists in one account."""

    def __init__(self, transport: GoogleTransport, options: GoogleOptions) -> None:
        self._transport = transport
        self._options = options

    def update_campaign(self, spec: CampaignSpec, campaign_id: str, seen: Mapping[str, GroupField]) -> None:
        """Budget, strategy, countries, languages: those that differ, in one atomic request; then new customers."""
        row = self._one(_CAMPAIGN, campaign_id)
        criteria = campaign_criteria(self._transport, campaign_id)
        now, wanted = shown_campaign(row, criteria, None), comparable(spec, self._options)
        operations: list[Operation] = []
        if now["daily_budget_minor"] != wanted["daily_budget_minor"]:
            budget = {
                "resource_name": row.campaign.campaign_budget,
                "amount_micros": budget_minor(spec) * MICROS_PER_MINOR,
            }
            operations.append(_masked("campaign_budget_operation", budget, "amount_micros"))
        if now["strategy"] != wanted["strategy"]:
            fields = strategy_fields(spec, self._options)
            # An empty message must be named itself, since it has no field that could be
            # (developers.google.com/google-ads/api/docs/client-libs/python/field-masks, read 2026-11-22).
            path = "manual_cpc" if "manual_cpc" in fields else "target_roas.target_roas"
            named = {"resource_name": self._name("campaigns", campaign_id), **fields}
            operations.append(_masked("campaign_operation", named, path))
        operations += self._places(campaign_id, criteria)
        self._run(operations)
        if seen.get("new_customer_value_minor") != spec.new_customer_value_minor:
            name = self._name("campaigns", campaign_id)
            NewCustomers(self._transport).count(name, spec.new_customer_value_minor)

    def update_group(self, spec: GroupSpec, group_id: str, ids: Mapping[str, str]) -> None:
        """Bid, targeting, lists, adjustments and keywords: those that differ, in one atomic request."""
        name = self._name("adGroups", group_id)
        group = self._one(_GROUP, group_id).ad_group
        criteria = group_criteria(self._transport, "ad_group.id", str(int(group_id))).get(name, [])
        # Removals come first: a list may not be targeted and excluded at once.
        operations = self._list_changes(name, spec, criteria, ids) + self._keyword_changes(name, criteria)
        operations += self._interest_changes(name, spec, criteria)
        operations.sort(key=lambda operation: "remove" not in operation[_CRITERION])
        if spec.audience_key:
            operations += self._value_changes(group.campaign, ids[spec.audience_key], spec)
        self._run(self._group_changes(name, group, spec) + operations)

    def update_ad(self, spec: AdSpec, ad_id: str) -> None:
        """Texts, link and paths: those that differ. The ad keeps its id and history (AdService allows this)."""
        ad = self._one(_AD, ad_id).ad_group_ad.ad
        now, wanted = shown_ad(ad), comparable(spec, self._options)
        texts = search_ad(spec, self._options)
        change: Operation = {"resource_name": self._name("ads", ad_id), "responsive_search_ad": {}}
        paths: list[str] = []
        for field in ("headlines", "descriptions"):
            if now[field] != wanted[field]:
                change["responsive_search_ad"][field] = texts[field]
                paths.append(f"responsive_search_ad.{field}")
        if now["paths"] != wanted["paths"]:
            change["responsive_search_ad"].update(path1=self._options.path1, path2=self._options.path2)
            paths += ["responsive_search_ad.path1", "responsive_search_ad.path2"]
        if now["link"] != wanted["link"]:
            change.update(final_urls=[spec.landing_url], final_url_suffix=spec.url_tags)
            paths += ["final_urls", "final_url_suffix"]
        self._run([_masked("ad_operation", change, *paths)] if paths else [])

    def pause(self, remote: RemoteObject) -> None:
        """Pause a campaign, ad group or ad. A list spends nothing and is left as it is."""
        if remote.kind == "audience" or remote.status == "PAUSED":
            return
        if remote.kind == "ad":
            name = self._one(_AD, remote.platform_id).ad_group_ad.resource_name
            kind = "ad_group_ad"
        else:
            kind, collection = _PAUSED[remote.kind]
            name = self._name(collection, remote.platform_id)
        paused = {"resource_name": name, "status": "PAUSED"}
        self._run([_masked(f"{kind}_operation", paused, "status")])

    def _places(self, campaign_id: str, criteria: list[Any]) -> list[Operation]:
        campaign, kind = self._name("campaigns", campaign_id), "campaign_criterion_operation"
        countries, languages = self._options.countries, self._options.language_ids()
        wanted = {f"geoTargetConstants/{COUNTRIES[code]}": country_operation(campaign, code) for code in countries}
        wanted |= {f"languageConstants/{number}": language_operation(campaign, number) for number in languages}
        now = {
            (c.location.geo_target_constant or c.language.language_constant): c.resource_name
            for c in criteria
            if not c.negative
        }
        removed = [_removal(kind, now[constant]) for constant in sorted(now.keys() - wanted.keys())]
        return [wanted[constant] for constant in sorted(wanted.keys() - now.keys())] + removed

    def _group_changes(self, name: str, group: Any, spec: GroupSpec) -> list[Operation]:
        wanted = bid_fields(spec.bid)
        change = {field: value for field, value in wanted.items() if getattr(group, field) != value}
        paths = list(change)
        if shown_targeting(group) != self._options.targeting:
            change["targeting_setting"] = targeting_setting(self._options)
            paths.append("targeting_setting.target_restrictions")
        return [_masked("ad_group_operation", {"resource_name": name, **change}, *paths)] if paths else []

    def _value_changes(self, campaign: str, number: str, spec: GroupSpec) -> list[Operation]:
        if spec.bid.strategy is not BidStrategy.TARGET_ROAS:
            return []  # what such rules say, manual bidding does not hear
        known = read_rules(self._transport, frozenset({campaign})).get(campaign, CampaignRules())
        wanted = spec.bid.value_bp or _NEUTRAL_BP
        return rule_operations(self._transport.customer_id, campaign, number, wanted, known)

    def _list_changes(self, name: str, spec: GroupSpec, criteria: list[Any], ids: Mapping[str, str]) -> list[Operation]:
        customer = self._transport.customer_id
        wanted = {(ids[key], True) for key in spec.excluded_audience_keys}
        if spec.audience_key:
            wanted.add((ids[spec.audience_key], False))
        now = {(list_id(c), c.negative): c for c in criteria if c.user_list.user_list}
        operations = [_removal(_CRITERION, now[found].resource_name) for found in sorted(now.keys() - wanted)]
        for number, negative in sorted(wanted - now.keys()):
            if negative:
                operations.append(exclusion_operation(customer, name, number))
            else:
                operations.append(list_operation(customer, name, number, spec.bid))
        kept = now.get((ids[spec.audience_key], False)) if spec.audience_key else None
        modifier = spec.bid.modifier_bp or _NEUTRAL_BP
        if kept is not None and modifier_bp(kept) != modifier:
            change = {"resource_name": kept.resource_name, "bid_modifier": modifier / 10_000}
            operations.append(_masked(_CRITERION, change, "bid_modifier"))
        return operations

    def _interest_changes(self, name: str, spec: GroupSpec, criteria: list[Any]) -> list[Operation]:
        now = {interest_id(c): c for c in criteria if is_interest(c) and not c.negative}
        wanted = set(spec.in_market)
        removed = [_removal(_CRITERION, now[number].resource_name) for number in sorted(now.keys() - wanted)]
        customer = self._transport.customer_id
        return removed + [interest_operation(customer, name, number) for number in sorted(wanted - now.keys())]

    def _keyword_changes(self, name: str, criteria: list[Any]) -> list[Operation]:
        wanted = {keyword.label: keyword for keyword in self._options.keywords}
        now = {keyword_label(c): c for c in criteria if c.keyword.text and not c.negative}
        removed = [_removal(_CRITERION, now[label].resource_name) for label in sorted(now.keys() - wanted.keys())]
        added = [wanted[label] for label in sorted(wanted.keys() - now.keys())]
        return removed + [keyword_operation(name, keyword.text, keyword.match) for keyword in added]

    def _one(self, query: str, number: str) -> Any:
        rows = self._transport.search(query.format(int(number)))
        if len(rows) != 1:
            raise PermanentRefusalError(
                f"Google shows {len(rows)} objects with the id {int(number)}", "Plan again: it may have been removed."
            )
        return rows[0]

    def _run(self, operations: list[Operation]) -> None:
        if operations:
            self._transport.mutate(operations)

    def _name(self, collection: str, number: str) -> str:
        return f"customers/{self._transport.customer_id}/{collection}/{int(number)}"


def _masked(kind: str, update: Operation, *paths: str) -> Operation:
    """An update of exactly these fields."""
    return {kind: {"update": update, "update_mask": {"paths": list(paths)}}}


def _removal(kind: str, resource_name: str) -> Operation:
    return {kind: {"remove": resource_name}}
