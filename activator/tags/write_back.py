"""Files of what has changed, in a tool's import shape; and the memory of what was written, so that only changes are.

The memory moves only when every file is complete and on disk. A run that dies before that leaves it as it was, and the
next one writes the same changes again: each line says all there is to say of its record, so twice is as good as once.
No key is remembered, only digests of it.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.csv as pc_csv

from activator.errors import ConfigurationError, LedgerError
from activator.people.engine import Engine
from activator.tags.records import Records
from activator.tags.tools import NONE, Tool

FOLDER = "write_back"
ROWS_PER_WRITE = 50_000


@dataclass(frozen=True, slots=True)
class Written:
    """What one run wrote. records: the tool has; unchanged: said already, or nothing to say; withheld: no consent."""

    tool: str
    channel: str
    files: tuple[Path, ...]
    changes: int
    records: int
    unchanged: int
    withheld: int
    unusable: int


def write_changes(
    engine: Engine, found: Records, tool: Tool, channel: str, state: Path, output: Path, now: datetime, *, again: bool
) -> Written:
    """Write the records whose tags differ from what was last written, and remember them.

    state: the project's state folder; output: where the files go, for their owner only; again: write every record, as
    after an import that failed or a tool that was restored from a backup.

    Raises:
        ConfigurationError: a cell is longer than the tool takes, or a file cannot be written.
        LedgerError: another run writes for the same tool, or the memory is damaged.
    """
    memory = state / FOLDER / f"{tool.name}{'-' + channel if channel else ''}.parquet"
    with _alone(memory):
        before = _remembered(engine, memory)
        rows = found.rows.mutate(said=_digest(found.rows))
        changes = engine.materialise("changes", _changes(rows, before, again=again))
        _refuse_long(changes, tool)
        files = _write_files(engine, changes, tool, channel, output, now)
        _remember(changes, before, memory)
    counts = found.rows.agg(
        records=found.rows.count(), withheld=(~found.rows.allowed).sum().fill_null(0).cast("int64")
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    written = int(changes.count().to_pyarrow().as_py())
    records = int(counts["records"])
    return Written(
        tool.name, channel, files, written, records, records - written, int(counts["withheld"]), found.unusable
    )


def _digest(rows: ir.Table) -> ir.UUIDValue:
    return (rows.tier + "\x1f" + rows.segments).hexdigest("sha256").left(32).cast("uuid")


def _changes(rows: ir.Table, before: ir.Table, *, again: bool) -> ir.Table:
    """Records said differently from last time; of new ones, those there is something to say of."""
    joined = rows.left_join(before, "record")
    something = (joined.tier != NONE) | (joined.segments != NONE)
    known = joined.said_right.notnull()
    wanted = (known | something) if again else ibis.cases((known, joined.said_right != joined.said), else_=something)
    return joined.filter(wanted).select("record", "said", "key", "tier", "segments")


def _refuse_long(changes: ir.Table, tool: Tool) -> None:
    if not tool.text_bytes_max:
        return
    longest = changes.segments.length().max().to_pyarrow().as_py() or 0  # names are ASCII: a letter is a byte
    if longest > tool.text_bytes_max:
        raise ConfigurationError(
            f"{tool.title} clips texts at {tool.text_bytes_max} bytes; somebody's segments need {longest}",
            "Write fewer segments with --segment, or give them shorter names.",
        )


def _write_files(
    engine: Engine, changes: ir.Table, tool: Tool, channel: str, output: Path, now: datetime
) -> tuple[Path, ...]:
    """At most tool.rows_max lines each, in the order of keys; all complete before the first has its name."""
    header = (tool.keys[channel], tool.tier_header, tool.segments_header)
    ordered = changes.order_by("key").select("key", "tier", "segments")
    label = f"{tool.name}{'-' + channel if channel else ''}-{now:%Y%m%dT%H%M%SZ}"
    unfinished: list[Path] = []
    try:
        output.mkdir(parents=True, exist_ok=True)
        for part in _parts(engine.stream(ordered, ROWS_PER_WRITE), tool.rows_max):
            path = output / f".{label}-{len(unfinished) + 1}.{os.getpid()}"
            unfinished.append(path)
            _write_csv(path, header, part)
        return _named(unfinished, output, label)
    except OSError as error:
        raise ConfigurationError(
            f"{output}: cannot be written: {error.strerror}", "Name a folder you can write to with --output."
        ) from None
    finally:
        for path in unfinished:
            path.unlink(missing_ok=True)


def _parts(batches: Iterator[pa.RecordBatch], rows_max: int) -> Iterator[list[pa.RecordBatch]]:
    held: list[pa.RecordBatch] = []
    room = rows_max
    for whole in batches:
        batch = whole
        while batch.num_rows > room:
            yield [*held, batch.slice(0, room)]
            batch, held, room = batch.slice(room), [], rows_max
        held.append(batch)
        room -= batch.num_rows
    if any(batch.num_rows for batch in held):
        yield held


def _write_csv(path: Path, header: tuple[str, ...], batches: list[pa.RecordBatch]) -> None:
    schema = pa.schema([(name, pa.string()) for name in header])
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        options = pc_csv.WriteOptions(quoting_style="needed", quoting_header="needed")
        with pc_csv.CSVWriter(stream, schema, write_options=options) as writer:
            for batch in batches:
                columns = [column.cast(pa.string()) for column in batch.columns]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
        stream.flush()
        os.fsync(stream.fileno())


def _named(unfinished: list[Path], output: Path, label: str) -> tuple[Path, ...]:
    names = [f"{label}.csv"] if len(unfinished) == 1 else [f"{label}-{n}.csv" for n in range(1, len(unfinished) + 1)]
    files = tuple(output / name for name in names)
    for path, target in zip(unfinished, files, strict=False):
        path.replace(target)
    _sync(output)
    return files if unfinished else ()


def _remembered(engine: Engine, memory: Path) -> ir.Table:
    """(record, said) of what was written last, in memory: its file is about to be replaced."""
    nothing = ibis.memtable([], schema=ibis.schema({"record": "uuid", "said": "uuid"}))
    if not memory.exists():
        return engine.materialise("written", nothing)
    try:
        return engine.materialise("written", engine.backend.read_parquet(str(memory)).select("record", "said"))
    except duckdb.Error as error:
        raise LedgerError(
            f"{memory} is damaged ({type(error).__name__})", "Delete it: every record is then written once more."
        ) from None


def _remember(changes: ir.Table, before: ir.Table, memory: Path) -> None:
    """Records that have left the exports keep what was last said of them: the tool still shows it."""
    fresh = changes.select("record", "said")
    kept = before.anti_join(fresh, "record")
    growing = memory.with_suffix(".part")
    growing.unlink(missing_ok=True)
    growing.touch(mode=0o600)
    ibis.union(kept, fresh, distinct=False).to_parquet(growing, use_tmp_file=False)
    with growing.open("rb") as stream:
        os.fsync(stream.fileno())
    growing.replace(memory)
    _sync(memory.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _alone(memory: Path) -> Iterator[Any]:
    memory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(memory.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise LedgerError("another run is writing for this tool at this moment", "Wait for it, then repeat.") from None
    finally:
        os.close(descriptor)
