"""What `activator doctor` looks at on Meta: version, token, account, page, pixel, audiences; each finding with its fix.

https://developers.facebook.com/docs/graph-api/reference/debug_token, checked 2026-11-22.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from activator.errors import ActivatorError, AuthenticationRequiredError, PermanentRefusalError
from activator.model.checks import Finding, Severity
from activator.ports import DestinationContext
from connectors.meta.check_account import AccountChecks
from connectors.meta.check_audiences import audience_findings
from connectors.meta.errors import scrub
from connectors.meta.findings import failed, finding, moment, ok
from connectors.meta.listing import Listing
from connectors.meta.options import MetaOptions
from connectors.meta.settings import MetaSettings
from connectors.meta.transport import GraphApi
from connectors.meta.version import RELEASES, VERSION_AGE_WARNING

SCOPE = "ads_management"
EXPIRY_WARNING = timedelta(days=14)
# Bids are made from what the pixel reports: a silent one teaches them nothing.
PIXEL_SILENT_WARNING = timedelta(days=7)


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
            found += AccountChecks(self.api, self.account, self.options, self.context).findings()
            found += self._page()
            found += self._pixel()
            found += audience_findings(Listing(self.api, self.account, self.context.markers))
        except PermanentRefusalError as error:
            found.append(failed("account", error))
        except ActivatorError as error:
            found.append(failed("access", error))
        return found

    def _version(self) -> Finding:
        version = self.settings.api_version
        fix = "Upgrade activator, and unset ACTIVATOR_META__API_VERSION."
        if version not in RELEASES:
            return finding("version", Severity.WARNING, f"{version} is not a version activator was tested with", fix)
        released, ends = RELEASES[version]
        today = self.context.clock.now().date()
        if ends is not None and today > ends:
            return finding("version", Severity.ERROR, f"{version} has not been served since {ends}", fix)
        if today - released > VERSION_AGE_WARNING:
            return finding("version", Severity.WARNING, f"{version} is from {released} and will end soon", fix)
        return ok("version", f"{version}, released {released}")

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
        yield self._scope({str(scope) for scope in data.get("scopes") or ()}, data.get("granular_scopes"))
        yield self._expiry("expires", data.get("expires_at"))
        if data.get("data_access_expires_at"):
            yield self._expiry("data_access", data["data_access_expires_at"])
        app_id = self.settings.app_id
        if app_id and str(data.get("app_id", app_id)) != app_id:
            yield finding(
                "app", Severity.ERROR, "the token belongs to another app than ACTIVATOR_META__APP_ID", "Correct one."
            )

    def _permissions(self) -> Iterator[Finding]:
        """Where the token may not inspect itself, its permissions can still be listed."""
        rows = self.api.rows(("me", "permissions"), ("permission", "status"))
        yield self._scope({str(row.get("permission")) for row in rows if row.get("status") == "granted"})
        yield finding(
            "expiry", Severity.WARNING, "when the token expires cannot be read", "Use a system user token: it stays."
        )

    def _scope(self, scopes: set[str], granular: Any = None) -> Finding:
        if SCOPE not in scopes:
            return finding("token", Severity.ERROR, f"the token lacks {SCOPE}", _RENEW)
        for grant in granular if isinstance(granular, list) else ():
            targets = grant.get("target_ids") if isinstance(grant, dict) and grant.get("scope") == SCOPE else None
            if targets and self.account.removeprefix("act_") not in {str(target) for target in targets}:
                fix = "Assign the ad account to the system user, then create the token anew."
                return finding("token", Severity.ERROR, f"the token has {SCOPE}, but not for this account", fix)
        return ok("token", f"valid, with {SCOPE}")

    def _expiry(self, check: str, expires_at: Any) -> Finding:
        check, what = {"expires": ("expiry", "the token"), "data_access": ("data_access", "the access to data")}[check]
        if not isinstance(expires_at, int) or expires_at <= 0:
            return ok(check, f"{what} does not expire")
        end = datetime.fromtimestamp(expires_at, UTC)
        left = end - self.context.clock.now()
        if left > EXPIRY_WARNING:
            return ok(check, f"{what} expires on {end:%Y-%m-%d}")
        severity = Severity.WARNING if left > timedelta() else Severity.ERROR
        return finding(check, severity, f"{what} expires on {end:%Y-%m-%d %H:%M} UTC", _RENEW)

    def _page(self) -> Iterator[Finding]:
        page = self._read("page", self.options.page_id, "id,name")
        yield page if isinstance(page, Finding) else ok("page", f"{_name(page, self.options.page_id)} can be read")

    def _pixel(self) -> Iterator[Finding]:
        pixel = self._read("pixel", self.options.pixel_id, "id,name,last_fired_time,is_unavailable")
        if isinstance(pixel, Finding):
            yield pixel
            return
        name, fix = _name(pixel, self.options.pixel_id), "Look at its events in Events Manager; bids learn from them."
        if pixel.get("is_unavailable") is True:
            yield finding("pixel", Severity.ERROR, f"{name} is no longer available", fix)
            return
        fired = moment(pixel.get("last_fired_time"))
        if fired is None or self.context.clock.now() - fired > PIXEL_SILENT_WARNING:
            said = "never" if fired is None else f"last on {fired:%Y-%m-%d}"
            yield finding("pixel", Severity.WARNING, f"{name} can be read, but has reported {said}", fix)
            return
        yield ok("pixel", f"{name} can be read, and reported on {fired:%Y-%m-%d}")

    def _read(self, what: str, object_id: str, fields: str) -> Mapping[str, Any] | Finding:
        try:
            return self.api.get((object_id,), fields=fields)
        except PermanentRefusalError as error:
            message = f"{what} {object_id} cannot be read: {error.message}"
            return Finding(f"meta.{what}", Severity.ERROR, message, error.next_step)


def _name(row: Mapping[str, Any], object_id: str) -> str:
    return scrub(str(row.get("name") or object_id))


_RENEW = f"Create a system user token with {SCOPE} and set ACTIVATOR_META__ACCESS_TOKEN."
