"""What `activator doctor` looks at on Meta: token, account, terms, version, page, pixel; one finding each, with fix.

https://developers.facebook.com/docs/graph-api/reference/debug_token; DOC/marketing-api/reference/ad-account;
DOC/.../audiences/reference/custom-audience-terms-of-service; checked 2026-11-22.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from activator.errors import ActivatorError, AuthenticationRequiredError, PermanentRefusalError
from activator.model.checks import Finding, Severity
from activator.ports import DestinationContext
from connectors.meta.errors import scrub
from connectors.meta.options import MetaOptions
from connectors.meta.settings import MetaSettings
from connectors.meta.transport import GraphApi
from connectors.meta.version import RELEASES, VERSION_AGE_WARNING, amount_from

SCOPE = "ads_management"
EXPIRY_WARNING = timedelta(days=14)
_ACCOUNT_FIELDS = (
    "id",
    "name",
    "account_status",
    "disable_reason",
    "currency",
    "timezone_name",
    "min_daily_budget",
    "tos_accepted",
    "default_dsa_beneficiary",
    "default_dsa_payor",
)
# account_status. DOC/marketing-api/reference/ad-account
_ACTIVE = 1
_SERVING = frozenset({_ACTIVE, 9, 201})
_STATUS_NAMES = {
    2: "disabled",
    3: "unsettled",
    7: "in risk review",
    8: "awaiting settlement",
    9: "in a grace period for payment",
    100: "about to be closed",
    101: "closed",
    202: "closed",
}


@dataclass(frozen=True, slots=True)
class Doctor:
    """Reads, never writes. Every check ends in a finding, whatever happens."""

    api: GraphApi
    account: str
    settings: MetaSettings
    options: MetaOptions
    context: DestinationContext

    def findings(self) -> list[Finding]:
        """All findings. No access, or no answer, ends the list: nothing else could be read."""
        found = [self._version()]
        try:
            found += self._token()
            found += self._account()
        except PermanentRefusalError as error:
            found.append(_failed("account", error))
        except ActivatorError as error:
            return [*found, _failed("access", error)]
        found.append(self._readable("page", self.options.page_id))
        found.append(self._readable("pixel", self.options.pixel_id))
        return found

    def _version(self) -> Finding:
        version = self.settings.api_version
        fix = "Upgrade activator, and unset ACTIVATOR_META__API_VERSION."
        if version not in RELEASES:
            return _finding("version", Severity.WARNING, f"{version} is not a version activator was tested with", fix)
        released, ends = RELEASES[version]
        today = self.context.clock.now().date()
        if ends is not None and today > ends:
            return _finding("version", Severity.ERROR, f"{version} has not been served since {ends}", fix)
        if today - released > VERSION_AGE_WARNING:
            return _finding("version", Severity.WARNING, f"{version} is from {released} and will end soon", fix)
        return _ok("version", f"{version}, released {released}")

    def _token(self) -> Iterator[Finding]:
        """Validity, scopes and expiry. The token to inspect goes in the body, as POST with method=GET."""
        token = self.settings.access_token.get_secret_value()
        data = None
        try:
            data = self.api.call("POST", ("debug_token",), {"method": "GET", "input_token": token}).json().get("data")
        except (AuthenticationRequiredError, PermanentRefusalError) as error:
            if error.fault.code in {"102", "190"}:
                raise
        if not isinstance(data, dict):
            yield from self._permissions()
            return
        if data.get("is_valid") is not True:
            raise AuthenticationRequiredError("the access token is not valid", _RENEW)
        yield self._scope({str(scope) for scope in data.get("scopes") or ()})
        yield self._expiry(data.get("expires_at"))
        app_id = self.settings.app_id
        if app_id and str(data.get("app_id", app_id)) != app_id:
            yield _finding(
                "app", Severity.ERROR, "the token belongs to another app than ACTIVATOR_META__APP_ID", "Correct one."
            )

    def _permissions(self) -> Iterator[Finding]:
        """Where the token may not inspect itself, its permissions can still be listed."""
        rows = self.api.rows(("me", "permissions"), ("permission", "status"))
        yield self._scope({str(row.get("permission")) for row in rows if row.get("status") == "granted"})
        yield _finding(
            "expiry", Severity.WARNING, "when the token expires cannot be read", "Use a system user token: it stays."
        )

    def _scope(self, scopes: set[str]) -> Finding:
        if SCOPE in scopes:
            return _ok("token", f"valid, with {SCOPE}")
        return _finding("token", Severity.ERROR, f"the token lacks {SCOPE}", _RENEW)

    def _expiry(self, expires_at: Any) -> Finding:
        if not isinstance(expires_at, int) or expires_at <= 0:
            return _ok("expiry", "the token does not expire")
        end = datetime.fromtimestamp(expires_at, UTC)
        left = end - self.context.clock.now()
        if left > EXPIRY_WARNING:
            return _ok("expiry", f"the token expires on {end:%Y-%m-%d}")
        return _finding("expiry", Severity.WARNING, f"the token expires on {end:%Y-%m-%d %H:%M} UTC", _RENEW)

    def _account(self) -> Iterator[Finding]:
        account = self.api.get((self.account,), fields=",".join(_ACCOUNT_FIELDS))
        yield _status(account)
        yield _same("currency", account.get("currency"), self.context.currency)
        yield _same("time_zone", account.get("timezone_name"), self.context.time_zone)
        yield _terms(account, self.account)
        yield self._dsa(account)
        minimum = account.get("min_daily_budget")
        if isinstance(minimum, int | str) and str(minimum).isdigit():
            least = amount_from(int(minimum), self.context.currency)
            yield _ok("budget", f"daily budgets from {least // 100}.{least % 100:02} {self.context.currency} are taken")

    def _dsa(self, account: Mapping[str, Any]) -> Finding:
        if self.options.dsa_beneficiary or (
            account.get("default_dsa_beneficiary") and account.get("default_dsa_payor")
        ):
            return _ok("dsa", "beneficiary and payor are named")
        return _finding(
            "dsa",
            Severity.WARNING,
            "neither the project file nor the account names beneficiary and payor: ads in the EU will be refused",
            "Set dsa_beneficiary and dsa_payor in the destination's options, or defaults in the account.",
        )

    def _readable(self, what: str, object_id: str) -> Finding:
        try:
            row = self.api.get((object_id,), fields="id,name")
        except ActivatorError as error:
            return Finding(
                f"meta.{what}", Severity.ERROR, f"{what} {object_id} cannot be read: {error.message}", error.next_step
            )
        return _ok(what, f"{scrub(str(row.get('name') or object_id))} can be read")


_RENEW = f"Create a system user token with {SCOPE} and set ACTIVATOR_META__ACCESS_TOKEN."


def _status(account: Mapping[str, Any]) -> Finding:
    status = account.get("account_status")
    if status == _ACTIVE:
        return _ok("account", f"{scrub(str(account.get('name') or account.get('id')))} is active")
    name = _STATUS_NAMES.get(status if isinstance(status, int) else 0, f"in status {status}")
    severity = Severity.WARNING if status in _SERVING else Severity.ERROR
    return _finding("account", severity, f"the account is {name}", "Open Account Quality and billing at Meta.")


def _same(what: str, remote: Any, ours: str) -> Finding:
    label = what.replace("_", " ")
    if remote == ours:
        return _ok(what, f"{label} is {ours} on both sides")
    return _finding(
        what,
        Severity.ERROR,
        f"the account's {label} is {scrub(str(remote))}, the project file says {ours}",
        f"Set `{what}` of this destination to the account's.",
    )


def _terms(account: Mapping[str, Any], account_id: str) -> Finding:
    accepted = account.get("tos_accepted")
    if isinstance(accepted, dict) and str(accepted.get("custom_audience_tos", "0")) == "1":
        return _ok("terms", "the Custom Audience terms are accepted")
    return _finding(
        "terms",
        Severity.ERROR,
        "the Custom Audience terms are not accepted: uploads will be refused",
        "A person of the business opens https://business.facebook.com/ads/manage/customaudiences/tos/"
        f"?act={account_id.removeprefix('act_')} and accepts them.",
    )


def _ok(check: str, message: str) -> Finding:
    return Finding(f"meta.{check}", Severity.OK, message)


def _finding(check: str, severity: Severity, message: str, fix: str) -> Finding:
    return Finding(f"meta.{check}", severity, message, fix)


def _failed(check: str, error: ActivatorError) -> Finding:
    return Finding(f"meta.{check}", Severity.ERROR, error.message, error.next_step)
