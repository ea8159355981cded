"""`activator doctor` on Meta: each thing that stops a sync is named with its fix, and nothing is raised."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import responses

from activator.model.checks import Finding, Severity
from connectors.meta.destination import connector
from tests.unit.meta_account import (
    ACCOUNT,
    GRAPH,
    NOW,
    TOKEN,
    HandClock,
    body,
    context,
    graph_error,
    named,
    opened,
    page,
    script,
)

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

GOOD_PIXEL = {"id": "222", "name": "Pixel", "last_fired_time": "2026-11-25T05:00:00+0000", "is_unavailable": False}


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
    pixel_answer: Any = None,
    audiences: Sequence[dict[str, Any]] = (),
    headers: dict[str, str] | None = None,
    countries: tuple[str, ...] = (),
    options: dict[str, Any] | None = None,
    env: str = "",
    clock: HandClock | None = None,
) -> dict[str, Finding]:
    script(graph, "POST", f"{GRAPH}/debug_token", token)
    graph.add("GET", ACCOUNT, json=account, headers=headers or {})
    script(graph, "GET", f"{GRAPH}/111", page_answer or {"id": "111", "name": "Brand page"})
    script(graph, "GET", f"{GRAPH}/222", pixel_answer or GOOD_PIXEL)
    graph.add("GET", f"{ACCOUNT}/customaudiences", json=page(*audiences))
    given = context(folder, clock or HandClock(), options, env, countries=countries)
    found = connector.open(given).check()
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
        ({"account_status": 2, "disable_reason": 1}, "meta.account", Severity.ERROR),
        ({"default_dsa_payor": None}, "meta.dsa", Severity.WARNING),
        ({"spend_cap": "50000", "amount_spent": "50000"}, "meta.spend_cap", Severity.ERROR),
        ({"spend_cap": "50000", "amount_spent": "49999"}, "meta.spend_cap", Severity.OK),
        ({"user_tasks": ["ANALYZE"]}, "meta.tasks", Severity.ERROR),
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
        (
            {**GOOD_TOKEN["data"], "data_access_expires_at": int((NOW - timedelta(days=1)).timestamp())},
            "meta.data_access",
            Severity.ERROR,
        ),
        (
            {**GOOD_TOKEN["data"], "granular_scopes": [{"scope": "ads_management", "target_ids": ["77"]}]},
            "meta.token",
            Severity.ERROR,
        ),
        (
            {**GOOD_TOKEN["data"], "granular_scopes": [{"scope": "ads_management", "target_ids": ["1234567890"]}]},
            "meta.token",
            Severity.OK,
        ),
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
    answers = {
        "debug_token": GOOD_TOKEN,
        "act_1234567890": GOOD_ACCOUNT,
        "111": {},
        "222": {},
        "act_1234567890/customaudiences": page(),
    }
    for path, answer in answers.items():
        url = f"https://graph.facebook.com/{version}/{path}"
        script(graph, "POST" if path == "debug_token" else "GET", url, answer)

    found = findings(tmp_path, graph, env=f"ACTIVATOR_META__API_VERSION={version}\n", clock=clock)

    assert found["meta.version"].severity is severity


def test_an_unreachable_platform_is_a_finding(tmp_path: Path) -> None:
    found = opened(tmp_path, env="ACTIVATOR_META__GRAPH_URL=http://127.0.0.1:1\n").check()

    assert [(finding.check, finding.severity) for finding in found][1:] == [("meta.access", Severity.ERROR)]


@pytest.mark.parametrize(
    ("pixel", "severity"),
    [
        ({"id": "222"}, Severity.WARNING),
        ({**GOOD_PIXEL, "last_fired_time": "2026-11-01T05:00:00+0000"}, Severity.WARNING),
        ({**GOOD_PIXEL, "is_unavailable": True}, Severity.ERROR),
        ((400, graph_error(100, 33)), Severity.ERROR),
    ],
)
def test_a_pixel_that_teaches_bids_nothing_is_named(
    tmp_path: Path, graph: responses.RequestsMock, pixel: Any, severity: Severity
) -> None:
    assert findings(tmp_path, graph, pixel_answer=pixel)["meta.pixel"].severity is severity


@pytest.mark.parametrize(
    ("countries", "named_by_account", "severity"),
    [(("US",), False, Severity.OK), (("US", "DE"), False, Severity.ERROR), (("DE",), True, Severity.OK)],
)
def test_beneficiary_and_payor_are_needed_where_the_groups_deliver_in_the_union(
    tmp_path: Path,
    graph: responses.RequestsMock,
    countries: tuple[str, ...],
    named_by_account: bool,
    severity: Severity,
) -> None:
    account = GOOD_ACCOUNT if named_by_account else {**GOOD_ACCOUNT, "default_dsa_payor": None}

    assert findings(tmp_path, graph, account=account, countries=countries)["meta.dsa"].severity is severity


@pytest.mark.parametrize(("countries", "severity"), [(("US",), Severity.OK), (("DE", "US"), Severity.ERROR)])
def test_political_ads_are_not_for_the_union(
    tmp_path: Path, graph: responses.RequestsMock, countries: tuple[str, ...], severity: Severity
) -> None:
    options = {"special_ad_categories": ["ISSUES_ELECTIONS_POLITICS"], "special_ad_category_country": ["US"]}

    assert findings(tmp_path, graph, countries=countries, options=options)["meta.politics"].severity is severity


@pytest.mark.parametrize(("minutes", "severity"), [(4, Severity.OK), (6, Severity.ERROR), (-600, Severity.ERROR)])
def test_a_clock_that_is_off_is_named(
    tmp_path: Path, graph: responses.RequestsMock, minutes: int, severity: Severity
) -> None:
    headers = {"Date": format_datetime(NOW + timedelta(minutes=minutes), usegmt=True)}

    assert findings(tmp_path, graph, headers=headers)["meta.clock"].severity is severity


@pytest.mark.parametrize(
    ("tier", "severity"), [("development_access", Severity.WARNING), ("standard_access", Severity.OK)]
)
def test_limited_access_is_named(tmp_path: Path, graph: responses.RequestsMock, tier: str, severity: Severity) -> None:
    headers = {"X-Ad-Account-Usage": json.dumps({"acc_id_util_pct": 1, "ads_api_access_tier": tier})}

    assert findings(tmp_path, graph, headers=headers)["meta.access_tier"].severity is severity


def audience(operation: int = 200, delivery: int = 200, **more: Any) -> dict[str, Any]:
    states = {"operation_status": {"code": operation}, "delivery_status": {"code": delivery}}
    return {"id": "501", "name": named("Brand gold", "audience/gold"), "subtype": "CUSTOM", **states, **more}


@pytest.mark.parametrize(
    ("row", "severity", "said"),
    [
        (audience(471), Severity.ERROR, "flagged"),
        (audience(415), Severity.ERROR, "replaced"),
        (audience(470), Severity.ERROR, "inactive"),
        (audience(411), Severity.WARNING, "match rate"),
        (audience(412), Severity.WARNING, "invalid"),
        (audience(100), Severity.WARNING, "deleted"),
        (audience(200, 300), Severity.WARNING, "too small"),
        (audience(), Severity.OK, "does not tell its size"),
        (
            audience(approximate_count_lower_bound=1000, approximate_count_upper_bound=1000),
            Severity.OK,
            "at most 1,000",
        ),
        (
            audience(approximate_count_lower_bound=5000, approximate_count_upper_bound=5900),
            Severity.OK,
            "5,000 to 5,900",
        ),
    ],
)
def test_how_our_audiences_are_is_read_back(
    tmp_path: Path, graph: responses.RequestsMock, row: dict[str, Any], severity: Severity, said: str
) -> None:
    found = findings(tmp_path, graph, audiences=[row, {"id": "9", "name": "Somebody else's", "subtype": "CUSTOM"}])

    assert found["meta.audience"].severity is severity
    assert said in found["meta.audience"].message
    assert "audience/gold (501)" in found["meta.audience"].message


@pytest.mark.parametrize(("lists", "severity"), [(480, Severity.OK), (481, Severity.WARNING), (500, Severity.ERROR)])
def test_an_account_without_room_for_lists_is_named(
    tmp_path: Path, graph: responses.RequestsMock, lists: int, severity: Severity
) -> None:
    others = [{"id": str(number), "name": "Other", "subtype": "CUSTOM"} for number in range(lists)]
    lookalike = {"id": "L", "name": "Other", "subtype": "LOOKALIKE"}

    found = findings(tmp_path, graph, audiences=[*others, lookalike])

    assert found["meta.audience_limit"].severity is severity


def test_findings_can_be_printed_as_json(tmp_path: Path, graph: responses.RequestsMock) -> None:
    found = findings(tmp_path, graph)

    assert json.dumps([finding.message for finding in found.values()])
