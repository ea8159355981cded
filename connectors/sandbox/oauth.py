"""The OAuth token endpoint, and what both Google APIs believe of a bearer token.

Google answers `POST /token` so (RFC 6749, section 5; RFC 7523 for service accounts). Service account clients of the
Data Manager API send a JWT signed by themselves and never ask for a token (google-auth, `service_account`).

Expiry is told by the machine's clock and not by the sandbox's, because a token's holder measures it by its own.
"""

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from activator.ports import Clock
from connectors.sandbox.clock import WallClock
from connectors.sandbox.state import Document, PlatformState

PLATFORM = "google"
TOKEN_SECONDS = 3600  # RFC 6749 expires_in; Google's access tokens live one hour
SCOPES = ("https://www.googleapis.com/auth/adwords", "https://www.googleapis.com/auth/datamanager")
CLIENT_ID = "sandbox.apps.googleusercontent.com"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_CREDENTIALS, _TOKEN, _SERVICE_ACCOUNT = "credentials", "token", "service_account"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a good bearer token allows. scopes: full scope addresses."""

    subject: str
    scopes: frozenset[str]


class OAuthRefusal(Exception):  # noqa: N818 - an answer, not an error of the sandbox
    """error: the OAuth code, e.g. invalid_grant."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


class Authority:
    """Issues tokens and knows its own. Tokens are kept as digests, of a service account only its public key."""

    def __init__(self, state: PlatformState, clock: Clock | None = None) -> None:
        self._state = state
        self._clock = clock or WallClock()

    def authorized_user(self, token_uri: str) -> Document:
        """A file with a refresh token, for the other kind of credentials."""
        known = self._state.get(PLATFORM, _CREDENTIALS, "authorized_user")
        if known is None:
            known = {
                "type": "authorized_user",
                "client_id": CLIENT_ID,
                "client_secret": secrets.token_hex(12),
                "refresh_token": f"1//{secrets.token_urlsafe(32)}",
            }
            self._state.put(PLATFORM, _CREDENTIALS, "authorized_user", known)
        return {**known, "token_uri": token_uri}

    def withdraw(self) -> None:
        """Revoke every token and refresh token, as a user can in the account's security settings."""
        for document in self._state.list(PLATFORM, _TOKEN):
            self._state.delete(PLATFORM, _TOKEN, document["id"])
        self._state.delete(PLATFORM, _CREDENTIALS, "authorized_user")

    def issue(self, subject: str, scopes: Iterable[str]) -> str:
        """A fresh access token."""
        token = f"ya29.{secrets.token_urlsafe(48)}"
        expires = (self._clock.now() + timedelta(seconds=TOKEN_SECONDS)).isoformat()
        document: Document = {"id": _digest(token), "subject": subject, "scopes": sorted(scopes), "expires": expires}
        self._state.put(PLATFORM, _TOKEN, document["id"], document)
        return token

    def grant(self, token: str) -> Grant | None:
        """What a bearer token allows, or None when it is not (or no longer) good."""
        if token.count(".") == 2 and token.startswith("ey"):
            try:
                claims = self._claims(token)
            except OAuthRefusal:
                return None
            scopes = str(claims.get("scope", "")).split() or SCOPES
            return Grant(str(claims["iss"]), frozenset(scopes))
        known = self._state.get(PLATFORM, _TOKEN, _digest(token))
        if known is None or datetime.fromisoformat(known["expires"]) <= self._clock.now():
            return None
        return Grant(known["subject"], frozenset(known["scopes"]))

    def exchange(self, form: dict[str, str]) -> Document:
        """Answer a token request. Raises OAuthRefusal."""
        grant_type = form.get("grant_type", "")
        if grant_type == JWT_BEARER:
            claims = self._claims(form.get("assertion", ""))
            subject, scopes = str(claims["iss"]), str(claims.get("scope", "")).split()
            if not scopes:
                raise OAuthRefusal("invalid_scope", "Empty or missing scope not allowed.")
        elif grant_type == "refresh_token":
            subject, scopes = self._refresh(form)
        else:
            raise OAuthRefusal("unsupported_grant_type", f"Invalid grant_type: {grant_type[:40]}")
        token = self.issue(subject, scopes)
        return {
            "access_token": token,
            "expires_in": TOKEN_SECONDS,
            "token_type": "Bearer",
            "scope": " ".join(sorted(scopes)),
        }

    def _refresh(self, form: dict[str, str]) -> tuple[str, list[str]]:
        known = self._state.get(PLATFORM, _CREDENTIALS, "authorized_user")
        if known is None or not secrets.compare_digest(form.get("refresh_token", ""), known["refresh_token"]):
            raise OAuthRefusal("invalid_grant", "Token has been expired or revoked.")
        if (form.get("client_id"), form.get("client_secret")) != (known["client_id"], known["client_secret"]):
            raise OAuthRefusal("invalid_client", "The OAuth client was not found.", 401)
        wanted = form.get("scope", "").split()
        if set(wanted) - set(SCOPES):
            raise OAuthRefusal("invalid_scope", "Some requested scopes were invalid.")
        return known["client_id"], wanted or list(SCOPES)

    def _claims(self, token: str) -> dict[str, Any]:
        """The claims of a JWT that our service account has signed and that is in time. Raises OAuthRefusal."""
        try:
            header, claims = (json.loads(_unpadded(part)) for part in token.split(".")[:2])
            signature = _unpadded(token.split(".")[2])
        except (ValueError, IndexError, binascii.Error):
            raise OAuthRefusal("invalid_grant", "Bad Request") from None
        known = self._state.get(PLATFORM, _SERVICE_ACCOUNT, str(claims.get("iss")))
        if known is None or header.get("alg") != "RS256":
            raise OAuthRefusal("invalid_grant", "Invalid grant: account not found")
        key = serialization.load_pem_public_key(known["public_key_pem"].encode())
        assert isinstance(key, rsa.RSAPublicKey), "the sandbox makes RSA keys"
        signed = token.rpartition(".")[0].encode()
        try:
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise OAuthRefusal("invalid_grant", "Invalid JWT Signature.") from None
        now = self._clock.now().timestamp()
        # Google allows the clocks of client and server to differ by some minutes.
        if not float(claims.get("iat", 0)) - 300 <= now < float(claims.get("exp", 0)) + 300:
            text = "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe."
            raise OAuthRefusal("invalid_grant", text)
        return dict(claims)


def routes(state: PlatformState, clock: Clock | None = None) -> list[Route]:
    """POST /token."""
    authority = Authority(state, clock)

    async def token(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        try:
            answer = authority.exchange(form)
        except OAuthRefusal as refusal:
            content = {"error": refusal.error, "error_description": refusal.description}
            return JSONResponse(content, refusal.status)
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    return [Route("/token", token, methods=["POST"])]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
