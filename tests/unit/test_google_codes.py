"""Every code with a meaning of its own, sent by a real server: the class, the code, the request id and what to do."""

import re
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2 as rpc

from activator.errors import DestinationError, RateLimitedError, RetryableError
from activator.model.delivery import Operation
from connectors.google.errors import CODES, DUPLICATE_NAMES
from connectors.google.version import ATTEMPTS_MAX
from tests.clocks import ManualClock
from tests.unit import google_platform as loopback
from tests.unit.google_platform import DIGEST, Failure, Platform
from tests.unit.google_specs import CAMPAIGN, members
from tests.unit.test_google_errors import LABELLED, assert_silent, failure, raised

ADS = sorted(code for code in CODES if "." in code)
DATA = sorted(code for code in CODES if "." not in code)


@pytest.fixture(name="platform")
def _platform() -> Iterator[Platform]:
    with loopback.running() as platform:
        yield platform


def ads_failure(code: str) -> Failure:
    """The code as the Google Ads API sends it: `CampaignError.X` is field `campaign_error`."""
    family, _, name = code.partition(".")
    field = re.sub(r"(?<!^)(?=[A-Z])", "_", family).lower()
    status = grpc.StatusCode.RESOURCE_EXHAUSTED if family == "QuotaError" else grpc.StatusCode.INVALID_ARGUMENT
    return Failure(status, failure=failure(field, name))


def judged(error: DestinationError, code: str) -> None:
    meaning = CODES[code]
    assert type(error) is meaning.kind
    assert error.fault.code == code
    assert error.fault.trace_id == "req-77"
    assert code in error.message
    assert "req-77" in error.message
    assert error.next_step == meaning.next_step
    assert_silent(error)


@pytest.mark.parametrize("code", ADS)
def test_a_code_of_the_google_ads_api(platform: Platform, tmp_path: Path, code: str) -> None:
    platform.answer("SearchStream", LABELLED)
    platform.answer("Mutate", *[ads_failure(code)] * ATTEMPTS_MAX)
    error = raised(lambda: loopback.destination(tmp_path, platform, ManualClock()).create(CAMPAIGN, {}))

    judged(error, code)
    tries = platform.methods().count("Mutate")
    assert tries == (ATTEMPTS_MAX if _repeated(error) else 1)


@pytest.mark.parametrize("code", DATA)
def test_a_code_of_the_data_manager_api(platform: Platform, tmp_path: Path, code: str) -> None:
    violation = rpc.BadRequest(field_violations=[{"field": "destinations[0]", "reason": code}])
    told = rpc.RequestInfo(request_id="req-77")
    platform.answer("IngestAudienceMembers", Failure(grpc.StatusCode.INVALID_ARGUMENT, details=(violation, told)))
    destination = loopback.destination(tmp_path, platform, ManualClock())
    error = raised(lambda: destination.send(Operation.ADD, "501", members(2, DIGEST), "b"))

    judged(error, code)
    assert platform.methods() == ["IngestAudienceMembers"]


def _repeated(error: DestinationError) -> bool:
    """What is certain to have had no effect is tried again, unless the wait is long."""
    return isinstance(error, RetryableError) or (
        isinstance(error, RateLimitedError) and error.retry_after_seconds <= 60
    )


def test_a_taken_name_is_no_meaning_of_its_own() -> None:
    assert not DUPLICATE_NAMES & CODES.keys()
