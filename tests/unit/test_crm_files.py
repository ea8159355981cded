"""An export is read exactly as it stands, or refused with the line and the fix."""

import gzip
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from activator.errors import SourceError
from activator.ports import RawExport
from connectors.crm.files import connector

SECRET = "ada.lovelace@example.com"


@pytest.fixture(scope="module")
def backend() -> Iterator[Any]:
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()


def write(folder: Path, content: bytes, name: str = "contacts.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def rows(export: RawExport) -> list[tuple[Any, ...]]:
    """The cells as text; numbers and days of Parquet come beside it as they are, for the mapping."""
    table = export.table.order_by("source_row").select("source_row", *export.header).to_pyarrow()
    return [tuple(row.values()) for row in table.to_pylist()]


def test_cells_stay_text_and_rows_are_numbered_from_the_line_after_the_header(backend: Any, tmp_path: Path) -> None:
    path = write(tmp_path, b"Record ID,Amount\n007,1.50\n8, x \n")
    export = connector.read(backend, "crm", path)
    assert export.header == ("Record ID", "Amount")
    assert export.rows == 2
    assert rows(export) == [(2, "007", "1.50"), (3, "8", " x ")]
    assert export.digest == connector.digest(path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"\xef\xbb\xbfa,b\n1,2\n", [(2, "1", "2")], id="byte order mark"),
        pytest.param(b"a;b\r\n1;2,5\r\n", [(2, "1", "2,5")], id="semicolons and CR LF"),
        pytest.param(b"a\tb\n1\t2\n", [(2, "1", "2")], id="tabs"),
        pytest.param(b"a|b\n1|2\n", [(2, "1", "2")], id="pipes"),
        pytest.param(b'"a,x",b\n1,2\n', [(2, "1", "2")], id="delimiter quoted in the header"),
        pytest.param(b'a,b\n1,"x ""y""\r\nz"\n3,4\n', [(2, "1", 'x "y"\r\nz'), (3, "3", "4")], id="quotes and breaks"),
        pytest.param(b"a,b\r1,2\r", [(2, "1", "2")], id="CR alone"),
        pytest.param(b"a,b\n1,2", [(2, "1", "2")], id="no line end at the end"),
        pytest.param(b"a,b\n1,2\n\n3,4\n", [(2, "1", "2"), (3, "3", "4")], id="blank line is no record"),
        pytest.param(b'a,b\n1,5" pipe\n', [(2, "1", '5" pipe')], id="quote inside an unquoted cell is text"),
        pytest.param(b"a,b\n", [], id="header only"),
        pytest.param("a,b\nŁukasz,李\n".encode(), [(2, "Łukasz", "李")], id="any script"),
    ],
)
def test_what_real_tools_write_is_read(backend: Any, tmp_path: Path, content: bytes, expected: list[Any]) -> None:
    export = connector.read(backend, "crm", write(tmp_path, content))
    assert rows(export) == expected
    assert export.rows == len(expected)


def test_a_gz_is_read_like_its_content(backend: Any, tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(b"a,b\n1,2\n"), "contacts.csv.gz")
    assert rows(connector.read(backend, "crm", path)) == [(2, "1", "2")]


def test_a_file_name_is_never_a_wildcard(backend: Any, tmp_path: Path) -> None:
    write(tmp_path, b"a\nother\n", "export1.csv")
    path = write(tmp_path, b"a\nthis\n", "export[1].csv")
    assert rows(connector.read(backend, "crm", path)) == [(2, "this")]


def test_order_survives_parallel_reading(backend: Any, tmp_path: Path) -> None:
    body = "".join(f'{row},"two\nlines"\n' for row in range(2, 200_002))
    export = connector.read(backend, "crm", write(tmp_path, f"row,text\n{body}".encode()))
    wrong = export.table.filter(export.table["source_row"] != export.table["row"].cast("int64")).count()
    assert export.rows == 200_000
    assert wrong.to_pyarrow().as_py() == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "contacts.csv: the file is empty", id="empty"),
        pytest.param(b"\xef\xbb\xbf\n", "contacts.csv: the file is empty", id="nothing but a mark"),
        pytest.param(b"\na,b\n1,2\n", "contacts.csv, line 1: the header line is blank", id="blank header"),
        pytest.param(b"a,b,a\n1,2,3\n", "line 1: columns 1 and 3 are both called 'a'", id="duplicate header"),
        pytest.param(b"Email,EMAIL\n1,2\n", "line 1: columns 1 and 2 are both called", id="headers equal but for case"),
        pytest.param(
            b"7,jane@example.com\n8,ben@example.org\n", "line 1: column 2 is called by an e-mail", id="no header"
        ),
        pytest.param(
            b"+49 30 901820,+49 30 901820\n", "line 1: column 1 is called by an e-mail", id="phones for names"
        ),
        pytest.param(b"\x1f\x8b\x08rest", "contacts.csv: packed with gzip", id="gzip without .gz"),
        pytest.param(b"a,,c\n1,2,3\n", "line 1: column 2 has no name", id="header without name"),
        pytest.param(b"a,source_row\n1,2\n", "line 1: the column name 'source_row' is reserved", id="reserved header"),
        pytest.param(b'a,"b\n1,2\n', "line 1: a quote in the header is not closed", id="open quote in header"),
        pytest.param(b"a,b\n1,2\n3\n4,5\n", "line 3: 1 field where the header has 2", id="too few fields"),
        pytest.param(b'a,b\n1,"x\ny"\n3,4,5\n', "line 4: 3 fields where the header has 2", id="too many fields"),
        pytest.param(b"a,b\n1,2\n3,4,\n", "line 3: 3 fields where the header has 2", id="an empty field too many"),
        pytest.param(b'a,b\n1,"2" "3"\n', "line 2: a quote in 'b' stands in the wrong place", id="two quoted parts"),
        pytest.param(b'a,b\n1,2\n3, "4,5"\n', "line 3: 3 fields where the header has 2", id="quote after a blank"),
        pytest.param(b'a,b,c\n1, "2,3"\n', "cannot be parsed as CSV beyond doubt", id="two ways to read it"),
        pytest.param(b'a,b\n1,2\n3,"x\n4,5\n', "line 3: a quote in 'b' is opened here and never", id="unclosed quote"),
        pytest.param(b'a,b\n"1,2\n3,"x"\n', "line 2: a quote in 'a' stands in the wrong place", id="stray quote"),
        pytest.param(b"a,b\n1,2\n3,\xe9\n", "line 3, byte 3: not UTF-8", id="Latin-1"),
        pytest.param(b"a,b\n1,2\n3,\xc3", "line 3, byte 3: not UTF-8", id="cut inside a character"),
        pytest.param("a,b\n1,2\n".encode("utf-16-le"), "line 1, byte 2: a NUL byte", id="UTF-16 without a mark"),
        pytest.param("a,b\n1,2\n".encode("utf-32"), "line 1: the file is UTF-32", id="UTF-32"),
        pytest.param(b"a,b\n1,2\n3,\0\n", "line 3, byte 3: a NUL byte", id="NUL byte"),
        pytest.param(b"PK\x03\x04rest", "contacts.csv: an Excel workbook", id="Excel workbook"),
        pytest.param(b"a,b\r\n1,2\n3,4\r\n", "line 2: the line ends in LF, the header in CR LF", id="mixed line ends"),
        pytest.param(b"a,b\n1,2\n3," + b"z" * 1_000_001 + b"\n", "line 3: a cell in 'b' is longer", id="huge cell"),
        pytest.param(b'a,b\n1,2\n3,"' + b"z\n" * 600_000, "line 3: a cell in 'b' is longer than", id="endless quote"),
    ],
)
def test_a_malformed_file_gives_one_error_with_its_line(
    backend: Any, tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(SourceError) as caught:
        connector.read(backend, "crm", write(tmp_path, content))
    assert message in caught.value.message
    assert caught.value.next_step


@pytest.mark.parametrize("fault", [b',"', b",x", b"\n1", b'"', b"\xff"])
def test_no_error_repeats_what_a_cell_holds(backend: Any, tmp_path: Path, fault: bytes) -> None:
    path = write(tmp_path, b"id,mail\n1," + SECRET.encode() + b'\n2,"' + SECRET.encode() + b'"' + fault + b"\n")
    with pytest.raises(SourceError) as caught:
        connector.read(backend, "crm", path)
    assert SECRET not in caught.value.message + caught.value.next_step
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_missing_file_a_pipe_and_an_unknown_kind_are_named(backend: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    expected = {
        tmp_path / "none.csv": "no such file",
        tmp_path / "pipe.csv": "not a regular file",
        write(tmp_path, b"x", "contacts.xlsx"): "unknown kind of file",
    }
    for path, message in expected.items():
        with pytest.raises(SourceError, match=message):
            connector.read(backend, "crm", path)


def test_a_link_is_followed_inside_its_folder_only(backend: Any, tmp_path: Path) -> None:
    outside = write(tmp_path, b"a\n1\n", "outside.csv")
    folder = tmp_path / "project"
    folder.mkdir()
    inside = write(folder, b"a\n2\n", "2026-11-25.csv")
    (folder / "latest.csv").symlink_to(inside)
    (folder / "other.csv").symlink_to(outside)
    assert rows(connector.read(backend, "crm", folder / "latest.csv")) == [(2, "2")]
    with pytest.raises(SourceError, match="leads out of its folder"):
        connector.read(backend, "crm", folder / "other.csv")


def test_a_gz_that_is_cut_or_explodes_is_refused(backend: Any, tmp_path: Path) -> None:
    whole = gzip.compress(b"a,b\n" + b"1,2\n" * 1000)
    with pytest.raises(SourceError, match="not a complete gz file"):
        connector.read(backend, "crm", write(tmp_path, whole[:-20], "cut.csv.gz"))
    with pytest.raises(SourceError, match="more than 100 times"):
        connector.read(backend, "crm", write(tmp_path, gzip.compress(b"a,b\n" + b"1,2\n" * 2_000_000), "bomb.csv.gz"))


def test_parquet_becomes_the_text_an_export_tool_would_write(backend: Any, tmp_path: Path) -> None:
    moment = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    table = pa.table(
        {
            "customer": pa.array([13085.0, None]),
            "price": pa.array([6.95, 0.1]),
            "amount": pa.array([Decimal("12.50"), Decimal("-3.00")]),
            "quantity": pa.array([12, -1], pa.int64()),
            "local": pa.array([moment.replace(tzinfo=None), None]),
            "instant": pa.array([moment, None], pa.timestamp("us", tz="Europe/Berlin")),
        }
    )
    path = tmp_path / "lines.parquet"
    pq.write_table(table, path)
    export = connector.read(backend, "lines", path)
    assert export.header == ("customer", "price", "amount", "quantity", "local", "instant")
    assert rows(export) == [
        (2, "13085", "6.95", "12.50", "12", "2026-03-01 09:30:00", "2026-03-01T09:30:00.000000Z"),
        (3, None, "0.1", "-3.00", "-1", None, None),
    ]


def test_parquet_that_is_damaged_or_nested_is_refused(backend: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not a readable Parquet file"):
        connector.read(backend, "lines", write(tmp_path, b"PAR1 and no more", "damaged.parquet"))
    pq.write_table(pa.table({"tags": pa.array([["a", "b"]])}), tmp_path / "nested.parquet")
    with pytest.raises(SourceError, match="column 'tags' holds varchar\\[\\] values"):
        connector.read(backend, "lines", tmp_path / "nested.parquet")
