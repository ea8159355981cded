"""Compacting the membership log: the oldest batches of an audience become a base that says the same of each member.

A base is made of batches too: up to four kinds, of members last added or removed, surely or not, in place of the newest
of those they replace. So whatever reads the log reads a base. Nothing is believed differently afterwards, but for who
left so long ago that they are forgotten.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from activator.config.whole_file import replace_file
from activator.ledger import files, lease, retired
from activator.ledger.batches import audience_log
from activator.ledger.lease import Lease
from activator.ledger.schema import batches, lost_sends, plans
from activator.ledger.store import Ledger
from activator.model.delivery import Operation
from activator.model.ledger import BatchRecord, BatchState

BATCHES_MAX = 64  # of one audience; reading the log costs a file each
PLAN_ID = "compaction"


@dataclass(frozen=True, slots=True)
class BaseFile:
    """Members of one kind, written down. oldest: when the first of them left, where they surely have."""

    path: Path
    rows: int
    operation: Operation
    certain: bool
    oldest: datetime | None = None


Fold = Callable[[Sequence[BatchRecord], datetime], Sequence[BaseFile]]
"""Writes what some batches say of each member, without those who left before an instant (people.standing_members)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """keep_left: how long it is remembered who left; batches_max: of one audience, before they are compacted."""

    keep_left: timedelta
    batches_max: int = BATCHES_MAX


def due(ledger: Ledger, destination: str, audience_key: str, policy: Policy) -> bool:
    """Whether compacting an audience is worth it."""
    with ledger.reading() as connection:
        old = _replaceable(connection, ledger, destination, audience_key)
    return _worth_it(old, policy, ledger.clock.now())


def compact(ledger: Ledger, held: Lease, destination: str, audience_key: str, policy: Policy, fold: Fold) -> int:
    """Replace old batches of an audience by a base where that is worth it. Returns how many were replaced.

    held: the audience's lease, so nothing of it is being sent. Interrupted anywhere, the log stays as it was.

    Raises:
        LeaseLostError: another run took over; nothing is changed.
    """
    now = ledger.clock.now()
    with ledger.reading() as connection:
        old = _replaceable(connection, ledger, destination, audience_key)
    if not _worth_it(old, policy, now):
        return 0
    bases = fold(old, now - policy.keep_left)
    if len(bases) > len(old):
        return 0
    names = [_name(destination, held, old, number) for number in range(len(bases))]
    with ledger.writing() as connection:
        lease.renew(connection, ledger.clock, held)
        retired.retire(connection, ledger.clock, names)  # until they are in use: a crash leaves nothing behind
    for name, base in zip(names, bases, strict=True):
        (ledger.folder / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(ledger.folder / name, base.path.read_bytes())
    with ledger.writing() as connection:
        lease.renew(connection, ledger.clock, held)
        retired.take_back(connection, names)
        _exchange(connection, ledger, old, tuple(zip(names, bases, strict=True)))
    return len(old)


def _replaceable(connection: Connection, ledger: Ledger, destination: str, audience_key: str) -> list[BatchRecord]:
    """The oldest batches, up to the first about which anything may still change, or that may be gone on with."""
    log = audience_log(connection, ledger.clock, ledger.folder, destination, audience_key)
    in_air = {send.batch_id for send in log.lost}
    last = connection.execute(select(plans).order_by(plans.c.serial.desc()).limit(1)).one_or_none()
    resumable = last.plan_id if last is not None and last.state != "applied" else None
    old = []
    for batch in log.batches:
        if batch.state is BatchState.PROCESSING or batch.batch_id in in_air or batch.plan_id == resumable:
            break
        old.append(batch)
    return old


def _worth_it(old: Sequence[BatchRecord], policy: Policy, now: datetime) -> bool:
    """Whether there are many, or any holds people who left so long ago that they are to be forgotten."""
    return len(old) > policy.batches_max or any(
        batch.settled_at is not None and batch.settled_at < now - policy.keep_left
        for batch in old
        if batch.state is BatchState.REJECTED or (batch.operation is Operation.REMOVE and batch.certain)
    )


def _name(destination: str, held: Lease, old: Sequence[BatchRecord], number: int) -> str:
    """No name is used twice: a lease's epoch never is."""
    parts = (held.name, str(held.epoch), str(old[-1].sequence), str(number))
    return f"membership/{destination}/{hashlib.sha256('/'.join(parts).encode()).hexdigest()[:32]}.parquet"


def _exchange(
    connection: Connection, ledger: Ledger, old: Sequence[BatchRecord], bases: Sequence[tuple[str, BaseFile]]
) -> None:
    """The rows of the base for those of what it replaces, in the places of its newest."""
    ids = [batch.batch_id for batch in old]
    sent_at = max((batch.sent_at for batch in old if batch.sent_at is not None), default=None)
    connection.execute(delete(lost_sends).where(lost_sends.c.batch_id.in_(ids)))
    connection.execute(delete(batches).where(batches.c.batch_id.in_(ids)))
    for batch, (name, base) in zip(old[len(old) - len(bases) :], bases, strict=True):
        content = (ledger.folder / name).read_bytes()
        files.share(connection, ledger.folder, name)
        connection.execute(
            insert(batches).values(
                sequence=batch.sequence,
                batch_id=Path(name).stem,
                plan_id=PLAN_ID,
                destination=batch.destination,
                audience_key=batch.audience_key,
                operation=base.operation.value,
                file=name,
                digest=hashlib.sha256(content).hexdigest(),
                rows=base.rows,
                state=(BatchState.SETTLED if base.certain else BatchState.UNKNOWN).value,
                sends=1,
                intended_at=ledger.clock.now(),
                sent_at=sent_at,
                settled_at=base.oldest or ledger.clock.now(),
                settled=base.rows if base.certain else 0,
                unknown=0 if base.certain else base.rows,
                detail=f"what {len(old)} batches said",
            )
        )
    retired.retire(connection, ledger.clock, [str(batch.file.relative_to(ledger.folder)) for batch in old])


def sweep(ledger: Ledger) -> int:
    """Delete files that were retired long enough ago. Interrupted, the rest is deleted next time.

    Copies of what another host has retired go too, once they are old enough not to be a batch that is being written.
    """
    with ledger.reading() as connection:
        names = retired.deletable(connection, ledger.clock)
        strays = files.strays(connection, ledger.folder, "membership")
    too_young = (ledger.clock.now() - retired.GRACE).timestamp()
    for name in strays:
        if (ledger.folder / name).stat().st_mtime < too_young:
            (ledger.folder / name).unlink(missing_ok=True)
    for name in names:
        (ledger.folder / name).unlink(missing_ok=True)
    if names:
        with ledger.writing() as connection:
            files.forget(connection, names)
            retired.forget(connection, names)
    return len(names)
