"""The embedded engine: DuckDB behind Ibis, with a memory limit and a private scratch folder.

State never lives here: DuckDB files are scratch, encrypted with a key that is only ever in memory, removed on exit and
on the next start after a kill.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql.datatypes import DuckDBType

from activator.config.room import FULL, disk_room, no_room
from activator.errors import LedgerError, ResourceError

# What no expression says: 120 bits of a digest as a key, whose first eight bits are zero; HMAC-SHA256, given the
# secret's two pads; and the engine's own hash, which Ibis reads by way of text.
_FUNCTIONS = (
    "hash_number(v) AS (hash(v) & 9223372036854775807)::BIGINT",
    "record_key(t) AS (md5_number(t) >> 8)::UUID",
    "keyed_mac(t, i, o) AS sha256(o || unhex(sha256(i || encode(t))))",
)

# What is spilt holds people as they were exported. DuckDB makes the key itself; the name of the second switch is a
# warning about its random numbers, and what that means is said in docs/adr/0010-encrypted-scratch.md.
_ENCRYPTED: dict[str, Any] = {"temp_file_encryption": True, "force_mbedtls_unsafe": "true"}

# Tables live in a database of their own, in memory, since those of a session cannot be compressed.
_CATALOG = "people"
# Per cent of the memory that is allowed: what tables may take before they are compressed, to a third as a rule, and
# what they and a statement's groups may take together. What is spilt costs many times more to be enciphered.
_TABLES_SHARE, _GROUPS_SHARE = 40, 85
# About what a group takes in a hash table with half a dozen sums, counts and days. Where groups do not fit, rows are
# spilt before they are added up.
_GROUP_BYTES = 150


def _hash_number(_value: Any) -> Any:
    raise NotImplementedError  # one of _FUNCTIONS


_number = ibis.udf.scalar.builtin(_hash_number, name="hash_number", signature=((None,), "int64"))  # of any type


def hash_number(value: ir.Value) -> ir.IntegerValue:
    """63 bits that depend on a value of any type: cheap, and the same within one release of the engine only."""
    return cast("ir.IntegerValue", _number(value))


class Engine:
    """One connection. Tables made here vanish with it."""

    def __init__(
        self,
        scratch: Path,
        memory_limit_mb: int = 2048,
        threads: int = 0,
        scratch_limit_mb: int = 0,
        encrypted: bool = True,  # noqa: FBT001 - the limits come as one tuple from the settings
    ) -> None:
        """Open in memory; what exceeds memory_limit_mb is spilt to scratch (created, mode 0700).

        scratch_limit_mb: how much may be spilt; 0 is what the disk has; encrypted: False only where the disk is.
        """
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = Path(tempfile.mkdtemp(prefix=f"engine-{os.getpid()}-", dir=scratch))
        config: dict[str, Any] = {"memory_limit": f"{memory_limit_mb}MB", "temp_directory": str(self.folder)}
        config |= _ENCRYPTED if encrypted else {}
        config["lambda_syntax"] = "ENABLE_SINGLE_ARROW"  # Ibis 12 writes lambdas in the form DuckDB 2 is giving up
        if threads:
            config["threads"] = threads
        if scratch_limit_mb:
            config["max_temp_directory_size"] = f"{scratch_limit_mb}MB"
        self.backend = ibis.duckdb.connect(**config)
        self.backend.con.execute(f"ATTACH ':memory:' AS {_CATALOG} (COMPRESS)")
        self.backend.con.execute(f"USE {_CATALOG}")
        self._memory_bytes, self._encrypted = memory_limit_mb * 1_000_000, encrypted
        self.backend.con.execute("SET enable_progress_bar = false")  # it would be printed between our own words
        for function in _FUNCTIONS:
            self.backend.con.execute(f"CREATE TEMP MACRO {function}")
        self._serial = 0
        self._beneath: dict[str, tuple[ir.Table, ...]] = {}  # view -> the tables that hold its rows
        self._sent: dict[tuple[str, ...], ir.Table] = {}  # files -> the view of their rows

    def materialise(self, label: str, expression: ir.Table) -> ir.Table:
        """Compute a relation now and return the table holding it. label only helps reading query plans.

        Ibis' own `create_table` does the same, but asks the engine where it is and what it has made, and writes the
        statement twice: for small tables that is most of the time.
        """
        self._serial += 1
        name = f"{label}_{self._serial}"
        schema = ibis.schema({column: _as_stored(kind) for column, kind in expression.schema().items()})
        columns = [column.sql("duckdb") for column in schema.to_sqlglot_column_defs("duckdb")]
        self.backend.con.execute(f'CREATE TABLE "{name}" ({", ".join(columns)})')
        self._insert(name, expression)
        return self._relation(name, schema)

    def _relation(self, name: str, schema: ibis.Schema) -> ir.Table:
        namespace = ops.Namespace(catalog=_CATALOG, database="main")
        return ops.DatabaseTable(name, schema=schema, source=self.backend, namespace=namespace).to_expr()

    def _insert(self, name: str, expression: ir.Table) -> None:
        self.backend._run_pre_execute_hooks(expression)
        self.backend.con.execute(f'INSERT INTO "{name}" {self.backend.compile(expression)}').fetchall()
        if self._held_bytes() > self._memory_bytes * _TABLES_SHARE // 100:
            self.backend.con.execute(f"CHECKPOINT {_CATALOG}")

    def _held_bytes(self) -> int:
        return self._told("SELECT sum(memory_usage_bytes) FROM duckdb_memory()")

    def _told(self, question: str) -> int:
        return int(self.backend.con.execute(question).fetchall()[0][0])

    def in_passes(
        self, label: str, rows: ir.Table, by: str, made: Callable[[ir.Table], ir.Table], *, joins: bool = False
    ) -> ir.Table:
        """`materialise` made(rows), in several passes over rows where its hash tables would not fit in memory.

        by: what it groups by, a column with nearly as many values as there are groups; or what it joins by, where
        joins: then by is the key of rows, and all threads share the one hash table.
        """
        if not self._encrypted:
            return self.materialise(label, made(rows))  # to spill is cheaper than to read everything again
        tables = 1 if joins else self._told("SELECT current_setting('threads')")
        passes = self._passes(rows_in(rows) * tables)
        if passes > 1 and not joins:
            passes = self._passes(int(hash_number(rows[by]).approx_nunique().to_pyarrow().as_py()) * tables)
        if passes < 2:
            return self.materialise(label, made(rows))
        turn = hash_number(rows[by]) % passes
        table = self.materialise(label, made(rows.filter(turn == 0)))
        for number in range(1, passes):
            self._insert(_name(table), made(rows.filter(turn == number)))
        return table

    def _passes(self, groups: int) -> int:
        """How many passes leave memory for what is held. groups: of all threads, each of which may meet every group."""
        room = max(self._memory_bytes * _GROUPS_SHARE // 100 - self._held_bytes(), self._memory_bytes // 4)
        return -(-groups * _GROUP_BYTES // room)

    def lean(self, label: str, expression: ir.Table, same: Mapping[str, Any]) -> ir.Table:
        """`materialise`, without columns that hold the same value, often NULL, in every row.

        They would take as much room and time as any other. same: column -> that value.
        """
        if not same:
            return self.materialise(label, expression)
        table = self.materialise(label, expression.drop(*same))
        return self.view(with_constants(table, same, expression.schema()), table)

    def stacked(self, parts: Sequence[ir.Table]) -> ir.Table:
        """The rows of all parts, where they are. Dropping the result drops the parts."""
        return self.view(ibis.union(*parts, distinct=False), *parts) if len(parts) > 1 else parts[0]

    def view(self, expression: ir.Table, *beneath: ir.Table) -> ir.Table:
        """A relation worked out again whenever it is asked for: for what costs less than to be kept.

        beneath: tables of its own, which are dropped with it.
        """
        view = self._named("view", expression)
        self._beneath[_name(view)] = beneath
        return view

    def _named(self, label: str, expression: ir.Table) -> ir.Table:
        """The relation as a view. Its types are asked for: they are what the engine makes of the expression."""
        self._serial += 1
        name = f"{label}_{self._serial}"
        self.backend._run_pre_execute_hooks(expression)  # Ibis 12 registers Python functions for tables, not for views
        self.backend.con.execute(f'CREATE VIEW "{name}" AS {self.backend.compile(expression)}')
        columns = self.backend.con.execute(f'DESCRIBE "{name}"').fetchall()
        return self._relation(name, ibis.schema({column: _told_type(kind) for column, kind, *_ in columns}))

    def staged(self, rows: ir.Table, **columns: ir.Value) -> ir.Table:
        """The relation with more columns, as a view: later expressions refer to a column instead of repeating it.

        Stacked expressions grow with every use of their input, and Ibis merges selections; a view stays one step. It
        holds no rows.
        """
        return self._named("stage", rows.mutate(**columns))

    def sent_rows(self, files: Sequence[Path]) -> ir.Table:
        """The rows of files of the membership log, and from which each is (filename); a view, made once.

        Raises:
            LedgerError: one is gone or damaged, so nobody knows who is in its audience.
        """
        named = tuple(str(file) for file in dict.fromkeys(files))
        try:
            if named not in self._sent:
                self._sent[named] = self.backend.read_parquet(named, filename=True, union_by_name=True)
            return self._sent[named]
        except (duckdb.InvalidInputException, duckdb.IOException) as error:
            if _is_full(error):
                raise
            lost = next((file for file in files if not _is_whole(file)), None)
            if lost is None:
                raise
            raise LedgerError(
                f"{lost} is missing or damaged, and it says who is in an audience",
                "Restore the project's .activator folder from one backup, ledger and files together.",
            ) from None

    def stream(self, expression: ir.Table, rows_max: int) -> Iterator[pa.RecordBatch]:
        """The rows of a relation, in its order, a few at a time: what is made of a row is never held for all.

        Read it to the end before asking the engine anything else: one connection answers one question at a time.
        """
        self.backend._run_pre_execute_hooks(expression)
        yield from self.backend.con.sql(self.backend.compile(expression)).to_arrow_reader(rows_max)

    def drop(self, table: ir.Table) -> None:
        """Free a table that is no longer needed, or a `view` with the tables beneath it."""
        name = _name(table)
        if name not in self._beneath:
            self.backend.drop_table(name)  # without force: a name nobody knows would free nothing
            return
        self.backend.drop_view(name)
        for part in self._beneath.pop(name):
            self.drop(part)

    def close(self) -> None:
        """Forget everything."""
        self.backend.disconnect()
        shutil.rmtree(self.folder, ignore_errors=True)


def rows_in(table: ir.Table) -> int:
    """How many rows a relation has. Of a table it is asked by name: to compile the question takes far longer."""
    named = table.op()
    if not isinstance(named, ops.DatabaseTable):
        return int(table.count().to_pyarrow().as_py())
    counted = named.source.con.execute(f'SELECT count(*) FROM "{named.name}"')  # noqa: S608 - a name of our own
    return int(counted.fetchall()[0][0])


@cache
def _as_stored(kind: dt.DataType) -> dt.DataType:
    """The type of a column as the engine tells it of a table: it says of decimals how wide they are, for one."""
    return _told_type(DuckDBType.to_string(kind), nullable=kind.nullable)


@cache
def _told_type(kind: str, *, nullable: bool = True) -> dt.DataType:
    """The type that the engine tells of a column; those of views may all be NULL."""
    told: dt.DataType = DuckDBType.from_string(kind, nullable=nullable)
    return told


def _name(table: ir.Table) -> str:
    """Its own name alone: `get_name` joins the catalog's to it with dots, and no statement knows that by one name."""
    named: str = table.op().name
    return named


def with_constants(rows: ir.Table, same: Mapping[str, Any], schema: ibis.Schema) -> ir.Table:
    """The relation in the order of schema, where these columns have the same value in every row."""
    said = {name: _constant(value, schema[name]) for name, value in same.items()}
    return rows.mutate(**said).select(*schema)


def _constant(value: Any, kind: Any) -> ir.Value:
    """A literal of a column's own type; Ibis leaves the engine to guess that of a bare number."""
    if value is None:
        return ibis.null(kind)
    return ibis.literal(str(value)).cast(kind) if kind.is_integer() else ibis.literal(value, type=kind)


@contextlib.contextmanager
def open_engine(
    scratch: Path,
    memory_limit_mb: int = 2048,
    threads: int = 0,
    scratch_limit_mb: int = 0,
    encrypted: bool = True,  # noqa: FBT001 - as above
) -> Iterator[Engine]:
    """An engine for one command, closed whatever happens; leftovers of killed runs are removed first.

    Raises:
        ResourceError: the work does not fit in the limits, or the disk is full; names the setting to change.
    """
    sweep(scratch, "engine")
    with disk_room(scratch.parent):
        engine = Engine(scratch, memory_limit_mb, threads, scratch_limit_mb, encrypted)
        try:
            yield engine
        except (duckdb.OutOfMemoryException, MemoryError):
            raise _does_not_fit(scratch, memory_limit_mb, scratch_limit_mb) from None
        except duckdb.IOException as error:
            if not _is_full(error):
                raise
            raise no_room(scratch) from None
        finally:
            engine.close()


def _does_not_fit(scratch: Path, memory_limit_mb: int, scratch_limit_mb: int) -> ResourceError:
    disk = f"{scratch_limit_mb:,} MB of scratch disk" if scratch_limit_mb else f"the free disk space of {scratch}"
    return ResourceError(
        f"the work does not fit in {memory_limit_mb:,} MB of memory and {disk}",
        "Raise ACTIVATOR_MEMORY_LIMIT_MB or ACTIVATOR_SCRATCH_LIMIT_MB, lower ACTIVATOR_THREADS, or free disk space.",
    )


def _is_full(error: duckdb.Error) -> bool:
    """Whether the engine could not write for want of room. It gives the system's words, not its number."""
    return any(os.strerror(code) in str(error) for code in FULL)


def _is_whole(file: Path) -> bool:
    try:
        pq.read_metadata(file)
    except (OSError, pa.ArrowInvalid):
        return False
    return True


def sweep(folder: Path, prefix: str) -> None:
    """Remove what killed processes left behind: folders called prefix-PID-anything whose process is gone."""
    for leftover in folder.glob(f"{prefix}-*-*"):
        if not _alive(int(leftover.name.split("-")[1])):
            shutil.rmtree(leftover, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
