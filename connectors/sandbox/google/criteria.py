"""Rules of criteria: audiences, keywords, places, languages and their bid modifiers (sources: rules.py)."""

import re
from typing import Any

from connectors.sandbox.google import rules
from connectors.sandbox.google.change import Change, check_bid_micros, check_range, check_status, required
from connectors.sandbox.google.refusal import Refusal
from connectors.sandbox.google.wire import enum_word

_CONSTANT = {
    "location": ("geo_target_constant", re.compile(r"geoTargetConstants/([0-9]{4,8})")),
    "language": ("language_constant", re.compile(r"languageConstants/([0-9]{4})")),
}


def check_group_criterion(change: Change) -> None:
    """A criterion of an ad group."""
    criterion = change.resource
    group = change.account.refer("ad_group", criterion.ad_group, "ad_group")
    _check_criterion(change, "ad_group_criterion", "ad_group")
    check_bid_micros(change, "cpc_bid_micros")
    if _is_targeted_list(criterion):
        for other in change.account.live("campaign_criterion"):
            if other.campaign == group.campaign and _is_targeted_list(other):
                raise _both_levels()


def check_campaign_criterion(change: Change) -> None:
    """A criterion of a campaign."""
    criterion = change.resource
    campaign = change.account.refer("campaign", criterion.campaign, "campaign")
    _check_criterion(change, "campaign_criterion", "campaign")
    if not _is_targeted_list(criterion):
        return
    groups = {group.resource_name for group in change.account.live("ad_group") if group.campaign == criterion.campaign}
    for other in change.account.live("ad_group_criterion"):
        if other.ad_group in groups and _is_targeted_list(other):
            raise _both_levels()
    assert campaign is not None


def _is_targeted_list(criterion: Any) -> bool:
    return criterion.WhichOneof("criterion") == "user_list" and not criterion.negative


def _both_levels() -> Refusal:
    code = "CANNOT_ATTACH_CRITERIA_AT_CAMPAIGN_AND_ADGROUP"
    return Refusal("criterion_error", code, "Cannot attach audiences at campaign and ad group level.", "user_list")


def _check_criterion(change: Change, kind: str, parent: str) -> None:
    criterion = change.resource
    which = criterion.WhichOneof("criterion")
    if which is None:
        raise Refusal(f"{kind}_error", "CONCRETE_TYPE_REQUIRED", "Concrete type of criterion is required.")
    check_status(change)
    criterion.type_ = criterion.DESCRIPTOR.fields_by_name["type_"].enum_type.values_by_name[which.upper()].number
    if which == "user_list":
        _check_user_list(change)
    elif which == "keyword":
        _check_keyword(criterion.keyword)
    elif which == "user_interest":
        _check_interest(change)
    elif which in _CONSTANT:
        constant_id(criterion)
    _check_modifier(criterion, which)
    _check_siblings(change, kind, parent)


def _check_user_list(change: Change) -> None:
    """v26 criterion_error.py: closed lists cannot be added; lists without search cannot be used in Search."""
    criterion = change.resource
    user_list = change.account.refer("user_list", criterion.user_list.user_list, "user_list.user_list")
    if criterion.negative or not change.is_new:
        return
    code = ""
    if enum_word(user_list, "membership_status") == "CLOSED":
        code = "CANNOT_ADD_CLOSED_USER_LIST"
    elif not user_list.eligible_for_search:
        code = "CANNOT_ADD_DISPLAY_ONLY_LISTS_TO_SEARCH_CAMPAIGNS"
    if code:
        raise Refusal("criterion_error", code, "The user list cannot be added.", "user_list.user_list")


def _check_interest(change: Change) -> None:
    """v26 common/types/criteria.py, UserInterestInfo: a UserInterest resource name of the same customer."""
    name = change.resource.user_interest.user_interest_category
    if re.fullmatch(rf"{change.account.name}/userInterests/[0-9]+", name) is None:
        text, path = f"Resource name '{name}' is malformed.", "user_interest.user_interest_category"
        raise Refusal("request_error", "RESOURCE_NAME_MALFORMED", text, path, name)


def _check_keyword(keyword: Any) -> None:
    text = keyword.text
    code = ""
    if not text.strip():
        raise required("keyword.text")
    if len(text) > rules.KEYWORD_CHARACTERS_MAX:
        code = "KEYWORD_TEXT_TOO_LONG"
    elif len(text.split()) > rules.KEYWORD_WORDS_MAX:
        code = "KEYWORD_HAS_TOO_MANY_WORDS"
    elif rules.KEYWORD_ILLEGAL.search(text):
        code = "KEYWORD_HAS_INVALID_CHARS"
    if code:
        raise Refusal("criterion_error", code, "The keyword text is invalid.", "keyword.text", text)
    if keyword.match_type == 0:
        raise required("keyword.match_type")


def constant_id(criterion: Any) -> str:
    """The number of the place or language a criterion names, which is its criterion id too. Raises Refusal."""
    which = criterion.WhichOneof("criterion")
    field, pattern = _CONSTANT[which]
    name = getattr(getattr(criterion, which), field)
    found = pattern.fullmatch(name)
    if found is None:
        text = f"Resource name '{name}' is malformed."
        raise Refusal("request_error", "RESOURCE_NAME_MALFORMED", text, f"{which}.{field}", name)
    return found.group(1)


def _check_modifier(criterion: Any, which: str) -> None:
    """Taken and ignored under Smart Bidding; never on an exclusion; 0 opts out of a device only."""
    if not criterion.HasField("bid_modifier"):
        return
    if criterion.negative:
        code = "CANNOT_BID_MODIFY_NEGATIVE_CRITERION"
        raise Refusal("criterion_error", code, "Cannot bid modify a negative criterion.", "bid_modifier")
    if which in {"language", "keyword"}:
        code = "CANNOT_BID_MODIFY_CRITERION_TYPE"
        raise Refusal("criterion_error", code, "Criterion type can not be bid modified.", "bid_modifier")
    modifier = round(criterion.bid_modifier, 6)  # single precision on campaign criteria
    if not (which == "device" and modifier == 0):
        check_range(modifier, rules.BID_MODIFIER_MIN, rules.BID_MODIFIER_MAX, "bid_modifier")


def _check_siblings(change: Change, kind: str, parent: str) -> None:
    """The same thing is neither targeted twice nor targeted and excluded at once."""
    criterion = change.resource
    which = criterion.WhichOneof("criterion")
    for other in change.account.live(kind):
        is_sibling = getattr(other, parent) == getattr(criterion, parent)
        if not is_sibling or other.resource_name == criterion.resource_name or other.WhichOneof("criterion") != which:
            continue
        if getattr(other, which) != getattr(criterion, which):
            continue
        if other.negative != criterion.negative and which != "keyword":
            text = "Cannot target and exclude the same criterion."
            raise Refusal(f"{kind}_error", "CANNOT_TARGET_AND_EXCLUDE", text, which)
        if other.negative == criterion.negative:
            # Which code a repeated criterion gets is not documented (looked up 2026-11-22): our assumption.
            raise Refusal("mutate_error", "RESOURCE_ALREADY_EXISTS", "The resource already exists.", which)
