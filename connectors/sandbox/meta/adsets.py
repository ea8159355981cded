"""Ad sets: budget, bid, optimisation and whom they may reach."""

from connectors.sandbox.meta import rules
from connectors.sandbox.meta.book import close
from connectors.sandbox.meta.campaigns import read_budgets
from connectors.sandbox.meta.context import ACCOUNT, ADSET, CAMPAIGN, PIXEL, Context, Routes
from connectors.sandbox.meta.delivery import begin_change, delete, new_document, validate_only
from connectors.sandbox.meta.errors import invalid
from connectors.sandbox.meta.parameters import Parameters
from connectors.sandbox.meta.shapes import refuse_unknown_keys, whole_in
from connectors.sandbox.meta.targeting import check_transparency, read_targeting
from connectors.sandbox.meta.value_rules import read_attachment
from connectors.sandbox.state import Document

_SETTINGS = ("attribution_spec", "pacing_type", "destination_type", "start_time", "end_time")


def create(context: Context, account: Document, parameters: Parameters) -> Document:
    """POST act_X/adsets."""
    name = parameters.required("name")
    campaign = context.get(CAMPAIGN, parameters.required("campaign_id"))
    if campaign is None or campaign["account_id"] != account["account_id"] or campaign["status"] == "DELETED":
        raise invalid("campaign_id", "The campaign does not exist")
    goal = parameters.one_of("optimization_goal", rules.OPTIMIZATION_GOALS)
    billing = parameters.one_of("billing_event", rules.BILLING_EVENTS)
    targeting = read_targeting(context, account, parameters)
    daily, lifetime = _budgets(campaign, parameters)
    strategy, amount, constraints = _bid(campaign, parameters, goal, billing)
    promoted = _promoted_object(context, parameters, goal)
    beneficiary, payor = parameters.text("dsa_beneficiary"), parameters.text("dsa_payor")
    check_transparency(account, targeting, beneficiary, payor)
    if validate_only(parameters):
        return {"success": True}
    document = {
        **new_document(context, account["account_id"], name, parameters),
        "campaign_id": campaign["id"],
        "optimization_goal": goal,
        "billing_event": billing,
        "targeting": targeting,
        "daily_budget": daily,
        "lifetime_budget": lifetime,
        "bid_strategy": strategy,
        "bid_amount": amount,
        "bid_constraints": constraints,
        "promoted_object": promoted,
        "dsa_beneficiary": beneficiary or account.get("default_dsa_beneficiary"),
        "dsa_payor": payor or account.get("default_dsa_payor"),
        "is_dynamic_creative": bool(parameters.flag("is_dynamic_creative")),
        **_settings(parameters),
        **read_attachment(context, account, parameters),
    }
    close(context, campaign)  # a new ad set changes how the others rank, from now on
    context.put(ADSET, document)
    return {"id": document["id"]}


def update(context: Context, adset: Document, parameters: Parameters) -> Document:
    """POST /{adset}: what is given changes, the whole must still be valid."""
    campaign, account = context.get(CAMPAIGN, adset["campaign_id"]), context.account(adset["account_id"])
    assert campaign is not None, "ad sets belong to a campaign"
    changed = dict(adset)
    if "targeting" in parameters:
        changed["targeting"] = read_targeting(context, account, parameters)
    for field in ("dsa_beneficiary", "dsa_payor"):
        if field in parameters:
            changed[field] = parameters.text(field)
    check_transparency(account, changed["targeting"], changed["dsa_beneficiary"], changed["dsa_payor"])
    if "optimization_goal" in parameters:
        changed["optimization_goal"] = parameters.one_of("optimization_goal", rules.OPTIMIZATION_GOALS)
    if {"bid_amount", "bid_strategy", "bid_constraints", "optimization_goal"} & set(parameters.values):
        goal, billing = changed["optimization_goal"], adset["billing_event"]
        strategy, amount, constraints = _bid(campaign, _with_current_bid(adset, parameters), goal, billing)
        changed.update(bid_strategy=strategy, bid_amount=amount, bid_constraints=constraints)
    _change_budget(context, campaign, changed, parameters)
    changed.update(_settings(parameters))
    changed.update(read_attachment(context, account, parameters))
    if validate_only(parameters):
        return {"success": True}
    begin_change(context, changed, campaign, parameters)
    context.put(ADSET, changed)
    return {"success": True}


def remove(context: Context, adset: Document, parameters: Parameters) -> Document:  # noqa: ARG001 - a Handler
    """DELETE /{adset}."""
    return delete(context, ADSET, adset)


def _settings(parameters: Parameters) -> Document:
    chosen: Document = {}
    for field in _SETTINGS:
        value = parameters.text(field)
        if value is not None:
            chosen[field] = parameters.json(field) if value[:1] in "[{" else value
    return chosen


def _budgets(campaign: Document, parameters: Parameters) -> tuple[int | None, int | None]:
    daily, lifetime = read_budgets(parameters)
    given = daily is not None or lifetime is not None
    campaign_has = bool(campaign.get("daily_budget") or campaign.get("lifetime_budget"))
    if given and campaign_has:
        raise rules.BUDGET_TWICE.about("daily_budget")
    if not given and not campaign_has:
        raise invalid("daily_budget", "Your ad set needs a daily or a lifetime budget")
    return daily, lifetime


def _change_budget(context: Context, campaign: Document, adset: Document, parameters: Parameters) -> None:
    if not {"daily_budget", "lifetime_budget"} & set(parameters.values):
        return
    daily, lifetime = _budgets(campaign, parameters)
    if (daily, lifetime) == (adset.get("daily_budget"), adset.get("lifetime_budget")):
        return
    now = context.now().timestamp()
    recent = [at for at in adset.get("budget_changes", []) if now - at < rules.BUDGET_EDITS_HOURS * 3600]
    if len(recent) >= rules.BUDGET_EDITS_MAX:
        raise rules.BUDGET_EDITED_TOO_OFTEN.about("daily_budget")
    adset.update(daily_budget=daily, lifetime_budget=lifetime, budget_changes=[*recent, now])


def _with_current_bid(adset: Document, parameters: Parameters) -> Parameters:
    """The bid an update leaves: what is given, else what stands, unless a new strategy has no use for it."""
    values = dict(parameters.values)
    strategy = parameters.text("bid_strategy") or adset.get("bid_strategy")
    if strategy:
        values.setdefault("bid_strategy", strategy)
    if strategy in ("LOWEST_COST_WITH_BID_CAP", "COST_CAP") and adset.get("bid_amount"):
        values.setdefault("bid_amount", str(adset["bid_amount"]))
    if strategy == "LOWEST_COST_WITH_MIN_ROAS" and adset.get("bid_constraints"):
        floor = adset["bid_constraints"]["roas_average_floor"]
        values.setdefault("bid_constraints", f'{{"roas_average_floor": {floor}}}')
    return Parameters(values)


def _bid(
    campaign: Document, parameters: Parameters, goal: str, billing: str
) -> tuple[str, int | None, Document | None]:
    """Strategy, amount in minor units and constraints, as the strategy needs them."""
    amount = parameters.integer("bid_amount")
    constraints = parameters.mapping("bid_constraints")
    # An amount alone means a bid cap; a campaign with a budget has the strategy for all its ad sets
    implied = "LOWEST_COST_WITH_BID_CAP" if amount is not None else "LOWEST_COST_WITHOUT_CAP"
    strategy = campaign.get("bid_strategy") or parameters.one_of("bid_strategy", rules.BID_STRATEGIES, implied)
    if strategy in ("LOWEST_COST_WITHOUT_CAP", "LOWEST_COST_WITH_MIN_ROAS") and amount is not None:
        raise rules.BID_NOT_ALLOWED.about("bid_amount")
    if strategy in ("LOWEST_COST_WITH_BID_CAP", "COST_CAP") and amount is None:
        raise rules.BID_REQUIRED.about("bid_amount")
    if amount is not None and amount < 1:
        raise invalid("bid_amount", "Param bid_amount must be a positive integer")
    if strategy == "COST_CAP" and billing != "IMPRESSIONS":
        raise invalid("billing_event", "A cost cap needs billing_event IMPRESSIONS")
    if strategy == "LOWEST_COST_WITH_MIN_ROAS":
        return strategy, None, _roas_floor(constraints, goal)
    if constraints:
        raise invalid("bid_constraints", f"bid_constraints do not go with {strategy}")
    return strategy, amount, None


def _roas_floor(constraints: Document | None, goal: str) -> Document:
    if goal != "VALUE":
        raise invalid("optimization_goal", "A minimum ROAS needs optimization_goal VALUE")
    if not constraints or set(constraints) != {"roas_average_floor"}:
        raise invalid("bid_constraints", "A minimum ROAS needs bid_constraints with roas_average_floor")
    floor = whole_in(constraints, "roas_average_floor", "bid_constraints")
    if not rules.ROAS_FLOOR_MIN <= floor <= rules.ROAS_FLOOR_MAX:
        raise invalid("bid_constraints", "roas_average_floor must be between 100 and 10000000 (ROAS x 10000)")
    return {"roas_average_floor": floor}


def _promoted_object(context: Context, parameters: Parameters, goal: str) -> Document | None:
    promoted = parameters.mapping("promoted_object")
    if promoted is None:
        if goal in rules.PROMOTED_OBJECT_GOALS:
            raise invalid("promoted_object", f"optimization_goal {goal} needs a promoted_object")
        return None
    refuse_unknown_keys(promoted, rules.PROMOTED_OBJECT_KEYS, "promoted_object")
    if goal in rules.PROMOTED_OBJECT_GOALS and not {"pixel_id", "custom_event_type"} <= set(promoted):
        raise invalid("promoted_object", "promoted_object needs pixel_id and custom_event_type")
    if "pixel_id" in promoted and context.get(PIXEL, str(promoted["pixel_id"])) is None:
        raise invalid("promoted_object", "The pixel does not exist, or this account may not use it")
    return promoted


ROUTES: Routes = {
    (ACCOUNT, "adsets", "POST"): create,
    (ADSET, "", "POST"): update,
    (ADSET, "", "DELETE"): remove,
}
