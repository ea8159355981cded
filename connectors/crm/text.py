"""Delimited text into the engine: loaded by the engine and checked by us side by side, and believed if both agree."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from activator.errors import SourceError
from activator.model.exports import FilePlace, PartFacts
from connectors.crm.dialect import DELIMITERS, LINE_ENDS, Dialect, read_dialect
from connectors.crm.faults import fault, too_large
from connectors.crm.limits import Limits
from connectors.crm.lines import FileRows, PartLines
from connectors.crm.loading import ReadExport, TextTable, literal_path, picked
from connectors.crm.parts import Part, Parts
from connectors.crm.scan import Diagnosis, Scan
from connectors.crm.stream import TextStream
from connectors.crm.transcoding import COMPRESSION, copied, place_for_copy

HEAD_BYTES = 1 << 20
LINES_BUFFERED = 2  # of the longest; with the engine's own 16 its buffers took a third of a gigabyte and more time


@dataclass(frozen=True, slots=True)
class _TextPart:
    """One part whose beginning has been looked at."""

    part: Part
    dialect: Dialect
    encoding: str
    transcoded: bool


def read_text(backend: Any, parts: Parts, place: FilePlace, columns: Collection[str] | None) -> ReadExport:
    """Load all parts, strictly.

    Raises:
        SourceError: names the part, the line in it, the field and the fix; never what a cell holds.
    """
    opened = [_look(part, place, parts.limits) for part in parts.files]
    header = opened[0].dialect.header
    for other in opened[1:]:
        _check_same_header(opened[0], other)
    numbers = picked(header, columns)
    table = TextTable(backend, [header[number] for number in numbers])
    facts, lines, digests = [], [], []
    try:
        for text in opened:
            first = table.rows + 2
            diagnosis, digest = _load(backend, table, text, numbers, place, parts.limits)
            facts.append(_facts(text, diagnosis.records))
            lines.append(PartLines(text.part, first, diagnosis, text.dialect, place, parts.limits))
            digests.append(digest)
    except SourceError:
        table.drop()
        raise
    return ReadExport(table.done(), header, tuple(facts), FileRows(tuple(lines)), tuple(digests))


def _look(part: Part, place: FilePlace, limits: Limits) -> _TextPart:
    with TextStream(part, limits, place.encoding) as stream:
        head = b""
        for block in stream.blocks():
            head += block
            if len(head) >= HEAD_BYTES:
                break
        text = head.decode(errors="replace")  # what is no text is found, and named by its line, by the scan
        return _TextPart(
            part, read_dialect(part.path, text, place.delimiter, limits), stream.encoding, stream.transcoded
        )


def _check_same_header(first: _TextPart, other: _TextPart) -> None:
    expected, found = first.dialect.header, other.dialect.header
    if expected == found:
        return
    name = first.part.path.name
    differing = next((n for n, pair in enumerate(zip(expected, found, strict=False)) if pair[0] != pair[1]), None)
    what = f"{len(found)} columns where {name} has {len(expected)}"
    if differing is not None:
        what = f"column {differing + 1} is {found[differing]!r}, but {expected[differing]!r} in {name}"
    raise fault(other.part.path, what, "All parts of an export must have the same header.", 1)


def _facts(text: _TextPart, rows: int) -> PartFacts:
    return PartFacts(
        name=text.part.path.name,
        kind="CSV, gz" if text.part.gzipped else "CSV",
        rows=rows,
        size_bytes=text.part.identity[1],
        encoding=text.encoding,
        delimiter=DELIMITERS[text.dialect.delimiter] if len(text.dialect.header) > 1 else "",
        line_end=LINE_ENDS[text.dialect.line_end],
    )


def _load(
    backend: Any, table: TextTable, text: _TextPart, numbers: list[int], place: FilePlace, limits: Limits
) -> tuple[Diagnosis, str]:
    """One part into the table. What is not UTF-8 is checked and copied as UTF-8 first."""
    scan = Scan(text.part.path, text.dialect, limits)
    with (
        TextStream(text.part, limits, place.encoding) as stream,
        place_for_copy(backend, needed=stream.transcoded) as copy,
    ):
        if copy:
            diagnosis = scan.run(copied(stream.blocks(), copy, text.part))
            rows = None if diagnosis.fault else _load_text(backend, table, text, numbers, copy)
        else:
            diagnosis, rows = _side_by_side(backend, table, text, numbers, lambda: scan.run(stream.blocks()))
        if diagnosis.fault:
            raise diagnosis.fault
        _agree(text, diagnosis, rows)
        return diagnosis, stream.hexdigest()


def _side_by_side(
    backend: Any, table: TextTable, text: _TextPart, numbers: list[int], scan: Callable[[], Diagnosis]
) -> tuple[Diagnosis, int | None]:
    def check() -> Diagnosis:
        diagnosis = scan()
        if diagnosis.fault:
            backend.con.interrupt()  # what is being loaded will not be used
        return diagnosis

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="check") as checker:
        checked = checker.submit(check)
        rows = _load_text(backend, table, text, numbers, text.part.target)
        return checked.result(), rows


def _agree(text: _TextPart, diagnosis: Diagnosis, rows: int | None) -> None:
    """Neither of two readers that understand a file differently can be believed."""
    if rows != diagnosis.records:
        raise fault(
            text.part.path,
            f"cannot be parsed as CSV beyond doubt (delimiter: {DELIMITERS[text.dialect.delimiter]})",
            "Export the file again as plain CSV, UTF-8, with quotes only around whole cells.",
        )


def _load_text(backend: Any, table: TextTable, text: _TextPart, numbers: list[int], target: Path) -> int | None:
    """Rows the engine has loaded; None if it could not."""
    columns = [f"c{number}" for number in range(len(text.dialect.header))]
    try:
        relation = backend.con.read_csv(
            literal_path(target),
            auto_detect=False,
            header=True,
            columns=dict.fromkeys(columns, "VARCHAR"),
            sep=text.dialect.delimiter,
            quotechar='"',
            escapechar='"',
            encoding="utf-8",
            compression=COMPRESSION if text.transcoded else "gzip" if text.part.gzipped else "none",
            strict_mode=True,
            null_padding=False,
            ignore_errors=False,
            max_line_size=Limits().line_bytes,
            buffer_size=LINES_BUFFERED * Limits().line_bytes,
        )
        return table.append(relation.project(", ".join(columns[number] for number in numbers)))
    except duckdb.OutOfMemoryException:
        raise too_large(text.part.path) from None
    except duckdb.Error:
        return None
