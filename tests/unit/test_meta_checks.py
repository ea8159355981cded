"""`activator doctor` on Meta: each thing that stops a sync is named with its fix, and nothing is raised."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import responses

from activator.model.checks import Finding, Severity
from tests.unit.meta_account import ACCOUNT, GRAPH, NOW, TOKEN, HandClock, body, graph_error, opened, page, script

GOOD_TOKEN = {"data": {"is_valid": True, "scopes": ["ads_management"], "expires_at": 0, "app_id": "99"}}
GOOD_ACCOUNT = {
    "id": "act_1234567890",
    "name": "Brand",
    "account_status": 1,
    "currency": "EUR",
    "timezone_name": "Europe/Berlin",
    "min_daily_budget": 100,
    "tos_accepted": {"custom_audience_tos": 1},
    "default_dsa_beneficiary": "Brand",
    "default_dsa_payor": "Brand",
}


@pytest.fixture
def graph() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def findings(
    folder: Path,
    graph: responses.RequestsMock,
    token: Any = GOOD_TOKEN,
    account: Any = GOOD_ACCOUNT,
    page_answer: Any = None,
    env: str = "",
    clock: HandClock | None = None,
) -> dict[str, Finding]:
    script(graph, "POST", f"{GRAPH}/debug_token", token)
    script(graph, "GET", ACCOUNT, account)
    script(graph, "GET", f"{GRAPH}/111", page_answer or {"id": "111", "name": "Brand page"})
    script(graph, "GET", f"{GRAPH}/222", {"id": "222", "name": "Pixel"})
    found = opened(folder, clock, env=env).check()
    assert all(finding.fix for finding in found if finding.severity is not Severity.OK)
    assert TOKEN not in repr(found)
    return {finding.check: finding for finding in found}


def test_a_healthy_account_has_only_good_findings(tmp_path: Path, graph: responses.RequestsMock) -> None:
    found = findings(tmp_path, graph)

    assert {finding.severity for finding in found.values()} == {Severity.OK}
    assert {"meta.token", "meta.account", "meta.currency", "meta.time_zone", "meta.terms", "meta.version"} <= set(found)
    assert {"meta.page", "meta.pixel", "meta.dsa", "meta.budget", "meta.expiry"} <= set(found)


def test_the_token_is_inspected_without_standing_in_a_url(tmp_path: Path, graph: responses.RequestsMock) -> None:
    findings(tmp_path, graph)

    assert body(graph.calls[0].request) == {"method": "GET", "input_token": TOKEN}
    assert all(TOKEN not in str(call.request.url) for call in graph.calls)


@pytest.mark.parametrize(
    ("change", "check", "severity"),
    [
        ({"account_status": 2}, "meta.account", Severity.ERROR),
        ({"account_status": 9}, "meta.account", Severity.WARNING),
        ({"account_status": None}, "meta.account", Severity.ERROR),
        ({"currency": "USD"}, "meta.currency", Severity.ERROR),
        ({"timezone_name": "America/New_York"}, "meta.time_zone", Severity.ERROR),
        ({"tos_accepted": {}}, "meta.terms", Severity.ERROR),
        ({"default_dsa_payor": None}, "meta.dsa", Severity.WARNING),
    ],
)
def test_what_is_wrong_with_the_account_is_named(
    tmp_path: Path, graph: responses.RequestsMock, change: dict[str, Any], check: str, severity: Severity
) -> None:
    found = findings(tmp_path, graph, account={**GOOD_ACCOUNT, **change})

    assert found[check].severity is severity


@pytest.mark.parametrize(
    ("data", "check", "severity"),
    [
        ({"is_valid": False}, "meta.access", Severity.ERROR),
        ({"is_valid": True, "scopes": ["ads_read"]}, "meta.token", Severity.ERROR),
        (
            {**GOOD_TOKEN["data"], "expires_at": int((NOW + timedelta(days=3)).timestamp())},
            "meta.expiry",
            Severity.WARNING,
        ),
        ({**GOOD_TOKEN["data"], "expires_at": int((NOW + timedelta(days=60)).timestamp())}, "meta.expiry", Severity.OK),
        ({**GOOD_TOKEN["data"], "app_id": "98"}, "meta.app", Severity.ERROR),
    ],
)
def test_what_is_wrong_with_the_token_is_named(
    tmp_path: Path, graph: responses.RequestsMock, data: dict[str, Any], check: str, severity: Severity
) -> None:
    found = findings(tmp_path, graph, token={"data": data}, env="ACTIVATOR_META__APP_ID=99\n")

    assert found[check].severity is severity


def test_a_dead_token_ends_the_examination(tmp_path: Path, graph: responses.RequestsMock) -> None:
    found = findings(tmp_path, graph, token=(400, graph_error(190, 463)))

    assert set(found) == {"meta.version", "meta.access"}


def test_where_a_token_may_not_inspect_itself_its_permissions_are_listed(
    tmp_path: Path, graph: responses.RequestsMock
) -> None:
    script(graph, "GET", f"{GRAPH}/me/permissions", page({"permission": "ads_management", "status": "granted"}))

    found = findings(tmp_path, graph, token=(400, graph_error(100)))

    assert found["meta.token"].severity is Severity.OK
    assert found["meta.expiry"].severity is Severity.WARNING


def test_a_page_that_cannot_be_read_is_named(tmp_path: Path, graph: responses.RequestsMock) -> None:
    found = findings(tmp_path, graph, page_answer=(400, graph_error(100, 33)))

    assert (found["meta.page"].severity, found["meta.pixel"].severity) == (Severity.ERROR, Severity.OK)


@pytest.mark.parametrize(
    ("version", "days", "severity"),
    [
        ("v26.0", 0, Severity.OK),
        ("v26.0", 250, Severity.WARNING),
        ("v24.0", 0, Severity.ERROR),
        ("v99.0", 0, Severity.WARNING),
    ],
)
def test_an_ageing_version_is_named(
    tmp_path: Path, graph: responses.RequestsMock, version: str, days: int, severity: Severity
) -> None:
    clock = HandClock(NOW + timedelta(days=days))
    for path, answer in (("debug_token", GOOD_TOKEN), ("act_1234567890", GOOD_ACCOUNT), ("111", {}), ("222", {})):
        url = f"https://graph.facebook.com/{version}/{path}"
        script(graph, "POST" if path == "debug_token" else "GET", url, answer)

    found = findings(tmp_path, graph, env=f"ACTIVATOR_META__API_VERSION={version}\n", clock=clock)

    assert found["meta.version"].severity is severity


def test_an_unreachable_platform_is_a_finding(tmp_path: Path) -> None:
    found = opened(tmp_path, env="ACTIVATOR_META__GRAPH_URL=http://127.0.0.1:1\n").check()

    assert [(finding.check, finding.severity) for finding in found][1:] == [("meta.access", Severity.ERROR)]


def test_findings_can_be_printed_as_json(tmp_path: Path, graph: responses.RequestsMock) -> None:
    found = findings(tmp_path, graph)

    assert json.dumps([finding.message for finding in found.values()])
