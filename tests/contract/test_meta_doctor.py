"""Seeded misconfigurations at Meta: `doctor` names every one of them, with its fix, before a sync meets it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from activator.model.checks import Finding, Severity
from connectors.sandbox.server import Sandbox
from tests.contract.test_meta_destination import Account
from tests.unit.meta_account import SECRET

# What the destination is then opened with
Seed: TypeAlias = Callable[[Account], dict[str, Any]]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), settle_seconds=0, platforms=("meta",)) as running:
        yield running


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Account]:
    before = dict(sandbox.state.list("meta", "account")[0])
    yield Account(sandbox, tmp_path, request.node.name)
    for audience in sandbox.state.list("meta", "audience"):
        sandbox.state.delete("meta", "audience", audience["id"])
    sandbox.change_meta_account(**before)
    sandbox.change_meta_token()


def changed_account(**changes: object) -> Seed:
    def seed(account: Account) -> dict[str, Any]:
        account.sandbox.change_meta_account(**changes)
        return {}

    return seed


def changed_token(**facts: object) -> Seed:
    def seed(account: Account) -> dict[str, Any]:
        account.sandbox.change_meta_token(**facts)
        return {}

    return seed


def setting(**settings: str) -> Seed:
    return lambda _account: {"settings": {f"ACTIVATOR_META__{name}": value for name, value in settings.items()}}


def option(**options: object) -> Seed:
    return lambda _account: {"options": options}


def token_that_ends_tomorrow(account: Account) -> dict[str, Any]:
    tomorrow = account.clock.now() + timedelta(days=1)
    account.sandbox.change_meta_token(expires_at=int(tomorrow.timestamp()))
    return {}


def clock_an_hour_off(account: Account) -> dict[str, Any]:
    account.clock.instant += timedelta(hours=1)
    return {}


def flagged_audience(account: Account) -> dict[str, Any]:
    account.create(account.audience("gold"))
    audience = next(row for row in account.sandbox.state.list("meta", "audience") if row["name"].endswith("]"))
    account.sandbox.state.put("meta", "audience", audience["id"], {**audience, "description": "High income"})
    return {}


def full_of_lists(account: Account) -> dict[str, Any]:
    state = account.sandbox.state
    account.create(account.audience("gold"))
    audience = next(row for row in state.list("meta", "audience") if row["id"] == account.ids["audience/gold"])
    for number in range(500):
        state.put("meta", "audience", f"9{number}", {**audience, "id": f"9{number}", "name": "Old"})
    return {}


MISCONFIGURATIONS: dict[str, tuple[str, Seed]] = {
    "a token that is not one": ("meta.access", setting(ACCESS_TOKEN="EAAwrong")),
    "an app secret of another app": ("meta.access", setting(APP_SECRET=SECRET)),
    "an authority nobody vouches for": ("meta.account", setting(CA_FILE="")),
    "an address nobody answers at": ("meta.access", setting(GRAPH_URL="http://127.0.0.1:1")),
    "another app's id": ("meta.app", setting(APP_ID="42")),
    "a version that has ended": ("meta.version", setting(API_VERSION="v24.0")),
    "a token without ads_management": ("meta.token", changed_token(scopes=["ads_read"])),
    "a token about to expire": ("meta.expiry", token_that_ends_tomorrow),
    "terms not accepted": ("meta.terms", changed_account(tos_accepted={})),
    "a disabled account": ("meta.account", changed_account(account_status=2, disable_reason=3)),
    "another currency": ("meta.currency", changed_account(currency="USD")),
    "another time zone": ("meta.time_zone", changed_account(timezone_name="America/New_York")),
    "a user who may only look": ("meta.tasks", changed_account(user_tasks=["ANALYZE"])),
    "a spending limit that is reached": ("meta.spend_cap", changed_account(spend_cap="100", amount_spent="100")),
    "a clock that is off": ("meta.clock", clock_an_hour_off),
    "a flagged audience": ("meta.audience", flagged_audience),
    "a page of somebody else": ("meta.page", option(page_id="42")),
    "a pixel of somebody else": ("meta.pixel", option(pixel_id="42")),
    "nobody named for ads in the EU": ("meta.dsa", option(dsa_beneficiary=None, dsa_payor=None)),
    "political ads in the EU": (
        "meta.politics",
        option(special_ad_categories=["ISSUES_ELECTIONS_POLITICS"], special_ad_category_country=["DE"]),
    ),
    "no room for another list": ("meta.audience_limit", full_of_lists),
}


@pytest.mark.parametrize("seeded", MISCONFIGURATIONS)
def test_a_misconfiguration_is_named_with_its_fix(account: Account, seeded: str) -> None:
    check, seed = MISCONFIGURATIONS[seeded]
    healthy = named(account.destination.check())

    found = named(account.open(**seed(account)).check())

    assert healthy == {}
    assert check in found
    assert found[check].fix


def named(findings: object) -> dict[str, Finding]:
    """What is wrong, by check."""
    assert isinstance(findings, list)
    return {finding.check: finding for finding in findings if finding.severity is not Severity.OK}
