"""One resource about to be created or updated, and the checks every kind shares."""

from dataclasses import dataclass
from typing import Any

from connectors.sandbox.google import rules
from connectors.sandbox.google.account import Account
from connectors.sandbox.google.refusal import Refusal
from connectors.sandbox.google.wire import enum_word, set_default


@dataclass(frozen=True, slots=True)
class Change:
    """resource: as it will be, filled in by the checks; before: as it was, None when it is created.

    ignored_topics: policy topics the request asks to overlook.
    """

    account: Account
    resource: Any
    before: Any | None
    ignored_topics: frozenset[str] = frozenset()

    @property
    def is_new(self) -> bool:
        """True for a create."""
        return self.before is None


def required(path: str, message: str = "The required field was not present.") -> Refusal:
    """FieldError.REQUIRED."""
    return Refusal("field_error", "REQUIRED", message, path)


def check_text(resource: Any, field: str, characters_max: int) -> None:
    """A required name: present, not too long, on one line."""
    text = getattr(resource, field).strip()
    if not text:
        raise required(field)
    if len(text) > characters_max:
        raise Refusal("string_length_error", "TOO_LONG", "Too long.", field, text)
    if rules.NAME_ILLEGAL.search(text):
        raise Refusal("string_format_error", "ILLEGAL_CHARS", "The input string contains disallowed characters.", field)


def check_unique(change: Change, kind: str, category: str, code: str, within: str = "") -> None:
    """No other living resource of that kind (within the same parent) has the name."""
    resource = change.resource
    for other in change.account.live(kind):
        same_parent = not within or getattr(other, within) == getattr(resource, within)
        if other.resource_name != resource.resource_name and other.name == resource.name and same_parent:
            raise Refusal(category, code, "The name is already being used.", "name", resource.name)


def check_status(change: Change) -> None:
    """ENABLED when left out (v26 resources: default of every serving status); REMOVED only by a remove operation."""
    set_default(change.resource, "status", "ENABLED")
    if enum_word(change.resource, "status") not in {"ENABLED", "PAUSED"}:
        if change.is_new:
            code = "CREATE_AS_REMOVED_NOT_PERMITTED"
            raise Refusal("operation_access_denied_error", code, "Cannot create a removed resource.", "status")
        raise Refusal("enum_error", "ENUM_VALUE_NOT_PERMITTED", "Enum value is not permitted.", "status")


def check_range(value: float, low: float, high: float, path: str) -> None:
    """RangeError."""
    if value < low:
        raise Refusal("range_error", "TOO_LOW", "Too low.", path, f"{value:g}")
    if value > high:
        raise Refusal("range_error", "TOO_HIGH", "Too high.", path, f"{value:g}")


def check_bid_micros(change: Change, field: str) -> None:
    """A bid is positive and a multiple of the billable unit."""
    if not change.resource.HasField(field):
        return
    micros = getattr(change.resource, field)
    if micros <= 0:
        raise Refusal("bidding_error", "BID_TOO_SMALL", "Bid is too small.", field, str(micros))
    if micros % change.account.billable_unit_micros:
        text = "The bid must be a multiple of the billable unit."
        raise Refusal("bidding_error", "BID_TOO_MANY_FRACTIONAL_DIGITS", text, field, str(micros))


def check_custom_parameters(parameters: Any, path: str) -> None:
    """url_custom_parameters: short alphanumeric keys, values up to 250 characters."""
    for position, parameter in enumerate(parameters):
        if not rules.CUSTOM_PARAMETER_KEY.fullmatch(parameter.key):
            code = "INVALID_CHARACTERS_IN_URL_CUSTOM_PARAMETER_KEY"
            text = "The key contains invalid characters or is too long."
            raise Refusal("url_field_error", code, text, f"{path}[{position}].key", parameter.key)
        if len(parameter.value) > rules.CUSTOM_PARAMETER_VALUE_MAX:
            raise Refusal("string_length_error", "TOO_LONG", "Too long.", f"{path}[{position}].value")


def strategy_of(campaign: Any) -> str:
    """The bidding strategy field that is set, or ''."""
    return str(campaign.WhichOneof("campaign_bidding_strategy") or "")


def target_roas_of(campaign: Any) -> float:
    """The campaign's target return on ad spend, 0 when it has none."""
    strategy = strategy_of(campaign)
    return float(getattr(campaign, strategy).target_roas) if strategy in rules.VALUE_STRATEGIES else 0.0
