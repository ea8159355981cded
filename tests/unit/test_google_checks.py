"""What `activator doctor` finds about a Google account, and the fix it names."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from activator.model.checks import Finding, Severity
from connectors.google.destination import GoogleDestination
from tests.clocks import ManualClock
from tests.unit import google_platform as loopback
from tests.unit.google_platform import Failure, Platform
from tests.unit.google_specs import GOLD, MARKERS, rows

HEALTHY = {"id": 1234567890, "currency_code": "EUR", "time_zone": "Europe/Berlin", "status": "ENABLED"}
DECLARED = {"contains_eu_political_advertising": "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING"}


@pytest.fixture(name="platform")
def _platform() -> Iterator[Platform]:
    with loopback.running() as platform:
        yield platform


def found(
    platform: Platform,
    folder: Path,
    customer: dict[str, Any],
    campaigns: list[dict[str, Any]],
    lists: list[dict[str, Any]],
    conversion: dict[str, Any] | None = None,
    **settings: Any,
) -> dict[str, Finding]:
    """Findings that are not OK, by check."""
    from google.ads.datamanager_v1.types.ingestion_service import IngestAudienceMembersResponse
    from google.ads.datamanager_v1.types.user_list import UserList
    from google.ads.datamanager_v1.types.user_list_service import ListUserListsResponse

    platform.answer("SearchStream", rows({"customer": customer}), rows(*[{"campaign": c} for c in campaigns]))
    if conversion is not None:
        platform.answer("SearchStream", rows(*([{"conversion_action": conversion}] if conversion else [])))
    platform.answer("ListUserLists", ListUserListsResponse(user_lists=lists))
    platform.answer("IngestAudienceMembers", IngestAudienceMembersResponse(request_id="rehearsal"))
    platform.answer("CreateUserList", UserList())
    options = {} if conversion is None else {"conversion_action": "77"}
    context = loopback.context(folder, ManualClock(), MARKERS, **options)
    findings = GoogleDestination(context, loopback.settings(folder, platform, **settings)).check()
    assert all(finding.fix for finding in findings if finding.severity is not Severity.OK)
    return {finding.check: finding for finding in findings if finding.severity is not Severity.OK}


def full(**changes: Any) -> dict[str, Any]:
    return {"id": 1, "display_name": GOLD.name, "size_info": {"search_network_members_count": 500}, **changes}


def test_a_healthy_account_has_nothing_to_fix(platform: Platform, tmp_path: Path) -> None:
    enabled = {"id": 77, "status": "ENABLED", "primary_for_goal": True}
    assert found(platform, tmp_path, HEALTHY, [DECLARED], [full()], enabled) == {}


def test_a_manager_account_is_not_an_advertiser(platform: Platform, tmp_path: Path) -> None:
    problems = found(platform, tmp_path, {**HEALTHY, "manager": True}, [], [])
    assert "LOGIN_CUSTOMER_ID" in problems["account"].fix
    assert platform.methods() == ["SearchStream"]


def test_currency_and_zone_must_be_the_accounts(platform: Platform, tmp_path: Path) -> None:
    problems = found(
        platform, tmp_path, {**HEALTHY, "currency_code": "CHF", "time_zone": "Europe/Zurich"}, [DECLARED], []
    )
    assert "currency: CHF" in problems["currency"].fix
    assert "time_zone: Europe/Zurich" in problems["time zone"].fix


def test_one_undeclared_campaign_of_anybodys_is_found(platform: Platform, tmp_path: Path) -> None:
    problems = found(platform, tmp_path, HEALTHY, [DECLARED, {"name": "somebody's"}], [])
    assert problems["EU political advertising"].severity is Severity.ERROR
    assert "1 of 2 campaigns" in problems["EU political advertising"].message


@pytest.mark.parametrize(
    ("conversion", "severity"),
    [
        ({}, Severity.ERROR),
        ({"id": 77, "status": "REMOVED"}, Severity.ERROR),
        ({"id": 77, "status": "ENABLED"}, Severity.WARNING),
        (None, Severity.WARNING),
    ],
)
def test_a_conversion_action_that_does_not_count_is_found(
    platform: Platform, tmp_path: Path, conversion: dict[str, Any] | None, severity: Severity
) -> None:
    assert found(platform, tmp_path, HEALTHY, [], [], conversion)["conversion action"].severity is severity


@pytest.mark.parametrize(
    ("shown", "message"),
    [
        ({"membership_status": "CLOSED"}, "closed"),
        ({"size_info": {"search_network_members_count": 40}}, "40 members"),
        ({"target_network_info": {"eligible_for_search": False}}, "may not be used on Search"),
    ],
)
def test_a_list_that_cannot_serve_is_found(
    platform: Platform, tmp_path: Path, shown: dict[str, Any], message: str
) -> None:
    assert message in found(platform, tmp_path, HEALTHY, [], [full(**shown)])["customer lists"].message


def test_refused_access_is_reported_with_its_fix_and_the_rest_left_out(platform: Platform, tmp_path: Path) -> None:
    platform.answer("SearchStream", Failure(grpc.StatusCode.PERMISSION_DENIED))
    findings = loopback.destination(tmp_path, platform, ManualClock()).check()
    assert [finding.check for finding in findings if finding.severity is Severity.ERROR] == ["account"]


def test_refused_credentials_are_reported_not_raised(platform: Platform, tmp_path: Path) -> None:
    platform.token_answer = (401, {"error": "invalid_client"})
    findings = loopback.destination(tmp_path, platform, ManualClock()).check()
    assert [finding.check for finding in findings if finding.severity is Severity.ERROR] == ["access token"]
    assert platform.calls == []


def test_an_old_version_is_announced_before_it_ends(platform: Platform, tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 12, 1, tzinfo=UTC))
    platform.token_answer = (401, {"error": "invalid_client"})
    old = GoogleDestination(loopback.context(tmp_path, clock), loopback.settings(tmp_path, platform, api_version="v23"))
    assert old.check()[0].severity is Severity.WARNING


def test_a_credentials_file_others_can_read_is_told(platform: Platform, tmp_path: Path) -> None:
    file = loopback.credentials_file(tmp_path, platform)
    destination = loopback.destination(tmp_path, platform, ManualClock(), credentials_file=file)
    file.chmod(0o644)
    platform.token_answer = (401, {"error": "invalid_client"})
    assert "chmod 600" in {finding.check: finding.fix for finding in destination.check()}["credentials file"]


def test_a_consent_without_a_scope_is_found_before_anything_is_called(platform: Platform, tmp_path: Path) -> None:
    platform.token_answer[1]["scope"] = "https://www.googleapis.com/auth/adwords"
    try:
        findings = loopback.destination(tmp_path, platform, ManualClock()).check()
    finally:
        del platform.token_answer[1]["scope"]
    (finding,) = [finding for finding in findings if finding.severity is Severity.ERROR]
    assert (finding.check, "datamanager" in finding.message) == ("access token", True)
    assert platform.calls == []
