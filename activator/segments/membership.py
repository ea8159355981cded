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

COLUMNS = {"person_key": "string", "segment": "string", "since": "date"}


def memberships(
    engine: Engine, truths: ir.Table, segments: Sequence[SegmentSection], before: ir.Table | None, as_of: date
) -> ir.Table:
    """(person_key, segment, since), one row per person and segment they are in.

    Args:
        engine: where it is computed.
        truths: person_key, and the columns of compile.Compiler.table.
        segments: of the project.
        before: the result of the last time, None for the first.
        as_of: the day new members came in.
    """
    held = engine.staged(truths, **_holding(truths, segments, before))
    rows = [_members(held, section, segments) for section in segments]
    every = ibis.union(*rows, distinct=False)
    if before is None:
        return engine.materialise("segments", every.mutate(since=ibis.literal(as_of)))
    dated = every.left_join(before, ["person_key", "segment"])
    return engine.materialise(
        "segments",
        dated.select("person_key", "segment", since=ibis.coalesce(dated.since, ibis.literal(as_of))),
    )


def _holding(truths: ir.Table, segments: Sequence[SegmentSection], before: ir.Table | None) -> dict[str, ir.Value]:
    """For each rule: it holds, or the person was in and may stay."""
    columns: dict[str, ir.Value] = {}
    for section in segments:
        if section.who is None:
            continue
        holds = truths[f"in_{section.name}"]
        if section.stay is not None and before is not None:
            was_in = truths.person_key.isin(before.filter(before.segment == section.name).person_key)
            holds = holds | (truths[f"stay_{section.name}"] & was_in)
        columns[f"holds_{section.name}"] = holds
    return columns


def _members(held: ir.Table, section: SegmentSection, segments: Sequence[SegmentSection]) -> ir.Table:
    """In a scheme whoever no earlier segment has taken; the rest takes everybody else."""
    earlier = []
    for other in segments:
        if section.scheme is None or other is section:
            break
        if other.scheme == section.scheme and other.who is not None:
            earlier.append(~held[f"holds_{other.name}"])
    if section.scheme is not None and section.who is None:
        earlier = [
            ~held[f"holds_{other.name}"]
            for other in segments
            if other.scheme == section.scheme and other.who is not None
        ]
    own = [held[f"holds_{section.name}"]] if section.who is not None else []
    conditions = [*earlier, *own]
    members = held.filter(ibis.and_(*conditions)) if conditions else held
    return members.select("person_key", segment=ibis.literal(section.name))


def moves(before: ir.Table, now: ir.Table) -> list[tuple[str, int, int]]:
    """(segment, came in, left) since the last time, for every segment with any."""
    keys = ["person_key", "segment"]
    came = now.anti_join(before, keys).group_by("segment").agg(came=lambda t: t.count())
    left = before.anti_join(now, keys).group_by("segment").agg(left=lambda t: t.count())
    both = came.outer_join(left, "segment")
    found = both.select(
        segment=ibis.coalesce(both.segment, both.segment_right),
        came=both.came.fill_null(0),
        left=both.left.fill_null(0),
    )
    return [(row["segment"], row["came"], row["left"]) for row in found.order_by("segment").to_pyarrow().to_pylist()]


def scheme_faults(segments: Sequence[SegmentSection]) -> list[str]:
    """What keeps a scheme from sharing everybody out: no rest, two rests, or a rest that is not last."""
    faults = []
    for scheme in dict.fromkeys(section.scheme for section in segments if section.scheme):
        mine = [section for section in segments if section.scheme == scheme]
        rests = [section.name for section in mine if section.who is None]
        if not rests:
            faults.append(f"scheme `{scheme}`: nobody takes the rest; add a last segment without `who`")
        elif len(rests) > 1:
            faults.append(f"scheme `{scheme}`: {' and '.join(rests)} both take the rest; keep one")
        elif mine[-1].name != rests[0]:
            faults.append(f"scheme `{scheme}`: `{rests[0]}` takes the rest, so it must stand last")
    return faults
