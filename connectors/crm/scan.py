"""Whether a CSV file is strictly well formed, and on which line it is not: every byte is looked at, most of them fast.

The engine is fast but lenient: DuckDB 2.0.1 in its strict mode takes `1,2,,` for two fields and `"2" "3"` for one, so a
value could shift into another column in silence; and its errors quote the offending line, which is a person's data. So
every file is also read here, strictly, up to its first fault, beside the loading.

Most of a file is regular: every record has its delimiters, its line end and its quotes where they belong. That is
proved for half a megabyte at a time, without looking at single records. What cannot be proved regular goes through the
csv module, which also finds the words for what is wrong (diagnosis.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from activator.errors import SourceError
from connectors.crm.diagnosis import Place, RecordReader, check_text, long_cells
from connectors.crm.dialect import Dialect
from connectors.crm.limits import Limits
from connectors.crm.stream import FEED, RETURN, line_ends

QUOTE = ord('"')


WINDOW_BYTES = 1 << 13
ATTEMPTS = 8  # line ends looked at for the end of a record, before the csv module is asked


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a stretch begins. regular: each of its records stands on one line, and no line is blank."""

    place: Place
    regular: bool


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The first fault of a file, if it has any, how many records stand before it or in all, and where they stand."""

    fault: SourceError | None
    records: int
    checkpoints: tuple[Checkpoint, ...]


@dataclass(frozen=True, slots=True)
class _Proved:
    """What has been proved of the beginning of a block: its size in bytes, its records and its lines."""

    size: int
    records: int
    lines: int


NOTHING = _Proved(0, 0, 0)


class Scan:
    """One pass over the blocks of a CSV file."""

    def __init__(self, path: Path, dialect: Dialect, limits: Limits, window_bytes: int = WINDOW_BYTES) -> None:
        """window_bytes: how much is read record by record where something is not regular."""
        delimiter, end = dialect.delimiter.encode(), dialect.line_end.encode()
        self._path, self._dialect, self._limits = path, dialect, limits
        self._delimiter, self._end = delimiter[0], end
        self._record = delimiter * (len(dialect.header) - 1) + end  # what is left of a record but for its cells
        marks = delimiter + b"\r\n"
        self._noise = bytes(byte for byte in range(256) if byte not in marks)
        self._words = bytes(byte for byte in self._noise if byte != QUOTE)
        self._window_bytes = window_bytes
        self._place, self._rest = Place(), b""  # what has been read, and what is loaded of the bytes behind it
        self._checkpoints: list[Checkpoint] = []

    def run(self, blocks: Iterator[bytes]) -> Diagnosis:
        """Read all blocks, up to the first fault."""
        found = None
        try:
            with long_cells(self._limits):
                self._run(iter(blocks))
        except SourceError as error:
            found = error
        return Diagnosis(found, max(self._place.records - 1, 0), tuple(self._checkpoints))

    def _run(self, blocks: Iterator[bytes]) -> None:
        for block in blocks:
            self._rest += block
            proved = self._proved(self._rest)
            if proved is None or (proved.size == 0 and len(self._rest) > self._limits.cell_characters):
                self._carefully(blocks)
            else:
                self._pass(proved)
        self._carefully(blocks)
        while self._rest:
            self._read(blocks)

    def _carefully(self, blocks: Iterator[bytes]) -> None:
        """Window by window, so that few records go through the csv module for the sake of one."""
        while len(self._rest) > self._window_bytes:
            proved = self._proved(self._rest[: self._window_bytes])
            if proved is None or proved.size == 0:
                self._read(blocks)
            else:
                self._pass(proved)

    def _pass(self, proved: _Proved) -> None:
        """Go on behind what has been proved, once it has turned out to be text."""
        if proved.size:
            place = self._place
            check_text(self._path, self._rest[: proved.size], place.line)
            self._mark(place, regular=proved.records == proved.lines)
            self._place = Place(place.records + proved.records, place.line + proved.lines, place.byte + proved.size)
            self._rest = self._rest[proved.size :]

    def _mark(self, place: Place, *, regular: bool) -> None:
        if not self._checkpoints or not (regular and self._checkpoints[-1].regular):
            self._checkpoints.append(Checkpoint(place, regular))

    def _read(self, blocks: Iterator[bytes]) -> None:
        """Record by record, to the last line end in the window, or as far as its record goes."""
        start, rest = self._place, self._rest
        self._mark(start, regular=False)
        last = max(rest.rfind(end, 0, self._window_bytes) for end in (b"\n", b"\r"))
        cut = last + 1 or len(rest)
        beyond = [rest[cut:]] if cut < len(rest) else []  # handed on only if a record goes on there

        def following() -> Iterator[bytes]:
            if beyond:
                yield beyond.pop()
            # Not `yield from`: left early, it would end the blocks for everybody.
            for block in blocks:  # noqa: UP028
                yield block

        self._rest = b""
        reader = RecordReader(self._path, self._dialect, self._limits)
        for _, after, left in reader.records(start, rest[:cut], following()):
            self._place = after
            if after.byte > start.byte + last:
                self._rest = b"".join((left(), *beyond))
                return

    def _proved(self, block: bytes) -> _Proved | None:
        """What is certain of the whole records a block begins with; None if something about them is unusual."""
        size = self._whole(block)
        if not size:
            return NOTHING if size == 0 else None
        if self._end == b"\r" and block.startswith(b"\n", size):
            return None
        text = block[:size]
        quotes = b'"' in text
        if quotes and (records := self._fully_quoted(text)):
            return _Proved(size, records, records) if size <= self._limits.cell_characters else None
        marks = self._marks_outside(text) if quotes else self._plain_marks(text)
        if marks is None or size > self._limits.cell_characters:
            return None
        records = len(marks) // len(self._record)
        if marks != self._record * records:
            return None
        return _Proved(size, records, line_ends(text) if quotes else records)

    def _fully_quoted(self, text: bytes) -> int:
        """How many records a text has in which every cell is quoted and none holds a mark; 0 if it is not so."""
        marks = text.translate(None, self._words)
        columns, end = len(self._dialect.header), self._end
        record = b'""' + (bytes([self._delimiter]) + b'""') * (columns - 1) + end
        records = len(marks) // len(record)
        between = text.count(b'"' + bytes([self._delimiter]) + b'"')
        if marks != record * records or between != records * (columns - 1) or not text.startswith(b'"'):
            return 0
        whole = text.count(b'"' + end) == records and text.count(end + b'"') == records - 1
        return records if whole else 0

    def _plain_marks(self, text: bytes) -> bytes | None:
        """Delimiters and line ends of a text without quotes; None if a CR and a LF stand apart."""
        marks = text.translate(None, self._noise)
        if len(self._end) == 2 and text.count(self._end) != len(marks) // len(self._record):
            return None
        return marks

    def _marks_outside(self, text: bytes) -> bytes | None:
        """Delimiters and line ends outside quoted cells; None if a CR and a LF stand apart there.

        None also unless every quoted cell fills its field: quotes open after a delimiter or line end and close before
        one, or are doubled. The text is of whole records: it ends in a line end, which is also what precedes it.
        """
        array = np.frombuffer(text, np.uint8)
        at = np.flatnonzero((array == self._delimiter) | (array == FEED) | (array == RETURN) | (array == QUOTE))
        marks = array[at]
        quote = marks == QUOTE
        opened = np.bitwise_xor.accumulate(quote.view(np.uint8)).view(np.bool_)  # from each quote to the next
        beside = np.diff(at, prepend=-1) == 1  # the mark before it is the byte before it
        fills = beside[quote & opened].all() and beside[1:][(quote & ~opened)[:-1]].all()
        outside = ~(quote | opened)
        if len(self._end) == 2:
            fills = fills and (array[at[outside & (marks == RETURN)] + 1] == FEED).all()
        return marks[outside].tobytes() if fills else None

    def _whole(self, block: bytes) -> int | None:
        """Where the last whole record ends; 0 if none does, None if that is hard to say."""
        array = np.frombuffer(block, np.uint8)
        at = len(block) - (self._end == b"\r")  # a CR at the very end may become CR LF
        for _ in range(ATTEMPTS):
            at = block.rfind(self._end, 0, at)
            if at < 0:
                return 0
            if np.count_nonzero(array[:at] == QUOTE) % 2 == 0:
                return at + len(self._end)
            at = block.rfind(b'"', 0, at)  # this line end stands in a quoted cell: look before it
        return None
