"""Rules of lifecycle goals and of campaigns' links to them (sources: rules.py; LIFECYCLE_CAMPAIGNS has its own)."""

from typing import Any

from connectors.sandbox.google import rules
from connectors.sandbox.google.change import Change, required
from connectors.sandbox.google.refusal import Refusal
from connectors.sandbox.google.wire import enum_number, enum_word, set_default

_TYPES = {
    "new_customer_acquisition_goal_settings": "NEW_CUSTOMER_ACQUISITION",
    "retention_goal_settings": "CUSTOMER_RETENTION",
    "loyalty_retention_goal_settings": "LOYALTY_RETENTION",
}
_LINKS = {
    "NEW_CUSTOMER_ACQUISITION": "campaign_new_customer_acquisition_settings",
    "CUSTOMER_RETENTION": "campaign_retention_settings",
    "LOYALTY_RETENTION": "campaign_loyalty_retention_settings",
}
_TWICE = {
    "NEW_CUSTOMER_ACQUISITION": "NEW_CUSTOMER_ACQUISITION_GOAL_ALREADY_EXISTS",
    "CUSTOMER_RETENTION": "RETENTION_GOAL_ALREADY_EXISTS",
    "LOYALTY_RETENTION": "LOYALTY_RETENTION_GOAL_ALREADY_EXISTS",
}


def check_goal(change: Change) -> None:
    """One goal of each type for an account, with values that make sense (v26 goal.py, goal_error.py)."""
    goal, account = change.resource, change.account
    settings = str(goal.WhichOneof("goal_settings") or "")
    if not settings:
        raise required("goal_settings")
    kind = _TYPES[settings]
    if goal.goal_type and enum_word(goal, "goal_type") != kind:
        raise Refusal("field_error", "INVALID_VALUE", "The goal's type is not that of its settings.", "goal_type")
    if change.is_new and any(enum_word(other, "goal_type") == kind for other in account.live("goal")):
        raise Refusal("goal_error", _TWICE[kind], "The goal exists already.")
    _check_values("goal_error", kind, getattr(goal, settings).value_settings, f"{settings}.value_settings")
    goal.goal_type = enum_number(goal, "goal_type", kind)
    goal.owner_customer = account.name
    set_default(goal, "optimization_eligibility", "ELIGIBLE")


def check_link(change: Change) -> None:
    """A campaign's settings for one goal (v26 campaign_goal_config.py, campaign_goal_config_error.py)."""
    link, account = change.resource, change.account
    campaign, goal = account.find("campaign", link.campaign), account.find("goal", link.goal)
    if campaign is None or campaign.status == enum_number(campaign, "status", "REMOVED"):
        raise Refusal("campaign_goal_config_error", "CAMPAIGN_NOT_FOUND", "The campaign does not exist.", "campaign")
    if goal is None:
        raise Refusal("campaign_goal_config_error", "GOAL_NOT_FOUND", "The goal does not exist.", "goal")
    if change.is_new and account.find("campaign_goal_config", link.resource_name) is not None:
        raise Refusal("mutate_error", "RESOURCE_ALREADY_EXISTS", "The resource already exists.", "goal")
    kind, field = enum_word(goal, "goal_type"), _LINKS[enum_word(goal, "goal_type")]
    if link.WhichOneof("campaign_goal_config_settings") != field:
        raise required(field)
    link.goal_type = enum_number(link, "goal_type", kind)
    channel = enum_word(campaign, "advertising_channel_type")
    if channel not in rules.LIFECYCLE_CAMPAIGNS[kind]:
        code = "CUSTOMER_LIFECYCLE_OPTIMIZATION_CAMPAIGN_TYPE_NOT_SUPPORTED"
        raise Refusal("campaign_goal_config_error", code, "The campaign type is not supported.", "campaign")
    _check_settings(kind, channel, getattr(link, field), field)


def _check_settings(kind: str, channel: str, settings: Any, path: str) -> None:
    category, override = "campaign_goal_config_error", settings.value_settings_override
    if kind == "LOYALTY_RETENTION":
        modes = (
            settings.enable_bid_adjustments_for_loyalty_members,
            settings.show_targeted_loyalty_member_benefits_in_pla,
        )
        if not any(modes):
            raise Refusal(category, "LOYALTY_RETENTION_GOAL_INVALID_MODE", "One mode must be enabled.", path)
    else:
        set_default(settings, "target_option", "TARGET_ALL")
        _check_target(kind, settings, path)
    if override.WhichOneof("high_lifetime_value_adjustment") and channel not in rules.HIGH_VALUE_CAMPAIGNS:
        code = "CAMPAIGN_OVERRIDE_HIGH_LIFETIME_VALUE_NOT_SUPPORTED_FOR_CAMPAIGN_TYPE"
        raise Refusal(category, code, "High lifetime values are not supported for this campaign type.", path)
    _check_values(category, kind, override, f"{path}.value_settings_override")


def _check_target(kind: str, settings: Any, path: str) -> None:
    """Ads for some people only: no values for new ones besides, and for lapsed ones by invitation."""
    if enum_word(settings, "target_option") != "TARGET_SPECIFIC":
        return
    if kind == "CUSTOMER_RETENTION":
        code = "CUSTOMER_NOT_ALLOWLISTED_FOR_RETENTION_ONLY"
        raise Refusal("campaign_goal_config_error", code, "The customer is not allowlisted.", f"{path}.target_option")
    if settings.value_settings_override.ListFields():
        code = "CAMPAIGN_OVERRIDE_VALUES_SET_FOR_NEW_CUSTOMER_ACQUISITION_TARGET_SPECIFIC_OPTION"
        raise Refusal("campaign_goal_config_error", code, "Override values must not be set.", path)


def _check_values(category: str, kind: str, values: Any, path: str) -> None:
    """A value or a factor, and a greater one for high value only where there is a plain one."""
    named = (
        ("additional_value", "additional_high_lifetime_value"),
        ("value_multiplier", "high_lifetime_value_multiplier"),
    )
    for (plain, high), word in zip(named, ("VALUE", "VALUE_MULTIPLIER"), strict=True):
        high_word = word.replace("VALUE", "HIGH_LIFETIME_VALUE", 1)
        if values.HasField(plain) and getattr(values, plain) < 0:
            raise Refusal("range_error", "TOO_LOW", "Too low.", f"{path}.{plain}")
        if not values.HasField(high):
            continue
        if not values.HasField(plain):
            raise Refusal(category, f"{high_word}_PRESENT_BUT_{word}_ABSENT", "The value is absent.", f"{path}.{high}")
        if getattr(values, high) <= getattr(values, plain):
            code = f"{high_word}_LESS_THAN_OR_EQUAL_TO_{word}"
            raise Refusal(category, code, "The high value must be greater.", f"{path}.{high}")
    if kind == "NEW_CUSTOMER_ACQUISITION" and (values.HasField("value_multiplier")):
        # GADS/conversions/goals/lifecycle-goals, 2026-11-29: not supported for new customers; the code is assumed.
        raise Refusal("field_error", "VALUE_MUST_BE_UNSET", "Not supported for this goal.", f"{path}.value_multiplier")
