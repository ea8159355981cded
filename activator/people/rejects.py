"""The rows that did not end in a member, one line each: where it stands, why, and enough of a value to find it again.

Made and written a few rows at a time, so ten million rejects need no more memory than ten. Never a whole value: an
e-mail address shows the first letters of its two parts, a number its beginning and end, and names nothing at all.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv

from activator.config.whole_file import whole_file
from activator.model.people import Outcome
from activator.people.accounting import MEANING, Ending, Place, row_endings
from activator.people.consent import PLATFORMS
from activator.people.engine import Engine
from activator.people.pipeline import People
from activator.people.rows import EMAIL_COLUMNS, PHONE_COLUMNS, NumberedSource, text_of

ROWS_MAX = 50_000  # of one write
COLUMNS = ("source", "file", "place", "number", "destination", "outcome", "reason", "field", "value")
SCHEMA = pa.schema([(name, pa.int64() if name == "number" else pa.string()) for name in COLUMNS])
# A spreadsheet runs a cell that begins so; a quote before it makes it text (OWASP, "CSV injection").
FORMULA = r"^([=+\-@\t\r])"
_NOBODYS = (Ending.NOTHING_GIVEN.value, Ending.NOTHING_USABLE.value, Ending.ONLY_SHARED.value)
_KEPT = (Ending.MEMBER.value, Ending.MERGED.value)
_FIELDS = (*EMAIL_COLUMNS, *PHONE_COLUMNS, "external_id")


def write_rejects(engine: Engine, people: People, places: Sequence[Place], path: Path) -> int:
    """Write the file for its owner only, replacing an older one when complete; returns its lines.

    A row on which all places agree has an empty destination, any other one line for each place that did not take it.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    lines = 0
    with whole_file(path, "the rejects") as stream, pc_csv.CSVWriter(stream, SCHEMA) as writer:
        for batch in _batches(engine, people, places):
            writer.write_batch(batch)
            lines += batch.num_rows
    return lines


def _batches(engine: Engine, people: People, places: Sequence[Place]) -> Iterator[pa.RecordBatch]:
    ended = engine.materialise("ended", _aside(row_endings(people.rows, people.known), places))
    for source in people.sources:
        rows = engine.materialise("rejects", ibis.union(_invalid(source), *_set_aside(source, ended, places)))
        for batch in engine.stream(rows.order_by("source_row", "destination"), ROWS_MAX):
            yield _placed(source, batch)
        engine.drop(rows)
    engine.drop(ended)


def _aside(ended: ir.Table, places: Sequence[Place]) -> ir.Table:
    """The rows some place does not take."""
    return ended.filter(ibis.or_(*[_rejected(ended, place) for place in places]))


def _small(ended: ir.Table, place: Place) -> ir.BooleanValue:
    if not place.small:
        return ibis.literal(False)
    return (ended[f"ending_{place.platform}"] == Ending.MEMBER.value) & ended.tier.isin(sorted(place.small))


def _rejected(ended: ir.Table, place: Place) -> ir.BooleanValue:
    return ~ended[f"ending_{place.platform}"].isin(_KEPT) | _small(ended, place).fill_null(False)


def _verdict(ended: ir.Table, place: Place) -> ir.StringValue:
    """Outcome and reason of each row on one place, parted by a tab."""
    ending = ended[f"ending_{place.platform}"]
    small = [
        ((ended.tier == tier) & (ending == Ending.MEMBER.value), f"{Outcome.BELOW_MINIMUM.value}\t{reason}")
        for tier, reason in place.small.items()
    ]
    every = [(ending == code.value, f"{outcome.value}\t{reason}") for code, (outcome, reason) in MEANING.items()]
    return ibis.cases(*small, *every)


def _set_aside(source: NumberedSource, ended: ir.Table, places: Sequence[Place]) -> list[ir.Table]:
    """The valid rows of one source that some place does not take."""
    verdicts = {f"verdict_{number}": _verdict(ended, place) for number, place in enumerate(places)}
    told = ended.mutate(**verdicts)
    told = told.select(*verdicts, *[name for name in ended.columns if name != "row_id"], stands_in="row_id")
    behind = source.behind
    rows = behind.select("row_id", "stands_in", "source_row", **_shown(behind)).join(told, "stands_in")
    # Of the rows one row stands for, only the first is a person's first; the others were merged into it.
    nobodys = rows[f"ending_{PLATFORMS[0]}"].isin(_NOBODYS)
    rows = rows.filter(nobodys | (rows.row_id == rows.stands_in))
    said = [rows[name] for name in verdicts]
    alike = reduce(lambda one, other: one & other, [said[0] == other for other in said[1:]], ibis.literal(True))
    parts = [_line(rows.filter(alike), "verdict_0", "")]
    if len(places) > 1:
        differing = rows.filter(~alike)
        parts += [
            _line(differing.filter(_rejected(differing, place)), f"verdict_{number}", place.name)
            for number, place in enumerate(places)
        ]
    return parts


def _line(rows: ir.Table, verdict: str, destination: str) -> ir.Table:
    return rows.select(
        "source_row",
        destination=ibis.literal(destination),
        outcome=rows[verdict].split("\t")[0],
        reason=rows[verdict].split("\t")[1],
        field=rows.field,
        value=rows.value,
    )


def _invalid(source: NumberedSource) -> ir.Table:
    """The rows mapping could not use, or leaves out on purpose."""
    rows = source.source.table.join(source.faults, "source_row")
    return rows.select(
        "source_row",
        destination=ibis.literal(""),
        outcome=ibis.literal(Outcome.INVALID.value),
        reason=rows.reason,
        **_shown(rows),
    )


def _shown(rows: ir.Table) -> dict[str, ir.StringValue]:
    """The first identifier a row has, by name, and what may be seen of it."""
    there = [name for name in _FIELDS if name in rows.columns]
    if not there:
        return {"field": ibis.literal(""), "value": ibis.literal("")}
    texts = {name: text_of(rows, name).nullif("") for name in there}
    return {
        "field": ibis.cases(*[(text.notnull(), ibis.literal(name)) for name, text in texts.items()], else_=""),
        "value": ibis.coalesce(*[_masked(name, text) for name, text in texts.items()], ibis.literal("")),
    }


def _masked(field: str, text: ir.StringValue) -> ir.StringValue:
    """What may be seen of a value; NULL of nothing."""
    start = text.left(1) + "***"
    if field in EMAIL_COLUMNS:
        domain = text.split("@")[1]
        return ibis.cases((domain.length() > 0, start + "@" + domain.left(1) + "***"), else_=start)
    long = text.length() >= 8
    middle = " *** " if field in PHONE_COLUMNS else "***"
    kept = 3 if field in PHONE_COLUMNS else 2
    return ibis.cases((long, text.left(kept) + middle + text.right(2)), else_=start)


def _placed(source: NumberedSource, batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with the place of each row, and no cell that a spreadsheet would run."""
    places = source.source.find(batch.column("source_row").to_pylist())
    columns = {
        "source": [source.source.name] * batch.num_rows,
        "file": [place.part for place in places],
        "place": [place.unit for place in places],
        "number": [place.number for place in places],
    }
    arrays = []
    for name in COLUMNS:
        column = pa.array(columns[name], SCHEMA.field(name).type) if name in columns else batch.column(name)
        if name != "number":
            plain = pc.replace_substring_regex(column.cast(pa.string()), r"[\x00-\x1f\x7f]", "?")
            column = pc.replace_substring_regex(plain, FORMULA, r"'\1")
        arrays.append(column)
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
