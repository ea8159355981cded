"""Who is believed to be in an audience, who should be, and the difference, as relations of fixed-width keys.

A member is known by member_key, a digest made of all that was or would be sent: who joined, stayed and left is said
by keys alone, and what is sent is read or made only for those it is sent for. What a removal must send later is exactly
what was sent, so batch files keep every column, also for people long gone; they are read for removals only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import ibis
import ibis.expr.types as ir

from activator.model.delivery import Operation
from activator.model.ledger import AudienceLog, BatchRecord, BatchState
from activator.people.engine import Engine, hash_number, rows_in
from activator.people.identifiers import FORM_COLUMNS, STRONG_COLUMNS

KEYS = ("person_key", "member_key")
NOTHING_MORE: Mapping[str, Mapping[Path, str]] = {}
_FLAGS = 4  # an event is its batch's sequence and two flags in one integer: the newest event is the greatest


@dataclass(frozen=True, slots=True)
class Members:
    """Everyone who may be sent in one form.

    keys: person_key and member_key (uuid) and tier. written: from some of these keys (person_key, member_key) to the
    same rows with the form's values as they are before hashing, which are short; sent: from those to the columns that
    are sent. Both are lazy.
    """

    keys: ir.Table
    written: Callable[[ir.Table], ir.Table]
    sent: Callable[[ir.Table], ir.Table]


@dataclass(frozen=True, slots=True)
class Belief:
    """One audience as the log tells it.

    members: one row per member_key that is or may be in, with `certain` (nothing about it is unresolved) and the
    `sequence` of the last batch that names it; left: the same of those surely taken out; batches: where what was sent
    is written down; adds_in_air, removes_in_air: identifiers of sends that may still land; None: no such send.
    replacing: member_key of the new list that may still take this one's place as a whole; None: no such list.
    """

    members: ir.Table
    left: ir.Table
    batches: tuple[BatchRecord, ...]
    adds_in_air: ir.Table | None
    removes_in_air: ir.Table | None
    replacing: ir.Table | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether anything sent may still change who is in."""
        return any(part is not None for part in (self.adds_in_air, self.removes_in_air, self.replacing))


@dataclass(frozen=True, slots=True)
class Pending:
    """How one audience differs from its tier, in keys. adds: wanted, not surely in; removes: not wanted, maybe in.

    staying: wanted and surely in. removes and staying have the `sequence` of their last batch.
    """

    belief: Belief
    adds: ir.Table
    removes: ir.Table
    staying: ir.Table


@dataclass(frozen=True, slots=True)
class MembershipDiff:
    """What to send for one audience.

    adds: keys; adds_after, removes: keys and the columns of the form; held_back: how many wait, their opposite being
    in the air. adds_after share an identifier with a removal of this plan, so they may only follow it: platforms
    remove whoever shares any identifier with the removed row. `returning` of them are in already.
    """

    adds: ir.Table
    adds_after: ir.Table
    returning: int
    removes: ir.Table
    held_back: int


@dataclass(frozen=True, slots=True)
class Assertion:
    """What is sent once more though nothing is known to differ, keys and the columns of the form.

    adds: members wanted and surely in; removes: those who have left, unless somebody who is in, or is to be, shares an
    identifier with them and would be taken out too.
    """

    adds: ir.Table
    removes: ir.Table


def believe(engine: Engine, form: str, log: AudienceLog) -> Belief:
    """Read the log of one audience. For each member the last batch that names it decides."""
    live = tuple(batch for batch in log.batches if batch.state is not BatchState.REJECTED)
    lost = [(send.operation, send.file) for send in log.lost]
    processing = [(batch.operation, batch.file) for batch in live if batch.state is BatchState.PROCESSING]

    def in_air(operation: Operation) -> ir.Table | None:
        files = [file for sent, file in (*lost, *processing) if sent is operation]
        if not files:
            return None
        return engine.materialise("in_air", identifiers_of(_files(engine, files), form).select("identifier").distinct())

    last = engine.materialise("last", last_words(engine, live))
    return Belief(
        _maybe_in(last),
        last.filter(~last.added & last.certain).drop("added", "certain"),
        live,
        in_air(Operation.ADD),
        in_air(Operation.REMOVE),
        _replacing(engine, log),
    )


def _replacing(engine: Engine, log: AudienceLog) -> ir.Table | None:
    whole = log.replacement
    if whole is None or not whole.at_once:
        return None
    parts = [batch for batch in log.batches if batch.plan_id == whole.plan_id and batch.operation is Operation.ADD]
    return engine.materialise("replacing", _events(engine, parts).select("member_key").distinct())


def believed_count(engine: Engine, log: AudienceLog) -> int:
    """How many members are or may be in one audience."""
    return rows_in(believed_members(engine, log.batches))


def believed_members(engine: Engine, batches: Sequence[BatchRecord]) -> ir.Table:
    """The members who are or may be in one audience, by its batches, oldest first; see Belief.members."""
    live = [batch for batch in batches if batch.state is not BatchState.REJECTED]
    return _maybe_in(last_words(engine, live))


def _maybe_in(last: ir.Table) -> ir.Table:
    """Without those who are surely out."""
    return last.filter(last.added | ~last.certain).drop("added")


def last_words(engine: Engine, live: Sequence[BatchRecord]) -> ir.Table:
    """For each member what the last batch that names it says: (person_key, member_key, certain, added, sequence)."""
    events = _events(engine, live)
    last = events.group_by("member_key").agg(event=events.event.max(), person_key=events.person_key.argmax("event"))
    certain, added = last.event % 2 == 1, (last.event // 2) % 2 == 1
    return last.select("person_key", "member_key", certain=certain, added=added, sequence=last.event // _FLAGS)


def _events(engine: Engine, live: Sequence[BatchRecord]) -> ir.Table:
    """(person_key, member_key, event) of every row of the batches: keys only, whatever the form."""
    if not live:
        return ibis.memtable([], schema=ibis.schema({**dict.fromkeys(KEYS, "uuid"), "event": "int64"}))
    codes = {
        str(batch.file): batch.sequence * _FLAGS + 2 * (batch.operation is Operation.ADD) + batch.certain
        for batch in live
    }
    known = ibis.memtable({"filename": list(codes), "event": list(codes.values())})
    rows = engine.sent_rows([batch.file for batch in live])
    keyed = rows.select("filename", **{name: rows[name].cast("uuid") for name in KEYS})
    return keyed.join(known, "filename").drop("filename")


def _files(engine: Engine, files: Sequence[Path]) -> ir.Table:
    return engine.sent_rows(files).drop("filename")


def identifiers_of(members: ir.Table, form: str) -> ir.Table:
    """Every identifier that alone can match a person, one per row, with the member_key it belongs to.

    An identifier is 63 bits of its digest. That two different ones meet in them is possible, if hardly (10 million
    members and 100,000 removals: once in nine million runs); it makes an add wait that need not have waited, no more.
    """
    every = members.select(member_key=members.member_key.cast("uuid"), text=_strong(members, form).unnest())
    filled = every.filter(every.text.notnull() & (every.text != ""))
    return filled.select("member_key", identifier=hash_number(filled.text))


def _strong(members: ir.Table, form: str) -> ir.ArrayValue:
    """The identifiers of each member that alone can match a person, in one list: all of them are read in one go."""
    there = [members[column] for column in STRONG_COLUMNS[form] if column in members.columns]  # older releases had less
    if not there[0].type().is_array():
        return ibis.array(there)
    filled = [ibis.coalesce(column, ibis.literal([], type=column.type())) for column in there]
    return reduce(lambda one, other: one.concat(other), filled)


def compare(engine: Engine, keys: ir.Table, tier: str, belief: Belief) -> Pending:
    """Who is missing and who is too many in the audience of a tier. keys: `Members.keys`."""
    believed = belief.members
    wanted = keys.filter(keys.tier == tier).select(*KEYS)
    certain = believed.filter(believed.certain).select("member_key", "sequence")
    return Pending(
        belief,
        adds=engine.materialise("to_add", wanted.anti_join(certain, "member_key")),
        removes=engine.materialise("to_remove", believed.anti_join(wanted, "member_key").drop("certain")),
        staying=wanted.join(certain, "member_key"),
    )


def difference(engine: Engine, form: str, pending: Pending, sent: Callable[[ir.Table], ir.Table]) -> MembershipDiff:
    """What has to be sent so that the audience becomes its tier. sent: from keys of adds to what is sent for them.

    An uncertain member is sent again when desired, and removed when not; a send whose opposite is in the air is held
    back until that can no longer land, and so is an add that a new list may undo as a whole
    (docs/explanation/membership-protocol.md).
    """
    belief, adds, removes = pending.belief, pending.adds, pending.removes
    held_back = []
    if belief.replacing is not None:
        held_back.append(adds.anti_join(belief.replacing, "member_key"))
        adds = engine.materialise("to_add", adds.semi_join(belief.replacing, "member_key"))
    if belief.removes_in_air is not None and rows_in(adds):
        adds, waiting = _split(engine, adds, identifiers_of(sent(adds), form), belief.removes_in_air)
        held_back.append(waiting)
    if belief.adds_in_air is not None and rows_in(removes):
        own = identifiers_of(_as_sent(engine, form, belief.batches, removes), form)
        removes, waiting = _split(engine, removes, own, belief.adds_in_air)
        held_back.append(waiting)
    held_back_count = sum(rows_in(waiting) for waiting in held_back)
    taken = engine.materialise("removes", _as_sent(engine, form, belief.batches, removes))
    if rows_in(taken) == 0:
        return MembershipDiff(adds, taken, 0, taken, held_back_count)
    touched = _sharing(engine, form, belief, sent(adds) if rows_in(adds) else None, taken)
    back = pending.staying.semi_join(touched, "member_key").select("member_key", "sequence")
    returning = engine.materialise("returning", _as_sent(engine, form, belief.batches, back))
    after = engine.materialise("after", adds.semi_join(touched, "member_key"))
    return MembershipDiff(
        adds=engine.materialise("adds", adds.anti_join(touched, "member_key")),
        adds_after=engine.materialise("adds_after", ibis.union(sent(after), returning))
        if rows_in(after)
        else returning,
        returning=rows_in(returning),
        removes=taken,
        held_back=held_back_count,
    )


def leaving(engine: Engine, form: str, pending: Pending) -> ir.Table:
    """Keys and columns of the form of those who may be in and are not wanted, as they were sent."""
    return engine.materialise("leaving", _as_sent(engine, form, pending.belief.batches, pending.removes))


def assertion(
    engine: Engine, form: str, pending: Pending, diff: MembershipDiff, sent: Callable[[ir.Table], ir.Table]
) -> Assertion:
    """Who is sent once more to repair what nobody told us of. sent: as in `difference`, for keys of adds.

    Whoever the difference sends already, and whose opposite is in the air, is left out.
    """
    belief = pending.belief
    staying = pending.staying.anti_join(diff.adds_after, "member_key").select("member_key", "sequence")
    adds = engine.materialise("asserted", _as_sent(engine, form, belief.batches, staying))
    left = belief.left.anti_join(pending.adds, "member_key").select("member_key", "sequence")
    removes = engine.materialise("left", _as_sent(engine, form, belief.batches, left))
    if rows_in(adds) and belief.removes_in_air is not None:
        adds, _ = _split(engine, adds, identifiers_of(adds, form), belief.removes_in_air)
    if rows_in(removes):
        present = [identifiers_of(_as_sent(engine, form, belief.batches, belief.members), form)]
        present += [identifiers_of(sent(pending.adds), form)] if rows_in(pending.adds) else []
        kept = [part.select("identifier") for part in present]
        kept += [] if belief.adds_in_air is None else [belief.adds_in_air]
        taken = engine.materialise("present", ibis.union(*kept) if len(kept) > 1 else kept[0])
        removes, _ = _split(engine, removes, identifiers_of(removes, form), taken)
    return Assertion(adds, removes)


def _sharing(engine: Engine, form: str, belief: Belief, adds: ir.Table | None, taken: ir.Table) -> ir.Table:
    """member_key of those coming or known who have an identifier of a member that is taken out."""
    gone = identifiers_of(taken, form)
    known = identifiers_of(_files(engine, [batch.file for batch in belief.batches]), form)
    own = known if adds is None else ibis.union(known, identifiers_of(adds, form))
    return engine.materialise("touched", own.semi_join(gone, "identifier").select("member_key").distinct())


def _split(engine: Engine, rows: ir.Table, own: ir.Table, in_air: ir.Table) -> tuple[ir.Table, ir.Table]:
    """(rows that may be sent, rows whose opposite is still in the air). own: the rows' identifiers."""
    blocked = engine.materialise("blocked", own.semi_join(in_air, "identifier").select("member_key").distinct())
    return (
        engine.materialise("free", rows.anti_join(blocked, "member_key")),
        engine.materialise("waiting", rows.semi_join(blocked, "member_key")),
    )


def _as_sent(engine: Engine, form: str, batches: Sequence[BatchRecord], keys: ir.Table) -> ir.Table:
    """(person_key, member_key, columns of the form) of some members, from the batch that named each last."""
    sequences = set(keys.select("sequence").distinct().to_pyarrow().column(0).to_pylist())
    rows = batch_rows(engine, form, [batch for batch in batches if batch.sequence in sequences])
    mine = keys.select("member_key", "sequence")
    return rows.semi_join(mine, ["member_key", "sequence"]).drop("sequence")


def batch_rows(
    engine: Engine, form: str, batches: Sequence[BatchRecord], more: Mapping[str, Mapping[Path, str]] = NOTHING_MORE
) -> ir.Table:
    """Everything in some batch files, with the sequence of each; a column an older release did not send is empty.

    more: further text columns, each with its value for every file that does not have the column itself.
    """
    kinds = FORM_COLUMNS[form]
    if not batches:
        schema = {**dict.fromkeys(KEYS, "uuid"), **dict.fromkeys(more, "string"), **kinds, "sequence": "int64"}
        return ibis.memtable([], schema=ibis.schema(schema))
    sequences = {str(batch.file): batch.sequence for batch in batches}
    rows = engine.sent_rows([batch.file for batch in batches])
    nothing = {
        name: ibis.literal("") if kind == "string" else ibis.literal([], type=kind) for name, kind in kinds.items()
    }
    columns = {
        name: ibis.coalesce(rows[name], nothing[name]) if name in rows.columns else nothing[name] for name in kinds
    }
    own = {name: rows[name] if name in rows.columns else ibis.null("string") for name in more}
    named = rows.select("filename", **{name: rows[name].cast("uuid") for name in KEYS}, **columns, **own)
    said = {f"{name}_of_file": [values[batch.file] for batch in batches] for name, values in more.items()}
    known = ibis.memtable({"filename": list(sequences), "sequence": list(sequences.values()), **said})
    joined = named.join(known, "filename")
    filled = {name: ibis.coalesce(joined[name], joined[f"{name}_of_file"]) for name in more}
    return joined.select(*KEYS, *kinds, "sequence", **filled)
