"""Why a CSV file could not be parsed, and on which line. Runs only after the engine has refused the file.

The engine's own error quotes the offending line, which is a person's data, and counts lines differently from an
editor once a cell holds a line break; so the file is read again, slowly and strictly, up to its first fault.
"""

import csv
import gzip
from collections.abc import Iterator
from typing import TextIO

from activator.errors import SourceError
from connectors.crm.inspection import CELL_BYTES_MAX, DELIMITERS, TextFile, fault

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


def diagnose(file: TextFile) -> SourceError:
    """The first fault of the file, with its line."""
    before = csv.field_size_limit(CELL_BYTES_MAX)
    try:
        with _open(file) as stream:
            return _first_fault(file, stream) or fault(
                file.path,
                f"cannot be parsed as CSV (delimiter: {DELIMITERS[file.delimiter]})",
                "Export the file again as plain CSV, UTF-8, every record on one line.",
            )
    finally:
        csv.field_size_limit(before)


def _open(file: TextFile) -> TextIO:
    target = file.path.resolve()
    if file.gzipped:
        return gzip.open(target, "rt", encoding="utf-8-sig", newline="")
    return target.open(encoding="utf-8-sig", newline="")


def _first_fault(file: TextFile, stream: TextIO) -> SourceError | None:
    lines = _Lines(stream)
    reader = csv.reader(lines, delimiter=file.delimiter, strict=True)
    line_end = None
    while True:
        lines.record.clear()
        start = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return None
        except csv.Error as error:
            return _quoting_fault(file, start, str(error), "".join(lines.record))
        found = _line_end(lines.record[-1])
        line_end = line_end or found
        problem = _shape_fault(file, start, record) or _line_end_fault(file, reader.line_num, line_end, found)
        if problem:
            return problem


def _shape_fault(file: TextFile, line: int, record: list[str]) -> SourceError | None:
    columns = len(file.header)
    if not record or len(record) == columns:
        return None
    delimiter = DELIMITERS[file.delimiter]
    message = f"{len(record)} field{'s' * (len(record) != 1)} where the header has {columns} (delimiter: {delimiter})"
    if len(record) > columns:
        return fault(file.path, message, f"A cell that holds a {delimiter} must be quoted; correct that line.", line)
    missing = file.header[len(record)]
    return fault(file.path, f"{message}; the first missing is {missing!r}", "The line is cut short; correct it.", line)


def _line_end(line: str) -> str | None:
    return next((end for end in ("\r\n", "\n", "\r") if line.endswith(end)), None)


def _line_end_fault(file: TextFile, line: int, expected: str | None, found: str | None) -> SourceError | None:
    if not expected or not found or found == expected:
        return None
    message = f"the line ends in {LINE_ENDS[found]}, the header in {LINE_ENDS[expected]}"
    return fault(file.path, message, "Save the file with one kind of line end.", line)


def _quoting_fault(file: TextFile, line: int, reason: str, text: str) -> SourceError:
    index = _broken_field(text, file.delimiter)
    field = f"in {file.header[index]!r} " if index is not None and index < len(file.header) else ""
    if "field larger" in reason:
        message = f"a cell {field}is longer than {CELL_BYTES_MAX:,} characters; a quote may be missing its partner"
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
