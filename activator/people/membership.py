"""Who is believed to be in an audience, who should be, and the difference, as relations.

A member row is: person_key, member_key (digest of what was or would be sent), and the columns of its identifier form.
What a removal must send later is exactly what was sent, so batch files keep every column, also for people long gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir

from activator.model.delivery import Operation
from activator.model.ledger import AudienceLog, BatchRecord, BatchState
from activator.people.engine import Engine
from activator.people.identifiers import FORM_COLUMNS, STRONG_COLUMNS

KEYS = ("person_key", "member_key")


@dataclass(frozen=True, slots=True)
class Belief:
    """One audience as the log tells it.

    members: one row per member_key that is or may be in, with `certain` (nothing about it is unresolved);
    adds_in_air, removes_in_air: identifiers of sends that may still land, one column `identifier`; None: no such send.
    """

    members: ir.Table
    adds_in_air: ir.Table | None
    removes_in_air: ir.Table | None


@dataclass(frozen=True, slots=True)
class MembershipDiff:
    """What to send for one audience, as relations of member rows.

    adds_after: adds that share an identifier with a removal of this plan, so they may only follow it: platforms remove
    whoever shares any identifier with the removed row. held_back: rows whose opposite is still in the air.
    """

    adds: ir.Table
    adds_after: ir.Table
    removes: ir.Table
    held_back: ir.Table


def empty_members(engine: Engine, form: str) -> ir.Table:
    """A member relation without rows."""
    schema = ibis.schema({**dict.fromkeys(KEYS, "string"), **FORM_COLUMNS[form]})
    return engine.materialise("nobody", ibis.memtable([], schema=schema))


def believe(engine: Engine, form: str, log: AudienceLog) -> Belief:
    """Read the log of one audience. For each member the last batch that names it decides."""
    columns = [*KEYS, *FORM_COLUMNS[form]]
    live = [batch for batch in log.batches if batch.state is not BatchState.REJECTED]
    if not live:
        nobody = empty_members(engine, form).mutate(certain=True)
        return Belief(nobody, None, None)
    events = ibis.union(*[_events(engine, batch, columns) for batch in live])
    believed = engine.materialise("believed", _last_events(events).select(*columns, "certain"))
    lost = [(send.operation, send.file) for send in log.lost]
    processing = [(batch.operation, batch.file) for batch in live if batch.state is BatchState.PROCESSING]
    in_air = [*lost, *processing]
    return Belief(
        believed,
        _in_air(engine, form, [file for operation, file in in_air if operation is Operation.ADD]),
        _in_air(engine, form, [file for operation, file in in_air if operation is Operation.REMOVE]),
    )


def believed_count(engine: Engine, log: AudienceLog) -> int:
    """How many members are or may be in one audience; reads keys only, whatever the form."""
    live = [batch for batch in log.batches if batch.state is not BatchState.REJECTED]
    if not live:
        return 0
    events = ibis.union(*[_events(engine, batch, list(KEYS)) for batch in live])
    return rows_in(_last_events(events))


def _last_events(events: ir.Table) -> ir.Table:
    """For each member the last batch that names it; members surely out are dropped."""
    newest = ibis.window(group_by="member_key", order_by=ibis.desc("sequence"))
    last = events.mutate(position=ibis.row_number().over(newest)).filter(lambda t: t.position == 0)
    return last.filter((last.operation == Operation.ADD.value) | ~last.certain)


def _events(engine: Engine, batch: BatchRecord, columns: list[str]) -> ir.Table:
    rows = engine.backend.read_parquet(str(batch.file))
    return rows.select(*columns).mutate(
        sequence=ibis.literal(batch.sequence, "int64"),
        operation=ibis.literal(batch.operation.value),
        certain=ibis.literal(not batch.state.unresolved),
    )


def _in_air(engine: Engine, form: str, files: Sequence[Path]) -> ir.Table | None:
    if not files:
        return None
    rows = ibis.union(*[engine.backend.read_parquet(str(file)) for file in files])
    return engine.materialise("in_air", identifiers_of(rows, form))


def identifiers_of(members: ir.Table, form: str) -> ir.Table:
    """Every identifier that alone can match a person, one per row, with the member it belongs to."""
    parts = []
    for column in STRONG_COLUMNS[form]:
        value = members[column]
        exploded = value.unnest() if value.type().is_array() else value
        parts.append(members.select("member_key", identifier=exploded))
    every = ibis.union(*parts)
    return every.filter(every.identifier.notnull() & (every.identifier != "")).distinct()


def sharing(members: ir.Table, form: str, identifiers: ir.Table) -> ir.Table:
    """member_key of the members that share an identifier with a set of them."""
    own = identifiers_of(members, form)
    return own.semi_join(identifiers, "identifier").select("member_key").distinct()


def difference(engine: Engine, form: str, desired: ir.Table, belief: Belief) -> MembershipDiff:
    """What has to be sent so that the audience becomes desired.

    An uncertain member is sent again when desired, and removed when not; a send whose opposite is in the air is held
    back until that can no longer land (docs/explanation/membership-protocol.md).
    """
    columns = [*KEYS, *FORM_COLUMNS[form]]
    believed = belief.members
    certain = believed.filter(believed.certain)
    wanted = desired.select(*columns)
    to_add = engine.materialise("to_add", wanted.anti_join(certain, "member_key"))
    to_remove = engine.materialise("to_remove", believed.select(*columns).anti_join(wanted, "member_key"))
    adds, waiting_adds = _split(engine, form, to_add, belief.removes_in_air)
    removes, waiting_removes = _split(engine, form, to_remove, belief.adds_in_air)
    held_back = ibis.union(waiting_adds.select("member_key"), waiting_removes.select("member_key"))
    if rows_in(removes) == 0:
        return MembershipDiff(adds, adds.limit(0), removes, held_back)
    touched = engine.materialise("touched", sharing(wanted, form, identifiers_of(removes, form)))
    staying = wanted.semi_join(certain, "member_key")
    after = ibis.union(adds, staying).semi_join(touched, "member_key")
    return MembershipDiff(
        adds=engine.materialise("adds", adds.anti_join(touched, "member_key")),
        adds_after=engine.materialise("adds_after", after),
        removes=removes,
        held_back=held_back,
    )


def _split(engine: Engine, form: str, rows: ir.Table, in_air: ir.Table | None) -> tuple[ir.Table, ir.Table]:
    """(rows that may be sent, rows whose opposite is still in the air)."""
    if in_air is None:
        return rows, rows.limit(0)
    blocked = engine.materialise("blocked", sharing(rows, form, in_air))
    return (
        engine.materialise("free", rows.anti_join(blocked, "member_key")),
        engine.materialise("waiting", rows.semi_join(blocked, "member_key")),
    )


def rows_in(table: ir.Table) -> int:
    """How many rows a relation has."""
    return int(table.count().to_pyarrow().as_py())
