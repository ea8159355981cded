"""Uploads through offline jobs of the Google Ads API, for those who may still use them, against the sandbox."""

from pathlib import Path

import pyarrow as pa
import pytest

from activator.errors import AuthenticationRequiredError, OutcomeUnknownError, RetryableError
from activator.model.delivery import Operation, Settlement
from connectors.sandbox.google.ingestion import accept_terms
from connectors.sandbox.google.jobs import allow
from connectors.sandbox.server import Sandbox
from tests.contract.test_google_destination import BATCH, Account, members, sandbox

__all__ = ["sandbox"]


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Account:
    customer = sandbox.identities()["google_customer_id"]
    allow(sandbox.state, customer)
    accept_terms(sandbox.state, customer)
    opened = Account(sandbox, tmp_path, f"jobs-{abs(hash(request.node.name)) % 10**8}", uploads="offline_jobs")
    opened.ids["audience/gold"] = opened.destination.create(opened.audience("gold"), {}).platform_id
    return opened


def test_a_job_is_made_filled_and_started_and_its_end_is_awaited(account: Account) -> None:
    gold = account.ids["audience/gold"]
    added = account.destination.send(Operation.ADD, gold, members(0, 150), BATCH)
    assert (added.settlement, added.processing) == (Settlement.PROCESSING, 150)
    assert account.destination.settle(added.request_id or "", 150).settlement is Settlement.PROCESSING

    account.settled()
    settled = account.destination.settle(added.request_id or "", 150)
    assert (settled.settlement, settled.settled) == (Settlement.SETTLED, 150)
    assert account.sandbox.member_count("google", gold) == 150

    removed = account.destination.send(Operation.REMOVE, gold, members(100, 50), BATCH)
    account.settled()
    assert account.destination.settle(removed.request_id or "", 50).settled == 50
    assert account.sandbox.member_count("google", gold) == 100


def test_the_next_run_may_send_another_way_and_still_settles_the_job(account: Account) -> None:
    sent = account.destination.send(Operation.ADD, account.ids["audience/gold"], members(0, 10), BATCH)
    account.settled()
    other = account.open(options={"uploads": "data_manager"})
    assert other.settle(sent.request_id or "", 10).settled == 10


def test_rows_google_refuses_are_named_and_the_rest_goes_on(account: Account) -> None:
    table = members(0, 4)
    places = table.column("region_code").to_pylist()
    places[2] = "D1"
    broken = table.set_column(4, "region_code", pa.array(places))
    sent = account.destination.send(Operation.ADD, account.ids["audience/gold"], broken, BATCH)
    account.settled()
    settled = account.destination.settle(sent.request_id or "", 4)

    assert sent.rejected_rows == (2,)
    assert (settled.settled, settled.rejected) == (3, 1)


def test_those_who_may_not_are_told_the_other_way(account: Account) -> None:
    account.sandbox.state.delete("google", "allowlist", account.sandbox.identities()["google_customer_id"])
    with pytest.raises(AuthenticationRequiredError) as refused:
        account.destination.send(Operation.ADD, account.ids["audience/gold"], members(0, 1), BATCH)
    assert "uploads: offline_jobs" in refused.value.next_step


@pytest.mark.parametrize("method", ["CreateOfflineUserDataJob", "AddOfflineUserDataJobOperations"])
def test_what_is_lost_before_the_start_had_no_effect(account: Account, method: str) -> None:
    account.sandbox.fault("timeout_after_effect", "google", method=method)
    with pytest.raises(RetryableError):
        account.destination.send(Operation.ADD, account.ids["audience/gold"], members(0, 20), BATCH)
    account.sandbox.settle()
    assert account.sandbox.member_count("google", account.ids["audience/gold"]) == 0


def test_a_lost_start_is_an_unknown_outcome(account: Account) -> None:
    account.sandbox.fault("timeout_after_effect", "google", method="RunOfflineUserDataJob")
    with pytest.raises(OutcomeUnknownError):
        account.destination.send(Operation.ADD, account.ids["audience/gold"], members(0, 20), BATCH)
    account.sandbox.settle()
    assert account.sandbox.member_count("google", account.ids["audience/gold"]) == 20


def test_a_job_nobody_knows_stays_unknown(account: Account) -> None:
    lost = "0@1764424000:customers/1234567890/offlineUserDataJobs/4242424242"
    assert account.destination.settle(lost, 3).settlement is Settlement.UNKNOWN
