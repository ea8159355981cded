"""The project's secret that people to be forgotten are recognised with, and their receipts signed.

A setting, or a file made on first use. Whoever has it and the ledger can test whether a known person was forgotten;
whoever loses it recognises nobody any more.
"""

import os
import secrets
import stat
from pathlib import Path

from pydantic import SecretStr

from activator.errors import ConfigurationError

FILE = "erasure.key"
_LENGTH_MIN = 32


def erasure_key(state: Path, setting: SecretStr | None, *, make: bool = False) -> bytes:
    """The secret. make: make one where there is none, since nobody was forgotten so far.

    Raises:
        ConfigurationError: there is none, it is too short, or others can read its file.
    """
    if setting is not None:
        if len(setting.get_secret_value()) < _LENGTH_MIN:
            raise ConfigurationError(
                "ACTIVATOR_ERASURE_KEY is too short to be a secret", f"Use {_LENGTH_MIN} random letters or more."
            )
        return setting.get_secret_value().encode()
    path = state / FILE
    if make and not path.exists():
        _make(path)
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigurationError(f"{path} can be read by others", f"chmod 600 {path}")
        secret = path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path} is missing: without it nobody who was forgotten is recognised",
            "Restore it from a backup, or set ACTIVATOR_ERASURE_KEY to what it was.",
        ) from None
    if len(secret) < _LENGTH_MIN:  # cut or emptied: whoever guesses it could sign receipts, and tell who was forgotten
        raise ConfigurationError(
            f"{path} is too short to be the secret",
            "Restore it from a backup; if nobody was ever forgotten, delete it.",
        )
    return secret


def _make(path: Path) -> None:
    """All of it or nothing, for its owner only; of two processes that make one at once, both take the first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    growing = path.with_suffix(f".{os.getpid()}.part")
    descriptor = os.open(growing, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(secrets.token_hex(32).encode())
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(growing, path)
    except FileExistsError:
        pass
    finally:
        growing.unlink()
