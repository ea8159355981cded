"""Pacing at Meta: what one call learns holds for all of the process, and nobody calls while told to wait."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import responses

from activator.config.clock import SystemClock
from activator.errors import RateLimitedError
from activator.model.ads import RemoteObject
from connectors.meta.destination import MetaDestination
from connectors.meta.pacing import pacer_for
from connectors.meta.settings import load
from connectors.meta.transport import GraphApi
from tests.unit.meta_account import GRAPH, GROUP, IDS, HandClock, body, context, graph_error, opened, page, script

EDGE = "https://graph.facebook.com/v26.0/{}/ads"


def usage(percent: int, minutes: int = 0, case: str = "ads_management") -> dict[str, str]:
    entry = {"type": case, "call_count": percent, "estimated_time_to_regain_access": minutes}
    return {"X-Business-Use-Case-Usage": json.dumps({"1": [entry]})}


def api(folder: Path, clock: HandClock, account: str = "act_1", env: str = "") -> GraphApi:
    context(folder, clock, env=env)
    return GraphApi(load(folder), clock, account)


def read(graph_api: GraphApi, account: str = "act_1") -> None:
    list(graph_api.rows((account, "ads"), ("id",)))


@pytest.fixture
def graph() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def test_a_wait_told_to_one_is_kept_by_all_that_work_on_the_account(
    tmp_path: Path, graph: responses.RequestsMock
) -> None:
    clock = HandClock()
    graph.add("GET", EDGE.format("act_1"), json=page(), headers=usage(40, minutes=5))
    first, second = api(tmp_path, clock), api(tmp_path, clock)
    read(first)

    read(second)

    assert clock.slept == [300]


def test_a_later_run_of_the_process_keeps_the_wait_told_to_an_earlier_one() -> None:
    earlier = pacer_for(SystemClock(), "https://graph.example", "EAABsame")
    headers = usage(99, minutes=20)
    earlier.after_call("act_1", headers)
    del earlier

    with pytest.raises(RateLimitedError):
        pacer_for(SystemClock(), "https://graph.example", "EAABsame").before_call("act_1", "ads_management")


def test_another_account_or_token_does_not_wait_with_it(tmp_path: Path, graph: responses.RequestsMock) -> None:
    clock = HandClock()
    graph.add("GET", EDGE.format("act_1"), json=page(), headers=usage(40, minutes=5))
    script(graph, "GET", EDGE.format("act_2"), page())
    read(api(tmp_path, clock))

    read(api(tmp_path, clock, "act_2"), "act_2")
    (tmp_path / "other").mkdir()
    other = tmp_path / "other"
    context(other, clock)
    (other / ".env").write_text("ACTIVATOR_META__ACCESS_TOKEN=EAABanother0123456789\n")
    read(GraphApi(load(other), clock, "act_1"))

    assert clock.slept == []


def test_near_the_limit_a_call_waits_for_the_oldest_to_leave_the_hour(
    tmp_path: Path, graph: responses.RequestsMock
) -> None:
    clock = HandClock()
    for percent in (50, 99, 97):
        graph.add("GET", EDGE.format("act_1"), json=page(), headers=usage(percent))
    account = api(tmp_path, clock)
    read(account)
    clock.instant += timedelta(minutes=59, seconds=30)
    read(account)

    read(account)

    assert clock.slept == [30]  # the first call is an hour old then


def test_a_longer_wait_is_not_shortened_by_a_later_answer(tmp_path: Path, graph: responses.RequestsMock) -> None:
    clock = HandClock()
    graph.add("GET", EDGE.format("act_1"), json=graph_error(80004), status=400, headers=usage(101, minutes=45))
    graph.add("POST", EDGE.format("act_1").replace("ads", "customaudiences"), json={"id": "5"}, headers=usage(98))
    account = api(tmp_path, clock)
    with pytest.raises(RateLimitedError):
        read(account)
    account.create(("act_1", "customaudiences"), {"name": "x"})

    with pytest.raises(RateLimitedError) as raised:
        read(account)

    assert raised.value.retry_after_seconds == pytest.approx(2700, abs=1)
    assert clock.slept == []


def test_a_fifth_budget_change_within_the_hour_is_not_tried(tmp_path: Path, graph: responses.RequestsMock) -> None:
    clock = HandClock()
    destination = opened(tmp_path, clock)
    remote = destination_group(destination, daily_budget_minor=1)
    for _ in range(4):
        script(graph, "POST", f"{GRAPH}/700", {"success": True})
    for _ in range(4):
        destination.update(GROUP, remote, IDS)

    with pytest.raises(RateLimitedError) as raised:
        destination.update(GROUP, remote, IDS)

    assert "ad set 700" in raised.value.message
    assert raised.value.retry_after_seconds == pytest.approx(3600)
    assert [body(call.request) for call in graph.calls] == [{"daily_budget": "2500"}] * 4

    clock.instant += timedelta(hours=1)
    script(graph, "POST", f"{GRAPH}/700", {"success": True})
    destination.update(GROUP, remote, IDS)


def destination_group(destination: MetaDestination, **changed: Any) -> RemoteObject:
    fields = {**destination.comparable(GROUP), **changed}
    return RemoteObject("group", GROUP.key, "700", GROUP.name, "PAUSED", fields)
