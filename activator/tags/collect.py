"""Filling the outbox: who has come to carry a tag, or lost it, since it was filled last.

What was seen is a file; which file counts stands in the ledger and moves in the transaction that adds the events. A run
that dies in between leaves neither, and the next one finds the same changes.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ibis
import ibis.expr.types as ir

from activator.config.outbox import OutboxEventSection
from activator.config.project import GuardSection
from activator.config.workspace import Workspace
from activator.errors import LedgerError, UnsafePlanError
from activator.ledger import files, outbox
from activator.ledger.store import Ledger
from activator.model.outbox import OutboxEvent
from activator.model.people import Entity
from activator.people.engine import Engine
from activator.people.erased import mac_of
from activator.people.pipeline import People
from activator.plan.erased import read_erased
from activator.plan.guards import SMALL_AUDIENCE
from activator.ports import Clock
from activator.segments.limits import event_name
from activator.tags.tags import Tagged, tagged

FOLDER = "outbox"
KEPT = timedelta(days=90)  # how long what was told can be looked up
ROWS_PER_READ = 20_000


@dataclass(frozen=True, slots=True)
class Collected:
    """events: new ones; withdrawn: undone before they were told; first: nothing was known, so nothing is told."""

    events: int
    withdrawn: int
    first: bool


def collect(workspace: Workspace, clock: Clock, *, losses_accepted: bool = False) -> Collected:
    """Add an event for every change of the tags the project tells.

    The first time, and for a tag told for the first time, what is found is only remembered.

    Raises:
        UnsafePlanError: too many have lost a tag at once, as when an export was cut; see guards.removal_share_max.
        ActivatorError: an export, the project file or the ledger cannot be used.
    """
    sections = {section.tag: section for section in workspace.project.outbox.events}
    ledger = Ledger(workspace.ledger_place, clock)
    try:
        with ledger.reading() as connection:
            known = _Seen.of(outbox.seen(connection))
            if known.file:
                files.bring(connection, workspace.state, [f"{FOLDER}/{known.file}"])
        with tagged(workspace, clock.now().date()) as found:
            now = found.engine.materialise("now", found.tags.filter(found.tags.tag.isin(sorted(sections))))
            changes = _changed(found.engine, workspace, now, known, sections)
            if not losses_accepted:
                _refuse_losses(found.engine, workspace, known, changes, workspace.project.guards)
            events = _Events(workspace, found, sections, ledger.lineage, clock.now()).of(changes)
            file = _written(workspace.state / FOLDER, now)
            kept = _without_forgotten(workspace, list(events))
            return _moved(ledger, workspace, known, _Seen(file, tuple(sorted(sections))), kept)
    finally:
        ledger.close()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What stands in the ledger: the file, and the tags it is about."""

    file: str = ""
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str | None) -> "_Seen":
        return cls() if text is None else cls(json.loads(text)["file"], tuple(json.loads(text)["tags"]))

    @property
    def text(self) -> str:
        return json.dumps({"file": self.file, "tags": self.tags})


def _before(engine: Engine, workspace: Workspace, known: _Seen) -> ir.Table:
    path = workspace.state / FOLDER / known.file
    if not path.is_file():
        raise LedgerError(f"{path} is missing", "Restore it from a backup; without it nobody knows what was told.")
    return engine.backend.read_parquet(str(path)).select("person", "tag")


def _changed(
    engine: Engine, workspace: Workspace, now: ir.Table, known: _Seen, sections: Mapping[str, OutboxEventSection]
) -> ir.Table:
    """(person, tag, entered) of tags that were told before and still are."""
    told = sorted({*known.tags} & {*sections})
    if not told:
        return engine.materialise("changed", now.limit(0).mutate(entered=ibis.literal(True)))
    before = _before(engine, workspace, known)
    before, after = before.filter(before.tag.isin(told)), now.filter(now.tag.isin(told))
    keys = ["person", "tag"]
    came = after.anti_join(before, keys).select(*keys, entered=ibis.literal(True))
    left = before.anti_join(after, keys).select(*keys, entered=ibis.literal(False))
    return engine.materialise("changed", ibis.union(came, left, distinct=False))


def _refuse_losses(engine: Engine, workspace: Workspace, known: _Seen, changes: ir.Table, limits: GuardSection) -> None:
    """A cut export parses perfectly; told, it would have everybody leave."""
    lost = changes.filter(~changes.entered).group_by("tag").agg(left=lambda t: t.count())
    rows = lost.to_pyarrow().to_pylist()
    if not rows:
        return
    before = _before(engine, workspace, known)
    carried = {r["tag"]: r["n"] for r in before.group_by("tag").agg(n=before.count()).to_pyarrow().to_pylist()}
    for row in sorted(rows, key=lambda row: str(row["tag"])):
        tag, left, had = row["tag"], row["left"], carried[row["tag"]]
        if had >= SMALL_AUDIENCE and left > limits.removal_share_max * had:
            raise UnsafePlanError(
                f"outbox: {left:,} of {had:,} would leave {tag} ({100 * left // had} %; "
                f"limit {100 * limits.removal_share_max:.0f} %)",
                "Check that the exports are complete; if so: `activator outbox collect --accept-losses`.",
            )


class _Events:
    """Turns changes into events. Person keys are made anew with the ledger's own secret: no digest of an address."""

    def __init__(
        self,
        workspace: Workspace,
        found: Tagged,
        sections: Mapping[str, OutboxEventSection],
        lineage: str,
        now: datetime,
    ) -> None:
        self.engine, self.people = found.engine, found.people
        self.sections, self.lineage, self.now = sections, lineage, now
        self.source_ids = workspace.project.outbox.source_ids
        self.run = secrets.token_hex(8)

    def of(self, changes: ir.Table) -> Iterator[OutboxEvent]:
        """In the order they are told: by instant, then by key."""
        told = ibis.or_(
            *[(changes.tag == tag) & changes.entered.isin(_kinds(section)) for tag, section in self.sections.items()],
            ibis.literal(False),
        )
        rows = self._dated(changes.filter(told))
        key = (ibis.literal(self.lineage) + rows.person.cast("string")).hexdigest("sha256").left(32)
        ids = rows.source_ids if self.source_ids else ibis.null("string")
        shaped = self.engine.materialise("events", rows.select("tag", "entered", "at", person_key=key, source_ids=ids))
        ordered = shaped.order_by(ibis.coalesce(shaped.at, ibis.timestamp("9999-01-01")), "person_key", "tag")
        for batch in self.engine.stream(ordered, ROWS_PER_READ):
            for row in batch.to_pylist():
                yield self._event(row["tag"], row["entered"], row["at"], row["person_key"], row["source_ids"])

    def _event(self, tag: str, entered: bool, at: datetime | None, key: str, ids: str | None) -> OutboxEvent:  # noqa: FBT001
        section = self.sections[tag]
        occurred = self.now if at is None else at.replace(tzinfo=UTC)
        later = timedelta(hours=section.hours_after if entered else 0)
        kind = "entered" if entered else "left"
        event_id = hashlib.sha256(f"{self.run}/{key}/{tag}/{kind}".encode()).hexdigest()[:32]
        return OutboxEvent(event_id, 0, kind, tag, key, occurred, occurred + later, source_ids=ids)

    def _dated(self, changes: ir.Table) -> ir.Table:
        """With `at`, the newest event hours_after counts from, and `source_ids` where they are told."""
        rows = changes
        triggers = {tag: section.event for tag, section in self.sections.items() if section.event}
        happened = _newest(self.engine, self.people, triggers) if triggers else None
        if happened is None:
            rows = rows.mutate(at=ibis.null("timestamp"))
        else:
            rows = rows.left_join(happened, ["person", "tag"]).drop("person_right", "tag_right")
            rows = rows.mutate(at=ibis.cases((rows.entered, rows.at), else_=ibis.null("timestamp")))
        if self.source_ids:
            rows = rows.left_join(_source_ids(self.engine, self.people), "person").drop("person_right")
        return rows


def _kinds(section: OutboxEventSection) -> list[bool]:
    return [kind == "entered" for kind in section.changes]


def _newest(engine: Engine, people: People, triggers: Mapping[str, str]) -> ir.Table | None:
    """(person, tag, at): when each person's newest event of the tag's name happened."""
    parts = [source.valid.select("row_id", "event", "happened_at") for source in people.sources
             if source.source.entity is Entity.EVENTS]  # fmt: skip
    if not parts:
        return None
    every = ibis.union(*parts, distinct=False) if len(parts) > 1 else parts[0]
    owned = every.join(people.rows.select("row_id", "person"), "row_id")
    named = engine.materialise("named", owned.select("person", "happened_at", event=event_name(owned.event)))
    by_tag = [
        named.filter(named.event == event_name(ibis.literal(event))).select(
            "person", "happened_at", tag=ibis.literal(tag)
        )
        for tag, event in triggers.items()
    ]
    rows = ibis.union(*by_tag, distinct=False) if len(by_tag) > 1 else by_tag[0]
    newest = rows.group_by("person", "tag").agg(at=rows.happened_at.max().cast("timestamp"))
    return engine.materialise("newest", newest)


def _source_ids(engine: Engine, people: People) -> ir.Table:
    """(person, source_ids): the ids of a person in the user's own systems, as JSON."""
    parts: Sequence[ir.Table] = [
        source.valid.select("row_id", "id_space", "external_id")
        for source in people.sources
        if source.has("external_id") and source.has("id_space")
    ]
    nothing = ibis.schema({"row_id": "int64", "id_space": "string", "external_id": "string"})
    every = ibis.union(ibis.memtable([], schema=nothing), *parts, distinct=False)
    owned = every.filter(every.external_id.notnull()).join(people.rows.select("row_id", "person"), "row_id")
    named = owned.select("person", id=owned.id_space.fill_null("") + "\x1f" + owned.external_id).distinct()
    listed = named.group_by("person").agg(ids=named.id.collect(order_by=named.id))
    return engine.materialise("source_ids", listed.select("person", source_ids=listed.ids.join("\x1e")))


def _without_forgotten(workspace: Workspace, events: list[OutboxEvent]) -> list[OutboxEvent]:
    """Whoever was forgotten carries no tag any more; that they lost it is told to nobody either."""
    erased = read_erased(workspace) if events else None
    if erased is None:
        return events
    macs = frozenset(erased.macs)
    return [event for event in events if mac_of(erased.secret, event.person_key) not in macs]


def _written(folder: Path, now: ir.Table) -> str:
    """The tags as they are, forced to disk under a name of their own."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"seen-{secrets.token_hex(8)}.parquet"
    growing = folder / f"{name}.part"
    growing.touch(mode=0o600)
    now.select("person", "tag").order_by("tag", "person").to_parquet(growing, use_tmp_file=False)
    with growing.open("rb") as stream:
        os.fsync(stream.fileno())
    growing.replace(folder / name)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return name


def _moved(ledger: Ledger, workspace: Workspace, known: _Seen, seen: _Seen, events: list[OutboxEvent]) -> Collected:
    """One transaction: what is undone is withdrawn, the rest is added, and the file counts from now on."""
    with ledger.writing() as connection:
        if _Seen.of(outbox.seen(connection)) != known:
            raise LedgerError("another run has filled the outbox at this moment", "Nothing to do: it told the same.")
        undone = outbox.withdraw(connection, [(e.person_key, e.tag) for e in events if e.kind == "left"])
        kept = [e for e in events if e.kind == "entered" or (e.person_key, e.tag) not in undone]
        first = outbox.last_sequence(connection) + 1
        outbox.add(connection, [replace(event, sequence=first + place) for place, event in enumerate(kept)])
        outbox.move_seen(connection, seen.text)
        files.share(connection, workspace.state, f"{FOLDER}/{seen.file}")
        files.forget(connection, [f"{FOLDER}/{known.file}"])
        outbox.prune(connection, ledger.clock.now() - KEPT)
    for old in (workspace.state / FOLDER).glob("seen-*.parquet*"):
        if old.name != seen.file:
            old.unlink(missing_ok=True)
    return Collected(len(kept), len(undone), first=not known.file)
