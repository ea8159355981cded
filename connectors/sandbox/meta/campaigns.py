"""Campaigns."""

from connectors.sandbox.meta import rules
from connectors.sandbox.meta.context import ACCOUNT, CAMPAIGN, Context, Routes
from connectors.sandbox.meta.delivery import begin_change, delete, new_document, validate_only
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.state import Document

_SPECIAL = ("NONE", "EMPLOYMENT", "HOUSING", "CREDIT", "FINANCIAL_PRODUCTS_SERVICES", "ISSUES_ELECTIONS_POLITICS")


def create(context: Context, account: Document, parameters: Parameters) -> Document:
    """POST act_X/campaigns."""
    name = parameters.required("name")
    objective = parameters.one_of("objective", rules.OBJECTIVES)
    special = _special_categories(parameters)
    daily, lifetime = read_budgets(parameters)
    has_budget = daily is not None or lifetime is not None
    sharing = parameters.flag("is_adset_budget_sharing_enabled")
    if not has_budget and sharing is None:
        raise rules.BUDGET_SHARING_MISSING.about("is_adset_budget_sharing_enabled")
    cap = _spend_cap(parameters)
    strategy = _bid_strategy(parameters, has_budget=has_budget)
    if validate_only(parameters):
        return {"success": True}
    document = {
        **new_document(context, account["account_id"], name, parameters),
        "objective": objective,
        "special_ad_categories": special,
        "special_ad_category_country": parameters.texts("special_ad_category_country"),
        "buying_type": parameters.one_of("buying_type", ("AUCTION", "RESERVED"), "AUCTION"),
        "daily_budget": daily,
        "lifetime_budget": lifetime,
        "is_adset_budget_sharing_enabled": sharing,
        "bid_strategy": strategy,
        "spend_cap": cap,
    }
    context.put(CAMPAIGN, document)
    return {"id": document["id"]}


def update(context: Context, campaign: Document, parameters: Parameters) -> Document:
    """POST /{campaign}."""
    daily, lifetime = read_budgets(parameters)
    if (daily or lifetime) and not (campaign.get("daily_budget") or campaign.get("lifetime_budget")):
        # Switching to a campaign budget would leave every ad set with a second one
        raise rules.BUDGET_TWICE.about("daily_budget")
    cap = _spend_cap(parameters)
    has_budget = bool(campaign.get("daily_budget") or campaign.get("lifetime_budget"))
    strategy = _bid_strategy(parameters, has_budget=has_budget) if "bid_strategy" in parameters else None
    special = _special_categories(parameters) if "special_ad_categories" in parameters else None
    if validate_only(parameters):
        return {"success": True}
    begin_change(context, campaign, campaign, parameters)
    for field, value in (
        ("daily_budget", daily),
        ("lifetime_budget", lifetime),
        ("spend_cap", cap),
        ("bid_strategy", strategy),
        ("special_ad_categories", special),
        ("is_adset_budget_sharing_enabled", parameters.flag("is_adset_budget_sharing_enabled")),
    ):
        if value is not None:
            campaign[field] = value
    context.put(CAMPAIGN, campaign)
    return {"success": True}


def remove(context: Context, campaign: Document, parameters: Parameters) -> Document:  # noqa: ARG001 - a Handler
    """DELETE /{campaign}."""
    return delete(context, CAMPAIGN, campaign)


def read_budgets(parameters: Parameters) -> tuple[int | None, int | None]:
    """Daily and lifetime budget in minor units, each at least the account's minimum and never both."""
    daily, lifetime = parameters.integer("daily_budget"), parameters.integer("lifetime_budget")
    if daily and lifetime:
        raise invalid("lifetime_budget", "Only one of daily_budget and lifetime_budget can be given")
    for field, value in (("daily_budget", daily), ("lifetime_budget", lifetime)):
        if value is not None and value < rules.DAILY_BUDGET_MIN_MINOR:
            raise rules.BUDGET_TOO_LOW.about(field)
    if lifetime and not parameters.text("end_time") and not parameters.text("stop_time"):
        raise invalid("end_time", "A lifetime budget needs an end time")
    return daily, lifetime


def _spend_cap(parameters: Parameters) -> int | None:
    cap = parameters.integer("spend_cap")
    if cap is not None and cap < rules.SPEND_CAP_MIN_MINOR:
        raise rules.SPEND_CAP_TOO_LOW.about("spend_cap")
    return cap


def _special_categories(parameters: Parameters) -> list[str]:
    if "special_ad_categories" not in parameters:
        raise invalid("special_ad_categories", "The parameter special_ad_categories is required.")
    chosen = parameters.texts("special_ad_categories") or []
    if any(category not in _SPECIAL for category in chosen):
        raise invalid("special_ad_categories", f"Param special_ad_categories must be out of {{{', '.join(_SPECIAL)}}}")
    special = [category for category in chosen if category != "NONE"]
    if special and not parameters.texts("special_ad_category_country"):
        raise invalid("special_ad_category_country", "A special ad category needs its countries")
    return special


def _bid_strategy(parameters: Parameters, *, has_budget: bool) -> str | None:
    """Only campaigns with a budget have one; left out, it becomes a bid cap (seen as 100/1815857, 2026-11-22)."""
    given = parameters.text("bid_strategy")
    if not has_budget:
        if given is not None:
            raise invalid("bid_strategy", "A bid strategy on the campaign needs a campaign budget")
        return None
    return parameters.one_of("bid_strategy", rules.BID_STRATEGIES, "LOWEST_COST_WITH_BID_CAP")


ROUTES: Routes = {
    (ACCOUNT, "campaigns", "POST"): create,
    (CAMPAIGN, "", "POST"): update,
    (CAMPAIGN, "", "DELETE"): remove,
}
