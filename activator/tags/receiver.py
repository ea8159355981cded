"""One receiver of changes: signed, over HTTPS, one change per request, and what each answer means.

Headers and signature are those of Standard Webhooks 1.0.0 (standardwebhooks.com; specification read 2026-11-29), for
which receivers have libraries in every language. `webhook-id` is the event's, the same in every attempt;
`webhook-timestamp` is part of what is signed, so an old request cannot be replayed.
"""

import base64
import binascii
import hashlib
import hmac
import json
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import requests
from pydantic import SecretStr

from activator.config.outbox import WebhookSettings
from activator.config.public_address import https_host, refuse_private
from activator.errors import (
    AuthenticationRequiredError,
    ConfigurationError,
    OutcomeUnknownError,
    PermanentRefusalError,
    PlatformFault,
    RateLimitedError,
    RetryableError,
)
from activator.model.outbox import OutboxEvent

CONNECT_SECONDS, READ_SECONDS = 5, 30
WHAT = "The webhook"
FIX = "Set ACTIVATOR_WEBHOOK__URL to the https address of your receiver."
PRIVATE_FIX = f"{FIX} A receiver in your own network needs ACTIVATOR_WEBHOOK__ALLOW_PRIVATE=true."
_REFUSED = {401, 403, 404, 410}
_LATER = {408, 425}


def body_of(event: OutboxEvent) -> bytes:
    """What is told: no address, number or name; the person's ids in the user's systems only where the project says."""
    data: dict[str, Any] = {
        "tag": event.tag,
        "person": event.person_key,
        "occurred_at": _instant(event.occurred_at),
        "due_at": _instant(event.due_at),
        "sequence": event.sequence,
    }
    if event.source_ids is not None:
        pairs = [pair.split("\x1f", 1) for pair in event.source_ids.split("\x1e")]
        data["source_ids"] = [{"source": space, "id": value} for space, value in pairs]
    kind = event.tag.split(":", 1)[0]
    document = {"type": f"{kind}.{event.kind}", "timestamp": _instant(event.occurred_at), "data": data}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def signature(secret: SecretStr, event_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over id, timestamp and body.

    Raises:
        ConfigurationError: a secret that begins with whsec_ is not base64 after it.
    """
    said = secret.get_secret_value()
    try:
        key = base64.b64decode(said[6:], validate=True) if said.startswith("whsec_") else said.encode()
    except binascii.Error:
        raise ConfigurationError(
            "ACTIVATOR_WEBHOOK__SECRET begins with whsec_ and is not base64 after it", "Copy it once more."
        ) from None
    signed = f"{event_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Receiver:
    """A connection to the receiver, kept open between requests."""

    def __init__(self, settings: WebhookSettings) -> None:
        """Check the address.

        Raises:
            ConfigurationError: not https, or it leads into a private network. RetryableError: it cannot be resolved.
        """
        self._settings = settings
        self._url = settings.url.get_secret_value()
        host, port = https_host(self._url, WHAT, FIX)
        if not settings.allow_private:
            refuse_private(host, port, WHAT, PRIVATE_FIX)
        self._session = requests.Session()
        self._session.trust_env = False  # neither a proxy nor a .netrc of the environment gets to see the webhook

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def tell(self, event: OutboxEvent, now: datetime) -> None:
        """Tell one change once; returns when the receiver has said yes.

        Raises:
            RetryableError, OutcomeUnknownError, RateLimitedError: to be told again, under the same id.
            PermanentRefusalError: never takes this one. AuthenticationRequiredError, ConfigurationError: takes nothing.
        """
        body, timestamp = body_of(event), int(now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "activator",
            "webhook-id": event.event_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._settings.secret, event.event_id, timestamp, body),
        }
        try:
            answer = self._session.post(
                self._url,
                data=body,
                headers=headers,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                verify=str(self._settings.ca_file) if self._settings.ca_file else True,
            )
        except (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError):
            raise RetryableError("the receiver could not be reached securely", "Check its address.") from None
        except requests.exceptions.RequestException:
            raise OutcomeUnknownError("the receiver did not answer") from None
        _check(answer)


def _check(answer: requests.Response) -> None:
    status, fault = answer.status_code, PlatformFault(http_status=answer.status_code)
    if 200 <= status < 300:
        return
    if status == requests.codes.too_many_requests:
        wait = answer.headers.get("Retry-After", "")
        raise RateLimitedError("the receiver asks us to wait", "", fault, float(wait) if wait.isdigit() else 60.0)
    if status in _LATER or status >= 500:
        raise OutcomeUnknownError(f"the receiver failed (HTTP {status})", "", fault)
    if status in _REFUSED:
        raise AuthenticationRequiredError(
            f"the receiver takes nothing from us (HTTP {status})", "Check its address and the shared secret.", fault
        )
    if status < 400:
        raise ConfigurationError(f"the receiver points elsewhere (HTTP {status})", "Set the address it points to.")
    raise PermanentRefusalError(f"refused by the receiver (HTTP {status})", "", fault)
