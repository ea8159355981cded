"""Experiments of type SEARCH_CUSTOM: a campaign as it is against a copy, designed as a draft and then scheduled.

v26 services experiment_service and experiment_arm_service, errors experiment_error and experiment_arm_error;
developers.google.com/google-ads/api/docs/experiments/overview, read 2026-11-22. Of a campaign its ad groups and their
criteria are copied. The long-running operation is over when it is answered.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from connectors.sandbox.google.account import Account
from connectors.sandbox.google.calls import Call
from connectors.sandbox.google.change import Change, check_text, check_unique, required
from connectors.sandbox.google.kinds import KIND
from connectors.sandbox.google.refusal import Refusal
from connectors.sandbox.google.wire import LONG_RUNNING, NEWEST, ads_class, enum_number, enum_word, set_default

_EXPERIMENT, _ARM = "experiment_error", "experiment_arm_error"
_NAME_CHARACTERS_MAX = 1024


def check_experiment(change: Change) -> None:
    """Named, suffixed, in the future, and only of the type there is here."""
    experiment = change.resource
    check_text(experiment, "name", _NAME_CHARACTERS_MAX)
    check_unique(change, "experiment", _EXPERIMENT, "DUPLICATE_EXPERIMENT_NAME")
    if enum_word(experiment, "type_") != "SEARCH_CUSTOM":
        raise Refusal("enum_error", "ENUM_VALUE_NOT_PERMITTED", "Enum value is not permitted.", "type")
    if not experiment.suffix.strip():
        raise required("suffix")
    first, last = date.fromisoformat(experiment.start_date), date.fromisoformat(experiment.end_date)
    if first < change.account.today():
        raise Refusal(_EXPERIMENT, "CANNOT_SET_START_DATE_IN_PAST", "Start date is in the past.", "start_date")
    if last < first:
        raise Refusal(_EXPERIMENT, "END_DATE_BEFORE_START_DATE", "End date is before start date.", "end_date")
    set_default(experiment, "status", "SETUP")


def check_arm(change: Change) -> None:
    """The control names our campaign; the treatment names none and gets a draft of it."""
    arm, account = change.resource, change.account
    experiment = account.refer("experiment", arm.experiment, "experiment")
    check_text(arm, "name", _NAME_CHARACTERS_MAX)
    others = [held for held in account.all("experiment_arm").values() if held.experiment == arm.experiment]
    controls = [held for held in others if held.control]
    if arm.control:
        if controls:
            raise Refusal(_EXPERIMENT, "CANNOT_HAVE_MULTIPLE_CONTROL_ARMS", "There is a control arm.", "control")
        if len(arm.campaigns) != 1:
            raise required("campaigns")
        campaign = account.refer("campaign", arm.campaigns[0], "campaigns")
        if enum_word(campaign, "contains_eu_political_advertising") in ("", "UNSPECIFIED"):
            code = "MISSING_EU_POLITICAL_ADVERTISING_SELF_DECLARATION"
            raise Refusal(_EXPERIMENT, code, "The campaign is not declared.", "campaigns")
        return
    if arm.campaigns:
        text = "The treatment arm's campaign is made by Google."
        raise Refusal(_ARM, "CANNOT_SET_TREATMENT_ARM_CAMPAIGN", text, "campaigns")
    if not controls:
        raise Refusal(_EXPERIMENT, "MISSING_EXPERIMENT_ARMS", "There is no control arm.", "control")
    arm.in_design_campaigns.append(_draft(account, controls[0].campaigns[0], experiment.suffix))


def _draft(account: Account, base_name: str, suffix: str) -> str:
    base = account.find("campaign", base_name)
    campaign = _copy(base)
    campaign.id = int(account.state.new_id())
    campaign.resource_name = f"{account.name}/campaigns/{campaign.id}"
    campaign.name = f"{base.name} {suffix}"
    campaign.experiment_type = enum_number(campaign, "experiment_type", "DRAFT")
    account.put("campaign", campaign)
    for held in account.live("ad_group"):
        if held.campaign == base_name:
            group = _copy(held)
            group.id = int(account.state.new_id())
            group.resource_name, group.campaign = f"{account.name}/adGroups/{group.id}", campaign.resource_name
            account.put("ad_group", group)
            _copy_criteria(account, held.resource_name, group)
    return str(campaign.resource_name)


def _copy_criteria(account: Account, from_group: str, group: Any) -> None:
    for held in account.live("ad_group_criterion"):
        if held.ad_group == from_group:
            criterion = _copy(held)
            criterion.ad_group = group.resource_name
            criterion.resource_name = f"{account.name}/adGroupCriteria/{group.id}~{criterion.criterion_id}"
            account.put("ad_group_criterion", criterion)


class Schedule:
    """ScheduleExperiment. opened: the account of a call, access checked."""

    def __init__(self, opened: Callable[[Call, str], Account]) -> None:
        self._opened = opened

    def run(self, call: Call, request: Any) -> Any:
        """The design becomes an experiment that runs from its first day on."""
        account = self._opened(call, [*request.resource_name.split("/"), ""][1])
        experiment = _copy(account.known(KIND["experiment"], request.resource_name, "resource_name"))
        if enum_word(experiment, "status") != "SETUP":
            raise Refusal(_EXPERIMENT, "STATUS_TRANSITION_INVALID", "It is scheduled already.", "resource_name")
        arms = [_copy(arm) for arm in account.all("experiment_arm").values() if arm.experiment == request.resource_name]
        if len(arms) != 2:
            raise Refusal(_EXPERIMENT, "MISSING_EXPERIMENT_ARMS", "An experiment has two arms.", "resource_name")
        if sum(arm.traffic_split for arm in arms) != 100:
            code = "SUM_TRIAL_ARM_TRAFFIC_UNEQUALS_TO_TRIAL_TRAFFIC_SPLIT_DENOMINATOR"
            raise Refusal(_EXPERIMENT, code, "The shares do not total 100.", "resource_name")
        experiment.status = enum_number(experiment, "status", "ENABLED")
        account.put("experiment", experiment)
        for arm in arms:
            for name in arm.in_design_campaigns:
                campaign = _copy(account.find("campaign", name))
                campaign.experiment_type = enum_number(campaign, "experiment_type", "EXPERIMENT")
                account.put("campaign", campaign)
                arm.campaigns.append(name)
            del arm.in_design_campaigns[:]
            account.put("experiment_arm", arm)
        if not request.validate_only:
            account.commit()
        number = experiment.experiment_id
        return ads_class(NEWEST, "services.types.experiment_service", LONG_RUNNING)(
            name=f"{account.name}/operations/{number}", done=True
        )


def _copy(message: Any) -> Any:
    fresh = type(message)()
    fresh.CopyFrom(message)
    return fresh
