"""Forgetting one person: look first, then write it down, then remove.

What is written down first is enough for everything after it, so a run that ends anywhere is taken up by the next one.
"""

import secrets
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from activator.config.workspace import Workspace
from activator.ledger import erasures, plans
from activator.ledger.store import Ledger, LedgerReader
from activator.model.erasure import Erasure
from activator.people.engine import Engine, open_engine
from activator.people.erased import Erased, mac_of
from activator.plan.erased import first_secret
from activator.ports import Clock
from activator.privacy.meant import Meant, others_with, who_is_meant
from activator.privacy.sent import SentAbout, sent_about
from activator.privacy.told import macs_of_events, redact, told_about


@dataclass(frozen=True, slots=True)
class Found:
    """What forgetting somebody would come to. keys: everything they may be known by.

    people, rows: whom that is in the exports; members: different rows ever sent; audiences: destination -> how many
    audiences there were ever told of them; told: events the webhook has of them; others: further people
    who now have what was once sent about the person, and are kept out too; problem: why the exports could not be asked.
    """

    keys: frozenset[str] = field(repr=False)
    people: int
    rows: int
    members: int
    audiences: Mapping[str, int]
    told: int = 0
    others: int = 0
    problem: str = ""


def look(workspace: Workspace, clock: Clock, texts: Sequence[str]) -> Found:
    """What forgetting the person with these identifiers would come to. Changes nothing.

    Raises:
        ConfigurationError: the identifiers do not say who is meant. LedgerError: the ledger cannot be read.
    """
    with open_engine(workspace.scratch, *workspace.settings.engine_limits) as engine:
        meant = who_is_meant(workspace, engine, clock, texts)
        about = _sent(workspace, clock, engine, meant)
        keys = meant.keys | about.keys
        others = others_with(engine, meant, keys)
    audiences: dict[str, int] = {}
    for destination, _ in about.batches:
        audiences[destination] = audiences.get(destination, 0) + 1
    told = _told(workspace, clock, keys)
    return Found(keys, meant.people, meant.rows, about.members, audiences, told, others, meant.problem)


def _sent(workspace: Workspace, clock: Clock, engine: Engine, meant: Meant) -> SentAbout:
    """Searched with a secret made for this one look: a question alone leaves nothing behind."""
    ledger = LedgerReader(workspace.ledger_place, clock)
    try:
        batches = ledger.every_batch()
    finally:
        ledger.close()
    secret = secrets.token_bytes(32)
    return sent_about(engine, batches, Erased(secret, tuple(sorted(mac_of(secret, key) for key in meant.keys))))


def _told(workspace: Workspace, clock: Clock, keys: Collection[str]) -> int:
    ledger = LedgerReader(workspace.ledger_place, clock)
    try:
        with ledger.reading() as connection:
            return len(told_about(connection, ledger.lineage, keys))
    finally:
        ledger.close()


def begin(workspace: Workspace, clock: Clock, actor: str, found: Found) -> Erasure:
    """Write down that the person is to be forgotten. From here on they are kept out, and removal goes on by itself.

    Raises:
        ConfigurationError: the project's secret is missing or another one. LedgerError: it cannot be written.
    """
    ledger = Ledger(workspace.ledger_place, clock)
    try:
        secret = first_secret(workspace, ledger)
        was_sent = found.members > 0 or found.told > 0
        erasure = Erasure(secrets.token_hex(8), clock.now(), actor, was_sent, None)
        macs = {mac_of(secret, key) for key in found.keys} | macs_of_events(secret, ledger.lineage, found.keys)
        with ledger.writing() as connection:
            erasures.begin(connection, erasure, macs)
            redact(connection, erasure.erasure_id, Erased(secret, tuple(sorted(macs))))
            plans.note(connection, clock, workspace.who(actor), "forget", erasure.erasure_id, _said(found))
    finally:
        ledger.close()
    drop_copies(workspace)
    return erasure


def drop_copies(workspace: Workspace) -> None:
    """Delete what else holds digests of people: batches of saved plans, which are stale now, and what runs recall."""
    shutil.rmtree(workspace.recall, ignore_errors=True)
    for batch in workspace.plans.glob("*/*.parquet"):
        if not batch.parent.name.startswith("making-"):
            batch.unlink(missing_ok=True)


def _said(found: Found) -> str:
    return f"{found.rows} rows in the exports, {found.members} rows ever sent to {len(found.audiences)} destinations"
