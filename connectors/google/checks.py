"""`activator doctor` for one Google destination: each finding says what was looked at and how to put it right."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from activator.errors import ActivatorError
from activator.model.checks import Finding, Severity
from activator.ports import DestinationContext
from connectors.google.account_checks import AccountChecks
from connectors.google.audiences import Audiences
from connectors.google.credentials import RENEW, VARIABLE
from connectors.google.list_checks import ListChecks
from connectors.google.new_customer_checks import NewCustomerChecks
from connectors.google.options import GoogleOptions
from connectors.google.settings import GoogleSettings
from connectors.google.transport import GoogleTransport
from connectors.google.uploads import Uploads
from connectors.google.version import CLOCK_SECONDS_MAX, LIFETIME, RELEASED, SCOPES, SUNSET_WARNING


class Checks:
    """Looks at access, account and settings. Reads and validates only; never raises for what it finds."""

    def __init__(
        self,
        transport: GoogleTransport,
        audiences: Audiences,
        uploads: Uploads,
        settings: GoogleSettings,
        options: GoogleOptions,
        context: DestinationContext,
    ) -> None:
        self._transport = transport
        self._settings = settings
        self._today = context.clock.now().date()
        self._account = AccountChecks(transport, options, context)
        self._new_customers = NewCustomerChecks(transport, options, context)
        terms = options.customer_match_terms_accepted
        self._lists = ListChecks(audiences, uploads, frozenset(context.markers), terms=terms)

    def run(self) -> list[Finding]:
        """All findings, access first; without access the rest would only repeat the same fault."""
        findings = [self._version(self._today), *self._file(), *self._token_settings()]
        token = _guarded("access token", self._token)
        account = _guarded("account", self._account.account) if _passed(token) else []
        findings += [*token, *account]
        if _passed([*token, *account]):
            findings += _guarded("EU political advertising", self._account.declarations)
            findings += _guarded("conversion action", self._account.conversion)
            findings += _guarded("In-Market segments", self._account.interests)
            findings += _guarded("customer lists", self._lists.lists)
            findings += _guarded("uploads", self._lists.uploads)
            findings += _guarded("new customers", lambda: self._new_customers.findings(self._lists.ours))
        return findings

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

    def _token_settings(self) -> Iterator[Finding]:
        if self._settings.developer_token is not None:
            message = "a developer token is set; Google has ignored it since 2026-09-09 and looks at the Cloud project"
            yield Finding("developer token", Severity.OK, message)

    def _token(self) -> Iterator[Finding]:
        self._transport.authorize()
        granted = self._transport.granted_scopes()
        missing = sorted(scope.rsplit("/", 1)[-1] for scope in SCOPES if granted is not None and scope not in granted)
        if missing:
            message = f"the credentials lack the scope {' and '.join(missing)}"
            yield Finding("access token", Severity.ERROR, message, RENEW)
        else:
            yield Finding("access token", Severity.OK, "the credentials give an access token")
        ahead = round(self._transport.clock_ahead_seconds)
        if abs(ahead) > CLOCK_SECONDS_MAX:
            where = "ahead of" if ahead > 0 else "behind"
            yield Finding(
                "clock",
                Severity.ERROR,
                f"this machine's clock is {abs(ahead):,} seconds {where} Google's",
                "Set the clock, and keep it right by NTP: replacing lists and tokens depend on it.",
            )


def _guarded(check: str, look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(look())
    except ActivatorError as error:
        return [Finding(check, Severity.ERROR, error.message, error.next_step)]


# A wrong currency is an error, but the account can still be looked at.
_HARMLESS = ("currency", "time zone", "clock")


def _passed(findings: list[Finding]) -> bool:
    return all(finding.severity is not Severity.ERROR or finding.check in _HARMLESS for finding in findings)
