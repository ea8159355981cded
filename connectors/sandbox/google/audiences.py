"""Rules of user lists, labels and conversion value rules (sources: rules.py)."""

from typing import Any

from connectors.sandbox.google import rules
from connectors.sandbox.google.account import is_removed
from connectors.sandbox.google.change import Change, check_range, check_status, check_text, check_unique, required
from connectors.sandbox.google.refusal import Refusal
from connectors.sandbox.google.wire import enum_number, enum_word, set_default


def check_user_list(change: Change) -> None:
    """A Customer Match list. Lists of other types are made elsewhere and only read here."""
    user_list = change.resource
    if not user_list.name.strip() or len(user_list.name) > rules.LIST_NAME_CHARACTERS_MAX:
        raise Refusal("user_list_error", "INVALID_NAME", "User list name is empty or invalid.", "name")
    check_unique(change, "user_list", "user_list_error", "NAME_ALREADY_USED")
    if user_list.WhichOneof("user_list") == "lookalike_user_list":
        _check_lookalike(change)
        return
    if user_list.WhichOneof("user_list") != "crm_based_user_list":
        text = "Concrete type of the user list is required."
        raise Refusal("user_list_error", "CONCRETE_TYPE_REQUIRED", text, "user_list")
    info = user_list.crm_based_user_list
    if info.upload_key_type == 0:
        raise required("crm_based_user_list.upload_key_type")
    if enum_word(info, "upload_key_type") == "MOBILE_ADVERTISING_ID" and not info.app_id:
        raise Refusal("user_list_error", "APP_ID_NOT_SET", "The app id is not set.", "crm_based_user_list.app_id")
    if not user_list.HasField("membership_life_span"):
        user_list.membership_life_span = rules.MEMBERSHIP_DAYS_MAX  # DM: unset is the maximum
    check_range(user_list.membership_life_span, 0, rules.MEMBERSHIP_DAYS_MAX, "membership_life_span")
    set_default(info, "data_source_type", "FIRST_PARTY")
    set_default(user_list, "membership_status", "OPEN")
    set_default(user_list, "type_", "CRM_BASED")
    set_default(user_list, "access_reason", "OWNED")
    set_default(user_list, "account_user_list_status", "ENABLED")
    if change.is_new:
        user_list.read_only = False
        user_list.eligible_for_display = True
        if not user_list.HasField("eligible_for_search"):
            user_list.eligible_for_search = True


def _check_lookalike(change: Change) -> None:
    """v26 common/types/user_lists.py LookalikeUserListInfo, user_list_error.py: seeds, countries, and no twin."""
    user_list, account = change.resource, change.account
    info, path = user_list.lookalike_user_list, "lookalike_user_list"
    if not info.seed_user_list_ids:
        raise required(f"{path}.seed_user_list_ids")
    for number in info.seed_user_list_ids:
        seed = account.find("user_list", f"{account.name}/userLists/{number}")
        if seed is None:
            raise Refusal("user_list_error", "SEED_LIST_DOES_NOT_EXIST", "The seed list does not exist.", path)
        if seed.WhichOneof("user_list") != "crm_based_user_list":
            raise Refusal("user_list_error", "INVALID_SEED_LIST_TYPE", "The seed list has a wrong type.", path)
    if not info.country_codes or any(rules.REGION_CODE.fullmatch(code) is None for code in info.country_codes):
        raise Refusal("user_list_error", "INVALID_COUNTRY_CODES", "The country codes are not valid.", path)
    set_default(info, "expansion_level", "NARROW")
    for other in account.live("user_list"):
        if other.resource_name != user_list.resource_name and other.lookalike_user_list == info:
            raise Refusal("user_list_error", "DUPLICATE_LOOKALIKE", "The same lookalike exists already.", path)
    set_default(user_list, "membership_status", "OPEN")
    user_list.type_ = enum_number(user_list, "type_", "LOOKALIKE")
    user_list.eligible_for_search, user_list.eligible_for_display = False, True


# v26 user_list_customer_type_error.py, CONFLICTING_CUSTOMER_TYPES; the tiers of loyalty exclude one another besides.
_CONFLICTING = (
    {"PURCHASERS", "CONVERTED_LEADS"},
    {"PURCHASERS", "QUALIFIED_LEADS"},
    {"PURCHASERS", "CART_ABANDONERS"},
    {"QUALIFIED_LEADS", "CONVERTED_LEADS"},
    {"DISENGAGED_CUSTOMERS", "CONVERTED_LEADS"},
    {"DISENGAGED_CUSTOMERS", "QUALIFIED_LEADS"},
    {"DISENGAGED_CUSTOMERS", "CART_ABANDONERS"},
)


def check_customer_type(change: Change) -> None:
    """A kind of customers of a list, once, and none that excludes another."""
    tag, account = change.resource, change.account
    account.refer("user_list", tag.user_list, "user_list")
    word = enum_word(tag, "customer_type_category")
    if word in {"UNSPECIFIED", "UNKNOWN"}:
        raise required("customer_type_category")
    for other in account.all("user_list_customer_type").values():
        if other.user_list != tag.user_list:
            continue
        held = enum_word(other, "customer_type_category")
        if held == word:
            raise Refusal("mutate_error", "RESOURCE_ALREADY_EXISTS", "The resource already exists.", "user_list")
        if {held, word} in _CONFLICTING or all(kind.startswith("LOYALTY_TIER_") for kind in (held, word)):
            code = "CONFLICTING_CUSTOMER_TYPES"
            raise Refusal("user_list_customer_type_error", code, "The customer types conflict.", "user_list")


def check_conversion_action(change: Change) -> None:
    """Named and typed; the rest is the sandbox's own conversion action."""
    check_text(change.resource, "name", rules.LIST_NAME_CHARACTERS_MAX)
    if change.resource.type_ == 0:
        raise required("type")
    set_default(change.resource, "status", "ENABLED")
    change.resource.owner_customer = change.account.name


def check_label(change: Change) -> None:
    """A label with a unique name."""
    label = change.resource
    if not label.name.strip() or len(label.name) > rules.LABEL_NAME_CHARACTERS_MAX:
        raise Refusal("label_error", "INVALID_LABEL_NAME", "Label name is invalid.", "name")
    check_unique(change, "label", "label_error", "DUPLICATE_NAME")
    set_default(label, "status", "ENABLED")


_ATTACHED_TWICE = {
    "campaign": ("campaign_error", "CAMPAIGN_LABEL_ALREADY_EXISTS"),
    "ad_group": ("ad_group_error", "ADGROUP_LABEL_ALREADY_EXISTS"),
    "ad_group_ad": ("ad_group_ad_error", "AD_GROUP_AD_LABEL_ALREADY_EXISTS"),
}


def check_attached_label(change: Change) -> None:
    """A label on a campaign, an ad group or an ad, once."""
    attached, account = change.resource, change.account
    parent = next(field.name for field in attached.DESCRIPTOR.fields if field.name not in {"resource_name", "label"})
    account.refer(parent, getattr(attached, parent), parent)
    account.refer("label", attached.label, "label")
    if account.find(f"{parent}_label", attached.resource_name) is not None:
        category, code = _ATTACHED_TWICE[parent]
        raise Refusal(category, code, "The label is already attached.", "label", attached.label)


def check_value_rule(change: Change) -> None:
    """MULTIPLY 0.5 to 10; ADD and SET above 0 (v26 conversion_value_rule.py)."""
    rule, account = change.resource, change.account
    operation = enum_word(rule.action, "operation") if rule.HasField("action") else "UNSPECIFIED"
    if operation == "UNSPECIFIED":
        raise required("action.operation")
    if operation == "MULTIPLY":
        check_range(rule.action.value, rules.RULE_MULTIPLIER_MIN, rules.RULE_MULTIPLIER_MAX, "action.value")
    elif rule.action.value <= 0:
        raise Refusal("range_error", "TOO_LOW", "Too low.", "action.value")
    conditions = [
        name for name in ("geo_location", "device", "audience", "itinerary") if rule.HasField(f"{name}_condition")
    ]
    if len(conditions) > 2:
        code = "CONDITION_NOT_ALLOWED"
        raise Refusal("conversion_value_rule_error", code, "At most two conditions are allowed.")
    for position, name in enumerate(rule.audience_condition.user_lists):
        if account.find("user_list", name) is None:
            path, code = f"audience_condition.user_lists[{position}]", "INVALID_AUDIENCE_USER_LIST"
            raise Refusal("conversion_value_rule_error", code, "The user list does not exist.", path, name)
    check_status(change)
    rule.owner_customer = account.name


def check_value_rule_set(change: Change) -> None:
    """Known rules, one dimension at least, attached to the customer or to a campaign (GADS/conversions)."""
    rule_set, account = change.resource, change.account
    if not rule_set.conversion_value_rules:
        raise required("conversion_value_rules")
    for position, name in enumerate(rule_set.conversion_value_rules):
        rule = account.find("conversion_value_rule", name)
        if rule is None or is_removed(rule):
            path = f"conversion_value_rules[{position}]"
            text = "The value rule cannot be found."
            raise Refusal("conversion_value_rule_set_error", "INVALID_VALUE_RULE", text, path, name)
    _check_dimensions(change)
    attachment = enum_word(rule_set, "attachment_type")
    if attachment == "UNSPECIFIED":
        raise required("attachment_type")
    if attachment == "CAMPAIGN":
        account.refer("campaign", rule_set.campaign, "campaign")
    elif rule_set.campaign:
        raise Refusal("field_error", "VALUE_MUST_BE_UNSET", "The value must be unset.", "campaign")
    set_default(rule_set, "status", "ENABLED")
    rule_set.owner_customer = account.name


def _check_dimensions(change: Change) -> None:
    dimensions = list(change.resource.dimensions)
    category, path = "conversion_value_rule_set_error", "dimensions"
    if not dimensions:
        raise required(path)
    if len(set(dimensions)) < len(dimensions):
        raise Refusal(category, "DUPLICATE_DIMENSIONS", "Dimensions are repeated.", path)
    before = list(change.before.dimensions) if change.before is not None else []
    if dimensions[: len(before)] != before:
        text = "Dimensions can only be appended to."
        raise Refusal(category, "DIMENSIONS_UPDATE_ONLY_ALLOW_APPEND", text, path)


def refuse_used_rule(change: Change) -> None:
    """A rule that is in a set cannot be removed."""
    for rule_set in change.account.live("conversion_value_rule_set"):
        if change.resource.resource_name in rule_set.conversion_value_rules:
            code = "CANNOT_REMOVE_IF_INCLUDED_IN_VALUE_RULE_SET"
            raise Refusal("conversion_value_rule_error", code, "The rule is in a value rule set.")


def refuse_used_budget(change: Change) -> None:
    """A budget that a living campaign spends cannot be removed."""
    users: list[Any] = change.account.live("campaign")
    if any(campaign.campaign_budget == change.resource.resource_name for campaign in users):
        raise Refusal("campaign_budget_error", "CAMPAIGN_BUDGET_IN_USE", "The budget is in use.")
