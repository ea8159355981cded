"""Exports of every kind: JSON lines, parts, other encodings; what is read, what is told, what is refused and where."""

import gzip
import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from activator.errors import SourceError
from activator.model.exports import FilePlace, PartFacts, RowPlace
from activator.ports import RawExport
from connectors.crm.files import CrmSource, connector
from connectors.crm.limits import Limits

UMLAUTS = "name,town\nJörg,Köln\nZoë,Łódź\n"


@pytest.fixture(scope="module")
def backend() -> Iterator[Any]:
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()


def write(folder: Path, content: bytes | str, name: str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(export: RawExport) -> list[tuple[Any, ...]]:
    table = export.table.order_by("source_row").to_pyarrow()
    return [tuple(row.values()) for row in table.to_pylist()]


def refusal(backend: Any, place: Path | FilePlace, limits: Limits | None = None) -> str:
    with pytest.raises(SourceError) as caught:
        CrmSource(limits).read(backend, "crm", place)
    assert caught.value.next_step
    return caught.value.message


# Encodings


@pytest.mark.parametrize(
    ("content", "said", "encoding"),
    [
        (UMLAUTS.encode(), None, "UTF-8"),
        (UMLAUTS.encode("utf-8-sig"), None, "UTF-8 with a byte order mark"),
        (UMLAUTS.encode("utf-8-sig"), "utf-8", "UTF-8 with a byte order mark"),
        (b"\xff\xfe" + UMLAUTS.encode("utf-16-le"), None, "UTF-16 LE"),
        (b"\xfe\xff" + UMLAUTS.encode("utf-16-be"), "utf-16", "UTF-16 BE"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_encoding_a_file_declares_is_read_and_told(
    backend: Any, tmp_path: Path, content: bytes, said: str | None, encoding: str, packed: bool
) -> None:
    path = write(tmp_path, gzip.compress(content) if packed else content, "people.csv.gz" if packed else "people.csv")
    export = connector.read(backend, "crm", FilePlace(path, encoding=said))
    assert rows(export) == [(2, "Jörg", "Köln"), (3, "Zoë", "Łódź")]
    assert export.facts.parts[0].encoding == encoding
    assert export.digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_windows_1252_is_read_when_the_project_says_so_and_never_guessed(backend: Any, tmp_path: Path) -> None:
    path = write(tmp_path, "name,price\nJörg,5 €\n".encode("cp1252"), "people.csv")
    assert refusal(backend, path) == "people.csv, line 2, byte 2: not UTF-8"
    export = connector.read(backend, "crm", FilePlace(path, encoding="windows-1252"))
    assert rows(export) == [(2, "Jörg", "5 €")]
    assert export.facts.parts[0].encoding == "Windows-1252"


def test_a_copy_in_utf8_does_not_outlive_the_reading(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    backend = ibis.duckdb.connect(temp_directory=str(scratch))
    connector.read(backend, "crm", write(tmp_path, UMLAUTS.encode("utf-16"), "people.csv"))
    assert list(scratch.iterdir()) == []
    backend.disconnect()


@pytest.mark.parametrize(
    ("content", "said", "message"),
    [
        (UMLAUTS.encode("utf-16"), "windows-1252", "people.csv, line 1: begins with the mark of UTF-16 LE"),
        (UMLAUTS.encode(), "utf-16", "people.csv, line 1: no byte order mark, but `encoding` says utf-16"),
        (b"name,town\nJ,K\na\x81,b\n", "windows-1252", "people.csv, line 3, byte 2: a character that Windows-1252"),
        (UMLAUTS.encode("utf-16") + b"\x00", None, "people.csv, line 4, byte 1: a character that UTF-16 LE"),
        (b"\xff\xfea\x00,\x00b\x00\n\x00\x00\xd8x\x00", None, "people.csv, line 2, byte 1: a character that UTF-16"),
    ],
)
def test_an_encoding_that_does_not_fit_is_refused(
    backend: Any, tmp_path: Path, content: bytes, said: str | None, message: str
) -> None:
    assert refusal(backend, FilePlace(write(tmp_path, content, "people.csv"), encoding=said)).startswith(message)


# Delimiters


def test_a_header_with_two_delimiters_is_settled_by_the_records_or_by_the_project(backend: Any, tmp_path: Path) -> None:
    path = write(tmp_path, "Name, first;Town\nAda;Köln\n", "people.csv")
    assert connector.read(backend, "crm", path).header == ("Name, first", "Town")
    path = write(tmp_path, "a;b,c;d\n1;2,3;4\n", "doubt.csv")
    assert refusal(backend, path) == "doubt.csv, line 1: comma and semicolon could both separate its columns"
    assert connector.read(backend, "crm", FilePlace(path, delimiter=",")).header == ("a;b", "c;d")


# Lines


def test_rows_are_found_again_on_their_physical_lines(backend: Any, tmp_path: Path) -> None:
    records = ["plain,1", '"two\nlines",2', "", "x,3", '"a\r\nb\rc",4', "y,5"]
    path = write(tmp_path, "text,n\n" + "".join(f"{record}\n" for record in records), "lines.csv")
    export = connector.read(backend, "crm", path)
    assert [row[2] for row in rows(export)] == ["1", "2", "3", "4", "5"]
    assert [place.number for place in export.find([2, 3, 4, 5, 6])] == [2, 3, 6, 7, 10]


def test_lines_are_found_in_a_file_of_many_blocks(backend: Any, tmp_path: Path) -> None:
    chance, line, wanted, body = random.Random(7), 2, {}, []
    for row in range(2, 30_002):
        wanted[row] = line
        breaks = chance.choice([0, 0, 0, 0, 0, 1, 3])
        body.append(f'{row},"{"x" * chance.randint(0, 30)}{chr(10) * breaks}"\n')
        line += 1 + breaks
    path = write(tmp_path, gzip.compress(("row,text\n" + "".join(body)).encode()), "lines.csv.gz")
    export = connector.read(backend, "crm", path)
    asked = chance.sample(sorted(wanted), 50)
    assert [(place.unit, place.number) for place in export.find(asked)] == [("line", wanted[row]) for row in asked]


# JSON lines


def test_json_lines_are_flattened_and_missing_keys_counted(backend: Any, tmp_path: Path) -> None:
    text = (
        '{"id": 7, "mail": "a@x.de", "address": {"city": "Köln", "geo": {"lat": 50.9}}, "tags": ["a", "b"]}\n'
        '{"id": 8, "mail": null, "vip": true, "address": {"city": "Ulm"}}\n'
        '{"id": 12345678901234567890123, "mail": "x/y\\n\\"z\\"", "a/b": 1}'
    )
    export = connector.read(backend, "crm", write(tmp_path, text, "people.jsonl"))
    assert export.header == ("id", "mail", "address.city", "address.geo.lat", "tags", "vip", "a/b")
    assert rows(export) == [
        (2, "7", "a@x.de", "Köln", "50.9", '["a","b"]', None, None),
        (3, "8", None, "Ulm", None, None, "true", None),
        (4, "12345678901234567890123", 'x/y\n"z"', None, None, None, None, "1"),
    ]
    assert export.facts.missing == {"address.city": 1, "address.geo.lat": 2, "tags": 2, "vip": 2, "a/b": 2}
    assert export.find([2, 4]) == [RowPlace("people.jsonl", "line", 1), RowPlace("people.jsonl", "line", 3)]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_packed_json_lines_are_read_with_or_without_a_mark(backend: Any, tmp_path: Path, mark: bytes) -> None:
    path = write(tmp_path, gzip.compress(mark + b'{"a": 1}\n{"a": 2}\n'), "people.jsonl.gz")
    assert rows(connector.read(backend, "crm", path)) == [(2, "1"), (3, "2")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": 1}\n{"a": \n{"a": 2}\n', "people.jsonl, line 2, byte 7: not valid JSON"),
        (b'{"a": 1}\n[1, 2]\n', "people.jsonl, line 2: not a JSON object"),
        (b'{"a": 1}\n\n{"a": 2}\n', "people.jsonl, line 2: the line is blank"),
        (b'{"a": 1}\n{"a": 1} {"a": 2}\n', "people.jsonl, line 2, byte 10: not valid JSON"),
        (b'{"a": 1}\n{"a": 1, "a": 2}\n', "people.jsonl, line 2: a key stands twice"),
        (b'{"a": 1}\n{"a": "\xff"}\n', "people.jsonl, line 2, byte 8: not UTF-8"),
        (b'{"a": 1}\n{"a": "\\u0000"}\n', "people.jsonl, line 2: a NUL character"),
        (b'{"a": 1}\n{"A": 2}\n', "people.jsonl, line 1: columns 1 and 2 are both called"),
        (b'{"a": 1}\n{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}\n", "people.jsonl, line 2"),
        (b"{}\n", "people.jsonl: no line holds a key"),
        (b'{"source_row": 1}\n', "people.jsonl, line 1: the column name 'source_row' is reserved"),
    ],
)
def test_a_bad_line_of_json_is_named(backend: Any, tmp_path: Path, content: bytes, message: str) -> None:
    assert refusal(backend, write(tmp_path, content, "people.jsonl")).startswith(message)


# Parts


def test_parts_are_one_export_in_the_order_of_their_names(backend: Any, tmp_path: Path) -> None:
    folder = tmp_path / "contacts"
    folder.mkdir()
    write(folder, "a;b\n4;z\n", "part-10.csv")
    write(folder, 'a,b\n1,x\n2,"y\ny"\n3,x\n', "part-02.csv")
    write(folder, gzip.compress(b"a,b\n5,x\n"), "part-11.csv.gz")
    write(folder, "", "_SUCCESS")
    for place in (folder, tmp_path / "contacts" / "part-*"):
        export = connector.read(backend, "crm", place)
        assert [row[:2] for row in rows(export)] == [(2, "1"), (3, "2"), (4, "3"), (5, "4"), (6, "5")]
        assert [(part.name, part.rows, part.delimiter) for part in export.facts.parts] == [
            ("part-02.csv", 3, "comma"), ("part-10.csv", 1, "semicolon"), ("part-11.csv.gz", 1, "comma"),
        ]  # fmt: skip
        assert [str(place) for place in export.find([4, 5])] == ["part-02.csv, line 5", "part-10.csv, line 2"]
        assert export.digest == connector.digest(place)
    before = connector.digest(folder)
    (folder / "part-10.csv").rename(folder / "part-12.csv")
    assert connector.digest(folder) != before


def test_parquet_parts_are_read_where_they_lie(backend: Any, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), tmp_path / "p1.parquet")
    pq.write_table(pa.table({"a": ["3"], "b": ["z"]}), tmp_path / "p2.parquet")
    export = connector.read(backend, "crm", tmp_path / "p*.parquet", columns=["a"])
    assert export.header == ("a", "b")
    assert rows(export) == [(2, "1"), (3, "2"), (4, "3")]
    assert str(export.find([4])[0]) == "p2.parquet, row 1"
    export.release()


def test_only_the_wanted_columns_are_loaded(backend: Any, tmp_path: Path) -> None:
    csv = connector.read(backend, "crm", write(tmp_path, "a,b,c\n1,2,3\n", "x.csv"), columns=["c", "nobody"])
    jsonl = connector.read(backend, "crm", write(tmp_path, '{"a": 1, "b": 2}\n', "x.jsonl"), columns=["b"])
    assert (csv.header, rows(csv)) == (("a", "b", "c"), [(2, "3")])
    assert (jsonl.header, rows(jsonl)) == (("a", "b"), [(2, "2")])


def test_parts_that_do_not_belong_together_are_refused(backend: Any, tmp_path: Path) -> None:
    write(tmp_path, "a,b\n1,2\n", "1.csv")
    write(tmp_path, "a,c\n1,2\n", "2.csv")
    assert refusal(backend, tmp_path) == "2.csv, line 1: column 2 is 'c', but 'b' in 1.csv"
    write(tmp_path, "a,b\n1,2\n3\n", "2.csv")
    assert refusal(backend, tmp_path).startswith("2.csv, line 3: 1 field where the header has 2")
    write(tmp_path, '{"a": 1}\n', "2.jsonl")
    assert refusal(backend, tmp_path) == "2.jsonl: JSON lines, but 1.csv is CSV"
    write(tmp_path, "x", "notes.docx")
    assert refusal(backend, tmp_path) == "notes.docx: unknown kind of file"
    assert refusal(backend, tmp_path / "none*.csv").startswith("none*.csv: no file in")
    (tmp_path / "empty").mkdir()
    assert refusal(backend, tmp_path / "empty") == "empty: the folder holds no export"
    assert refusal(backend, tmp_path, Limits(parts=2)).endswith("parts, more than 2")


def test_a_part_that_comes_while_the_others_are_read_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "a\n1\n", "1.csv")

    class Growing:
        """An engine during whose loading a part comes."""

        def __init__(self) -> None:
            self.inner = ibis.duckdb.connect()
            self.con = self.inner.con

        def table(self, name: str) -> Any:
            write(tmp_path, "a\n2\n", "2.csv")
            return self.inner.table(name)

    growing = Growing()
    assert refusal(growing, tmp_path).endswith("parts came or went while it was read")
    growing.inner.disconnect()


# Limits


@pytest.mark.parametrize(
    ("limits", "name", "content", "message"),
    [
        (Limits(file_bytes=5), "x.csv", b"a,b\n1,2\n", "x.csv: larger than 5 bytes"),
        (Limits(file_bytes=40), "x.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 20), "x.csv.gz: unpacks to more than"),
        (Limits(columns=1), "x.csv", b"a,b\n1,2\n", "x.csv, line 1: 2 columns, more than 1"),
        (Limits(cell_characters=5), "x.csv", b"a,b\n1,123456\n", "x.csv, line 2: a cell in 'b' is longer than 5"),
        (
            Limits(cell_characters=8, line_bytes=8),
            "x.csv",
            b"a,b\n1234,56789\n",
            "x.csv, line 2: a record longer than 8 bytes",
        ),
        (Limits(line_bytes=12), "x.jsonl", b'{"a": 1}\n{"a": 123456789}\n', "x.jsonl, line 2: a line longer than 12"),
        (Limits(columns=1), "x.jsonl", b'{"a": 1, "b": 2}\n', "x.jsonl, line 1: 2 columns, more than 1"),
    ],
)
def test_every_limit_has_an_error_of_its_own(
    backend: Any, tmp_path: Path, limits: Limits, name: str, content: bytes, message: str
) -> None:
    assert refusal(backend, write(tmp_path, content, name), limits).startswith(message)


# Round trips


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "utf-16.csv", "jsonl", "parquet"])
def test_ten_thousand_rows_come_back_as_they_were(backend: Any, tmp_path: Path, kind: str) -> None:
    chance = random.Random(11)
    letters = "abcäöü€ ,;\"'\n|\t李🙂"
    table = [(str(row), "".join(chance.choices(letters, k=chance.randint(1, 12)))) for row in range(10_000)]
    path = tmp_path / f"export.{kind}"
    text = "id,text\n" + "".join('{},"{}"\n'.format(row, cell.replace('"', '""')) for row, cell in table)
    if kind == "parquet":
        pq.write_table(pa.table({"id": [row for row, _ in table], "text": [cell for _, cell in table]}), path)
    elif kind == "jsonl":
        path.write_text("".join(json.dumps({"id": row, "text": cell}) + "\n" for row, cell in table))
    else:
        data = text.encode("utf-16" if "utf-16" in kind else "utf-8")
        path.write_bytes(gzip.compress(data) if kind.endswith("gz") else data)
    export = connector.read(backend, "crm", path)
    assert [row[1:] for row in rows(export)] == table
    assert export.facts.parts == (
        PartFacts(
            path.name,
            {"csv": "CSV", "csv.gz": "CSV, gz", "utf-16.csv": "CSV", "jsonl": "JSON lines", "parquet": "Parquet"}[kind],
            10_000,
            path.stat().st_size,
            {"parquet": "", "utf-16.csv": "UTF-16 LE"}.get(kind, "UTF-8"),
            "comma" if "csv" in kind else "",
            "LF" if "csv" in kind else "",
        ),
    )
