"""Who is in which segment: rules, schemes that share everybody out, and staying until a rule of its own fails.

The newest membership is kept in the project's store with the day each person came in, so that people who fulfil `stay`
do not flap in and out at the edge of `who`.
"""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from activator.config.segments import SegmentSection
from activator.people.engine import Engine

COLUMNS = {"person": "uuid", "segment": "string", "since": "date"}


def memberships(
    engine: Engine, truths: ir.Table, segments: Sequence[SegmentSection], before: ir.Table | None, as_of: date
) -> ir.Table:
    """(person, segment, since), one row per person and segment they are in.

    Args:
        engine: where it is computed.
        truths: person, and the columns of compile.Compiler.table.
        segments: of the project.
        before: the result of the last time, None for the first.
        as_of: the day new members came in.
    """
    ruled = [section for section in segments if section.who is not None]
    held = engine.staged(truths, **{f"holds_{each.name}": holds(truths, each, before) for each in ruled})
    rows = [
        held.filter(belongs(held, section, segments)).select("person", segment=ibis.literal(section.name))
        for section in segments
    ]
    every = ibis.union(*rows, distinct=False)
    if before is None:
        return engine.materialise("segments", every.mutate(since=ibis.literal(as_of)))
    dated = every.left_join(before, ["person", "segment"])
    return engine.materialise(
        "segments",
        dated.select("person", "segment", since=ibis.coalesce(dated.since, ibis.literal(as_of))),
    )


def holds(people: ir.Table, section: SegmentSection, before: ir.Table | None) -> ir.BooleanValue:
    """Its rule holds, or the person was in and may stay. people: with in_<segment> and stay_<segment> where given."""
    rule: ir.BooleanValue = people[f"in_{section.name}"]
    if section.stay is None or before is None:
        return rule
    was_in = people.person.isin(before.filter(before.segment == section.name).person)
    return rule | (people[f"stay_{section.name}"] & was_in)


def belongs(people: ir.Table, section: SegmentSection, segments: Sequence[SegmentSection]) -> ir.BooleanValue:
    """In a scheme the first whose rule holds takes a person, and the rest everybody else.

    people: with holds_<segment> of this segment and of those before it in its scheme.
    """
    own = [people[f"holds_{section.name}"]] if section.who is not None else []
    conditions = [*own, *[~people[f"holds_{other.name}"] for other in ahead(section, segments)]]
    return ibis.and_(*conditions) if conditions else ibis.literal(True)


def ahead(section: SegmentSection, segments: Sequence[SegmentSection]) -> list[SegmentSection]:
    """The segments of its scheme that come first: those written before it."""
    if section.scheme is None:
        return []
    mates = [other for other in segments if other.scheme == section.scheme]
    return [other for other in mates[: mates.index(section)] if other.who is not None]


def moved(before: ir.Table | None, now: ir.Table, as_of: date) -> ir.Table:
    """(on, person, segment, came): who came in (came) or left since the last time; nobody where there was none."""
    keys = ["person", "segment"]
    if before is None:
        return now.limit(0).select(*keys, on=ibis.literal(as_of), came=ibis.literal(True))
    came = now.anti_join(before, keys).select(*keys, came=ibis.literal(True))
    left = before.anti_join(now, keys).select(*keys, came=ibis.literal(False))
    return ibis.union(came, left, distinct=False).mutate(on=ibis.literal(as_of)).select("on", *keys, "came")


def moves(moved_rows: ir.Table) -> dict[str, tuple[int, int]]:
    """Segment -> (came in, left), for every segment with any."""
    counted = moved_rows.group_by("segment").agg(
        came_in=moved_rows.came.sum().cast("int64"), left=(~moved_rows.came).sum().cast("int64")
    )
    rows = counted.order_by("segment").to_pyarrow().to_pylist()
    return {row["segment"]: (row["came_in"], row["left"]) for row in rows}
