"""What each answer of Google becomes, and that nothing of a payload, a message or a token is ever in it."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2 as rpc

from activator.errors import (
    AuthenticationRequiredError,
    DestinationError,
    OutcomeUnknownError,
    PermanentRefusalError,
    RateLimitedError,
    RetryableError,
)
from activator.model.delivery import Operation
from connectors.google.credentials import AccessTokens
from tests.clocks import ManualClock
from tests.unit import google_platform as loopback
from tests.unit.google_platform import ACCESS_TOKEN, DIGEST, REFRESH_TOKEN, Failure, Platform
from tests.unit.google_specs import CAMPAIGN, GOLD, members, rows

Status = grpc.StatusCode


@pytest.fixture(name="platform")
def _platform() -> Iterator[Platform]:
    with loopback.running() as platform:
        yield platform


def failure(family: str, code: str, **extra: Any) -> dict[str, Any]:
    return {
        "errors": [
            {
                "error_code": {family: code},
                "message": f"trouble with {DIGEST}",
                "trigger": {"string_value": DIGEST},
                "location": {"field_path_elements": [{"field_name": "mutate_operations", "index": 1}]},
                **extra,
            }
        ],
        "request_id": "req-77",
    }


def raised(action: Any) -> DestinationError:
    with pytest.raises(DestinationError) as caught:
        action()
    return caught.value


def assert_silent(error: BaseException) -> None:
    """Nothing of the payload or the credentials in any text or anywhere along the exception chain."""
    seen = [error, error.__cause__, error.__context__]
    text = "".join(traceback.format_exception(error)) + repr([(str(e), repr(e), getattr(e, "args", ())) for e in seen])
    for canary in (DIGEST, ACCESS_TOKEN, REFRESH_TOKEN, "canary"):
        assert canary not in text
    assert error.__context__ is None
    assert error.__cause__ is None


LABELLED = rows({"label": {"resource_name": "customers/1/labels/9", "name": "activator"}})

WRITES = [
    (Failure(Status.UNAVAILABLE), OutcomeUnknownError),
    (Failure(Status.DEADLINE_EXCEEDED), OutcomeUnknownError),
    (Failure(Status.INTERNAL), OutcomeUnknownError),
    (Failure(Status.UNKNOWN), OutcomeUnknownError),
    (Failure(Status.INTERNAL, failure=failure("internal_error", "TRANSIENT_ERROR")), OutcomeUnknownError),
    (
        Failure(Status.INVALID_ARGUMENT, failure=failure("campaign_error", "INVALID_CAMPAIGN_NAME")),
        PermanentRefusalError,
    ),
    (
        Failure(Status.INVALID_ARGUMENT, failure=failure("policy_finding_error", "POLICY_FINDING")),
        PermanentRefusalError,
    ),
    (
        Failure(
            Status.FAILED_PRECONDITION,
            failure=failure("mutate_error", "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED"),
        ),
        AuthenticationRequiredError,
    ),
    (
        Failure(Status.PERMISSION_DENIED, failure=failure("authorization_error", "USER_PERMISSION_DENIED")),
        AuthenticationRequiredError,
    ),
    (
        Failure(
            Status.PERMISSION_DENIED,
            failure=failure("not_allowlisted_error", "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"),
        ),
        AuthenticationRequiredError,
    ),
    (Failure(Status.PERMISSION_DENIED), AuthenticationRequiredError),
    (Failure(Status.NOT_FOUND), PermanentRefusalError),
]


@pytest.mark.parametrize(("answer", "kind"), WRITES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_refused_campaign_becomes_the_error_that_says_what_helps(
    platform: Platform, tmp_path: Path, answer: Failure, kind: type[DestinationError]
) -> None:
    platform.answer("SearchStream", LABELLED)
    platform.answer("Mutate", answer)

    error = raised(lambda: loopback.destination(tmp_path, platform, ManualClock()).create(CAMPAIGN, {}))

    assert type(error) is kind
    assert error.fault.trace_id == "req-77"
    assert error.next_step
    assert_silent(error)
    assert platform.methods() == ["SearchStream", "Mutate"]


def test_the_code_and_place_google_names_are_kept_for_searching(platform: Platform, tmp_path: Path) -> None:
    platform.answer("SearchStream", LABELLED)
    platform.answer(
        "Mutate", Failure(Status.INVALID_ARGUMENT, failure=failure("criterion_error", "CANNOT_ADD_CLOSED_USER_LIST"))
    )

    error = raised(lambda: loopback.destination(tmp_path, platform, ManualClock()).create(CAMPAIGN, {}))

    assert error.fault.code == "CriterionError.CANNOT_ADD_CLOSED_USER_LIST"
    assert error.fault.subcode == "INVALID_ARGUMENT"
    assert "mutate_operations[1]" in error.message
    assert "request req-77" in error.message


def test_a_lost_answer_to_an_upload_is_an_unknown_outcome_and_is_not_sent_again(
    platform: Platform, tmp_path: Path
) -> None:
    platform.answer("IngestAudienceMembers", Failure(Status.UNAVAILABLE))
    clock = ManualClock()

    error = raised(
        lambda: loopback.destination(tmp_path, platform, clock).send(Operation.ADD, "501", members(2, DIGEST), "b")
    )

    assert type(error) is OutcomeUnknownError
    assert_silent(error)
    assert platform.methods() == ["IngestAudienceMembers"]
    assert clock.slept == []


def test_a_read_is_repeated_with_growing_pauses_and_then_given_up(platform: Platform, tmp_path: Path) -> None:
    platform.answer("ListUserLists", *[Failure(Status.UNAVAILABLE)] * 4)
    clock = ManualClock()

    error = raised(loopback.destination(tmp_path, platform, clock).observe)

    assert type(error) is RetryableError
    assert platform.methods() == ["ListUserLists"] * 4
    assert len(clock.slept) == 3
    assert clock.slept[0] < clock.slept[2] <= 9


def test_a_told_wait_is_kept_and_the_same_upload_is_sent_again(platform: Platform, tmp_path: Path) -> None:
    from google.ads.datamanager_v1.types.ingestion_service import IngestAudienceMembersResponse

    limited = Failure(Status.RESOURCE_EXHAUSTED, details=(rpc.RetryInfo(retry_delay=Duration(seconds=20)),))
    platform.answer("IngestAudienceMembers", limited, IngestAudienceMembersResponse(request_id="up-1"))
    clock = ManualClock()

    receipt = loopback.destination(tmp_path, platform, clock).send(Operation.ADD, "501", members(1, DIGEST), "b")

    assert (receipt.request_id or "").endswith(":up-1")
    assert 20 <= clock.slept[0] < 22
    assert platform.calls[0].request == platform.calls[1].request


def test_a_long_wait_is_left_to_the_caller(platform: Platform, tmp_path: Path) -> None:
    told = {"rate_scope": "DEVELOPER", "rate_name": "Get requests for standard access", "retry_delay": {"seconds": 900}}
    quota = {"details": {"quota_error_details": told}}
    platform.answer(
        "SearchStream",
        Failure(Status.RESOURCE_EXHAUSTED, failure=failure("quota_error", "RESOURCE_TEMPORARILY_EXHAUSTED", **quota)),
    )
    clock = ManualClock()

    error = raised(lambda: loopback.destination(tmp_path, platform, clock).create(CAMPAIGN, {}))

    assert isinstance(error, RateLimitedError)
    assert error.retry_after_seconds == 900
    assert error.message.count("quota Get requests for standard access") == 1
    assert clock.slept == []
    assert_silent(error)


DAILY = "IngestionMutateRequestsPerDayPerProject"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            Failure(Status.RESOURCE_EXHAUSTED, failure=failure("quota_error", "RESOURCE_EXHAUSTED")),
            "day's operations of the Cloud project are used up (QuotaError.RESOURCE_EXHAUSTED",
        ),
        (
            Failure(Status.RESOURCE_EXHAUSTED, details=(rpc.ErrorInfo(metadata={"quota_limit": DAILY}),)),
            f"day's requests of the Cloud project are used up (RESOURCE_EXHAUSTED, quota {DAILY}",
        ),
        (
            Failure(
                Status.RESOURCE_EXHAUSTED,
                details=(rpc.QuotaFailure(violations=[rpc.QuotaFailure.Violation(quota_id=DAILY)]),),
            ),
            f"day's requests of the Cloud project are used up (RESOURCE_EXHAUSTED, quota {DAILY}",
        ),
    ],
)
def test_a_daily_quota_is_named_and_without_a_told_wait_not_waited_for_here(
    platform: Platform, tmp_path: Path, answer: Failure, said: str
) -> None:
    platform.answer("ListUserLists", answer)
    destination = loopback.destination(tmp_path, platform, ManualClock())
    error = raised(destination.observe)

    assert isinstance(error, RateLimitedError)
    assert error.retry_after_seconds == 3_600
    assert said in error.message
    assert error.message.count(DAILY) <= 1
    again = raised(destination.observe)
    assert f"with calls of {platform.target}" in again.message


def test_a_concurrent_change_is_tried_again(platform: Platform, tmp_path: Path) -> None:
    from tests.unit.google_specs import made

    platform.answer("SearchStream", LABELLED)
    busy = Failure(Status.ABORTED, failure=failure("database_error", "CONCURRENT_MODIFICATION"))
    platform.answer("Mutate", busy, made("customers/1/campaignBudgets/1", "customers/1/campaigns/601"))

    remote = loopback.destination(tmp_path, platform, ManualClock()).create(CAMPAIGN, {})

    assert remote.platform_id == "601"
    assert platform.methods().count("Mutate") == 2


def test_an_expired_token_is_renewed_once_and_the_call_repeated(platform: Platform, tmp_path: Path) -> None:
    from google.ads.datamanager_v1.types.user_list_service import ListUserListsResponse

    platform.answer("ListUserLists", Failure(Status.UNAUTHENTICATED), ListUserListsResponse())
    platform.answer("SearchStream", rows())

    loopback.destination(tmp_path, platform, ManualClock()).observe()

    assert platform.tokens == 2


def test_a_token_that_is_never_accepted_asks_for_a_human(platform: Platform, tmp_path: Path) -> None:
    platform.answer("ListUserLists", *[Failure(Status.UNAUTHENTICATED)] * 2)

    error = raised(loopback.destination(tmp_path, platform, ManualClock()).observe)

    assert type(error) is AuthenticationRequiredError
    assert platform.tokens == 2


def test_a_revoked_refresh_token_asks_for_a_human_before_anything_is_sent(platform: Platform, tmp_path: Path) -> None:
    platform.token_answer = (400, {"error": "invalid_grant", "error_description": f"canary {REFRESH_TOKEN}"})

    error = raised(
        lambda: loopback.destination(tmp_path, platform, ManualClock()).send(
            Operation.ADD, "501", members(1, DIGEST), "b"
        )
    )

    assert type(error) is AuthenticationRequiredError
    assert error.fault.code == "invalid_grant"
    assert platform.calls == []
    assert_silent(error)


def test_an_unreachable_token_endpoint_is_temporary(platform: Platform, tmp_path: Path) -> None:
    platform.token_uri = "http://127.0.0.1:1/token"

    error = raised(loopback.destination(tmp_path, platform, ManualClock()).observe)

    assert type(error) is RetryableError
    assert_silent(error)


def test_a_refused_connection_had_no_effect_even_on_a_write(platform: Platform, tmp_path: Path) -> None:
    destination = loopback.destination(tmp_path, platform, ManualClock(), data_manager_endpoint="localhost:1")

    error = raised(lambda: destination.send(Operation.ADD, "501", members(1, DIGEST), "b"))

    assert type(error) is RetryableError
    assert "cannot be reached" in error.message


def test_a_server_we_do_not_trust_is_never_sent_anything(platform: Platform, tmp_path: Path) -> None:
    destination = loopback.destination(tmp_path, platform, ManualClock(), ca_file=None)

    error = raised(lambda: destination.send(Operation.ADD, "501", members(1, DIGEST), "b"))

    assert type(error) is RetryableError
    assert platform.calls == []


def test_details_that_contradict_the_status_do_not_break_the_mapping(platform: Platform, tmp_path: Path) -> None:
    """api_core raises ValueError for them, with the server's text in it."""

    def contradict() -> Failure:
        return Failure(
            Status.INVALID_ARGUMENT, message=f"a {DIGEST}", details=(rpc.ErrorInfo(reason="NOT_ALLOWLISTED"),)
        )

    platform.answer("CreateUserList", contradict)
    error = raised(lambda: loopback.destination(tmp_path, platform, ManualClock()).create(GOLD, {}))

    assert type(error) is AuthenticationRequiredError
    assert_silent(error)


@pytest.mark.parametrize("kind", ["authorized_user", "service_account"])
def test_the_files_own_token_address_is_used(platform: Platform, tmp_path: Path, kind: str) -> None:
    settings = loopback.settings(
        tmp_path, platform, credentials_file=loopback.credentials_file(tmp_path, platform, kind)
    )

    assert ("authorization", f"Bearer {ACCESS_TOKEN}") in AccessTokens(settings).metadata()
    assert platform.tokens == 1


def test_a_token_is_kept_until_it_expires(platform: Platform, tmp_path: Path) -> None:
    tokens = AccessTokens(loopback.settings(tmp_path, platform))
    tokens.metadata()
    tokens.metadata()

    assert platform.tokens == 1
    assert ACCESS_TOKEN not in repr(tokens)
