"""Secrets of one sandbox: made at random once, kept in its folder, shown only as settings to use."""

import secrets
from dataclasses import dataclass
from pathlib import Path

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.sandbox.certificates import write_private
from connectors.sandbox.meta.graph import Credentials
from connectors.sandbox.state import PlatformState

SERVICE_ACCOUNT_EMAIL = "activator@sandbox.iam.gserviceaccount.com"


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A Google service account: its credentials file, and the public key its signatures are checked with."""

    file: Path
    public_key_pem: str


def meta_credentials(state: PlatformState) -> Credentials:
    """The access token and app secret of this sandbox."""
    with state.transaction():
        held = state.get("sandbox", "credentials", "meta")
        if held is None:
            held = {"access_token": f"EAAsandbox{secrets.token_hex(40)}", "app_secret": secrets.token_hex(16)}
            state.put("sandbox", "credentials", "meta", held)
    return Credentials(held["access_token"], held["app_secret"])


def service_account(folder: Path, state: PlatformState, token_uri: str) -> ServiceAccount:
    """Write the credentials file for a token endpoint; the key stays the same from run to run.

    The public key also stands in the state under ("google", "service_account", e-mail), for the token endpoint.
    """
    file = folder / "service-account.json"
    try:
        private_pem = orjson.loads(file.read_bytes())["private_key"].encode()
        key = serialization.load_pem_private_key(private_pem, password=None)
    except (OSError, ValueError, KeyError):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private_pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    public_pem = (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    content = {
        "type": "service_account",
        "project_id": "activator-sandbox",
        "private_key_id": "sandbox",
        "private_key": private_pem.decode(),
        "client_email": SERVICE_ACCOUNT_EMAIL,
        "client_id": "100000000000000000001",
        "auth_uri": token_uri,
        "token_uri": token_uri,
    }
    write_private(file, orjson.dumps(content, option=orjson.OPT_INDENT_2))
    state.put("google", "service_account", SERVICE_ACCOUNT_EMAIL, {"public_key_pem": public_pem})
    return ServiceAccount(file, public_pem)
