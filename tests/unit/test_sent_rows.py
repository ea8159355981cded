"""Files of the membership log that are gone or damaged, e.g. after half a restore: an error that says so."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from activator.errors import LedgerError
from activator.people.engine import open_engine


@pytest.mark.parametrize("damage", ["gone", "emptied", "cut"])
def test_a_damaged_file_of_the_log_is_named_with_what_helps(tmp_path: Path, damage: str) -> None:
    whole, hurt = tmp_path / "whole.parquet", tmp_path / "hurt.parquet"
    for file in (whole, hurt):
        pq.write_table(pa.table({"member_key": ["a", "b"]}), file)
    match damage:
        case "gone":
            hurt.unlink()
        case "emptied":
            hurt.write_bytes(b"")
        case _:
            hurt.write_bytes(hurt.read_bytes()[:-20])
    with (
        open_engine(tmp_path / "scratch") as engine,
        pytest.raises(LedgerError, match=r"hurt\.parquet is missing or damaged") as caught,
    ):
        engine.sent_rows([whole, hurt])
    assert "backup" in caught.value.next_step


def test_whole_files_are_read_with_their_names(tmp_path: Path) -> None:
    file = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"member_key": ["a", "b"]}), file)
    with open_engine(tmp_path / "scratch") as engine:
        assert set(engine.sent_rows([file]).to_pyarrow()["filename"].to_pylist()) == {str(file)}
