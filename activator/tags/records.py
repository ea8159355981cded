"""The records of one tool and what is to be said of each: whose it is, and whether their consent lets it be said.

A record that the tool's own export holds is updated. Marketing tools may also be told of people they do not know, but
only of those who have said yes to the channel; nobody is subscribed to anything by being told of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import ibis
import ibis.expr.types as ir

from activator.model.people import Entity
from activator.people.accounting import Ending
from activator.people.consent import DENIED, GRANTED, PLATFORMS, answer_code
from activator.people.engine import Engine
from activator.people.identifiers.email import address
from activator.people.identifiers.text import without_decimal_zero
from activator.people.pipeline import People
from activator.people.rows import NumberedSource
from activator.tags.tags import SEGMENT, TIER
from activator.tags.tools import NONE, Channel, Tool

KEY_FIELDS = {"": "external_id", Channel.EMAIL: "email", Channel.SMS: "phone"}


@dataclass(frozen=True)
class Records:
    """rows: record (uuid), key, tier, segments, allowed; one per record. unusable: keys that are none."""

    rows: ir.Table
    unusable: int


def records_of(engine: Engine, people: People, tags: ir.Table, tool: Tool, channel: str) -> Records:
    """Every record of a tool with the tags of its person.

    channel: "" for a tool whose records have ids, else a Channel. tags: (person, tag).
    """
    contacts = [source for source in people.sources if source.source.entity is Entity.CONTACTS]
    held = _keys(engine, people, contacts, tool, channel)
    held = engine.materialise("keyed_records", held)
    fits = held.key.re_search(tool.key_patterns[channel])
    unusable = int((~fits).sum().to_pyarrow().as_py() or 0)
    usable = held.filter(fits)
    allowed = usable.left_join(_answers(engine, people, contacts, channel), "person").drop("person_right")
    allowed = allowed.mutate(allowed=_allowed(allowed, tool))
    said = _said(engine, tags)
    told = allowed.left_join(said, "person").drop("person_right")
    rows = told.select(
        "key",
        "allowed",
        record=(ibis.literal(f"{tool.name}/{channel}\x1f") + told.key).hexdigest("sha256").left(32).cast("uuid"),
        tier=ibis.cases((told.allowed, told.tier), else_=ibis.null("string")).fill_null(NONE),
        segments=ibis.cases((told.allowed, told.segments), else_=ibis.null("string")).fill_null(NONE),
    )
    return Records(engine.materialise("records", rows), unusable)


def _keys(engine: Engine, people: People, contacts: Sequence[NumberedSource], tool: Tool, channel: str) -> ir.Table:
    """(key, person, known), one row per key, whose the earliest row says. known: the tool's own export holds it."""
    parts = [rows for source in contacts if (rows := _of_source(source, tool, channel)) is not None]
    nothing = ibis.memtable([], schema=ibis.schema({"row_id": "int64", "key": "string", "known": "boolean"}))
    every = engine.materialise("tool_keys", ibis.union(nothing, *parts, distinct=False))
    owned = every.join(people.rows.filter(people.rows.person.notnull()).select("row_id", "person"), "row_id")
    return owned.group_by("key").agg(person=owned.person.argmin(owned.row_id), known=owned.known.any())


def _of_source(source: NumberedSource, tool: Tool, channel: str) -> ir.Table | None:
    field, rows = KEY_FIELDS[channel], source.valid
    if not source.has(field):
        return None
    own = (rows.id_space == tool.id_space).fill_null(False) if source.has("id_space") else ibis.literal(False)
    if channel == Channel.EMAIL:
        key = address(rows.email)
    elif channel == Channel.SMS:
        key = rows.phone.re_replace(r"[ ().\-/]", "")
    else:
        key = ibis.cases((own, without_decimal_zero(rows.external_id)), else_=ibis.null("string"))
    named = rows.select("row_id", key=key, known=own)
    return named.filter(named.key.notnull())


def _answers(engine: Engine, people: People, contacts: Sequence[NumberedSource], channel: str) -> ir.Table:
    """(person, answer, listed): the strictest answer to the channel of any row, and whether a list keeps them out."""
    known = people.known
    listed = known.select("person", listed=known[f"ending_{PLATFORMS[0]}"] == Ending.SUPPRESSED.value)
    column = f"consent_{channel}"
    asked = [source.valid.select("row_id", said=answer_code(source.valid[column])) for source in contacts
             if channel and source.has(column)]  # fmt: skip
    if not asked:
        return listed.mutate(answer=ibis.literal(0, "int8"))
    every = ibis.union(*asked, distinct=False) if len(asked) > 1 else asked[0]
    owned = every.join(people.rows.select("row_id", "person"), "row_id")
    strictest = engine.materialise("channel_answers", owned.group_by("person").agg(answer=owned.said.max()))
    joined = listed.left_join(strictest, "person").drop("person_right")
    return joined.mutate(answer=joined.answer.fill_null(0))


def _allowed(rows: ir.Table, tool: Tool) -> ir.BooleanValue:
    if not tool.is_marketing:
        return ibis.literal(True)
    conditions = [~rows.listed.fill_null(False), rows.answer.fill_null(0) != DENIED,
                  rows.known | (rows.answer.fill_null(0) == GRANTED)]  # fmt: skip
    return reduce(lambda one, other: one & other, conditions)


def _said(engine: Engine, tags: ir.Table) -> ir.Table:
    """(person, tier, segments): the tier's name, and the segments' in the order of the alphabet, by semicolons."""
    kind, name = tags.tag.split(":")[0], tags.tag.split(":")[1]
    named = tags.select("person", kind=kind, name=name)
    in_segments = named.kind == SEGMENT
    grouped = named.group_by("person").agg(
        tier=named.name.max(where=named.kind == TIER),
        segments=named.name.group_concat(";", where=in_segments, order_by=named.name),
    )
    return engine.materialise("said_of", grouped)
