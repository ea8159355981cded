"""Access tokens for both APIs, from one credentials file whose `token_uri` is honoured.

The libraries' own loaders force Google's token address for refresh tokens (google-ads 34 oauth2.py, google-auth's
authorized_user reader), so the credentials are built here. Tokens are renewed before a call is made, never by a
plugin inside gRPC: there a refused renewal would surface as UNAVAILABLE and look like a network fault.
"""

import json
import re
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import requests
from requests.adapters import HTTPAdapter

from activator.errors import (
    AuthenticationRequiredError,
    ConfigurationError,
    DestinationError,
    PlatformFault,
    RetryableError,
)
from connectors.google.settings import PREFIX, GoogleSettings
from connectors.google.version import SCOPES, TOKEN_URI

_DATE_GRAIN_SECONDS = 2.0  # dates of HTTP have whole seconds, and answers take time

Metadata: TypeAlias = list[tuple[str, str]]

VARIABLE = f"{PREFIX}CREDENTIALS_FILE"
_KINDS = "a service account key or an authorized_user file with a refresh_token"
RENEW = (
    "Renew the consent: sign in again with the scopes adwords and datamanager, or make a new service account key,"
    f" and point {VARIABLE} at it."
)


class AccessTokens:
    """Hands out the authorization metadata of a call and renews the token when it is about to expire."""

    def __init__(self, settings: GoogleSettings) -> None:
        """Read and check the file; no call is made. Raises ConfigurationError."""
        content = _read(settings.credentials_file)
        self._credentials = _build(content)
        self._said = TokenAnswers()
        self._request = _token_request(settings, self._said)
        self._lock = threading.Lock()
        # Quotas are a Cloud project's; an OAuth client id begins with the project's number.
        owner = content.get("quota_project_id") or content.get("project_id") or content.get("client_id")
        self.project = str(owner or content.get("client_email") or "")

    @property
    def clock_ahead_seconds(self) -> float:
        """How far this machine's clock was ahead of the token endpoint's when it last answered; to the second."""
        return self._said.clock_ahead_seconds

    @property
    def granted_scopes(self) -> frozenset[str] | None:
        """The scopes of the token, where the endpoint named them."""
        return self._said.scopes

    def metadata(self) -> Metadata:
        """Headers for one call. Raises AuthenticationRequiredError or RetryableError (nothing was sent yet)."""
        with self._lock:
            if not self._credentials.valid:
                self._renew()
            headers: dict[str, str] = {}
            self._credentials.apply(headers)
        return [(name.lower(), value) for name, value in headers.items()]

    def forget(self) -> None:
        """Drop the current token: the platform has refused it."""
        with self._lock:
            self._credentials.token = None

    def _renew(self) -> None:
        from google.auth.exceptions import GoogleAuthError

        try:
            self._credentials.refresh(self._request)
        except (GoogleAuthError, requests.RequestException, ValueError) as error:
            fault = _explain(error)
        else:
            return
        # Raised outside the handler: the original's text may hold the key's own words.
        raise fault


def _read(path: Path | None) -> dict[str, Any]:
    if path is None:
        raise ConfigurationError(f"{VARIABLE} is not set", f"Point it at {_KINDS}.")
    try:
        content = json.loads(path.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"{VARIABLE}: the file cannot be read: {error.strerror}", "Check the path and its permissions."
        ) from None
    except ValueError:
        raise ConfigurationError(f"{VARIABLE}: the file is not JSON", f"Expected {_KINDS}.") from None
    if not isinstance(content, dict):
        raise ConfigurationError(f"{VARIABLE}: the file is not a JSON object", f"Expected {_KINDS}.")
    return content


def _build(content: dict[str, Any]) -> Any:
    from google.oauth2 import credentials, service_account

    from_key: Callable[..., Any] = service_account.Credentials.from_service_account_info
    from_refresh_token: Callable[..., Any] = credentials.Credentials
    kind = content.get("type")
    if kind == "service_account":
        _require(content, ("client_email", "private_key", "token_uri"))
        try:
            return from_key(content, scopes=list(SCOPES))
        except Exception:  # noqa: BLE001 - whatever it is, its text may quote the key
            broken = ConfigurationError(f"{VARIABLE}: the private key cannot be read", "Download the key again.")
        raise broken
    if kind == "authorized_user":
        _require(content, ("client_id", "client_secret", "refresh_token"))
        # No scopes here: a refresh may only ask for what was granted; a missing scope is told by the API itself.
        return from_refresh_token(
            None,
            refresh_token=content["refresh_token"],
            token_uri=content.get("token_uri") or TOKEN_URI,
            client_id=content["client_id"],
            client_secret=content["client_secret"],
            quota_project_id=content.get("quota_project_id"),
        )
    raise ConfigurationError(f"{VARIABLE}: the file's `type` is not supported", f"Expected {_KINDS}.")


def _require(content: dict[str, Any], keys: tuple[str, ...]) -> None:
    for key in keys:
        if not isinstance(content.get(key), str) or not content[key]:
            raise ConfigurationError(f"{VARIABLE}: the file has no `{key}`", f"Expected {_KINDS}.")


class TokenAnswers:
    """What the token endpoint says besides the token: the time, and the scopes that were granted.

    A wrong clock would take fresh members out of a list; a missing scope fails only at the first upload. google-auth
    keeps neither. now: this machine's own time, whatever time a simulation believes it is.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self.clock_ahead_seconds = 0.0
        self.scopes: frozenset[str] | None = None

    def __call__(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """A response hook; what an answer does not say stays unknown."""
        with suppress(KeyError, TypeError, ValueError):
            told = parsedate_to_datetime(response.headers["Date"])
            difference = (self._now() - told).total_seconds() - response.elapsed.total_seconds()
            self.clock_ahead_seconds = difference if abs(difference) > _DATE_GRAIN_SECONDS else 0.0
        with suppress(AttributeError, KeyError, TypeError, ValueError):
            self.scopes = frozenset(response.json()["scope"].split()) or None


class _ExtraRoots(HTTPAdapter):
    """Trusts a private root certificate besides the public ones."""

    def __init__(self, ca_file: Path) -> None:
        self._context = ssl.create_default_context(cafile=str(ca_file))
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)


def _token_request(settings: GoogleSettings, said: TokenAnswers) -> Callable[..., Any]:
    from google.auth.transport.requests import Request

    session = requests.Session()
    session.hooks["response"].append(said)
    session.trust_env = False  # proxies and CA bundles are settings here
    if settings.ca_file is not None:
        try:
            session.mount("https://", _ExtraRoots(settings.ca_file))
        except (OSError, ssl.SSLError):
            raise ConfigurationError(
                f"{PREFIX}CA_FILE: not a readable PEM file of certificates", "Check the path."
            ) from None
    if settings.proxy is not None:
        session.proxies = dict.fromkeys(("http", "https"), settings.proxy.get_secret_value())
    return partial(Request(session), timeout=settings.token_timeout_seconds)


def _explain(error: Exception) -> DestinationError:
    from google.auth.exceptions import RefreshError

    if isinstance(error, RefreshError) and not error.retryable:
        code = _oauth_code(error)
        return AuthenticationRequiredError(
            f"Google's token endpoint refused the credentials{f' ({code})' if code else ''}",
            RENEW,
            PlatformFault(code=code),
        )
    return RetryableError(
        "Google's token endpoint did not answer", "Check the network and `token_uri` in the credentials file."
    )


def _oauth_code(error: Any) -> str:
    """The OAuth error code, e.g. invalid_grant (RFC 6749, section 5.2); anything longer is not repeated."""
    for argument in error.args:
        code = argument.get("error") if isinstance(argument, dict) else None
        if isinstance(code, str) and re.fullmatch(r"[a-z_]{3,40}", code):
            return code
    return ""
