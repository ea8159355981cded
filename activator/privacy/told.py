"""What the webhook was told of somebody to be forgotten: nothing that waits goes out, and what went out is listed.

Who an event is about is known by a key of ours, and that key by its keyed digest, like all others of the person. So it
is found again after any crash, and in a restored backup.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

from activator.ledger import outbox
from activator.model.outbox import OutboxEvent
from activator.people.erased import Erased, mac_of


def macs_of_events(secret: bytes, lineage: str, keys: Collection[str]) -> set[str]:
    """The keyed digests of what events may call a person with these keys."""
    return {mac_of(secret, outbox.key_of(lineage, key)) for key in keys}


def told_about(connection: Connection, lineage: str, keys: Iterable[str]) -> list[OutboxEvent]:
    """What the receiver knows, or may know, about a person with these keys."""
    return outbox.told_of(connection, [outbox.key_of(lineage, key) for key in keys])


def redact(connection: Connection, erasure_id: str, erased: Erased) -> None:
    """Events about the person bear the erasure's id instead; those that wait are withdrawn."""
    macs = frozenset(erased.macs)
    for key in outbox.people(connection):
        if mac_of(erased.secret, key) in macs:
            outbox.redact(connection, key, erasure_id)
