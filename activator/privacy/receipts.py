"""Signed receipts: what each platform was asked to forget, and what it answered. Nothing in them says who it was.

Ed25519, with a key made of the project's secret: whoever has the public key can tell that a receipt is ours and whole.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from activator.config.outbox import WEBHOOK_PREFIX, WebhookSettings
from activator.config.settings import load_settings
from activator.config.whole_file import replace_file
from activator.config.workspace import Workspace
from activator.errors import ConfigurationError
from activator.model.erasure import Erasure, Place
from activator.model.outbox import EventState, OutboxEvent
from activator.ports import Clock

FOLDER = "receipts"
WEBHOOK = "webhook"
_FORM = "activator erasure receipt 1"


def write_receipts(
    workspace: Workspace, secret: bytes, erasure: Erasure, told: Sequence[OutboxEvent], clock: Clock
) -> tuple[Path, ...]:
    """One file per platform (0600), replaced as things go on; where nobody was ever sent, the receipt says so.

    told: what the webhook knows of them; there is a receipt of that where a project tells a webhook anything.
    """
    folder = workspace.state / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    names = {place.destination for place in erasure.places} | set(workspace.project.destinations)
    written = []
    for name in sorted(names):
        places = [place for place in erasure.places if place.destination == name]
        section = workspace.project.destinations.get(name)
        platform, account = (section.connector, section.account_digits) if section else (name, "")
        body = _body(workspace, erasure, platform, name, account, places, clock.now())
        written.append(_write(folder / f"{erasure.erasure_id}-{name}.json", secret, body))
    if told or workspace.project.outbox.events:
        body = _body(workspace, erasure, WEBHOOK, WEBHOOK, _host(workspace), (), clock.now())
        body |= {"ever_sent": bool(told), "told": [_told(event) for event in told]}
        written.append(_write(folder / f"{erasure.erasure_id}-{WEBHOOK}.json", secret, body))
    return tuple(written)


def _write(path: Path, secret: bytes, body: dict[str, Any]) -> Path:
    replace_file(path, json.dumps(_signed(secret, body), indent=2).encode())
    return path


def verified(content: bytes, secret: bytes | None = None) -> dict[str, Any]:
    """The body of a receipt whose signature holds. secret: then it must be this project's own as well.

    Raises:
        ConfigurationError: it is no receipt, was changed, or is another project's.
    """
    try:
        document = json.loads(content)
        body, key = document["receipt"], bytes.fromhex(document["public_key"])
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(document["signature"]), _canonical(body))
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError("this is no receipt of an erasure", "Name a file of .activator/receipts.") from None
    except InvalidSignature:
        raise ConfigurationError(
            "the receipt was changed after it was signed", "Take it from .activator/receipts again."
        ) from None
    if secret is not None and not hmac.compare_digest(key, public_key(secret)):
        raise ConfigurationError("the receipt was signed by another project", "Verify it in the project it is from.")
    if not isinstance(body, dict) or body.get("form") != _FORM:
        raise ConfigurationError("this is no receipt of an erasure", "Name a file of .activator/receipts.")
    return body


def public_key(secret: bytes) -> bytes:
    """What others verify receipts with, 32 bytes."""
    return _key(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _key(secret: bytes) -> Ed25519PrivateKey:
    seed = hmac.new(secret, b"activator: receipts of erasures", hashlib.sha256).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


def _signed(secret: bytes, body: dict[str, Any]) -> dict[str, Any]:
    signature = _key(secret).sign(_canonical(body))
    return {"receipt": body, "public_key": public_key(secret).hex(), "signature": signature.hex()}


def _canonical(body: Any) -> bytes:
    """The bytes that are signed: the body with sorted keys and no spaces."""
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def _body(
    workspace: Workspace,
    erasure: Erasure,
    platform: str,
    destination: str,
    account: str,
    places: Iterable[Place],
    now: datetime,
) -> dict[str, Any]:
    listed = [_place(place) for place in places]
    return {
        "form": _FORM,
        "erasure": erasure.erasure_id,
        "project": workspace.project.project.id,
        "platform": platform,
        "destination": destination,
        "account": account,
        "requested_at": erasure.requested_at.isoformat(),
        "due_at": erasure.due_at.isoformat(),
        "written_at": now.isoformat(),
        "ever_sent": bool(listed),
        "kept_out_from_now_on": True,
        "complete": all(place["state"] == "done" for place in listed),
        "removed_from": listed,
    }


def _host(workspace: Workspace) -> str:
    """Where the webhook is: its host, since the rest of the address is a secret of many receivers."""
    try:
        settings = load_settings(WebhookSettings, workspace.folder, WEBHOOK_PREFIX)
    except ConfigurationError:
        return ""
    return urlsplit(settings.url.get_secret_value()).hostname or ""


def _told(event: OutboxEvent) -> dict[str, Any]:
    """An event the receiver has, by the id it was given."""
    answered = event.state is EventState.DELIVERED
    return {
        "event": event.event_id,
        "what": f"{event.kind} {event.tag}",
        "at": event.delivered_at.isoformat() if event.delivered_at else None,
        "certain": answered,
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "audience": place.audience_key or "every customer list of the account",
        "state": place.state.value,
        "rows_of_identifiers": place.rows,
        "removals": place.attempts,
        "last_sent_at": place.sent_at.isoformat() if place.sent_at else None,
        "platform_request": place.request_id,
        "platform_said": place.detail,
    }
