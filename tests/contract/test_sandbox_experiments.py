"""The sandbox's experiments, seen through the official client: designed as a draft, hidden until it is scheduled."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.ads.googleads.errors import GoogleAdsException

from connectors.sandbox.server import Sandbox
from tests.contract.google_clients import GoogleClients, ManualClock, code_of
from tests.contract.test_sandbox_google import budget, campaign, group

CUSTOMER = "2100000001"


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory, clock: ManualClock) -> Iterator[GoogleClients]:
    folder: Path = tmp_path_factory.mktemp("sandbox")
    with Sandbox(folder, settle_seconds=0, clock=clock, platforms=("google",)) as running:
        clients = GoogleClients(running)
        yield clients
        clients.close()


@pytest.fixture(scope="module")
def base(google: GoogleClients) -> str:
    """The campaign to be tested."""
    made = google.mutate(CUSTOMER, budget(CUSTOMER), campaign(CUSTOMER), group(CUSTOMER))
    return str(made.mutate_operation_responses[1].campaign_result.resource_name)


def mutated(google: GoogleClients, service: str, method: str, *creates: dict[str, Any]) -> list[str]:
    call = getattr(google.ads(service), method)
    answer = call(request={"customer_id": CUSTOMER, "operations": [{"create": create} for create in creates]})
    return [result.resource_name for result in answer.results]


def experiment(google: GoogleClients, clock: ManualClock, title: str, **fields: Any) -> str:
    first = clock.now().date().replace(day=1, month=12)
    values = {
        "name": title,
        "type_": "SEARCH_CUSTOM",
        "suffix": f"[{title}]",
        "start_date": first.isoformat(),
        "end_date": first.replace(day=20).isoformat(),
    }
    return mutated(google, "ExperimentService", "mutate_experiments", {**values, **fields})[0]


def arms(google: GoogleClients, of: str, base: str, share: int = 50) -> None:
    control = {"experiment": of, "name": "as it is", "control": True, "traffic_split": 50, "campaigns": [base]}
    treatment = {"experiment": of, "name": "copy", "control": False, "traffic_split": share}
    mutated(google, "ExperimentArmService", "mutate_experiment_arms", control, treatment)


def campaigns(google: GoogleClients, *, drafts: bool = False) -> list[str]:
    asked = " PARAMETERS include_drafts=true" if drafts else ""
    return sorted(row.campaign.name for row in google.search(CUSTOMER, f"SELECT campaign.name FROM campaign{asked}"))


def test_a_copy_is_designed_unseen_and_runs_once_scheduled(
    google: GoogleClients, clock: ManualClock, base: str
) -> None:
    made = experiment(google, clock, "spring")
    arms(google, made, base)
    assert campaigns(google) == ["Autumn"]
    assert campaigns(google, drafts=True) == ["Autumn", "Autumn [spring]"]

    google.ads("ExperimentService").schedule_experiment(resource_name=made)

    assert campaigns(google) == ["Autumn", "Autumn [spring]"]
    with pytest.raises(GoogleAdsException) as twice:
        google.ads("ExperimentService").schedule_experiment(resource_name=made)
    assert code_of(twice.value) == "experiment_error.STATUS_TRANSITION_INVALID"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "taken"}, "experiment_error.DUPLICATE_EXPERIMENT_NAME"),
        ({"suffix": " "}, "field_error.REQUIRED"),
        ({"type_": "DISPLAY_CUSTOM"}, "enum_error.ENUM_VALUE_NOT_PERMITTED"),
        ({"start_date": "2020-01-01"}, "experiment_error.CANNOT_SET_START_DATE_IN_PAST"),
        ({"end_date": "2020-01-01"}, "experiment_error.END_DATE_BEFORE_START_DATE"),
    ],
)
def test_an_experiment_google_would_refuse_is_refused(
    google: GoogleClients, clock: ManualClock, fields: dict[str, Any], code: str
) -> None:
    if "name" in fields:
        experiment(google, clock, "taken")
    with pytest.raises(GoogleAdsException) as refused:
        experiment(google, clock, "another", **fields)
    assert code_of(refused.value) == code


def test_shares_that_do_not_total_a_hundred_are_refused_when_it_is_scheduled(
    google: GoogleClients, clock: ManualClock, base: str
) -> None:
    made = experiment(google, clock, "uneven")
    arms(google, made, base, share=40)
    with pytest.raises(GoogleAdsException) as refused:
        google.ads("ExperimentService").schedule_experiment(resource_name=made)
    code = "SUM_TRIAL_ARM_TRAFFIC_UNEQUALS_TO_TRIAL_TRAFFIC_SPLIT_DENOMINATOR"
    assert code_of(refused.value) == f"experiment_error.{code}"


def test_a_treatment_names_no_campaign_and_follows_a_control(
    google: GoogleClients, clock: ManualClock, base: str
) -> None:
    made = experiment(google, clock, "order")
    treatment = {"experiment": made, "name": "copy", "control": False, "traffic_split": 50}
    refusals = {
        "experiment_error.MISSING_EXPERIMENT_ARMS": treatment,
        "experiment_arm_error.CANNOT_SET_TREATMENT_ARM_CAMPAIGN": {**treatment, "campaigns": [base]},
    }
    for code, arm in refusals.items():
        with pytest.raises(GoogleAdsException) as refused:
            mutated(google, "ExperimentArmService", "mutate_experiment_arms", arm)
        assert code_of(refused.value) == code
