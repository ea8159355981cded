"""The sandbox's lifecycle goals, by the official client: one of each kind, and which campaigns may go by it."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from google.ads.googleads.errors import GoogleAdsException

from connectors.sandbox.server import Sandbox
from tests.contract.google_clients import GoogleClients, code_of
from tests.contract.test_sandbox_google import budget, campaign

_NUMBERS = count(2_300_000_001)
NEW, LAPSED, LOYAL = "new_customer_acquisition", "retention", "loyalty_retention"


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleClients]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), settle_seconds=0, platforms=("google",)) as running:
        clients = GoogleClients(running)
        yield clients
        clients.close()


@pytest.fixture
def customer() -> str:
    """An account of its own: it has one goal of each kind."""
    return str(next(_NUMBERS))


def goal(google: GoogleClients, customer: str, kind: str, **values: float) -> str:
    made = {f"{kind}_goal_settings": {"value_settings": values}}
    request = {"customer_id": customer, "operations": [{"create": made}]}
    return str(google.ads("GoalService").mutate_goals(request=request).results[0].resource_name)


def link(google: GoogleClients, customer: str, to: str, kind: str, **settings: Any) -> str:
    """Link a campaign made for it."""
    made = google.mutate(customer, budget(customer), campaign(customer))
    name = made.mutate_operation_responses[1].campaign_result.resource_name
    return linked(google, customer, {"create": {"campaign": name, "goal": to, f"campaign_{kind}_settings": settings}})


def linked(google: GoogleClients, customer: str, operation: dict[str, Any]) -> str:
    request = {"customer_id": customer, "operations": [operation]}
    service = google.ads("CampaignGoalConfigService")
    return str(service.mutate_campaign_goal_configs(request=request).results[0].resource_name)


def test_a_campaign_goes_by_the_goal_with_a_value_of_its_own(google: GoogleClients, customer: str) -> None:
    acquisition = goal(google, customer, NEW, additional_value=50.0)
    name = link(google, customer, acquisition, NEW, value_settings_override={"additional_value": 20.0})
    query = (
        "SELECT campaign_goal_config.goal_type, goal.new_customer_acquisition_goal_settings.value_settings."
        "additional_value, campaign_goal_config.campaign_new_customer_acquisition_settings.target_option, "
        "campaign.id FROM campaign_goal_config WHERE campaign_goal_config.goal_type = 'NEW_CUSTOMER_ACQUISITION'"
    )
    [row] = google.search(customer, query)
    shown, number = row.campaign_goal_config, acquisition.rpartition("/")[2]
    assert shown.resource_name == name == f"customers/{customer}/campaignGoalConfigs/{row.campaign.id}~{number}"
    assert shown.campaign_new_customer_acquisition_settings.target_option.name == "TARGET_ALL"
    assert row.goal.new_customer_acquisition_goal_settings.value_settings.additional_value == 50.0

    linked(google, customer, {"remove": name})
    assert google.search(customer, query) == []


@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        (NEW, {"additional_value": 5.0}, "goal_error.NEW_CUSTOMER_ACQUISITION_GOAL_ALREADY_EXISTS"),
        (LAPSED, {"additional_value": 5.0, "additional_high_lifetime_value": 5.0},
         "goal_error.HIGH_LIFETIME_VALUE_LESS_THAN_OR_EQUAL_TO_VALUE"),
        (LAPSED, {"additional_high_lifetime_value": 5.0}, "goal_error.HIGH_LIFETIME_VALUE_PRESENT_BUT_VALUE_ABSENT"),
        (LOYAL, {"value_multiplier": 2.0, "high_lifetime_value_multiplier": 1.5},
         "goal_error.HIGH_LIFETIME_VALUE_MULTIPLIER_LESS_THAN_OR_EQUAL_TO_VALUE_MULTIPLIER"),
        (LAPSED, {"additional_value": -1.0}, "range_error.TOO_LOW"),
    ],
)  # fmt: skip
def test_goals_that_are_refused(
    google: GoogleClients, customer: str, kind: str, values: dict[str, float], code: str
) -> None:
    goal(google, customer, NEW, additional_value=50.0)
    with pytest.raises(GoogleAdsException) as refused:
        goal(google, customer, kind, **values)
    assert code_of(refused.value) == code


ONLY = "TARGET_SPECIFIC"
VALUE = {"additional_value": 5.0}
HIGH = {"additional_value": 5.0, "additional_high_lifetime_value": 9.0}


@pytest.mark.parametrize(
    ("kind", "settings", "code"),
    [
        (NEW, {"target_option": ONLY, "value_settings_override": VALUE},
         "CAMPAIGN_OVERRIDE_VALUES_SET_FOR_NEW_CUSTOMER_ACQUISITION_TARGET_SPECIFIC_OPTION"),
        (NEW, {"value_settings_override": HIGH},
         "CAMPAIGN_OVERRIDE_HIGH_LIFETIME_VALUE_NOT_SUPPORTED_FOR_CAMPAIGN_TYPE"),
        (LAPSED, {"value_settings_override": VALUE}, "CUSTOMER_LIFECYCLE_OPTIMIZATION_CAMPAIGN_TYPE_NOT_SUPPORTED"),
    ],
)  # fmt: skip
def test_links_of_search_campaigns_that_are_refused(
    google: GoogleClients, customer: str, kind: str, settings: dict[str, Any], code: str
) -> None:
    made = goal(google, customer, kind, additional_value=50.0)
    with pytest.raises(GoogleAdsException) as refused:
        link(google, customer, made, kind, **settings)
    assert code_of(refused.value) == f"campaign_goal_config_error.{code}"


def test_a_link_is_made_once_and_to_a_goal_there_is(google: GoogleClients, customer: str) -> None:
    acquisition = goal(google, customer, NEW, additional_value=50.0)
    name = link(google, customer, acquisition, NEW, target_option=ONLY)
    campaign_id = name.rpartition("/")[2].partition("~")[0]
    again = {"campaign": f"customers/{customer}/campaigns/{campaign_id}", f"campaign_{NEW}_settings": {}}
    for where, code in (
        (acquisition, "mutate_error.RESOURCE_ALREADY_EXISTS"),
        (f"customers/{customer}/goals/1", "campaign_goal_config_error.GOAL_NOT_FOUND"),
    ):
        with pytest.raises(GoogleAdsException) as refused:
            linked(google, customer, {"create": {**again, "goal": where}})
        assert code_of(refused.value) == code
