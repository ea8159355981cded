"""A table or query of a database as an export, through Ibis: every cell as text, fetched in batches, read-only.

Run here against DuckDB files and a PostgreSQL server. What else Ibis reaches is opened the same way and is untested.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from activator.errors import SourceError
from activator.model.exports import ExportFacts, PartFacts, QueryPlace
from activator.ports import RawExport
from connectors.crm import settings
from connectors.crm.connections import connected, explained
from connectors.crm.dialect import check_header
from connectors.crm.faults import fault, too_large
from connectors.crm.limits import Limits
from connectors.crm.lines import FileRows, PartRows
from connectors.crm.loading import TextTable, picked, quoted

BATCH_ROWS = 20_000  # a batch of this many rows of text stays in the tens of megabytes
REFUSED = (dt.Binary, dt.Array, dt.Map, dt.Struct, dt.GeoSpatial)


def read_query(
    backend: Any, name: str, place: QueryPlace, columns: Collection[str] | None, limits: Limits
) -> RawExport:
    """Load what a table holds or a query answers.

    Raises:
        SourceError: the database cannot be reached, refuses, or answers what no cell can show.
        ConfigurationError: the connection's settings or its driver are missing.
    """
    path = Path(place.label)
    with _opened(place, columns, limits) as (header, titles, batches):
        table = TextTable(backend, titles)
        digest = RowDigest(titles)
        try:
            for batch in batches:
                table.append(backend.con.from_arrow(digest.seen(batch)))
        except duckdb.OutOfMemoryException:
            table.drop()
            raise too_large(path) from None
        except BaseException:
            table.drop()
            raise
    loaded = table.done()
    return RawExport(
        name,
        path,
        loaded.table,
        header,
        table.rows,
        digest.hexdigest(),
        facts=ExportFacts((PartFacts(place.label, "database", table.rows),)),
        places=FileRows((PartRows(path, 2),)),
        release=loaded.release,
    )


def query_digest(place: QueryPlace, columns: Collection[str] | None, limits: Limits) -> str:
    """The digest that reading it now would give. The rows are fetched again: a database has no bytes to compare."""
    with _opened(place, columns, limits) as (_, titles, batches):
        digest = RowDigest(titles)
        for batch in batches:
            digest.seen(batch)
    return digest.hexdigest()


class RowDigest:
    """A digest of rows whatever their order: a query without ORDER BY has none.

    Sums of the halves of each row's MD5, over cells with their lengths; it tells change, it is no signature.
    """

    def __init__(self, titles: list[str]) -> None:
        self._titles, self._rows, self._sums = titles, 0, [0, 0]
        self._engine = duckdb.connect()
        cells = [f"coalesce(length({quoted(t)}) || ':' || {quoted(t)}, '-')" for t in titles]
        row = f"md5_number(concat_ws(',', {', '.join(cells)}))"
        halves = f"sum(({row} % 18446744073709551616)::UBIGINT), sum(({row} >> 64)::UBIGINT)"
        self._statement = f"SELECT count(*), {halves} FROM batch"  # noqa: S608 - quoted above

    def seen(self, batch: pa.Table) -> pa.Table:
        """Count the rows of a batch in, and hand it on."""
        self._engine.register("batch", batch)
        rows, low, high = self._engine.execute(self._statement).fetchall()[0]
        self._rows += rows
        self._sums = [self._sums[0] + int(low or 0), self._sums[1] + int(high or 0)]
        return batch

    def hexdigest(self) -> str:
        """SHA-256 over columns, row count and sums."""
        body = repr((self._titles, self._rows, self._sums))
        return hashlib.sha256(body.encode()).hexdigest()


@contextmanager
def _opened(
    place: QueryPlace, columns: Collection[str] | None, limits: Limits
) -> Iterator[tuple[tuple[str, ...], list[str], Iterator[pa.Table]]]:
    """All column names, those that are read, and the rows in batches, while the connection lasts."""
    found = settings.load(place.connection, place.settings_dir)
    with connected(place, found) as database:
        try:
            rows = database.relation()
            header = tuple(str(title) for title in rows.columns)
            check_header(Path(place.label), header, limits)
            titles = [header[number] for number in picked(header, columns)]
            shown = rows.select(**{f"c{number}": _as_text(place, rows, title) for number, title in enumerate(titles)})
        except SourceError:
            raise
        except Exception as error:  # noqa: BLE001 - each driver has errors of its own, whose words may quote the URL
            raise explained(place, error) from None
        yield header, titles, _batches(place, database.batches(shown, BATCH_ROWS), titles)


def _batches(place: QueryPlace, batches: Iterator[pa.RecordBatch], titles: list[str]) -> Iterator[pa.Table]:
    schema = pa.schema([(title, pa.string()) for title in titles])
    while True:
        try:
            batch = next(batches, None)
        except Exception as error:  # noqa: BLE001 - see above
            raise explained(place, error) from None
        if batch is None:
            return
        yield pa.Table.from_batches([batch]).rename_columns(titles).cast(schema)


def _as_text(place: QueryPlace, rows: ir.Table, title: str) -> ir.Value:
    """Cells as the database writes them; connections are set to UTC, so instants are, too."""
    column = rows[title]
    kind = column.type()
    if isinstance(kind, REFUSED):
        message = f"column {title!r} holds {type(kind).__name__.lower()} values, which no cell can show"
        raise fault(Path(place.label), message, "Leave it out, or turn it into text: use `query`.")
    text = column.cast("string")
    return text.re_replace(r"\.0$", "") if isinstance(kind, dt.Floating) else text
