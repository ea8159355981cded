"""`activator doctor` for one Google destination: each finding says what was looked at and how to put it right."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from activator.errors import ActivatorError
from activator.model.checks import Finding, Severity
from activator.model.naming import marker_in
from activator.ports import DestinationContext
from connectors.google.audiences import Audiences
from connectors.google.credentials import VARIABLE
from connectors.google.enums import enum_name
from connectors.google.observation import CAMPAIGNS
from connectors.google.options import GoogleOptions
from connectors.google.settings import GoogleSettings
from connectors.google.transport import GoogleTransport
from connectors.google.version import LIFETIME, MEMBERS_MIN, RELEASED, SUNSET_WARNING

_CUSTOMER = (
    "SELECT customer.id, customer.currency_code, customer.time_zone, customer.manager, customer.status "
    "FROM customer LIMIT 1"
)
_CONVERSION = (
    "SELECT conversion_action.id, conversion_action.status, conversion_action.primary_for_goal "
    "FROM conversion_action WHERE conversion_action.id = {}"
)
_DECLARED = ("CONTAINS_EU_POLITICAL_ADVERTISING", "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING")


class Checks:
    """Looks at access, account and settings. Reads only; never raises for what it finds."""

    def __init__(
        self,
        transport: GoogleTransport,
        audiences: Audiences,
        settings: GoogleSettings,
        options: GoogleOptions,
        context: DestinationContext,
    ) -> None:
        self._transport = transport
        self._audiences = audiences
        self._settings = settings
        self._options = options
        self._context = context

    def run(self) -> list[Finding]:
        """All findings, access first; without access the rest would only repeat the same fault."""
        findings = [self._version(self._context.clock.now().date()), *self._file()]
        token = self._guarded("access token", self._token)
        account = self._guarded("account", self._account) if _passed(token) else []
        findings += [*token, *account]
        if _passed([*token, *account]):
            findings += self._guarded("EU political advertising", self._declarations)
            findings += self._guarded("conversion action", self._conversion)
            findings += self._guarded("customer lists", self._lists)
        return findings

    def _guarded(self, check: str, look: Callable[[], Iterator[Finding]]) -> list[Finding]:
        try:
            return list(look())
        except ActivatorError as error:
            return [Finding(check, Severity.ERROR, error.message, error.next_step)]

    def _version(self, today: date) -> Finding:
        version = self._settings.api_version
        end = RELEASED[version] + LIFETIME
        if today < end - SUNSET_WARNING:
            return Finding("API version", Severity.OK, f"Google Ads API {version}")
        return Finding(
            "API version",
            Severity.WARNING,
            f"Google Ads API {version} is expected to be switched off about {end:%B %Y}",
            "Upgrade activator, or set ACTIVATOR_GOOGLE__API_VERSION to a newer version.",
        )

    def _file(self) -> Iterator[Finding]:
        file = (self._settings.credentials_file or Path()).expanduser()
        if file.is_file() and file.stat().st_mode & 0o077:
            yield Finding(
                "credentials file",
                Severity.WARNING,
                f"{VARIABLE}: other users of this machine can read the file",
                "Run `chmod 600` on it.",
            )

    def _token(self) -> Iterator[Finding]:
        self._transport.authorize()
        yield Finding("access token", Severity.OK, "the credentials give an access token")

    def _account(self) -> Iterator[Finding]:
        rows = self._transport.search(_CUSTOMER)
        if not rows:
            yield Finding("account", Severity.ERROR, "Google shows no such account", "Check `account_id`.")
            return
        customer = rows[0].customer
        if customer.manager:
            yield Finding(
                "account",
                Severity.ERROR,
                "the account is a manager account, which holds no campaigns",
                "Set `account_id` to the advertiser and ACTIVATOR_GOOGLE__LOGIN_CUSTOMER_ID to the manager.",
            )
        elif enum_name(customer, "status") != "ENABLED":
            yield Finding(
                "account",
                Severity.ERROR,
                f"the account is {enum_name(customer, 'status').lower()}",
                "Reactivate it in Google Ads, or use another one.",
            )
        else:
            yield Finding("account", Severity.OK, f"account {customer.id} is accessible")
        for what, told, found in (
            ("currency", self._context.currency, customer.currency_code),
            ("time_zone", self._context.time_zone, customer.time_zone),
        ):
            if told != found:
                yield Finding(
                    what.replace("_", " "),
                    Severity.ERROR,
                    f"the account's is {found}, the project says {told}",
                    f"Set `destinations.{self._context.name}.{what}: {found}`.",
                )

    def _declarations(self) -> Iterator[Finding]:
        rows = self._transport.search(CAMPAIGNS)
        field = "contains_eu_political_advertising"
        missing = [row for row in rows if enum_name(row.campaign, field) not in _DECLARED]
        if missing:
            yield Finding(
                "EU political advertising",
                Severity.ERROR,
                f"{len(missing)} of {len(rows)} campaigns lack the declaration; Google refuses changes until then",
                "Declare them in Google Ads: Campaign settings > EU political ads.",
            )
        else:
            yield Finding("EU political advertising", Severity.OK, f"all {len(rows)} campaigns are declared")

    def _conversion(self) -> Iterator[Finding]:
        number = self._options.conversion_action
        if number is None:
            yield Finding(
                "conversion action",
                Severity.WARNING,
                "no conversion action is named, so nobody checks that purchases are counted",
                "Set the option `conversion_action` to the id of your purchase conversion.",
            )
            return
        rows = self._transport.search(_CONVERSION.format(int(number)))
        if not rows or enum_name(rows[0].conversion_action, "status") != "ENABLED":
            yield Finding(
                "conversion action",
                Severity.ERROR,
                f"conversion action {number} " + ("is not enabled" if rows else "does not exist in this account"),
                "Check the option `conversion_action` under Goals > Conversions in Google Ads.",
            )
        elif not rows[0].conversion_action.primary_for_goal:
            yield Finding(
                "conversion action",
                Severity.WARNING,
                f"conversion action {number} is secondary: reports and bidding do not count it",
                "Make it a primary action under Goals > Conversions.",
            )
        else:
            yield Finding("conversion action", Severity.OK, f"conversion action {number} is enabled")

    def _lists(self) -> Iterator[Finding]:
        ours = [found for found in self._audiences.all() if marker_in(found.display_name) in self._context.markers]
        for found in ours:
            yield from _list_findings(found)
        if not any(_list_findings(found) for found in ours):
            yield Finding("customer lists", Severity.OK, f"{len(ours)} lists of ours, all usable")


def _passed(findings: list[Finding]) -> bool:
    return all(finding.severity is not Severity.ERROR or finding.check in _HARMLESS for finding in findings)


# A wrong currency is an error, but the account can still be looked at.
_HARMLESS = ("currency", "time zone")


def _list_findings(found: Any) -> list[Finding]:
    """What keeps one list from being used in a search campaign."""
    check, name = "customer lists", found.display_name
    if enum_name(found, "membership_status") == "CLOSED":
        return [Finding(check, Severity.ERROR, f"{name} is closed", "Open it under Audience manager in Google Ads.")]
    members = found.size_info.search_network_members_count
    if members < MEMBERS_MIN:
        message = f"{name} has {members} members Google can reach on Search; below {MEMBERS_MIN} it does not serve"
        return [Finding(check, Severity.WARNING, message, "Wait up to 48 hours after an upload, or merge small tiers.")]
    if found.target_network_info.HasField("eligible_for_search") and not found.target_network_info.eligible_for_search:
        return [
            Finding(check, Severity.ERROR, f"{name} may not be used on Search", "See its page in Audience manager.")
        ]
    return []
