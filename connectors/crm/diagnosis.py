"""Whether a CSV file is strictly well formed, and on which line it is not.

The engine is fast but lenient: DuckDB 2.0.1 in its strict mode takes `1,2,,` for two fields and `"2" "3"` for one, so a
value could shift into another column in silence; and its errors quote the offending line, which is a person's data. So
every file is also read by the csv module, strictly, up to its first fault (about 95 MB/s, beside the loading).
"""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from activator.errors import SourceError
from connectors.crm.inspection import CELL_CHARACTERS_MAX, DELIMITERS, TextFile, fault

LINE_ENDS = {"\n": "LF", "\r\n": "CR LF", "\r": "CR"}
QUOTE_FIX = 'A quote inside a quoted cell must be doubled (""); correct that line or export the file again.'


class _Lines:
    """Hands lines to the csv reader, and remembers those of the record being read."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self.record.append(line)
            yield line


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The first fault of a file, if it has any, and how many records stand before it or in all."""

    fault: SourceError | None
    records: int


def diagnose(file: TextFile) -> Diagnosis:
    """Read the whole file, strictly."""
    before = csv.field_size_limit(CELL_CHARACTERS_MAX)
    try:
        with _open(file) as stream:
            return _read(file, stream)
    finally:
        csv.field_size_limit(before)


def disagreement(file: TextFile) -> SourceError:
    """The error for a file that two readers understand differently: neither can be believed."""
    return fault(
        file.path,
        f"cannot be parsed as CSV beyond doubt (delimiter: {DELIMITERS[file.delimiter]})",
        "Export the file again as plain CSV, UTF-8, with quotes only around whole cells.",
    )


def _open(file: TextFile) -> TextIO:
    target = file.path.resolve()
    if file.gzipped:
        return gzip.open(target, "rt", encoding="utf-8-sig", newline="")
    return target.open(encoding="utf-8-sig", newline="")


def _read(file: TextFile, stream: TextIO) -> Diagnosis:
    lines = _Lines(stream)
    reader = csv.reader(lines, delimiter=file.delimiter, strict=True)
    columns, records, line_end = len(file.header), -1, None
    while True:
        lines.record.clear()
        start = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return Diagnosis(None, max(records, 0))
        except csv.Error as error:
            return Diagnosis(_quoting_fault(file, start, str(error), "".join(lines.record)), records)
        found = _line_end(lines.record[-1])
        line_end = line_end or found
        if found != line_end and found:
            return Diagnosis(_line_end_fault(file, reader.line_num, line_end, found), records)
        if len(record) != columns and record:
            return Diagnosis(_shape_fault(file, start, record), records)
        records += bool(record)


def _shape_fault(file: TextFile, line: int, record: list[str]) -> SourceError:
    columns, delimiter = len(file.header), DELIMITERS[file.delimiter]
    fields = f"{len(record)} field{'s' * (len(record) != 1)}"
    message = f"{fields} where the header has {columns} (delimiter: {delimiter})"
    if len(record) > columns:
        return fault(file.path, message, f"A cell that holds a {delimiter} must be quoted; correct that line.", line)
    missing = file.header[len(record)]
    return fault(file.path, f"{message}; the first missing is {missing!r}", "The line is cut short; correct it.", line)


def _line_end(line: str) -> str | None:
    """How a line ends; None for the last one if nothing ends it."""
    if line.endswith("\n"):
        return "\r\n" if line.endswith("\r\n") else "\n"
    return "\r" if line.endswith("\r") else None


def _line_end_fault(file: TextFile, line: int, expected: str | None, found: str) -> SourceError:
    message = f"the line ends in {LINE_ENDS[found]}, the header in {LINE_ENDS[expected or found]}"
    return fault(file.path, message, "Save the file with one kind of line end.", line)


def _quoting_fault(file: TextFile, line: int, reason: str, text: str) -> SourceError:
    index = _broken_field(text, file.delimiter)
    if index is None:
        lengths = [len(part) for part in text.split(file.delimiter)]
        index = lengths.index(max(lengths))
    field = f"in {file.header[index]!r} " if index < len(file.header) else ""
    if "field larger" in reason:
        message = f"a cell {field}is longer than {CELL_CHARACTERS_MAX:,} characters; a quote may be missing its partner"
    elif "end of data" in reason:
        message = f"a quote {field}is opened here and never closed"
    else:
        message = f"a quote {field}stands in the wrong place"
    return fault(file.path, message, QUOTE_FIX, line)


def _broken_field(text: str, delimiter: str) -> int | None:
    """The number of the field, from 0, whose quote has no partner or is followed by more text."""
    index = at = 0
    while True:
        if text.startswith('"', at):
            at = _closing_quote(text, at) + 1
            if at == 0 or (at < len(text) and text[at] not in (delimiter, "\r", "\n")):
                return index
        at = text.find(delimiter, at) + 1
        if at == 0:
            return None
        index += 1


def _closing_quote(text: str, opening: int) -> int:
    """Where the quoted cell ends, or -1. Two quotes stand for one."""
    at = text.find('"', opening + 1)
    while at >= 0 and text.startswith('""', at):
        at = text.find('"', at + 2)
    return at
