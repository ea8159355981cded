"""Whom planning must keep out because they were to be forgotten, and the secret to recognise them with."""

import hmac

from activator.config.clock import SystemClock
from activator.config.erasure_key import erasure_key
from activator.config.workspace import Workspace
from activator.errors import ConfigurationError
from activator.ledger import erasures
from activator.ledger.database import is_there
from activator.ledger.store import Ledger, LedgerReader
from activator.people.erased import Erased, mac_of


def read_erased(workspace: Workspace) -> Erased | None:
    """Everybody to be forgotten; None where that is nobody.

    Raises:
        ConfigurationError: their secret is missing or another one, so they would come back; nothing is planned then.
    """
    if not is_there(workspace.ledger_place):
        return None
    ledger = LedgerReader(workspace.ledger_place, SystemClock())
    try:
        with ledger.reading() as connection:
            macs, seal = erasures.every_mac(connection), erasures.seal(connection)
    finally:
        ledger.close()
    if not macs:
        return None
    return Erased(_checked(erasure_key(workspace.state, workspace.settings.erasure_key), seal), macs)


def read_secret(workspace: Workspace, ledger: LedgerReader) -> bytes:
    """The secret people were forgotten with.

    Raises:
        ConfigurationError: it is missing, or another one.
    """
    with ledger.reading() as connection:
        seal = erasures.seal(connection)
    return _checked(erasure_key(workspace.state, workspace.settings.erasure_key), seal)


def first_secret(workspace: Workspace, ledger: Ledger) -> bytes:
    """The same, made and sealed where nobody was forgotten so far."""
    with ledger.reading() as connection:
        seal = erasures.seal(connection)
    secret = _checked(erasure_key(workspace.state, workspace.settings.erasure_key, make=seal is None), seal)
    if seal is None:
        with ledger.writing() as connection:
            if erasures.seal(connection) is None:
                erasures.set_seal(connection, seal_of(secret))
    return secret


def seal_of(secret: bytes) -> str:
    """What tells that a secret is the one the ledger's digests are made with."""
    return mac_of(secret, "activator: the secret of erasures")


def _checked(secret: bytes, seal: str | None) -> bytes:
    if seal is not None and not hmac.compare_digest(seal, seal_of(secret)):
        raise ConfigurationError(
            "the secret of erasures is not the one people were forgotten with, so nobody would be recognised",
            "Restore .activator/erasure.key, or set ACTIVATOR_ERASURE_KEY to what it was.",
        )
    return secret
