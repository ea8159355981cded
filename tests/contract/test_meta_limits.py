"""Meta's limits as the sandbox keeps them: reports too large for one answer, quotas used up, small lists."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from activator.errors import PermanentRefusalError, RateLimitedError
from activator.model.delivery import Operation
from connectors.sandbox.meta.context import MetaOptions
from connectors.sandbox.server import Sandbox
from tests.contract.test_meta_destination import Account
from tests.unit.meta_account import HandClock, members


@pytest.fixture
def account(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Account]:
    clock = HandClock()
    options: MetaOptions = request.param
    folder = tmp_path / "sandbox"
    with Sandbox(folder, settle_seconds=0, clock=clock, platforms=("meta",), meta_options=options) as sandbox:
        account = Account(sandbox, tmp_path, "limits")
        account.clock = clock
        account.destination = account.open()
        yield account


def limited(**options: int | bool) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("account", [MetaOptions(**options)], indirect=True)  # type: ignore[arg-type]


@limited(insights_rows_max=5)
def test_a_report_too_large_for_an_answer_is_run_in_the_background(account: Account) -> None:
    account.create_everything()
    for number, tier in enumerate(("gold", "silver")):
        account.destination.send(Operation.ADD, account.ids[f"audience/{tier}"], members(500), account.batch(number))
    account.sandbox.settle()
    account.sandbox.activate(days_ago=7, platform="meta")
    today = account.clock.now().date()

    rows = list(account.destination.performance(today - timedelta(days=7), today))

    assert len(rows) == 2 * 7
    methods = [call.method for call in account.sandbox.calls("meta")]
    assert methods.count("POST insights") == 1
    assert account.clock.slept


@limited(hourly_calls=20)
def test_a_quota_is_used_up_without_being_overrun(account: Account) -> None:
    with pytest.raises(RateLimitedError) as raised:
        observe_many_times(account)

    assert raised.value.retry_after_seconds > 900
    assert not [call for call in account.sandbox.calls("meta") if call.detail.get("code")]
    assert account.calls() >= 20


def observe_many_times(account: Account) -> None:
    for _ in range(10):
        account.destination.observe()


@limited(refuse_small_removals=True)
def test_a_removal_from_a_small_list_is_refused_with_what_it_means(account: Account) -> None:
    account.create(account.audience("gold"))
    audience_id = account.ids["audience/gold"]
    account.destination.send(Operation.ADD, audience_id, members(120), account.batch())
    account.sandbox.settle()

    with pytest.raises(PermanentRefusalError) as raised:
        account.destination.send(Operation.REMOVE, audience_id, members(50), account.batch(2))

    assert raised.value.fault.subcode == "1870047"
    assert "these people stay in" in raised.value.next_step
    assert account.sandbox.member_count("meta", audience_id) == 120
