"""Uploads over hours, on a virtual clock: asked about in time, replaced without ever being empty, within quotas."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from activator.errors import RateLimitedError
from activator.model.delivery import Operation, ReplacementPart, Settlement
from activator.ports import AccountWideRemoval, ReplacingDestination
from connectors.google.destination import GoogleDestination
from tests.clocks import ManualClock
from tests.unit import google_platform as loopback
from tests.unit.google_platform import DIGEST, Failure, Platform
from tests.unit.google_specs import members
from tests.unit.test_google_errors import failure


@pytest.fixture(name="platform")
def _platform() -> Iterator[Platform]:
    with loopback.running() as platform:
        yield platform


def accepted(number: int = 1) -> Any:
    from google.ads.datamanager_v1.types.ingestion_service import IngestAudienceMembersResponse

    return IngestAudienceMembersResponse(request_id=f"up-{number}")


def status(*states: str, rows: int = 0) -> Any:
    """One state for each destination of the request."""
    from google.ads.datamanager_v1.types.ingestion_service import RetrieveRequestStatusResponse

    counted = {"audience_members_ingestion_status": {"user_data_ingestion_status": {"record_count": rows}}}
    shown = [{"request_status": state, **(counted if rows else {})} for state in states]
    return RetrieveRequestStatusResponse.pb()(request_status_per_destination=shown)


def test_an_upload_is_asked_about_on_the_documented_schedule_and_never_before(
    platform: Platform, tmp_path: Path
) -> None:
    clock = ManualClock()
    destination = loopback.destination(tmp_path, platform, clock)
    platform.answer("IngestAudienceMembers", accepted())
    platform.answer("RetrieveRequestStatus", *[status("PROCESSING")] * 5, status("SUCCESS"))
    receipt = destination.send(Operation.ADD, "501", members(3, DIGEST), "b")

    started, asked = clock.now(), []
    while receipt.settlement is Settlement.PROCESSING:
        before = platform.methods().count("RetrieveRequestStatus")
        receipt = destination.settle(receipt.request_id or "", 3)
        if platform.methods().count("RetrieveRequestStatus") > before:
            asked.append(round((clock.now() - started) / timedelta(minutes=1)))
        clock.advance(minutes=1)

    assert receipt.settled == 3
    assert asked == [30, 69, 120, 180, 240, 300]
    assert clock.slept == []  # nobody was kept waiting


def test_the_next_run_knows_when_an_upload_was_accepted_but_not_who_asked_since(
    platform: Platform, tmp_path: Path
) -> None:
    start = ManualClock()
    platform.answer("IngestAudienceMembers", accepted())
    sent = loopback.destination(tmp_path, platform, start).send(Operation.ADD, "501", members(3, DIGEST), "b")

    def run_after(**time: float) -> Settlement:
        clock = ManualClock(start.now() + timedelta(**time))
        return loopback.destination(tmp_path, platform, clock).settle(sent.request_id or "", 3).settlement

    assert run_after(minutes=29) is Settlement.PROCESSING
    assert "RetrieveRequestStatus" not in platform.methods()
    platform.answer("RetrieveRequestStatus", status("PROCESSING"), status("SUCCESS"))
    assert run_after(minutes=31) is Settlement.PROCESSING
    assert run_after(minutes=32) is Settlement.SETTLED


def test_a_run_that_opens_the_account_to_plan_and_again_to_apply_asks_once(platform: Platform, tmp_path: Path) -> None:
    clock = ManualClock()
    platform.answer("IngestAudienceMembers", accepted())
    sent = loopback.destination(tmp_path, platform, clock).send(Operation.ADD, "501", members(3, DIGEST), "b")
    platform.answer("RetrieveRequestStatus", status("PROCESSING"))
    clock.advance(minutes=30)
    for _ in range(3):
        opened_again = loopback.destination(tmp_path, platform, clock)
        assert opened_again.settle(sent.request_id or "", 3).settlement is Settlement.PROCESSING
        clock.advance(seconds=2)

    assert platform.methods().count("RetrieveRequestStatus") == 1


def test_apply_does_not_wait_for_what_cannot_be_there_yet(platform: Platform, tmp_path: Path) -> None:
    assert loopback.destination(tmp_path, platform, ManualClock()).settle_wait_seconds == 0
    quick = loopback.destination(tmp_path, platform, ManualClock(), poll_first_seconds=1.0)
    assert quick.settle_wait_seconds == 60


def test_what_is_processed_for_two_days_is_taken_for_lost(platform: Platform, tmp_path: Path) -> None:
    clock = ManualClock()
    destination = loopback.destination(tmp_path, platform, clock)
    platform.answer("IngestAudienceMembers", accepted())
    platform.answer("RetrieveRequestStatus", status("PROCESSING"))
    sent = destination.send(Operation.ADD, "501", members(3, DIGEST), "b")
    clock.advance(days=2, seconds=1)
    receipt = destination.settle(sent.request_id or "", 3)

    assert (receipt.settlement, receipt.unknown) == (Settlement.UNKNOWN, 3)


# --- Replacing ------------------------------------------------------------------------------------------------------


def opened(folder: Path, platform: Platform, clock: ManualClock) -> GoogleDestination:
    return loopback.destination(folder, platform, clock, poll_first_seconds=1.0)


def test_a_list_is_replaced_in_two_phases_and_is_never_empty(platform: Platform, tmp_path: Path) -> None:
    from google.ads.datamanager_v1.types.ingestion_service import (
        RemoveAllAudienceMembersRequest,
        RemoveAllAudienceMembersResponse,
    )

    clock = ManualClock()
    destination = opened(tmp_path, platform, clock)
    assert isinstance(destination, ReplacingDestination)
    started = clock.now()
    last = ReplacementPart(7, 2, last=True, rows_total=5, started_at=started)
    platform.answer("IngestAudienceMembers", accepted(1), accepted(2))
    for part in (replace(last, ordinal=1, last=False), last):
        clock.advance(seconds=5)
        assert destination.replace("501", members(1 + part.ordinal, DIGEST), part).settlement is Settlement.PROCESSING
    assert "RemoveAllAudienceMembers" not in platform.methods()

    platform.answer("RemoveAllAudienceMembers", RemoveAllAudienceMembersResponse(request_id="clear-1"))
    clearing = destination.complete_replacement("501", last)
    removal = platform.only("RemoveAllAudienceMembers", RemoveAllAudienceMembersRequest)
    assert removal.remove_as_of_time.ToDatetime(started.tzinfo) == started
    assert (clearing.settlement, clearing.sent) == (Settlement.PROCESSING, 0)

    platform.answer("RetrieveRequestStatus", status("SUCCESS"))
    clock.advance(seconds=5)
    another_process = opened(tmp_path, platform, clock)
    done = another_process.complete_replacement("501", last, clearing.request_id or "")
    assert (done.settlement, done.sent) == (Settlement.SETTLED, 0)
    assert platform.methods().count("RemoveAllAudienceMembers") == 1


@pytest.mark.parametrize("failed", ["FAILED", "PARTIAL_SUCCESS"])
def test_a_second_phase_that_failed_is_not_taken_for_done(platform: Platform, tmp_path: Path, failed: str) -> None:
    from google.ads.datamanager_v1.types.ingestion_service import RemoveAllAudienceMembersResponse

    clock = ManualClock()
    destination = opened(tmp_path, platform, clock)
    last = ReplacementPart(7, 1, last=True, rows_total=3, started_at=clock.now())
    platform.answer("RemoveAllAudienceMembers", RemoveAllAudienceMembersResponse(request_id="clear-1"))
    platform.answer("RetrieveRequestStatus", status(failed))
    clearing = destination.complete_replacement("501", last)
    clock.advance(seconds=5)

    said = destination.complete_replacement("501", last, clearing.request_id or "")

    assert said.settlement is Settlement.REJECTED


# --- Everywhere -----------------------------------------------------------------------------------------------------


def test_an_erasure_reaches_every_list_of_contacts_ten_lists_a_request(platform: Platform, tmp_path: Path) -> None:
    from google.ads.datamanager_v1.types.ingestion_service import (
        RemoveAudienceMembersRequest,
        RemoveAudienceMembersResponse,
    )
    from google.ads.datamanager_v1.types.user_list_service import ListUserListsResponse

    contacts = {"ingested_user_list_info": {"upload_key_types": ["CONTACT_ID"]}}
    lists: list[dict[str, Any]] = [{"id": number, "access_reason": "OWNED", **contacts} for number in range(1, 13)]
    lists += [
        {"id": 90, "access_reason": "SHARED", **contacts},
        {"id": 91, "access_reason": "OWNED", "read_only": True, **contacts},
        {"id": 92, "access_reason": "OWNED", "ingested_user_list_info": {"upload_key_types": ["MOBILE_ID"]}},
    ]
    platform.answer("ListUserLists", ListUserListsResponse(user_lists=lists))
    platform.answer("RemoveAudienceMembers", *[RemoveAudienceMembersResponse(request_id=f"r{n}") for n in (1, 2)])
    platform.answer("RetrieveRequestStatus", status(*["SUCCESS"] * 10), status("SUCCESS", "FAILED"))
    clock = ManualClock()
    destination = opened(tmp_path, platform, clock)
    assert isinstance(destination, AccountWideRemoval)
    receipt = destination.remove_everywhere(members(2, DIGEST), "b")
    clock.advance(seconds=2)
    settled = destination.settle(receipt.request_id or "", 2)

    sent = [call.read(RemoveAudienceMembersRequest) for call in platform.calls if call.method.startswith("RemoveAud")]
    assert [[where.product_destination_id for where in request.destinations] for request in sent] == [
        [str(number) for number in range(1, 11)],
        ["11", "12"],
    ]
    assert len({where.reference for where in sent[0].destinations}) == 10
    assert [len(request.audience_members) for request in sent] == [2, 2]
    assert (settled.settlement, settled.rejected) == (Settlement.REJECTED, 2)  # one list has not taken it


# --- Quotas ---------------------------------------------------------------------------------------------------------


def test_never_more_uploads_a_minute_than_the_project_may_make(platform: Platform, tmp_path: Path) -> None:
    clock = ManualClock()
    destinations = [loopback.destination(tmp_path, platform, clock) for _ in range(2)]
    platform.answer("IngestAudienceMembers", *[accepted(number) for number in range(700)])
    started, moments = clock.now(), []
    for number in range(700):
        destinations[number % 2].send(Operation.ADD, "501", members(1, DIGEST), "b")
        moments.append((clock.now() - started).total_seconds())

    busiest = max(sum(1 for other in moments if moment <= other < moment + 60) for moment in moments)
    assert 0.95 * 300 <= busiest <= 300
    assert moments[-1] < 121  # 700 in two minutes and a bit: nobody waits longer than needed


def test_what_one_account_is_told_to_wait_the_whole_project_waits(platform: Platform, tmp_path: Path) -> None:
    clock = ManualClock()
    told = {"details": {"quota_error_details": {"rate_scope": "DEVELOPER", "retry_delay": {"seconds": 900}}}}
    limited = Failure(
        grpc.StatusCode.RESOURCE_EXHAUSTED, failure=failure("quota_error", "RESOURCE_TEMPORARILY_EXHAUSTED", **told)
    )
    platform.answer("SearchStream", limited)
    platform.answer("ListUserLists", *[empty_lists()] * 2)
    first, second = (loopback.destination(tmp_path, platform, clock) for _ in range(2))
    with pytest.raises(RateLimitedError):
        first.observe()
    clock.advance(seconds=100)
    with pytest.raises(RateLimitedError) as caught:
        second.observe()

    assert platform.methods().count("SearchStream") == 1  # nobody called while told to wait
    assert 799 < caught.value.retry_after_seconds < 801


def test_the_day_s_operations_are_counted_and_never_exceeded(platform: Platform, tmp_path: Path) -> None:
    clock = ManualClock()
    destination = loopback.destination(tmp_path, platform, clock, daily_operations=3)
    platform.answer("ListUserLists", *[empty_lists()] * 6)
    platform.answer("SearchStream", *[[]] * 6)
    for _ in range(3):
        destination.observe()
    with pytest.raises(RateLimitedError) as caught:
        destination.observe()
    assert "3 a day" in caught.value.message
    assert platform.methods().count("SearchStream") == 3

    clock.advance(days=1)
    destination.observe()


def empty_lists() -> Any:
    from google.ads.datamanager_v1.types.user_list_service import ListUserListsResponse

    return ListUserListsResponse()


def test_several_threads_share_one_connection_one_token_and_one_pace(platform: Platform, tmp_path: Path) -> None:
    destination = loopback.destination(tmp_path, platform, ManualClock())
    platform.answer("IngestAudienceMembers", *[accepted(number) for number in range(40)])
    with ThreadPoolExecutor(4) as workers:
        receipts = list(
            workers.map(
                lambda number: destination.send(Operation.ADD, "501", members(2, DIGEST), str(number)), range(40)
            )
        )

    assert len({receipt.request_id for receipt in receipts}) == 40
    assert platform.methods() == ["IngestAudienceMembers"] * 40
    assert platform.tokens == 1


def test_two_accounts_in_one_process_keep_their_own_access(platform: Platform, tmp_path: Path) -> None:
    from google.ads.datamanager_v1.types.ingestion_service import IngestAudienceMembersRequest

    clock = ManualClock()
    managers = ("9876543210", "1111111111")
    destinations = [loopback.destination(tmp_path, platform, clock, login_customer_id=manager) for manager in managers]
    platform.answer("IngestAudienceMembers", accepted(1), accepted(2), accepted(3))
    for number in (0, 1, 0):
        destinations[number].send(Operation.ADD, "501", members(1, DIGEST), "b")

    sent = [call.read(IngestAudienceMembersRequest).destinations[0] for call in platform.calls]
    assert [where.login_account.account_id for where in sent] == [managers[0], managers[1], managers[0]]
