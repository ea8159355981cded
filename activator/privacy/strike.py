"""Striking a person from the membership log once nothing more has to be removed: the last place that knew of them."""

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import update

from activator.config.whole_file import replace_file
from activator.ledger import files, lease, retired
from activator.ledger.schema import batches
from activator.ledger.store import Ledger
from activator.model.ledger import BatchRecord
from activator.ports import Clock
from activator.privacy.sent import SentAbout


def strike(ledger: Ledger, clock: Clock, holder: str, about: SentAbout) -> int:
    """Write every batch file that names the person again without them. Returns how many files that were.

    Counts stay as they were sent; only who it was is gone. The old files are deleted by the first sync after an hour,
    since a plan being made may read them. Interrupted anywhere, the next call does the rest.

    Raises:
        LeaseHeldError: another run is at work on an audience.
    """
    persons = {key for table in about.rows.values() for key in table.column("person_key").to_pylist()}
    done = 0
    for (destination, audience_key), records in about.batches.items():
        with ledger.writing() as connection:
            held = lease.take(connection, clock, f"{destination}/{audience_key}", holder)
        try:
            for record in records:
                _strike_one(ledger, clock, held, record, persons)
                done += 1
        finally:
            with ledger.writing() as connection:
                lease.release(connection, clock, held)
    return done


def _strike_one(ledger: Ledger, clock: Clock, held: lease.Lease, record: BatchRecord, persons: set[bytes]) -> None:
    old = str(record.file.relative_to(ledger.folder))
    mark = hashlib.sha256(f"{old}\n{held.name}\n{held.epoch}".encode()).hexdigest()[:32]
    new = str(Path(old).with_name(f"{mark}.parquet"))
    with ledger.writing() as connection:
        lease.renew(connection, clock, held)
        retired.retire(connection, clock, [new])  # until it is in use: a crash leaves nothing behind
    pq.write_table(_without(pq.read_table(record.file), persons), sink := pa.BufferOutputStream(), compression="zstd")
    content = sink.getvalue().to_pybytes()
    replace_file(ledger.folder / new, content)
    with ledger.writing() as connection:
        lease.renew(connection, clock, held)
        retired.take_back(connection, [new])
        files.share(connection, ledger.folder, new)
        where = batches.c.batch_id == record.batch_id
        connection.execute(update(batches).where(where).values(file=new, digest=hashlib.sha256(content).hexdigest()))
        retired.retire(connection, clock, [old])


def _without(table: pa.Table, persons: set[bytes]) -> pa.Table:
    """The rows of others. Keys are UUIDs, or their 32 digits in files of older releases."""
    column = table.column("person_key").combine_chunks()
    if pa.types.is_string(column.type):
        theirs = pc.is_in(column, pa.array([key.hex() for key in persons], pa.string()))
    else:
        theirs = pc.is_in(column.cast(pa.binary(16)), pa.array(list(persons), pa.binary(16)))
    return table.filter(pc.invert(theirs))
