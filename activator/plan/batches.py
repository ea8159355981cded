"""Writing down the very batches apply will send: one sort by member_key, then slices of what the engine streams."""

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from activator.model.plan import PlannedBatch


def write_batches(
    rows: Iterable[pa.RecordBatch], batch_rows_max: int, folder: Path, label: str, normaliser_version: str
) -> tuple[PlannedBatch, ...]:
    """Batch files of at most batch_rows_max rows, in the order of rows, so that the same people give the same bytes.

    Each says under which rules it was planned, in its Parquet metadata (`activator.normaliser_version`).
    One file is compressed and written while the engine makes the rows of the next.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    said = {b"activator.normaliser_version": normaliser_version.encode()}
    planned = []
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="batches") as writer:
        waiting = []
        for ordinal, table in zip(count(1), _sliced(rows, batch_rows_max)):
            waiting.append(
                writer.submit(
                    _write, table.replace_schema_metadata(said), folder / f"{label}-{ordinal:05d}.parquet", ordinal
                )
            )
            if len(waiting) > 1:
                planned.append(waiting.pop(0).result())
        planned += [written.result() for written in waiting]
    return tuple(planned)


def _sliced(rows: Iterable[pa.RecordBatch], rows_max: int) -> Iterator[pa.Table]:
    """The same rows in tables of rows_max, the last with what is left."""
    held: list[pa.RecordBatch] = []
    missing = rows_max
    for batch in rows:
        while batch.num_rows >= missing:
            held.append(batch.slice(0, missing))
            batch = batch.slice(missing)  # noqa: PLW2901 - the rest of the same rows
            yield pa.Table.from_batches(held)
            held, missing = [], rows_max
        if batch.num_rows:
            held.append(batch)
            missing -= batch.num_rows
    if held:
        yield pa.Table.from_batches(held)


def _write(table: pa.Table, path: Path, ordinal: int) -> PlannedBatch:
    """Write one batch for its owner only. Digests differ in every row, so a dictionary of them would only cost."""
    file = io.BytesIO()
    pq.write_table(_with_uuids(table.combine_chunks()), file, compression="zstd", use_dictionary=False)
    content = file.getbuffer()
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    return PlannedBatch(ordinal, path.name, hashlib.sha256(content).hexdigest(), table.num_rows)


def _with_uuids(table: pa.Table) -> pa.Table:
    """Keys as UUIDs: half the room of their text, and read back without parsing it."""
    for number, kind in enumerate(table.schema):
        if pa.types.is_binary(kind.type):
            column = table.column(number).cast(pa.binary(16)).cast(pa.uuid())
            table = table.set_column(number, kind.name, column)
    return table
