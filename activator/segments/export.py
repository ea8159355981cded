"""One row per person for the analyst: what they are worth and in which segments, never who they are.

A person is named by the ids their systems gave them and the line of the export they were met in first. An id that is an
e-mail address, a phone number or a digest of one is left out. Cells a spreadsheet would run begin with a quote.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from activator.config.whole_file import whole_file
from activator.errors import ConfigurationError
from activator.people.engine import Engine
from activator.people.identifiers.text import clean
from activator.people.pipeline import People
from activator.people.rejects import FORMULA
from activator.people.rows import source_code

ROWS_MAX = 50_000  # of one write
JOINS = ";"
# An id of this form is, or may be, an e-mail address, an international or national number, or the digest of either.
# One with three zeros or more in front is a number filled up, as ERP systems write them.
_PERSONAL = (
    r"@|^\s*(?:\+[\d\s()./-]{7,}|\(?00?[\s()./-]*[1-9][\d\s()./-]{7,})$"
    r"|^[0-9A-Fa-f]{32}$|^[0-9A-Fa-f]{40}$|^[0-9A-Fa-f]{64}$"
)
_MONEY = {"value": "value_minor", "predicted_value": "predicted_minor", "cost_to_serve": "cost_to_serve_minor"}
_PLAIN = {
    "churn_risk": "churn_risk",
    "orders": "orders",
    "first_order_on": "first_order_on",
    "last_order_on": "last_order_on",
    "days_since_last_order": "days_since_last_order",
    "recency_score": "r",
    "frequency_score": "f",
    "monetary_score": "m",
    "rfm_name": "rfm",
    "activity": "activity",
    "stage": "stage",
    "pattern": "pattern",
    "growth": "growth",
    "tier": "tier",
}
COLUMNS = ("source_ids", "met_in", *_MONEY, "currency", *_PLAIN, "segments")
FORMATS = (".csv", ".parquet")


def write_people(engine: Engine, people: People, members: ir.Table | None, path: Path) -> int:
    """Write the file for its owner only, replacing an older one when complete; returns its rows.

    Rows are in the order people are met in the exports. members: those of Study; None where no segments are declared.

    Raises:
        ConfigurationError: the file is neither CSV nor Parquet, or cannot be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise ConfigurationError(f"{path.name}: neither CSV nor Parquet", "End its name in .csv or .parquet.")
    rows = engine.materialise("export", _rows(people, members))
    with whole_file(path, "the export") as stream:
        written = _write(stream, _batches(engine, rows), is_csv=path.suffix.lower() == ".csv", columns=rows)
    engine.drop(rows)
    return written


def _write(stream: Any, batches: Iterator[pa.RecordBatch], *, is_csv: bool, columns: ir.Table) -> int:
    schema = columns.drop("first_row").schema().to_pyarrow()
    open_writer = pa_csv.CSVWriter if is_csv else pa_parquet.ParquetWriter
    written = 0
    with open_writer(stream, schema) as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema))
            written += batch.num_rows
    return written


def _batches(engine: Engine, rows: ir.Table) -> Iterator[pa.RecordBatch]:
    return engine.stream(rows.order_by("first_row").drop("first_row"), ROWS_MAX)


def _rows(people: People, members: ir.Table | None) -> ir.Table:
    digits = len(str(people.valuation.money_unit)) - 1
    joined = _with_segments(people.standing(), members).join(_met(people), "person")
    amounts = {name: _whole_units(joined[column], digits) for name, column in _MONEY.items()}
    texts = {name: _inert(joined[name]) for name in ("source_ids", "met_in")}
    return joined.select(
        **texts,
        **amounts,
        currency=ibis.literal(people.valuation.currency),
        **{name: joined[column] for name, column in _PLAIN.items()},
        segments=joined.segments.fill_null(""),
        first_row="first_row",
    )


def _with_segments(standing: ir.Table, members: ir.Table | None) -> ir.Table:
    if members is None:
        return standing.mutate(segments=ibis.literal(""))
    named = members.order_by("person", "segment").group_by("person")
    segments = named.agg(segments=lambda t: t.segment.group_concat(JOINS, order_by=t.segment))
    return standing.left_join(segments, "person").drop("person_right")


def _whole_units(minor: ir.IntegerValue, digits: int) -> ir.NumericValue:
    """An amount in units of the currency, exactly."""
    if not digits:
        return minor
    step = f"decimal(4, {digits})"
    product = ibis.udf.scalar.builtin(  # the engine's own: Ibis finds no common type for two decimals
        _multiply, name="multiply", signature=(("decimal(19, 0)", step), f"decimal(23, {digits})")
    )
    exact: ir.NumericValue = product(minor.cast("decimal(19, 0)"), ibis.literal(Decimal(1).scaleb(-digits), step))
    return exact


def _multiply(_minor: Any, _step: Any) -> Any:
    raise NotImplementedError


def _inert(text: ir.StringValue) -> ir.StringValue:
    return text.re_replace(FORMULA, r"'\1")


def _met(people: People) -> ir.Table:
    """(person, first_row, met_in, source_ids): the row of each person met first, and every id that is no identifier."""
    rows = people.rows.filter(people.rows.person.notnull())
    first = rows.group_by("person").agg(first_row=rows.row_id.min())
    lines = first.first_row & ((1 << 44) - 1)
    names = [(source.code, source.source.name) for source in people.sources]
    source = ibis.cases(*[(source_code(first.first_row) == code, name) for code, name in names])
    met = first.mutate(met_in=source + ":" + lines.cast("string"))
    ids = _ids(people)
    if ids is None:
        return met.mutate(source_ids=ibis.literal(""))
    joined = met.left_join(ids, "person").drop("person_right")
    return joined.mutate(source_ids=joined.source_ids.fill_null(""))


def _ids(people: People) -> ir.Table | None:
    """(person, source_ids): space:id, each once, in order."""
    parts = []
    for source in people.sources:
        rows = source.valid
        if source.has("external_id"):
            named = rows.select("row_id", space="id_space", id=clean(rows.external_id))
            usable = named.filter(named.id.notnull() & (named.id != "") & ~named.id.re_search(_PERSONAL))
            parts.append(usable.join(people.valuation.persons, "row_id").select("person", "space", "id"))
    if not parts:
        return None
    every = ibis.union(*parts, distinct=True)
    shown = every.mutate(shown=every.space.fill_null("") + ":" + every.id)
    return shown.group_by("person").agg(source_ids=lambda t: t.shown.group_concat(JOINS, order_by=t.shown))
