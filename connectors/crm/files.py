"""CRM exports as files: CSV (also tab, semicolon or pipe separated, also gz) and Parquet.

Nothing is guessed that could silently shift a value into another column: the dialect is explicit, every record has as
many fields as the header, and the first fault stops the reading with its line.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import ibis

from activator.ports import RawExport
from connectors.crm.diagnosis import diagnose, disagreement
from connectors.crm.inspection import (
    RESERVED,
    TextFile,
    check_header,
    fault,
    file_digest,
    inspect_text,
    regular_file,
)

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
LINE_BYTES_MAX = 8_000_000  # longer records are refused: the engine holds two of them per thread
FLAT_TYPES = ("VARCHAR", "BOOLEAN", "DATE", "TIME", "UUID", "ENUM", "TIMESTAMP", "DECIMAL", "DOUBLE", "FLOAT")
INTEGER_SUFFIX = "INT"  # TINYINT … UHUGEINT, and INTEGER
MORE_ROOM = "Raise ACTIVATOR_MEMORY_LIMIT_MB or free disk space in the project's .activator folder."
CHANGED = "The export was still being written; run again when it is complete."


class FileSource:
    """Reads one file per export."""

    def digest(self, path: Path) -> str:
        """SHA-256 of the file's bytes. Raises SourceError."""
        return file_digest(regular_file(path))

    def read(self, backend: Any, name: str, path: Path) -> RawExport:
        """Load the file into the engine, every cell as text.

        Raises:
            SourceError: names file, line, field and fix, and never what a cell holds.
        """
        target = regular_file(path)
        before = _identity(target)
        if _suffix(target) in PARQUET_SUFFIXES:
            export = _read_parquet(backend, name, path, target)
        elif _suffix(target) in TEXT_SUFFIXES:
            export = _read_text(backend, name, path, target)
        else:
            known = ", ".join((*TEXT_SUFFIXES, *PARQUET_SUFFIXES))
            raise fault(path, "unknown kind of file", f"Export as one of {known} (CSV also as .csv.gz).")
        if _identity(target) != before:
            raise fault(path, "the file changed while it was read", CHANGED)
        return export


connector = FileSource()


def _suffix(target: Path) -> str:
    """The kind of file by name; `.csv.gz` counts as `.csv`."""
    return Path(target.stem).suffix.lower() if target.suffix.lower() == ".gz" else target.suffix.lower()


def _identity(target: Path) -> tuple[int, int, int]:
    found = target.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _literal_path(target: Path) -> str:
    """The path with the engine's wildcards switched off: `orders[1].csv` would otherwise read orders1.csv."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in os.fspath(target))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _read_text(backend: Any, name: str, path: Path, target: Path) -> RawExport:
    """Load and check side by side; the file counts as read when both have found the same."""
    file = inspect_text(path, target)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="check") as checker:
        checked = checker.submit(diagnose, file)
        try:
            table = _load_text(backend, target, file)
        except duckdb.OutOfMemoryException:
            raise fault(path, "does not fit in the engine's memory and scratch disk", MORE_ROOM) from None
        except duckdb.Error:
            table = None
        diagnosis = checked.result()
    if diagnosis.fault:
        raise diagnosis.fault
    rows = int(table.count().to_pyarrow().as_py()) if table is not None else -1
    if rows != diagnosis.records and len(file.header) > 1:  # in a file of one column a blank line is a row
        raise disagreement(file)
    return RawExport(name, path, table, file.header, rows, file.digest)


def _load_text(backend: Any, target: Path, file: TextFile) -> Any:
    columns = [f"c{number}" for number in range(len(file.header))]
    relation = backend.con.read_csv(
        _literal_path(target),
        auto_detect=False,
        header=True,
        columns=dict.fromkeys(columns, "VARCHAR"),
        sep=file.delimiter,
        quotechar='"',
        escapechar='"',
        encoding="utf-8",
        compression="gzip" if file.gzipped else "none",
        strict_mode=True,
        null_padding=False,
        ignore_errors=False,
        max_line_size=LINE_BYTES_MAX,
    )
    pairs = zip(columns, file.header, strict=True)
    renamed = ", ".join(f"{column} AS {_quoted(title)}" for column, title in pairs)
    return _store(backend, relation.project(f"row_number() OVER () + 1 AS {RESERVED}, {renamed}"))


def _store(backend: Any, relation: duckdb.DuckDBPyRelation) -> Any:
    label = ibis.util.gen_name("export")
    relation.query("source", f"CREATE TEMP TABLE {label} AS SELECT * FROM source")  # noqa: S608 - label is ours
    return backend.table(label)


def _read_parquet(backend: Any, name: str, path: Path, target: Path) -> RawExport:
    try:
        relation = backend.con.read_parquet(_literal_path(target), file_row_number=True)
        titles = [title for title in relation.columns if title != "file_row_number"]
        header = tuple(titles)
        check_header(path, header)
        kinds = dict(zip(relation.columns, (str(kind) for kind in relation.types), strict=True))
        cells = ", ".join(f"{_as_text(path, title, kinds[title])} AS {_quoted(title)}" for title in titles)
        table = _store(backend, relation.project(f"file_row_number + 2 AS {RESERVED}, {cells}"))
    except duckdb.OutOfMemoryException:
        raise fault(path, "does not fit in the engine's memory and scratch disk", MORE_ROOM) from None
    except duckdb.Error:
        raise fault(path, "not a readable Parquet file", "Export the file again; it may be cut off.") from None
    return RawExport(name, path, table, header, int(table.count().to_pyarrow().as_py()), file_digest(target))


def _as_text(path: Path, title: str, kind: str) -> str:
    """SQL that writes one typed column as an export tool would: whole numbers without `.0`, instants in UTC."""
    column, base = _quoted(title), kind.split("(", maxsplit=1)[0].split("_", maxsplit=1)[0]
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    if base in ("DOUBLE", "FLOAT"):
        return f"regexp_replace(CAST({column} AS VARCHAR), '\\.0$', '')"
    if base not in FLAT_TYPES and INTEGER_SUFFIX not in base:
        raise fault(
            path, f"column {title!r} holds {kind.lower()} values, which no cell can show", "Flatten it to text."
        )
    return f"CAST({column} AS VARCHAR)"
