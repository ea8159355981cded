"""What one process was told or has used, the next one knows: cron starts a new one every time."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import responses

from activator.errors import RateLimitedError
from activator.ledger.store import Ledger, LedgerReader
from activator.model.ads import RemoteObject
from activator.model.plan import CreateObject
from connectors.google import transport
from connectors.google.destination import GoogleDestination
from connectors.google.pacing import Pace
from connectors.meta.destination import MetaDestination, connector
from tests.clocks import ManualClock
from tests.unit import google_platform, meta_account
from tests.unit.google_platform import Failure, Platform
from tests.unit.google_specs import CAMPAIGN as GOOGLE_CAMPAIGN
from tests.unit.google_specs import rows
from tests.unit.meta_account import CAMPAIGN, GRAPH, GROUP, IDS, HandClock, graph_error, script
from tests.unit.test_google_errors import failure

CAMPAIGNS = "https://graph.facebook.com/v26.0/act_1234567890/campaigns"


def in_minutes(minutes: int, case: str = "ads_management") -> dict[str, str]:
    entry = {"type": case, "call_count": 101, "estimated_time_to_regain_access": minutes}
    return {"X-Business-Use-Case-Usage": json.dumps({"1": [entry]})}


@pytest.fixture
def graph() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[LedgerReader]:
    with closing(Ledger(tmp_path / ".activator", HandClock())) as ledger:
        yield ledger


def meta_process(folder: Path, minutes_later: float = 0, env: str = "") -> MetaDestination:
    """Meta as a process of its own sees it: with a clock, and so a pacer, of its own, and the project's ledger."""
    clock = HandClock(meta_account.NOW + timedelta(minutes=minutes_later))
    allowances = LedgerReader(folder / ".activator", clock).allowances
    opened = connector.open(replace(meta_account.context(folder, clock, env=env), allowances=allowances))
    assert isinstance(opened, MetaDestination)
    return opened


def test_no_process_calls_meta_while_another_was_told_to_wait(tmp_path: Path, graph: responses.RequestsMock) -> None:
    graph.add("POST", CAMPAIGNS, json=graph_error(80004), status=400, headers=in_minutes(40))
    with pytest.raises(RateLimitedError):
        meta_process(tmp_path).create(CAMPAIGN, {})

    with pytest.raises(RateLimitedError, match="another 30 minutes"):
        meta_process(tmp_path, minutes_later=10).create(CAMPAIGN, {})
    assert len(graph.calls) == 1

    script(graph, "POST", CAMPAIGNS, {"id": "600"})
    assert meta_process(tmp_path, minutes_later=41).create(CAMPAIGN, {}).platform_id == "600"


def test_the_waits_of_a_stand_in_are_not_those_of_meta(tmp_path: Path, graph: responses.RequestsMock) -> None:
    graph.add("POST", CAMPAIGNS, json=graph_error(80004), status=400, headers=in_minutes(40))
    with pytest.raises(RateLimitedError):
        meta_process(tmp_path).create(CAMPAIGN, {})

    script(graph, "POST", CAMPAIGNS.replace("graph.facebook.com", "graph.example"), {"id": "600"})
    elsewhere = meta_process(tmp_path, env="ACTIVATOR_META__GRAPH_URL=https://graph.example\n")
    assert elsewhere.create(CAMPAIGN, {}).platform_id == "600"


def test_four_budget_changes_an_hour_are_counted_over_processes(tmp_path: Path, graph: responses.RequestsMock) -> None:
    def change_budget(minutes_later: float) -> None:
        destination = meta_process(tmp_path, minutes_later)
        fields = {**destination.comparable(GROUP), "daily_budget_minor": 1}
        destination.update(GROUP, RemoteObject("group", GROUP.key, "700", GROUP.name, "PAUSED", fields), IDS)

    for minute in range(4):
        script(graph, "POST", f"{GRAPH}/700", {"success": True})
        change_budget(minute)
    with pytest.raises(RateLimitedError, match="possible in 50 minutes"):
        change_budget(10)
    assert len(graph.calls) == 4
    script(graph, "POST", f"{GRAPH}/700", {"success": True})
    change_budget(60)


# Google -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def platform() -> Iterator[Platform]:
    with google_platform.running() as platform:
        yield platform


def google_process(
    patch: pytest.MonkeyPatch, folder: Path, platform: Platform, clock: ManualClock, **settings: Any
) -> GoogleDestination:
    """Google as a process of its own sees it: with a pace of its own, and the project's ledger."""
    patch.setattr(transport, "PACE", Pace())
    context = google_platform.context(folder, clock)
    allowances = Ledger(folder / ".activator", clock).allowances
    return GoogleDestination(
        replace(context, allowances=allowances), google_platform.settings(folder, platform, **settings)
    )


def nothing_there(platform: Platform, times: int) -> None:
    from google.ads.datamanager_v1.types.user_list_service import ListUserListsResponse

    platform.answer("ListUserLists", *[ListUserListsResponse()] * times)
    platform.answer("SearchStream", *[rows()] * times)


def test_no_process_calls_google_while_another_was_told_to_wait(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    told = {"details": {"quota_error_details": {"rate_scope": "DEVELOPER", "retry_delay": {"seconds": 900}}}}
    limited = Failure(
        grpc.StatusCode.RESOURCE_EXHAUSTED, failure=failure("quota_error", "RESOURCE_TEMPORARILY_EXHAUSTED", **told)
    )
    platform.answer("SearchStream", limited)
    nothing_there(platform, 3)
    with pytest.raises(RateLimitedError):
        google_process(monkeypatch, tmp_path, platform, clock).observe()
    clock.advance(seconds=100)
    with pytest.raises(RateLimitedError) as caught:
        google_process(monkeypatch, tmp_path, platform, clock).observe()
    assert platform.methods().count("SearchStream") == 1
    assert caught.value.retry_after_seconds == pytest.approx(800, abs=1)
    clock.advance(seconds=801)
    google_process(monkeypatch, tmp_path, platform, clock).observe()


def test_the_day_s_operations_are_counted_over_processes_and_told_truly(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    nothing_there(platform, 4)
    for _ in range(3):
        google_process(monkeypatch, tmp_path, platform, clock, daily_operations=3_000).observe()
    said = google_process(monkeypatch, tmp_path, platform, clock, daily_operations=3_000).cost(
        [CreateObject("google", GOOGLE_CAMPAIGN)]
    )
    assert said is not None
    assert said.endswith("; 2,997 of 3,000 a day are left")

    last = google_process(monkeypatch, tmp_path, platform, clock, daily_operations=3)
    with pytest.raises(RateLimitedError, match="3 a day") as caught:
        last.observe()
    assert "after 2026-11-26 08:00 UTC" in caught.value.next_step
    assert platform.methods().count("SearchStream") == 3
