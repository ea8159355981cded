"""What is remembered of how an export looks: what would change its meaning, and nothing that would not."""

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ibis
import pytest

from activator.errors import SourceError
from activator.model.exports import ExportLook, FilePlace, QueryPlace
from activator.plan.looks import look_of
from activator.ports import DatedSource
from connectors.crm.files import connector
from mappings.loader import load_mapping

MAPPING = load_mapping("generic_contacts", Path())
TEXT = "email,shoe size,first_name\na@example.com,44,Ada\n"


@pytest.fixture(scope="module")
def backend() -> Any:
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()


def look(backend: Any, folder: Path, content: bytes, name: str = "contacts.csv") -> ExportLook:
    (folder / name).write_bytes(content)
    return look_of(connector.read(backend, "contacts", folder / name), MAPPING)


def test_the_header_its_use_and_the_way_it_is_written(backend: Any, tmp_path: Path) -> None:
    found = look(backend, tmp_path, TEXT.encode())
    assert found.columns == ("email", "first_name", "shoe size")
    assert {"email", "first_name"} < set(found.used)
    assert "shoe size" not in found.used
    assert found.dialect == "CSV UTF-8 comma"
    assert found.digest == connector.digest(tmp_path / "contacts.csv")


def test_marks_line_ends_and_packing_make_no_difference(backend: Any, tmp_path: Path) -> None:
    plain = look(backend, tmp_path, TEXT.encode())
    marked = look(backend, tmp_path, TEXT.encode("utf-8-sig"))
    ended = look(backend, tmp_path, TEXT.replace("\n", "\r\n").encode())
    packed = look(backend, tmp_path, gzip.compress(TEXT.encode()), "contacts.csv.gz")
    assert {plain.dialect, marked.dialect, ended.dialect, packed.dialect} == {"CSV UTF-8 comma"}


def test_another_delimiter_or_encoding_does(backend: Any, tmp_path: Path) -> None:
    assert look(backend, tmp_path, TEXT.replace(",", ";").encode()).dialect == "CSV UTF-8 semicolon"
    assert look(backend, tmp_path, TEXT.encode("utf-16")).dialect == "CSV UTF-16 LE comma"


def test_rows_that_bring_their_own_columns_have_no_header_to_compare(backend: Any, tmp_path: Path) -> None:
    found = look(backend, tmp_path, b'{"email": "a@example.com"}\n', "contacts.jsonl")
    assert (found.columns, found.used) == ((), ())
    assert found.dialect.startswith("JSON lines")


class TestAge:
    def test_of_a_folder_it_is_that_of_the_newest_part(self, tmp_path: Path) -> None:
        for name, seconds in (("a.csv", 1_700_000_000), ("b.csv", 1_700_003_600), ("c.csv", 1_600_000_000)):
            (tmp_path / name).write_text(TEXT)
            os.utime(tmp_path / name, (seconds, seconds))
        assert connector.written_at(FilePlace(tmp_path)) == datetime.fromtimestamp(1_700_003_600, UTC)
        assert connector.written_at(tmp_path / "c.csv") == datetime.fromtimestamp(1_600_000_000, UTC)

    def test_an_answer_of_a_database_has_none(self, tmp_path: Path) -> None:
        assert connector.written_at(QueryPlace("crm", tmp_path, table="contacts")) is None

    def test_what_is_not_there_has_none_either_and_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="no such file"):
            connector.written_at(tmp_path / "gone.csv")

    def test_the_connector_is_asked_because_it_can_answer(self) -> None:
        assert isinstance(connector, DatedSource)
