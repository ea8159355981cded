"""What is really sent about the goal for new customers: no more than Google lets be set, and no more than differs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.google.new_customers import NewCustomers
from connectors.google.transport import GoogleTransport
from tests.clocks import ManualClock
from tests.unit import google_platform as loopback
from tests.unit.google_platform import ACCOUNT, Platform

CAMPAIGN, GOAL = f"customers/{ACCOUNT}/campaigns/601", f"customers/{ACCOUNT}/goals/31"
LINK = f"customers/{ACCOUNT}/campaignGoalConfigs/601~31"
SETTINGS = "campaign_new_customer_acquisition_settings"


@pytest.fixture(name="platform")
def _platform() -> Iterator[Platform]:
    with loopback.running() as platform:
        yield platform


@pytest.fixture(name="new_customers")
def _new_customers(platform: Platform, tmp_path: Path) -> Iterator[NewCustomers]:
    transport = GoogleTransport(loopback.settings(tmp_path, platform), ACCOUNT, ManualClock())
    yield NewCustomers(transport)
    transport.close()


def rows(*found: dict[str, Any]) -> list[Any]:
    from google.ads.googleads.v26.services.types.google_ads_service import SearchGoogleAdsStreamResponse

    return [SearchGoogleAdsStreamResponse.pb()(results=list(found))]


def sent(platform: Platform, what: str) -> Any:
    from google.ads.googleads.v26.services.types import campaign_goal_config_service, goal_service

    module = goal_service if what == "Goals" else campaign_goal_config_service
    (operation,) = platform.only(f"Mutate{what}", getattr(module, f"Mutate{what}Request")).operations
    return operation


def test_a_goal_is_made_by_its_settings_since_its_type_is_output_only(
    platform: Platform, new_customers: NewCustomers
) -> None:
    from google.ads.googleads.v26.services.types.campaign_goal_config_service import MutateCampaignGoalConfigsResponse
    from google.ads.googleads.v26.services.types.goal_service import MutateGoalsResponse

    platform.answer("SearchStream", rows(), rows(), rows())
    platform.answer("MutateGoals", MutateGoalsResponse(results=[{"resource_name": GOAL}]))
    platform.answer("MutateCampaignGoalConfigs", MutateCampaignGoalConfigsResponse())
    new_customers.count(CAMPAIGN, 2_000)

    made = sent(platform, "Goals").create
    assert [field.name for field, _ in made.ListFields()] == ["new_customer_acquisition_goal_settings"]
    assert made.new_customer_acquisition_goal_settings.value_settings.additional_value == 20.0
    link = sent(platform, "CampaignGoalConfigs").create
    assert [field.name for field, _ in link.ListFields()] == ["campaign", "goal", SETTINGS]


@pytest.mark.parametrize(
    ("target", "override", "set_now", "named"),
    [
        ("TARGET_ALL", {"additional_value": 15.0}, ["value_settings_override"], ["additional_value"]),
        ("TARGET_SPECIFIC", {"additional_value": 20.0}, ["target_option"], []),
        (
            "TARGET_ALL",
            {"additional_value": 20.0, "additional_high_lifetime_value": 90.0},
            [],
            ["additional_high_lifetime_value"],
        ),
    ],
)
def test_a_change_of_our_link_sends_what_its_mask_names_and_nothing_else(
    platform: Platform,
    new_customers: NewCustomers,
    target: str,
    override: dict[str, float],
    set_now: list[str],
    named: list[str],
) -> None:
    from google.ads.googleads.v26.services.types.campaign_goal_config_service import MutateCampaignGoalConfigsResponse

    link = {"resource_name": LINK, "campaign": CAMPAIGN}
    link[SETTINGS] = {"target_option": target, "value_settings_override": override}  # type: ignore[assignment]
    platform.answer("SearchStream", rows({"campaign_goal_config": link}))
    platform.answer("MutateCampaignGoalConfigs", MutateCampaignGoalConfigsResponse())
    new_customers.count(CAMPAIGN, 2_000)

    change = sent(platform, "CampaignGoalConfigs")
    assert [field.name for field, _ in getattr(change.update, SETTINGS).ListFields()] == set_now
    paths = [f"{SETTINGS}.{name}" for name in set_now if name == "target_option"]
    assert list(change.update_mask.paths) == paths + [f"{SETTINGS}.value_settings_override.{name}" for name in named]
