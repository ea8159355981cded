"""Connections to databases: read-only, with a time limit and one snapshot, and errors in our words.

A driver's own words may quote the URL, and with it the password, or a value of a row; they are never passed on.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from activator.errors import ActivatorError, ConfigurationError
from activator.model.exports import QueryPlace
from connectors.crm.faults import fault
from connectors.crm.settings import PREFIX, DatabaseSettings

READ_ONLY = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY, ISOLATION LEVEL REPEATABLE READ"
CHECK_URL = "Check user, password, host and database in {url}."
# SQLSTATE, or its class of two letters (PostgreSQL 15, appendix A) -> what is wrong, what to do.
STATES = {
    "28": ("refuses the user or the password", CHECK_URL),
    "3D000": ("has no database of that name", CHECK_URL),
    "08": ("cannot be reached", CHECK_URL),
    "42P01": ("has no such table or view", "Check `table` or `query` of this source, and its schema."),
    "42703": ("has no such column", "Check `query` of this source."),
    "42601": ("cannot read the query", "Check `query` of this source: one SELECT, without a semicolon."),
    "42501": ("does not let this user read it", "Grant the user SELECT on it."),
    "25006": ("was asked to change something; only reading is allowed", "Use a SELECT that changes nothing."),
    "57014": ("took longer than the time limit", "Raise {variable}TIMEOUT_SECONDS, or make the query cheaper."),
    "57": ("has ended the connection", "Try again later."),
    "53": ("has no room or connection left", "Try again later."),
    "40": ("could not keep one view of the data", "Try again; on a standby server, later."),
}
# Without an SQLSTATE, as when there is no connection yet: words of the driver -> the same.
SAID = (
    (r"password authentication failed|no password supplied|role .* does not exist", STATES["28"]),
    (r'database "[^"]*" does not exist', STATES["3D000"]),
    (r"OperationalError|gaierror|timeout", STATES["08"]),
    (r"set lock on file|conflicting lock", ("is being written to by another program", "Try again when it is done.")),
    (r"cannot open|no such file|does not exist:|IOException", ("cannot be opened", CHECK_URL)),
    (r"TableNotFound|CatalogException", STATES["42P01"]),
    (r"BinderException", STATES["42703"]),
    (r"ParserException|ParseError", STATES["42601"]),
    (r"PermissionException", STATES["25006"]),
)
COPY_BLOCK_BYTES = 1 << 22  # and the longest row
KIND = "SELECT format_type(%s, NULL)"


class Database(Protocol):
    """One open connection and what is read from it."""

    def relation(self) -> ir.Table:
        """The table or query."""
        ...

    def batches(self, rows: ir.Table, size: int) -> Iterator[pa.RecordBatch]:
        """The rows, a batch at a time."""
        ...


class _Other:
    """Whatever Ibis reaches."""

    def __init__(self, backend: Any, place: QueryPlace) -> None:
        self._backend, self._place = backend, place

    def relation(self) -> ir.Table:
        """The table or query, its columns as the database describes them."""
        if self._place.query is not None:
            return self._answer(self._place.query.strip().removesuffix(";"))
        *schema, name = (self._place.table or "").split(".")
        return self._backend.table(name, database=".".join(schema) or None)

    def batches(self, rows: ir.Table, size: int) -> Iterator[pa.RecordBatch]:
        """The rows, a batch at a time."""
        yield from self._backend.to_pyarrow_batches(rows, chunk_size=size)

    def close(self) -> None:
        """Hang up."""
        self._backend.disconnect()

    def _answer(self, query: str) -> ir.Table:
        return self._backend.sql(query)


class _DuckDB(_Other):
    """A DuckDB file. Ibis 12's own ways to batches and to a query's columns use what DuckDB 2 no longer has."""

    def batches(self, rows: ir.Table, size: int) -> Iterator[pa.RecordBatch]:
        """The rows, a batch at a time."""
        yield from self._backend.con.sql(self._backend.compile(rows)).to_arrow_reader(size)

    def _answer(self, query: str) -> ir.Table:
        from ibis.backends.sql.datatypes import DuckDBType

        answer = self._backend.con.sql(query)
        kinds = zip(answer.columns, answer.types, strict=True)
        return self._backend.sql(query, schema={name: DuckDBType.from_string(str(kind)) for name, kind in kinds})


class _Postgres(_Other):
    """A PostgreSQL server. Ibis would make a view to learn a query's columns, which a reader may not.

    Rows come by COPY, which costs a third less than a cursor and is one statement to the time limit. It writes NULL
    as nothing and an empty text as "".
    """

    def batches(self, rows: ir.Table, size: int) -> Iterator[pa.RecordBatch]:  # noqa: ARG002 - blocks have bytes
        """The rows, a batch at a time."""
        from pyarrow import csv

        statement = f"COPY ({self._backend.compile(rows)}) TO STDOUT (FORMAT csv)"
        with self._backend.con.transaction(), self._backend.con.cursor() as cursor, cursor.copy(statement) as copy:
            yield from csv.open_csv(
                _Copied(copy),
                csv.ReadOptions(column_names=rows.columns, block_size=COPY_BLOCK_BYTES, use_threads=False),
                csv.ParseOptions(newlines_in_values=True),
                csv.ConvertOptions(
                    column_types=dict.fromkeys(rows.columns, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )

    def _answer(self, query: str) -> ir.Table:
        from ibis.backends.sql.datatypes import PostgresType

        connection = self._backend.con
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({query}\n) AS answer LIMIT 0")  # noqa: S608 - the user's own query
            described = [(column.name, column.type_code) for column in cursor.description]
            kinds = {code: cursor.execute(KIND, (code,)).fetchone()[0] for _, code in described}
        schema = {name: PostgresType.from_string(kinds[code]) for name, code in described}
        return self._backend.sql(query, schema=schema)


class _Copied:
    """What COPY sends, as the file that pyarrow reads."""

    closed = False

    def __init__(self, copy: Any) -> None:
        self._blocks, self._rest = iter(copy), b""

    def read(self, size: int) -> bytes:
        """The next bytes, at most size of them."""
        parts, loaded = [self._rest], len(self._rest)
        while loaded < size and (block := next(self._blocks, None)) is not None:  # a block is about a row
            parts.append(bytes(block))
            loaded += len(parts[-1])
        whole = b"".join(parts)
        self._rest = whole[size:]
        return whole[:size]


@contextmanager
def connected(place: QueryPlace, found: DatabaseSettings) -> Iterator[Database]:
    """A connection, closed whatever happens.

    Raises:
        SourceError: it cannot be opened. ConfigurationError: the URL or the driver is not right.
    """
    try:
        database = _connect(found.url.get_secret_value(), place, found)
    except ActivatorError:
        raise
    except Exception as error:  # noqa: BLE001 - its words may quote the URL
        raise explained(place, error) from None
    try:
        yield database
    finally:
        database.close()


def _connect(url: str, place: QueryPlace, found: DatabaseSettings) -> _Other:
    scheme = url.partition(":")[0]
    if scheme in ("postgres", "postgresql"):
        backend = ibis.connect(url, connect_timeout=found.connect_timeout_seconds, application_name="activator")
        backend.con.execute(READ_ONLY)
        backend.con.execute(f"SET statement_timeout = {found.timeout_seconds * 1000}")
        return _Postgres(backend, place)
    if scheme == "duckdb":
        backend = ibis.connect(url, read_only=True)
        backend.con.execute("SET TimeZone = 'UTC'")
        backend.con.execute("SET enable_external_access = false")  # a query reads this database and no other file
        return _DuckDB(backend, place)
    if not hasattr(ibis, scheme):
        raise ConfigurationError(
            f"{_variable(place)}URL names no kind of database that is known here",
            "Begin it with postgres:// or duckdb://, or with the name of another backend of Ibis.",
        )
    return _Other(ibis.connect(url), place)


def explained(place: QueryPlace, error: BaseException) -> ActivatorError:
    """Our words for a driver's error."""
    variable = _variable(place)
    if isinstance(error, ImportError):
        return ConfigurationError(
            f"the driver for the connection `{place.connection}` is not installed",
            "For PostgreSQL: pip install 'audience-activator[postgres]'; for others, Ibis' own extra.",
        )
    what, fix = _words(error)
    return fault(Path(place.label), f"the database {what}", fix.format(url=f"{variable}URL", variable=variable))


def _words(error: BaseException) -> tuple[str, str]:
    state = str(getattr(error, "sqlstate", None) or "")
    known = STATES.get(state) or STATES.get(state[:2])
    if known is None:
        said = f"{type(error).__name__}: {error}"
        known = next((words for pattern, words in SAID if re.search(pattern, said, re.IGNORECASE)), None)
    code = f" (SQLSTATE {state})" if state else f" ({type(error).__name__})"
    return known or (f"could not answer{code}", "Try the query with the database's own tools.")


def _variable(place: QueryPlace) -> str:
    return f"{PREFIX}{place.connection.upper()}__"
