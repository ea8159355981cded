"""The csv module's reading of what could not be proved regular at a glance, and the words for what is wrong with it."""

import csv
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from activator.errors import SourceError
from connectors.crm.dialect import DELIMITERS, LINE_ENDS, Dialect, line_end
from connectors.crm.faults import EXPORT_AGAIN, fault
from connectors.crm.limits import Limits
from connectors.crm.stream import SAY_WINDOWS, line_ends

QUOTE_FIX = 'A quote inside a quoted cell must be doubled (""); correct that line or export the file again.'


@dataclass(frozen=True, slots=True)
class Place:
    """A point between two records: records before it (the header is one), the line and the byte that begin there."""

    records: int = 0
    line: int = 1
    byte: int = 0


def check_text(path: Path, block: bytes, line: int) -> None:
    """Refuse bytes that are not text. line: the one at which block begins.

    Raises:
        SourceError: names line and byte.
    """
    nul = block.find(b"\0")
    if nul >= 0:
        fix = f"{EXPORT_AGAIN} as CSV (UTF-8)."
        raise fault(path, "a NUL byte: the file is damaged or not text", fix, *_position(block, nul, line))
    if block.isascii():
        return
    try:
        block.decode()
    except UnicodeDecodeError as error:
        raise fault(path, "not UTF-8", SAY_WINDOWS, *_position(block, error.start, line)) from None


def _position(block: bytes, at: int, line: int) -> tuple[int, int]:
    before = block[:at]
    return line + line_ends(before), at - max(before.rfind(b"\n"), before.rfind(b"\r"))


@contextmanager
def long_cells(limits: Limits) -> Iterator[None]:
    """Let the csv module take cells as long as we allow; its own limit is 131,072 characters."""
    before = csv.field_size_limit(limits.cell_characters)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _Lines:
    """Hands whole lines to the csv module, and knows how many bytes of them it has taken."""

    def __init__(self, path: Path, rest: bytes, blocks: Iterator[bytes], line: int, limits: Limits) -> None:
        self._path, self._blocks, self._limits = path, blocks, limits
        self._waiting: deque[bytes] = deque()
        self._cut = rest  # the last line, whose end may not be here yet
        self.line, self.used = line, 0
        self.record: list[bytes] = []
        self._split()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while not self._waiting:
            block = next(self._blocks, b"")
            if not block and not self._cut:
                raise StopIteration
            if not block:
                self._waiting.append(self._cut)
                self._cut = b""
                break
            self._cut += block
            self._split()
            if not self._waiting and len(self._cut) > self._limits.line_bytes:
                raise _too_long(self._path, self.line, self._limits)
        line = self._waiting.popleft()
        if len(line) > self._limits.line_bytes:
            raise _too_long(self._path, self.line, self._limits)
        check_text(self._path, line, self.line)
        self.line += 1
        self.used += len(line)
        self.record.append(line)
        return line.decode()

    def rest(self) -> bytes:
        """What nobody has taken yet."""
        return b"".join((*self._waiting, self._cut))

    def _split(self) -> None:
        lines = self._cut.splitlines(keepends=True)
        self._cut = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        self._waiting.extend(lines)


class RecordReader:
    """Reads single records of a file, strictly."""

    def __init__(self, path: Path, dialect: Dialect, limits: Limits) -> None:
        self._path, self._dialect, self._limits = path, dialect, limits

    def records(
        self, place: Place, rest: bytes, blocks: Iterator[bytes]
    ) -> Iterator[tuple[int, Place, Callable[[], bytes]]]:
        """The line each record begins on, the place after it, and what has been loaded of the bytes that follow.

        rest begins at place, and blocks goes on where it ends. A blank line is no record where a record has several
        fields.

        Raises:
            SourceError: the first fault.
        """
        lines = _Lines(self._path, rest, blocks, place.line, self._limits)
        reader = csv.reader(lines, delimiter=self._dialect.delimiter, strict=True)
        records = place.records
        while True:
            lines.record.clear()
            start = lines.line
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._quoting_fault(start, str(error), b"".join(lines.record).decode()) from None
            self._check(record, start, lines)
            records += bool(record) or len(self._dialect.header) == 1
            yield start, Place(records, lines.line, place.byte + lines.used), lines.rest

    def _check(self, record: list[str], start: int, lines: _Lines) -> None:
        expected, found = self._dialect.line_end, line_end(lines.record[-1].decode())
        if found not in (None, expected):
            message = f"the line ends in {LINE_ENDS[found or expected]}, the header in {LINE_ENDS[expected]}"
            raise fault(self._path, message, "Save the file with one kind of line end.", lines.line - 1)
        if record and len(record) != len(self._dialect.header):
            raise self._shape_fault(start, record)
        if sum(map(len, lines.record)) > self._limits.line_bytes:
            raise _too_long(self._path, start, self._limits)

    def _shape_fault(self, line: int, record: list[str]) -> SourceError:
        header, delimiter = self._dialect.header, DELIMITERS[self._dialect.delimiter]
        fields = f"{len(record)} field{'s' * (len(record) != 1)}"
        message = f"{fields} where the header has {len(header)} (delimiter: {delimiter})"
        if len(record) > len(header):
            fix = f"A cell that holds a {delimiter} must be quoted; correct that line."
            return fault(self._path, message, fix, line)
        missing = header[len(record)]
        message = f"{message}; the first missing is {missing!r}"
        return fault(self._path, message, "The line is cut short; correct it.", line)

    def _quoting_fault(self, line: int, reason: str, text: str) -> SourceError:
        index = _broken_field(text, self._dialect.delimiter)
        if index is None:
            lengths = [len(part) for part in text.split(self._dialect.delimiter)]
            index = lengths.index(max(lengths))
        header = self._dialect.header
        field = f"in {header[index]!r} " if index < len(header) else ""
        if "field larger" in reason:
            longest = f"{self._limits.cell_characters:,} characters"
            message = f"a cell {field}is longer than {longest}; a quote may be missing its partner"
        elif "end of data" in reason:
            message = f"a quote {field}is opened here and never closed"
        else:
            message = f"a quote {field}stands in the wrong place"
        return fault(self._path, message, QUOTE_FIX, line)


def _too_long(path: Path, line: int, limits: Limits) -> SourceError:
    message = f"a record longer than {limits.line_bytes:,} bytes"
    return fault(path, message, "Is this the right file? A line end or a closing quote may be missing.", line)


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
