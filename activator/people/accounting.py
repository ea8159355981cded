"""Where every source row ends: exactly one outcome each, and the counts add up to the rows that were read."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from activator.model.people import Outcome, SourceCount
from activator.people.consolidate import SHARED_CONTACTS_MAX
from activator.people.rows import NumberedSource, source_code

NOTHING_GIVEN = "no e-mail address, phone or customer id"
NOTHING_USABLE = "no usable e-mail address, phone or customer id"
ONLY_SHARED = f"only an e-mail address or phone shared by more than {SHARED_CONTACTS_MAX} contacts"
UNREACHABLE = "no e-mail address or phone that can be sent"
UNREACHABLE_SHARED = f"{UNREACHABLE}: shared by more than {SHARED_CONTACTS_MAX} contacts"


def count_sources(sources: Sequence[NumberedSource], rows: ir.Table, people: ir.Table) -> tuple[SourceCount, ...]:
    """The outcome of every row. people: person, first_row, outcome, reason.

    A person's first row carries the person's outcome; the others were merged into it.
    """
    joined = rows.left_join(people, rows.person == people.person)
    first = joined.row_id == joined.first_row
    nobody = joined.person.isnull()
    outcome = ibis.cases(
        (nobody, Outcome.NO_IDENTIFIER.value), (first, joined.outcome), else_=ibis.literal(Outcome.MERGED.value)
    )
    reason = ibis.cases(
        (nobody & joined.shared, ONLY_SHARED),
        (nobody & joined.shown, NOTHING_USABLE),
        (nobody, NOTHING_GIVEN),
        (first, joined.reason),
        else_=ibis.literal(""),
    )
    ended = joined.select(code=source_code(joined.row_id), outcome=outcome, reason=reason)
    grouped = ended.group_by("code", "outcome", "reason").agg(rows=lambda t: t.count())
    found = grouped.to_pyarrow().to_pylist()
    counts = [count for source in sources for count in _of_source(source, found)]
    _assert_balance(sources, counts)
    return tuple(counts)


def _of_source(source: NumberedSource, found: Sequence[dict[str, object]]) -> list[SourceCount]:
    name = source.source.name
    grouped = source.faults.group_by("reason").agg(rows=lambda t: t.count())
    invalid = [
        SourceCount(name, Outcome.INVALID, row["reason"], row["rows"]) for row in grouped.to_pyarrow().to_pylist()
    ]
    valid = [
        SourceCount(name, Outcome(str(row["outcome"])), str(row["reason"]), int(str(row["rows"])))
        for row in found
        if row["code"] == source.code
    ]
    order = list(Outcome)
    return sorted([*valid, *invalid], key=lambda count: (order.index(count.outcome), -count.rows, count.reason))


def _assert_balance(sources: Sequence[NumberedSource], counts: Sequence[SourceCount]) -> None:
    """A row lost or counted twice is a defect of ours, found here and not in somebody's account."""
    for source in sources:
        read = int(source.source.table.count().execute())
        ended = sum(count.rows for count in counts if count.source == source.source.name)
        assert ended == read, f"{source.source.name}: {read} rows read, {ended} accounted for"
