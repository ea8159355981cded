"""Split tests: Google shows part of the searches our campaign as it is, the others a copy without audience adjustments.

So the test says what bidding by tier brings (developers.google.com/google-ads/api/docs/experiments/overview, read
2026-11-22; order of calls as in examples/experiments/create_search_custom_experiment.py). Nothing is shown before the
experiment is scheduled, and each step looks first, so that an interrupted start goes on where it stopped.
"""

from typing import Any
from zoneinfo import ZoneInfo

from activator.errors import ConfigurationError, PermanentRefusalError
from activator.model.naming import marked_name, marker
from activator.model.split_test import SplitCell, SplitTest
from activator.ports import DestinationContext
from connectors.google.comparison import modifier_bp
from connectors.google.enums import enum_name
from connectors.google.transport import GoogleTransport
from connectors.google.value_rules import NEUTRAL_BP

_EXPERIMENTS = (
    "SELECT experiment.resource_name, experiment.experiment_id, experiment.name, experiment.status FROM experiment "
    "WHERE experiment.type = 'SEARCH_CUSTOM' AND experiment.status != 'REMOVED'"
)
_ARMS = (
    "SELECT experiment_arm.control, experiment_arm.in_design_campaigns, experiment_arm.experiment FROM experiment_arm "
    "WHERE experiment.experiment_id = {}"
)
# A copy that is still designed is seen only when drafts are asked for.
_COPIED_LISTS = (
    "SELECT ad_group_criterion.resource_name, ad_group_criterion.bid_modifier FROM ad_group_criterion "
    "WHERE campaign.id = {} AND ad_group_criterion.type = 'USER_LIST' AND ad_group_criterion.negative = FALSE "
    "PARAMETERS include_drafts=true"
)


class Experiments:
    """Tests of one account's campaign."""

    def __init__(self, transport: GoogleTransport, context: DestinationContext) -> None:
        self._transport = transport
        self._context = context

    def start(self, test: SplitTest) -> str:
        """Start a test, or go on with the one of the same key; its id. Raises as ports.SplitTesting."""
        control, treatment = _checked(test)
        found = self._found(test)
        experiment = self._created(test) if found is None else str(found.resource_name)
        number = experiment.rsplit("/", 1)[-1]
        # enums/types/experiment_status.py (v26): SETUP until it is scheduled, whether or not that was answered.
        if found is not None and enum_name(found, "status") != "SETUP":
            return number
        arms = self._arms(number)
        if not arms:
            self._make_arms(experiment, control, treatment)
            arms = self._arms(number)
        copies = [name for arm in arms if not arm.control for name in arm.in_design_campaigns]
        for copy in copies:
            self._level(copy.rsplit("/", 1)[-1])
        request = self._transport.request("experiment_service", "ScheduleExperimentRequest")
        self._call("schedule_experiment", request(resource_name=experiment))
        return number

    def _found(self, test: SplitTest) -> Any | None:
        """The experiment of this test, where there is one."""
        mark = marker(self._context.project_id, self._context.name, f"experiment/{test.key}")
        rows = [row.experiment for row in self._transport.search(_EXPERIMENTS) if mark in row.experiment.name]
        if len(rows) > 1:
            ids = ", ".join(sorted(str(row.experiment_id) for row in rows))
            raise PermanentRefusalError(
                f"{len(rows)} experiments carry the marker of test {test.key} (ids {ids})",
                "End the wrong one in Google Ads, and take the marker out of its name.",
            )
        if rows and enum_name(rows[0], "status") in ("HALTED", "PROMOTED", "GRADUATED"):
            raise ConfigurationError(f"test {test.key} is over", "Start another one under another key.")
        return rows[0] if rows else None

    def _created(self, test: SplitTest) -> str:
        zone = ZoneInfo(self._context.time_zone)
        named = marked_name(test.name, self._context.project_id, self._context.name, f"experiment/{test.key}")
        experiment = {
            "name": named,
            "type_": "SEARCH_CUSTOM",
            "suffix": f"[{test.key}]",
            "status": "SETUP",
            "start_date": test.starts_at.astimezone(zone).date().isoformat(),
            "end_date": test.ends_at.astimezone(zone).date().isoformat(),
        }
        request = self._transport.request("experiment_service", "MutateExperimentsRequest")
        made = self._call(
            "mutate_experiments",
            request(customer_id=self._transport.customer_id, operations=[{"create": experiment}]),
        )
        return str(made.results[0].resource_name)

    def _make_arms(self, experiment: str, control: SplitCell, treatment: SplitCell) -> None:
        customer = self._transport.customer_id
        base = [f"customers/{customer}/campaigns/{control.campaign_ids[0]}"]
        cells: tuple[tuple[SplitCell, dict[str, Any]], ...] = (
            (control, {"control": True, "campaigns": base}),
            (treatment, {"control": False}),
        )
        arms = [
            {"experiment": experiment, "name": cell.name, "traffic_split": cell.share_percent, **what}
            for cell, what in cells
        ]
        request = self._transport.request("experiment_arm_service", "MutateExperimentArmsRequest")(
            customer_id=customer, operations=[{"create": arm} for arm in arms]
        )
        self._transport.ads_call("experiment_arm_service", "mutate_experiment_arms", request, operations=len(arms))

    def _arms(self, number: str) -> list[Any]:
        return [row.experiment_arm for row in self._transport.search(_ARMS.format(int(number)))]

    def _level(self, campaign: str) -> None:
        """Take every audience's adjustment out of the copy."""
        rows = self._transport.search(_COPIED_LISTS.format(int(campaign)))
        adjusted = [row.ad_group_criterion for row in rows if modifier_bp(row.ad_group_criterion) != NEUTRAL_BP]
        if not adjusted:
            return
        self._transport.mutate(
            {
                "ad_group_criterion_operation": {
                    "update": {"resource_name": criterion.resource_name, "bid_modifier": 1.0},
                    "update_mask": {"paths": ["bid_modifier"]},
                }
            }
            for criterion in adjusted
        )

    def _call(self, method: str, request: Any) -> Any:
        return self._transport.ads_call("experiment_service", method, request, operations=1)


def _checked(test: SplitTest) -> tuple[SplitCell, SplitCell]:
    """(our campaign as it is, the copy). Raises ConfigurationError for what Google cannot test."""
    control, treatment = (*test.cells, *[None] * 2)[:2]
    faults = {
        "Google tests two cells": len(test.cells) != 2,
        "its first cell is one campaign, as it is": control is None or len(control.campaign_ids) != 1,
        "its second cell names nothing: Google copies the campaign": treatment is not None
        and bool(treatment.campaign_ids or treatment.group_ids),
        "the shares of a test total 100 %": sum(cell.share_percent for cell in test.cells) != 100,
        "a test ends after it starts": test.ends_at <= test.starts_at,
    }
    for fault, is_so in faults.items():
        if is_so:
            raise ConfigurationError(f"test {test.key}: {fault}", "Correct its cells.")
    assert control is not None
    assert treatment is not None
    return control, treatment
