"""Rules of budgets, campaigns and ad groups (sources: rules.py)."""

from typing import Any

from connectors.sandbox.google import rules
from connectors.sandbox.google.account import Account
from connectors.sandbox.google.change import (
    Change,
    check_bid_micros,
    check_custom_parameters,
    check_range,
    check_status,
    check_text,
    check_unique,
    required,
    strategy_of,
    target_roas_of,
)
from connectors.sandbox.google.refusal import Refusal
from connectors.sandbox.google.wire import enum_word, set_default


def check_budget(change: Change) -> None:
    """Amount in whole billable units; shared unless told otherwise, and a shared budget needs a unique name."""
    budget = change.resource
    if change.is_new:
        if not budget.HasField("explicitly_shared"):
            budget.explicitly_shared = True  # v26 campaign_budget.py: "If not specified ... defaults to true"
        set_default(budget, "status", "ENABLED")
        set_default(budget, "delivery_method", "STANDARD")
        set_default(budget, "period", "DAILY")
        set_default(budget, "type_", "STANDARD")
        budget.reference_count = 0
    elif change.before is not None and change.before.explicitly_shared and not budget.explicitly_shared:
        code = "CANNOT_UPDATE_CAMPAIGN_BUDGET_TO_IMPLICITLY_SHARED"
        raise Refusal("campaign_budget_error", code, "A shared budget stays shared.", "explicitly_shared")
    if budget.name or budget.explicitly_shared:
        check_text(budget, "name", rules.BUDGET_NAME_CHARACTERS_MAX)
        check_unique(change, "campaign_budget", "campaign_budget_error", "DUPLICATE_NAME")
    _check_amount(budget, change.account)


def _check_amount(budget: Any, account: Account) -> None:
    if not budget.HasField("amount_micros"):
        raise required("amount_micros")
    amount = budget.amount_micros
    code = ""
    if amount < 0:
        code = "NEGATIVE_MONEY_AMOUNT"
    elif amount < account.billable_unit_micros:
        code = "MONEY_AMOUNT_LESS_THAN_CURRENCY_MINIMUM_CPC"
    elif amount % account.billable_unit_micros:
        code = "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT"
    if code:
        raise Refusal("campaign_budget_error", code, "The budget amount is not allowed.", "amount_micros", str(amount))


def check_campaign(change: Change) -> None:
    """Name, channel, budget, one bidding strategy and the EU political advertising declaration are all required."""
    campaign, account = change.resource, change.account
    check_text(campaign, "name", rules.CAMPAIGN_NAME_CHARACTERS_MAX)
    check_unique(change, "campaign", "campaign_error", "DUPLICATE_CAMPAIGN_NAME")
    if campaign.advertising_channel_type == 0:
        raise required("advertising_channel_type")
    budget = account.refer("campaign_budget", campaign.campaign_budget, "campaign_budget")
    _check_budget_use(change, budget)
    _check_declarations(change)
    _check_strategy(campaign)
    _settle_restrictions(campaign)
    check_status(change)
    _check_networks(campaign)
    check_custom_parameters(campaign.url_custom_parameters, "url_custom_parameters")
    set_default(campaign, "serving_status", "SERVING")
    campaign.bidding_strategy_type = _strategy_type(campaign)
    if change.is_new:
        set_default(campaign, "payment_mode", "CLICKS")
        if not campaign.HasField("start_date_time"):
            campaign.start_date_time = account.now().strftime("%Y-%m-%d 00:00:00")


def _check_budget_use(change: Change, budget: Any) -> None:
    """A budget that is not shared serves one campaign (v26 campaign_budget.py)."""
    users = [other for other in change.account.live("campaign") if other.campaign_budget == budget.resource_name]
    others = [other for other in users if other.resource_name != change.resource.resource_name]
    if others and not budget.explicitly_shared:
        text = "Budget cannot be shared."
        raise Refusal("campaign_error", "CAMPAIGN_CANNOT_USE_SHARED_BUDGET", text, "campaign_budget")


def _check_declarations(change: Change) -> None:
    """GADS/api-policy/eu-par.md.txt: required on create; since 2026-04-01 one undeclared campaign blocks them all."""
    if change.resource.contains_eu_political_advertising == 0:
        raise required("contains_eu_political_advertising")
    for other in change.account.live("campaign"):
        is_other = other.resource_name != change.resource.resource_name
        if is_other and other.contains_eu_political_advertising == 0:
            code = "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED"
            raise Refusal("mutate_error", code, "A campaign of the account lacks the declaration.")


def _strategy_type(campaign: Any) -> int:
    values = campaign.DESCRIPTOR.fields_by_name["bidding_strategy_type"].enum_type.values_by_name
    return int(values[strategy_of(campaign).upper()].number)


def _check_strategy(campaign: Any) -> None:
    strategy = strategy_of(campaign)
    if not strategy:
        raise required("campaign_bidding_strategy")
    if strategy == "bidding_strategy":
        raise Refusal("mutate_error", "RESOURCE_NOT_FOUND", "Resource was not found.", "bidding_strategy")
    if strategy == "target_roas" and not campaign.target_roas.HasField("target_roas"):
        raise required("target_roas.target_roas")
    if target_roas_of(campaign):
        path = f"{strategy}.target_roas"
        check_range(target_roas_of(campaign), rules.TARGET_ROAS_MIN, rules.TARGET_ROAS_MAX, path)
    if strategy == "manual_cpc" and campaign.manual_cpc.enhanced_cpc_enabled:
        # Not available for new Search campaigns since 2025-03-15 (GADS/sunset-dates); the code is our assumption.
        code, path = "CANNOT_CREATE_CAMPAIGN_WITH_BIDDING_STRATEGY", "manual_cpc.enhanced_cpc_enabled"
        raise Refusal("bidding_error", code, "Enhanced CPC is no longer available.", path)


def _check_networks(campaign: Any) -> None:
    """Search campaigns run on Google search; partners only together with it (v26 campaign_error.py)."""
    networks = campaign.network_settings
    is_search = enum_word(campaign, "advertising_channel_type") == "SEARCH"
    if not campaign.HasField("network_settings") and is_search:
        networks.target_google_search = True
        networks.target_search_network = True
    if networks.target_search_network and not networks.target_google_search:
        code = "CANNOT_TARGET_SEARCH_NETWORK_WITHOUT_GOOGLE_SEARCH"
        text = "Cannot target the search network without Google search."
        raise Refusal("campaign_error", code, text, "network_settings.target_search_network")
    if is_search and not (networks.target_google_search or networks.target_content_network):
        code = "CAMPAIGN_MUST_TARGET_AT_LEAST_ONE_NETWORK"
        raise Refusal("campaign_error", code, "The campaign must target a network.", "network_settings")


def check_ad_group(change: Change) -> None:
    """Unique name in its campaign; bids that fit; targeting restrictions as given: left out means Targeting."""
    group, account = change.resource, change.account
    if change.is_new and not group.campaign:
        raise required("campaign")
    campaign = account.refer("campaign", group.campaign, "campaign")
    if not group.name:
        raise Refusal("ad_group_error", "MISSING_ADGROUP_NAME", "The ad group name is missing.", "name")
    check_text(group, "name", rules.AD_GROUP_NAME_CHARACTERS_MAX)
    check_unique(change, "ad_group", "ad_group_error", "DUPLICATE_ADGROUP_NAME", within="campaign")
    check_status(change)
    if enum_word(campaign, "advertising_channel_type") == "SEARCH":
        set_default(group, "type_", "SEARCH_STANDARD")
    check_custom_parameters(group.url_custom_parameters, "url_custom_parameters")
    check_bid_micros(change, "cpc_bid_micros")
    _check_group_roas(group, campaign)
    _settle_restrictions(group)
    _check_targeting(group, campaign)
    group.effective_cpc_bid_micros = group.cpc_bid_micros
    group.effective_target_roas = group.target_roas or target_roas_of(campaign)


def _check_group_roas(group: Any, campaign: Any) -> None:
    """GADS/campaigns/bidding/override-strategies: only over a standard target ROAS."""
    if not group.HasField("target_roas"):
        return
    if strategy_of(campaign) not in rules.VALUE_STRATEGIES:
        text = "The bid type does not match the campaign's bidding strategy."
        raise Refusal("ad_group_error", "BID_TYPE_AND_BIDDING_STRATEGY_MISMATCH", text, "target_roas")
    check_range(group.target_roas, rules.TARGET_ROAS_MIN, rules.TARGET_ROAS_MAX, "target_roas")


def _settle_restrictions(resource: Any) -> None:
    """Increments (target_restriction_operations) become part of the list; the list itself replaces as a whole."""
    if not resource.HasField("targeting_setting"):
        return
    setting = resource.targeting_setting
    for operation in setting.target_restriction_operations:
        kept = [
            restriction
            for restriction in setting.target_restrictions
            if restriction.targeting_dimension != operation.value.targeting_dimension
        ]
        if enum_word(operation, "operator") == "ADD":
            kept.append(operation.value)
        del setting.target_restrictions[:]
        setting.target_restrictions.extend(kept)
    del setting.target_restriction_operations[:]


def _check_targeting(group: Any, campaign: Any) -> None:
    """GADS/targeting/targeting-settings: on the campaign or on the ad group, not on both."""
    own, parent = group.targeting_setting.target_restrictions, campaign.targeting_setting.target_restrictions
    dimensions = {restriction.targeting_dimension for restriction in own}
    if 0 in dimensions:
        raise required("targeting_setting.target_restrictions[0].targeting_dimension")
    if dimensions & {restriction.targeting_dimension for restriction in parent}:
        code = "SETTING_VALUE_NOT_COMPATIBLE_WITH_CAMPAIGN"  # the code is our assumption
        raise Refusal("setting_error", code, "The campaign already sets this dimension.", "targeting_setting")
