"""Whatever bytes a JSON lines file holds, and in whatever encoding a CSV claims to be: success or a named refusal."""

import json
from pathlib import Path
from typing import Any

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activator.errors import SourceError
from activator.model.exports import FilePlace
from connectors.crm.files import connector

LIMITS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = [
    b'{"a": 1}',
    b'{"b": "x"}',
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b":",
    b",",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\\u0000",
]
MORE = [b"\\u0000", b"null", b"NaN", b"1e999", b'"a"', b'{"a": {"b": [1]}}', b" ", b"\xc3\xa9", b'{"a": 1, "a": 2}']
NOISE = st.lists(st.sampled_from([*PIECES, *MORE, b"\n", b'{"a": 1}\n']), max_size=20).map(b"".join)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10)


@pytest.fixture(scope="module")
def backend() -> Any:
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()


@LIMITS
@given(noise=NOISE)
def test_any_bytes_are_read_or_refused_by_name(backend: Any, tmp_path: Path, noise: bytes) -> None:
    path = tmp_path / "export.jsonl"
    path.write_bytes(b'{"a": 1}\n' + noise)
    try:
        export = connector.read(backend, "export", path)
    except SourceError as error:
        assert error.message.startswith("export.jsonl")  # noqa: PT017 - both ends are allowed
        assert error.next_step  # noqa: PT017
    else:
        lines = [line for line in (b'{"a": 1}\n' + noise).split(b"\n") if line.strip()]
        assert export.rows == len(lines) == export.table.count().to_pyarrow().as_py()


@LIMITS
@given(values=st.lists(TEXT, min_size=1, max_size=5))
def test_texts_come_back_as_they_were(backend: Any, tmp_path: Path, values: list[str]) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text("".join(json.dumps({"a": {"b": value}}) + "\n" for value in values), encoding="utf-8")
    table = connector.read(backend, "export", path).table.order_by("source_row").to_pyarrow()
    assert table["a.b"].to_pylist() == values


@LIMITS
@given(noise=st.binary(max_size=60), encoding=st.sampled_from(["utf-8", "utf-16", "windows-1252"]))
def test_any_bytes_in_any_encoding_are_read_or_refused_by_name(
    backend: Any, tmp_path: Path, noise: bytes, encoding: str
) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes("a,b\n".encode(encoding.replace("windows-1252", "cp1252")) + noise)
    try:
        export = connector.read(backend, "export", FilePlace(path, encoding=encoding))
    except SourceError as error:
        assert error.message.startswith("export.csv")  # noqa: PT017 - both ends are allowed
    else:
        assert export.rows == export.table.count().to_pyarrow().as_py()
