"""What the engine spills is unreadable, whatever kills the run, and is gone at the next start."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from activator.people.engine import open_engine

CANARY = b"canary.person@example.com"
# A table four times the memory it may have; then it says so, and waits for the blow.
SPILLS = f"""
import sys, time
from pathlib import Path
import ibis
from activator.people.engine import open_engine
with open_engine(Path(sys.argv[1]), 60, 2, 0, sys.argv[2] == "encrypted") as opened:
    rows = ibis.range(3_000_000).unnest().name("i").as_table()
    text = rows.i.cast("string")
    opened.materialise("people", rows.select("i", email="{CANARY.decode()}" + text + text.hexdigest("md5")))
    print("spilt", flush=True)
    time.sleep(300)
"""


def killed_while_spilling(scratch: Path, how: str) -> list[Path]:
    """What a run leaves behind that is killed when it has spilt."""
    running = subprocess.Popen([sys.executable, "-c", SPILLS, str(scratch), how], stdout=subprocess.PIPE)
    assert running.stdout is not None
    assert running.stdout.readline() == b"spilt\n"
    os.kill(running.pid, signal.SIGKILL)
    running.wait(60)
    running.stdout.close()
    left = [path for path in scratch.rglob("*") if path.is_file() and path.stat().st_size]
    assert sum(path.stat().st_size for path in left) > 20_000_000, "nothing was spilt"
    return left


def test_a_killed_run_leaves_nobody_readable_behind_and_the_next_one_clears_it_away(tmp_path: Path) -> None:
    left = killed_while_spilling(tmp_path / "scratch", "encrypted")
    assert not [path.name for path in left if CANARY in path.read_bytes()]
    with open_engine(tmp_path / "scratch"):
        assert not [path for path in left if path.exists()]


def test_the_search_would_find_people_who_were_spilt_as_they_are(tmp_path: Path) -> None:
    left = killed_while_spilling(tmp_path / "scratch", "plain")
    assert [path for path in left if CANARY in path.read_bytes()]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no anonymous memory to copy to")
def test_a_copy_of_an_export_in_another_encoding_is_never_on_disk(tmp_path: Path) -> None:
    from connectors.crm.parts import Part
    from connectors.crm.transcoding import copied, place_for_copy

    export = tmp_path / "export.csv"
    export.write_text("email\n", encoding="utf-16")
    with (
        open_engine(tmp_path / "scratch") as engine,
        place_for_copy(engine.backend, needed=True) as copy,
    ):
        part = Part(export, export, "csv", (0, 0, 0))
        assert list(copied(iter([CANARY, b"\n"]), copy, part)) == [CANARY, b"\n"]
        assert copy is not None
        assert copy.stat().st_size
        assert copy.stat().st_nlink == 0
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == [export]
