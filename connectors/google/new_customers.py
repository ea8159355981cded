"""What a new customer's first sale counts on top of its value: our campaign's link to the account's acquisition goal.

The goal is the account's, one of its kind: it has no name, no label, and cannot be removed. One that is there is used
and never changed; what our campaign counts stands on its own link, which is as much ours as the campaign. Only where
the account has none is it made, which changes no other campaign: each says for itself whether it goes by the goal.
developers.google.com/google-ads/api/docs/conversions/goals/lifecycle-goals (read 2026-11-29).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from activator.errors import PermanentRefusalError
from activator.model.ads import GroupField
from connectors.google.comparison import shown_money
from connectors.google.enums import enum_name
from connectors.google.transport import GoogleTransport
from connectors.google.version import GOAL_VERSIONS, MINOR_PER_UNIT

GOALS = (
    "SELECT goal.resource_name, goal.optimization_eligibility FROM goal "
    "WHERE goal.goal_type = 'NEW_CUSTOMER_ACQUISITION'"
)
TRACKING = "SELECT customer.conversion_tracking_setting.google_ads_conversion_customer FROM customer LIMIT 1"
GOAL_ELSEWHERE = "conversions are counted in account {}, so the goal for new customers has to be made there"
MAKE_IT_THERE = "Make it there once: Goals > Summary > Customer acquisition. Then plan again."
_SETTINGS = "campaign_new_customer_acquisition_settings"
_TARGET = f"{_SETTINGS}.target_option"
_ADDED = f"{_SETTINGS}.value_settings_override.additional_value"
_ADDED_HIGH = f"{_SETTINGS}.value_settings_override.additional_high_lifetime_value"
_LINKS = (
    "SELECT campaign_goal_config.resource_name, campaign_goal_config.campaign, "
    "campaign_goal_config.campaign_new_customer_acquisition_settings.target_option, "
    "campaign_goal_config.campaign_new_customer_acquisition_settings.value_settings_override.additional_value, "
    "campaign_goal_config.campaign_new_customer_acquisition_settings.value_settings_override."
    "additional_high_lifetime_value "
    "FROM campaign_goal_config WHERE campaign_goal_config.goal_type = 'NEW_CUSTOMER_ACQUISITION'"
)
_EXISTS = "GoalError.NEW_CUSTOMER_ACQUISITION_GOAL_ALREADY_EXISTS"


def read_links(transport: GoogleTransport, campaigns: frozenset[str]) -> dict[str, Any]:
    """The links of some campaigns to the goal, by the campaigns' resource names. One operation."""
    if not campaigns or transport.api_version not in GOAL_VERSIONS:
        return {}
    links = [row.campaign_goal_config for row in transport.search(_LINKS)]
    return {link.campaign: link for link in links if link.campaign in campaigns}


def shown_value(link: Any | None) -> GroupField:
    """What a first sale counts on top for a campaign, in minor units; words for what this connector never sets."""
    if link is None:
        return None
    settings = getattr(link, _SETTINGS)
    override = settings.value_settings_override
    if enum_name(settings, "target_option") == "TARGET_SPECIFIC":
        return "ads for new customers only"
    if not override.HasField("additional_value"):
        return "as the account's goal says"
    value = shown_money(round(override.additional_value * 1_000_000))
    return f"{value}, another for high value" if override.HasField("additional_high_lifetime_value") else value


def conversions_elsewhere(transport: GoogleTransport) -> str | None:
    """The account that counts this one's conversions, where it is another. One operation."""
    rows = transport.search(TRACKING)
    counting = rows[0].customer.conversion_tracking_setting.google_ads_conversion_customer if rows else ""
    number = str(counting).rpartition("/")[2]
    return number if number not in ("", transport.customer_id) else None


class NewCustomers:
    """What new customers count for our campaign in one account."""

    def __init__(self, transport: GoogleTransport) -> None:
        self._transport = transport

    def count(self, campaign: str, value_minor: int | None) -> None:
        """Have a campaign count a first sale for so much more, or as it is (None). Raises DestinationError.

        campaign: its resource name.
        """
        link = read_links(self._transport, frozenset({campaign})).get(campaign)
        goal = ""
        if value_minor is not None and link is None:
            goal = self._goal() or self._made_goal(value_minor)
        if operation := _change(link, campaign, goal, value_minor):
            self._mutate("CampaignGoalConfigs", [operation])

    def refusal(self, campaign: str | None, value_minor: int) -> str | None:
        """Why Google would refuse it, asked without changing anything; campaign: None where it is still to be made."""
        try:
            goal = self._goal()
            if goal is None:
                self._make_goal(value_minor, validate_only=True)
            elif campaign is not None:
                link = read_links(self._transport, frozenset({campaign})).get(campaign)
                if operation := _change(link, campaign, goal, value_minor):
                    self._mutate("CampaignGoalConfigs", [operation], validate_only=True)
        except PermanentRefusalError as refused:
            return f"{refused.message}; {refused.next_step}"
        return None

    def _goal(self) -> str | None:
        return next((row.goal.resource_name for row in self._transport.search(GOALS)), None)

    def _made_goal(self, value_minor: int) -> str:
        try:
            return str(self._make_goal(value_minor).results[0].resource_name)
        except PermanentRefusalError as refused:
            if refused.fault.code == _EXISTS and (goal := self._goal()):
                return goal
            raise

    def _make_goal(self, value_minor: int, *, validate_only: bool = False) -> Any:
        if elsewhere := conversions_elsewhere(self._transport):
            raise PermanentRefusalError(GOAL_ELSEWHERE.format(elsewhere), MAKE_IT_THERE)
        value = {"value_settings": {"additional_value": value_minor / MINOR_PER_UNIT}}
        made = {"new_customer_acquisition_goal_settings": value}  # its type, which follows from it, is output only
        return self._mutate("Goals", [{"create": made}], validate_only=validate_only)

    def _mutate(self, what: str, operations: Sequence[Mapping[str, Any]], *, validate_only: bool = False) -> Any:
        """Goals and links have services of their own; the mutate for everything else does not know them (v26)."""
        service, method = _SERVICES[what]
        request = self._transport.request(service, f"Mutate{what}Request")(
            customer_id=self._transport.customer_id, operations=operations, validate_only=validate_only
        )
        return self._transport.ads_call(service, method, request, operations=1, writes=not validate_only)


_SERVICES = {
    "Goals": ("goal_service", "mutate_goals"),
    "CampaignGoalConfigs": ("campaign_goal_config_service", "mutate_campaign_goal_configs"),
}


def _change(link: Any | None, campaign: str, goal: str, value_minor: int | None) -> dict[str, Any] | None:
    """The one operation that brings a campaign's link to what is wanted: only what differs, or None."""
    if value_minor is None:
        return None if link is None else {"remove": link.resource_name}
    added = {"additional_value": value_minor / MINOR_PER_UNIT}
    if link is None:
        settings = {"target_option": "TARGET_ALL", "value_settings_override": added}
        return {"create": {"campaign": campaign, "goal": goal, _SETTINGS: settings}}
    paths = list(_differing(getattr(link, _SETTINGS), value_minor))
    target = {"target_option": "TARGET_ALL"} if _TARGET in paths else {}
    override = {"value_settings_override": added} if _ADDED in paths else {}
    update = {"resource_name": link.resource_name, _SETTINGS: {**target, **override}}
    return {"update": update, "update_mask": {"paths": paths}} if paths else None


def _differing(now: Any, value_minor: int) -> Any:
    override = now.value_settings_override
    if enum_name(now, "target_option") == "TARGET_SPECIFIC":
        yield _TARGET
    micros = round(override.additional_value * 1_000_000)
    if not override.HasField("additional_value") or shown_money(micros) != value_minor:
        yield _ADDED
    if override.HasField("additional_high_lifetime_value"):
        yield _ADDED_HIGH
