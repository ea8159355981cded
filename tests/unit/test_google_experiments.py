"""A split test at Google: our campaign as it is against a copy without audience adjustments, started once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from activator.errors import ConfigurationError, PermanentRefusalError
from activator.model.naming import marker
from activator.model.split_test import SplitCell, SplitTest
from activator.ports import SplitTesting
from tests.clocks import ManualClock
from tests.unit import google_platform as loopback
from tests.unit.google_platform import ACCOUNT, Platform
from tests.unit.google_specs import made, rows

TEST = SplitTest(
    "spring",
    "Bids by tier",
    (SplitCell("by tier", 50, campaign_ids=("601",)), SplitCell("all alike", 50)),
    datetime(2026, 11, 30, 23, 30, tzinfo=UTC),  # in Berlin it is the first of December
    datetime(2026, 12, 28, 12, 0, tzinfo=UTC),
)
EXPERIMENT = f"customers/{ACCOUNT}/experiments/77"
ARMS = rows(
    {"experiment_arm": {"control": True}},
    {"experiment_arm": {"control": False, "in_design_campaigns": [f"customers/{ACCOUNT}/campaigns/901"]}},
)
LISTS = rows(
    {"ad_group_criterion": {"resource_name": f"customers/{ACCOUNT}/adGroupCriteria/1~2", "bid_modifier": 1.6}},
    {"ad_group_criterion": {"resource_name": f"customers/{ACCOUNT}/adGroupCriteria/3~4"}},
)


@pytest.fixture(name="platform")
def _platform() -> Iterator[Platform]:
    with loopback.running() as platform:
        yield platform


def start(platform: Platform, folder: Path, test: SplitTest = TEST) -> str:
    destination = loopback.destination(folder, platform, ManualClock())
    assert isinstance(destination, SplitTesting)
    return destination.start_split_test(test)


def scheduled(platform: Platform) -> None:
    from google.longrunning.operations_pb2 import Operation

    platform.answer("ScheduleExperiment", Operation(name="operations/1"))


def shown(status: str = "SETUP") -> dict[str, Any]:
    mark = marker("roastery", "google", "experiment/spring")
    return {"experiment": {"resource_name": EXPERIMENT, "experiment_id": 77, "name": f"x {mark}", "status": status}}


def test_a_test_is_made_levelled_and_scheduled(platform: Platform, tmp_path: Path) -> None:
    from google.ads.googleads.v26.services.types.experiment_arm_service import (
        MutateExperimentArmsRequest,
        MutateExperimentArmsResponse,
    )
    from google.ads.googleads.v26.services.types.experiment_service import (
        MutateExperimentsRequest,
        MutateExperimentsResponse,
        ScheduleExperimentRequest,
    )
    from google.ads.googleads.v26.services.types.google_ads_service import MutateGoogleAdsRequest

    platform.answer("SearchStream", rows(), rows(), ARMS, LISTS)
    platform.answer("MutateExperiments", MutateExperimentsResponse(results=[{"resource_name": EXPERIMENT}]))
    platform.answer("MutateExperimentArms", MutateExperimentArmsResponse(results=[{}, {}]))
    platform.answer("Mutate", made("x"))
    scheduled(platform)
    assert start(platform, tmp_path) == "77"

    experiment = platform.only("MutateExperiments", MutateExperimentsRequest).operations[0].create
    assert (experiment.type_, experiment.status, experiment.suffix) == (7, 6, "[spring]")  # SEARCH_CUSTOM, SETUP
    assert (experiment.start_date, experiment.end_date) == ("2026-12-01", "2026-12-28")
    assert marker("roastery", "google", "experiment/spring") in experiment.name
    sent = platform.only("MutateExperimentArms", MutateExperimentArmsRequest)
    arms = [operation.create for operation in sent.operations]
    assert [(arm.control, arm.traffic_split, list(arm.campaigns)) for arm in arms] == [
        (True, 50, [f"customers/{ACCOUNT}/campaigns/601"]),
        (False, 50, []),
    ]
    (change,) = platform.only("Mutate", MutateGoogleAdsRequest).mutate_operations
    criterion = change.ad_group_criterion_operation
    assert (criterion.update.resource_name.endswith("1~2"), criterion.update.bid_modifier) == (True, 1.0)
    assert platform.only("ScheduleExperiment", ScheduleExperimentRequest).resource_name == EXPERIMENT


def test_an_interrupted_start_goes_on_where_it_stopped(platform: Platform, tmp_path: Path) -> None:
    platform.answer("SearchStream", rows(shown()), ARMS, LISTS)
    platform.answer("Mutate", made("x"))
    scheduled(platform)
    assert start(platform, tmp_path) == "77"
    assert "MutateExperiments" not in platform.methods()


@pytest.mark.parametrize("status", ["INITIATED", "ENABLED"])
def test_a_scheduled_test_is_left_alone_also_while_its_copy_is_still_to_be_made(
    platform: Platform, tmp_path: Path, status: str
) -> None:
    platform.answer("SearchStream", rows(shown(status)))
    assert start(platform, tmp_path) == "77"
    assert platform.methods() == ["SearchStream"]


def test_two_of_one_key_are_refused(platform: Platform, tmp_path: Path) -> None:
    platform.answer("SearchStream", rows(shown(), shown()))
    with pytest.raises(PermanentRefusalError, match="2 experiments carry the marker"):
        start(platform, tmp_path)


def test_a_test_that_is_over_is_not_started_again(platform: Platform, tmp_path: Path) -> None:
    platform.answer("SearchStream", rows(shown("HALTED")))
    with pytest.raises(ConfigurationError, match="is over"):
        start(platform, tmp_path)


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (replace(TEST, cells=TEST.cells[:1]), "two cells"),
        (replace(TEST, cells=(SplitCell("a", 50, group_ids=("7",)), SplitCell("b", 50))), "one campaign"),
        (replace(TEST, cells=(TEST.cells[0], SplitCell("b", 50, campaign_ids=("9",)))), "names nothing"),
        (replace(TEST, cells=(TEST.cells[0], SplitCell("b", 40))), "total 100"),
        (replace(TEST, ends_at=TEST.starts_at), "ends after"),
    ],
)
def test_what_google_cannot_test_is_refused_before_anything_is_called(
    platform: Platform, tmp_path: Path, test: SplitTest, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        start(platform, tmp_path, test)
    assert platform.calls == []
