"""Who was forgotten, carried past a restored backup or to another ledger: keyed digests, useless without the secret."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from activator.config.whole_file import whole_file
from activator.config.workspace import Workspace
from activator.errors import ConfigurationError
from activator.ledger import erasures, plans
from activator.ledger.store import Ledger, LedgerReader
from activator.model.erasure import Erasure
from activator.plan.erased import first_secret, read_secret, seal_of
from activator.ports import Clock


@dataclass(frozen=True, slots=True)
class _Carried:
    erasure_id: str
    requested_at: datetime
    actor: str
    found: bool
    macs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _File:
    form: str
    seal: str
    erasures: tuple[_Carried, ...]


_FORM = "activator erasures 1"
_ADAPTER: TypeAdapter[_File] = TypeAdapter(_File)


def export_erasures(workspace: Workspace, clock: Clock, path: Path) -> int:
    """Write everybody forgotten to a file (0600); returns how many erasures.

    Raises:
        ConfigurationError: the file cannot be written, or the secret is missing.
    """
    ledger = LedgerReader(workspace.ledger_place, clock)
    try:
        with ledger.reading() as connection:
            every = erasures.every(connection)
            carried = tuple(
                _Carried(
                    it.erasure_id, it.requested_at, it.actor, it.found, erasures.macs_of(connection, it.erasure_id)
                )
                for it in every
            )
        seal = seal_of(read_secret(workspace, ledger)) if carried else ""
    finally:
        ledger.close()
    with whole_file(path, "the erasures") as stream:
        stream.write(_ADAPTER.dump_json(_File(_FORM, seal, carried), indent=2))
    return len(carried)


def merge_erasures(workspace: Workspace, clock: Clock, actor: str, path: Path) -> int:
    """Take in what `export_erasures` wrote; returns how many were not known here.

    All erasures, also known ones, are looked at again: a restored ledger may believe in members removed since.

    Raises:
        ConfigurationError: not such a file, or made with another secret.
    """
    try:
        file = _ADAPTER.validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", "Name what --export wrote.") from None
    except ValidationError:
        raise ConfigurationError(f"{path} is not what `activator forget --export` wrote", "Export again.") from None
    ledger = Ledger(workspace.ledger_place, clock)
    try:
        if file.erasures and not hmac.compare_digest(seal_of(read_secret(workspace, ledger)), file.seal):
            raise ConfigurationError(
                f"{path} was written with another secret, so nobody in it would be recognised",
                "Use the same .activator/erasure.key or ACTIVATOR_ERASURE_KEY here and there.",
            )
        first_secret(workspace, ledger)
        with ledger.writing() as connection:
            known = {erasure.erasure_id for erasure in erasures.every(connection)}
            for it in file.erasures:
                erasure = Erasure(it.erasure_id, it.requested_at, it.actor, it.found, None)
                erasures.begin(connection, erasure, it.macs)
            erasures.reopen(connection)
            new = sum(it.erasure_id not in known for it in file.erasures)
            plans.note(
                connection,
                clock,
                workspace.who(actor),
                "merge erasures",
                str(len(file.erasures)),
                f"{new} not known here",
            )
        return new
    finally:
        ledger.close()
