"""Limits that are kept: too little memory or disk is a clear error with the fix in it, and scratch is gone after it."""

import subprocess
import sys
from pathlib import Path

import ibis
import pytest

from activator.config.room import disk_room
from activator.errors import ResourceError
from activator.people.engine import Engine, open_engine

# What each writer of the project does when the system lets no file grow past 100 kB (RLIMIT_FSIZE), as on a full disk.
FULL_DISK = """
import hashlib, resource, sys
from pathlib import Path
import ibis, pyarrow as pa
from activator.config.clock import SystemClock
from activator.config.room import disk_room
from activator.errors import ActivatorError
from activator.ledger.store import LedgerReader
from activator.people.engine import open_engine
from activator.people.recall import Recall
from activator.plan.batches import write_batches
folder = Path(sys.argv[1])
LedgerReader(folder / "ledger", SystemClock()).close()
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

def spilling(engine):
    numbers = ibis.range(0, 4_000_000).unnest().name("n").as_table()
    engine.materialise("t", numbers.mutate(text=numbers.n.cast("string").hexdigest("md5")).order_by("text"))

def remembering(engine):
    recall = Recall(engine, folder / "recall", "1")
    numbers = ibis.range(0, 20_000).unnest().name("n").as_table()
    marks = numbers.select(mark=recall.mark("n", numbers.n.cast("string")))
    recall.keep("n", engine.materialise("marks", marks.mutate(value=marks.mark)))
    recall.save()

def batching(_engine):
    rows = pa.record_batch({"text": [hashlib.sha256(str(n).encode()).hexdigest() for n in range(10_000)]})
    write_batches([rows], 10_000, folder, "batch", "1")

for work in (spilling, remembering, batching):
    try:
        with open_engine(folder / "scratch", 64, 1) as engine:
            work(engine)
    except ActivatorError as error:
        print(work.__name__, type(error).__name__, error.next_step)
print(sorted(path.name for path in (folder / "scratch").iterdir()), list((folder / "recall").glob("*.parquet")))
"""


def rows(engine: Engine, count: int) -> int:
    numbers = ibis.range(0, count).unnest().name("n").as_table()
    made = engine.materialise("t", numbers.mutate(text=numbers.n.cast("string").hexdigest("md5")).order_by("text"))
    return int(made.count().to_pyarrow().as_py())


def test_work_that_fits_in_neither_memory_nor_scratch_is_refused_by_name(tmp_path: Path) -> None:
    with (
        pytest.raises(ResourceError, match="64 MB of memory and 10 MB of scratch disk") as refused,
        open_engine(tmp_path / "scratch", 64, 1, scratch_limit_mb=10) as engine,
    ):
        rows(engine, 4_000_000)
    assert "ACTIVATOR_MEMORY_LIMIT_MB" in refused.value.next_step
    assert "ACTIVATOR_SCRATCH_LIMIT_MB" in refused.value.next_step
    assert list((tmp_path / "scratch").iterdir()) == [], "scratch is emptied after it"


def test_what_does_not_fit_in_memory_goes_to_disk_and_is_computed_all_the_same(tmp_path: Path) -> None:
    with open_engine(tmp_path / "scratch", 64, 1) as engine:
        assert rows(engine, 1_500_000) == 1_500_000


def test_a_full_disk_is_said_as_such_by_everything_that_writes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=False
    )
    said = done.stdout.splitlines()
    assert [line.split(". ")[0] for line in said[:3]] == [
        "spilling ResourceError Free space there, or move the project to a larger disk; then run the command again.",
        "remembering ResourceError Free space there, or move the project to a larger disk; then run the command again.",
        "batching ResourceError Free space there, or move the project to a larger disk; then run the command again.",
    ], done.stderr
    assert said[3] == "[] []", "nothing half-written is left"


def test_other_faults_of_the_disk_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), disk_room(tmp_path):
        (tmp_path / "missing").read_bytes()
