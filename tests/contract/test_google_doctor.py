"""`activator doctor` against the sandbox: whatever is set up wrongly is found, named, and comes with its fix."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from activator.model.ads import AudienceSpec
from activator.model.checks import Finding, Severity
from activator.model.naming import marked_name, marker
from activator.ports import DestinationContext
from connectors.google.destination import GoogleDestination, connector
from connectors.sandbox.clock import WallClock
from connectors.sandbox.google.account import Account
from connectors.sandbox.google.calls import deny
from connectors.sandbox.google.ingestion import accept_terms
from connectors.sandbox.google.wire import enum_number, resource_class
from connectors.sandbox.oauth import Authority
from connectors.sandbox.server import Sandbox
from tests.clocks import ManualClock

KEY = "audience/high"
NAME = marked_name("Brand high", "doctor", "google", KEY)
OPTIONS: dict[str, Any] = {
    "contains_eu_political_advertising": False,
    "targeting": "targeting",
    "keywords": [{"text": "coffee beans"}],
    "countries": ("DE",),
}


@dataclass
class Setup:
    """A project that is set up rightly, until a test says otherwise."""

    sandbox: Sandbox
    folder: Path
    context: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        return Account(self.sandbox.state, self.sandbox.identities()["google_customer_id"])

    def open(self) -> GoogleDestination:
        identities = self.sandbox.identities()
        settings = {**self.sandbox.settings(), **self.settings}
        (self.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        given = {
            "account_id": identities["google_customer_id"],
            "currency": identities["currency"],
            "time_zone": identities["time_zone"],
            "clock": ManualClock(WallClock().now()),
            "project_id": "doctor",
            **self.context,
        }
        options = {**OPTIONS, "conversion_action": identities["google_conversion_action_id"]}
        return connector.open(
            DestinationContext(
                name="google",
                project_dir=self.folder,
                options={**options, **given.pop("options", {})},
                markers={marker(given["project_id"], "google", KEY): KEY},
                **given,
            )
        )

    def findings(self) -> list[Finding]:
        """What is not in order; a list that is too small so far is not of interest here."""
        destination = self.open()
        found = [finding for finding in destination.check() if finding.severity is not Severity.OK]
        destination.close()
        return [finding for finding in found if "members Google can reach" not in finding.message]

    def change(self, kind: str, **values: Any) -> None:
        """Change a resource of the account as people can in Google Ads: the first of its kind."""
        account = self.account
        with self.sandbox.state.transaction():
            (resource, *_) = account.all(kind).values()
            for name, value in values.items():
                setattr(resource, name, enum_number(resource, name, value) if isinstance(value, str) else value)
            account.put(kind, resource)
            account.commit()

    def user_file(self, **values: Any) -> None:
        """Use credentials of the kind that has a refresh token."""
        settings = self.sandbox.settings()
        service = json.loads(Path(settings["ACTIVATOR_GOOGLE__CREDENTIALS_FILE"]).read_text())
        content = {**Authority(self.sandbox.state).authorized_user(service["token_uri"]), **values}
        file = self.folder / "user.json"
        file.write_text(json.dumps(content))
        file.chmod(0o600)
        self.settings["ACTIVATOR_GOOGLE__CREDENTIALS_FILE"] = str(file)


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    with Sandbox(tmp_path / "sandbox", settle_seconds=0, platforms=("google",)) as sandbox:
        made = Setup(sandbox, tmp_path)
        accept_terms(sandbox.state, sandbox.identities()["google_customer_id"])
        destination = made.open()
        destination.create(AudienceSpec(KEY, NAME, "Customers", "high", suppress=False), {})
        destination.close()
        yield made


def undeclared(setup: Setup) -> None:
    account = setup.account
    with setup.sandbox.state.transaction():
        name = f"{account.name}/campaigns/77"
        account.put("campaign", resource_class("campaign")(resource_name=name, id=77, name="By hand", status="ENABLED"))
        account.commit()


def terms_unsaid(setup: Setup) -> None:
    setup.context["project_id"] = "another"  # which has no list yet


def without_terms(setup: Setup) -> None:
    setup.sandbox.state.delete("google", "terms", setup.sandbox.identities()["google_customer_id"])


def readable_by_others(setup: Setup) -> None:
    setup.user_file()
    Path(setup.settings["ACTIVATOR_GOOGLE__CREDENTIALS_FILE"]).chmod(0o644)


def no_access(setup: Setup) -> None:
    deny(setup.sandbox.state, setup.sandbox.identities()["google_customer_id"])


def goal_elsewhere(setup: Setup) -> None:
    setup.context.update(counts_new_customers=True)
    account = setup.account
    with setup.sandbox.state.transaction():
        account.customer.conversion_tracking_setting.google_ads_conversion_customer = "customers/9990000001"
        account.put("customer", account.customer)
        account.commit()


MISTAKES: dict[str, tuple[Callable[[Setup], None], str, Severity, str]] = {
    "the consent was withdrawn": (
        lambda setup: setup.user_file(refresh_token="1//gone"), "access token", Severity.ERROR, "Renew the consent"
    ),
    "others can read the credentials": (readable_by_others, "credentials file", Severity.WARNING, "chmod 600"),
    "no access to the account": (no_access, "account", Severity.ERROR, "LOGIN_CUSTOMER_ID"),
    "the manager instead of the advertiser": (
        lambda setup: setup.context.update(account_id=setup.sandbox.settings()["ACTIVATOR_GOOGLE__LOGIN_CUSTOMER_ID"]),
        "account", Severity.ERROR, "LOGIN_CUSTOMER_ID",
    ),
    "a suspended account": (
        lambda setup: setup.change("customer", status="SUSPENDED"), "account", Severity.ERROR, "Reactivate"
    ),
    "another currency": (
        lambda setup: setup.context.update(currency="CHF"), "currency", Severity.ERROR, "currency: EUR"
    ),
    "another time zone": (
        lambda setup: setup.context.update(time_zone="Asia/Tokyo"), "time zone", Severity.ERROR, "Europe/Berlin"
    ),
    "a test account": (
        lambda setup: setup.change("customer", test_account=True), "test account", Severity.WARNING, "production"
    ),
    "auto-tagging is off": (
        lambda setup: setup.change("customer", auto_tagging_enabled=False), "auto-tagging", Severity.WARNING, "Switch"
    ),
    "an undeclared campaign": (undeclared, "EU political advertising", Severity.ERROR, "Declare"),
    "a conversion action of somebody else": (
        lambda setup: setup.context.update(options={"conversion_action": "1"}),
        "conversion action", Severity.ERROR, "Conversions",
    ),
    "a secondary conversion action": (
        lambda setup: setup.change("conversion_action", primary_for_goal=False),
        "conversion action", Severity.WARNING, "primary",
    ),
    "a segment Google does not have": (
        lambda setup: setup.context.update(in_market=("80432", "11")),
        "In-Market segments", Severity.ERROR, "Remove 11 from `acquisition.in_market`",
    ),
    "a segment of another taxonomy": (
        lambda setup: setup.context.update(in_market=("92902",)),
        "In-Market segments", Severity.ERROR, "Remove 92902",
    ),
    "terms nobody speaks of, before there is a list": (
        terms_unsaid, "terms", Severity.WARNING, "Read https://support.google.com/adspolicy/answer/6299717"
    ),
    "terms nobody has accepted": (without_terms, "uploads", Severity.ERROR, "customer_match_terms_accepted"),
    "a closed list": (
        lambda setup: setup.change("user_list", membership_status="CLOSED"), "customer lists", Severity.ERROR, "Open it"
    ),
    "a goal for new customers that only another account can make": (
        goal_elsewhere, "new customers", Severity.ERROR, "Make it there once"
    ),
    "an API version that will be switched off": (
        lambda setup: setup.context.update(clock=ManualClock(WallClock().now().replace(year=2027, month=9))),
        "API version", Severity.WARNING, "Upgrade",
    ),
    "an endpoint nobody answers at": (
        lambda setup: setup.settings.update(ACTIVATOR_GOOGLE__ENDPOINT="localhost:1"),
        "account", Severity.ERROR, "endpoint settings",
    ),
}  # fmt: skip


def test_what_is_set_up_rightly_has_no_findings(setup: Setup) -> None:
    assert setup.findings() == []
    setup.user_file()
    assert setup.findings() == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_alone_and_comes_with_its_fix(setup: Setup, mistake: str) -> None:
    make, check, severity, fix = MISTAKES[mistake]
    make(setup)
    (finding,) = setup.findings()

    assert (finding.check, finding.severity) == (check, severity)
    assert fix in finding.fix


def test_new_customers_count_for_nothing_more_where_no_purchase_is_counted(setup: Setup) -> None:
    setup.context.update(counts_new_customers=True)
    assert setup.findings() == []
    setup.change("conversion_action", category="SIGNUP")
    (finding,) = setup.findings()
    assert (finding.check, finding.severity) == ("new customers", Severity.ERROR)
    assert "primary action of the goal Purchase" in finding.fix


def test_a_list_of_known_customers_that_is_too_small_for_the_goal_is_named(setup: Setup) -> None:
    setup.context.update(counts_new_customers=True, options={"customer_types": {"high": "purchasers"}})
    (finding,) = [finding for finding in setup.findings() if finding.check == "new customers"]
    assert "below 1,000" in finding.message
    assert NAME in finding.message
    setup.context.update(options={"customer_types": {"high": "high_value_customers"}})
    assert setup.findings() == []


def test_looking_leaves_nothing_behind(setup: Setup) -> None:
    before = setup.account.all("user_list")
    setup.findings()
    assert setup.account.all("user_list") == before
    assert not setup.sandbox.state.list("google", "data_request")
