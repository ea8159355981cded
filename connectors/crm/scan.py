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
from connectors.crm.marks import Marks, Places, counts_before, marks_of, one_later, places

WINDOW_BYTES = 1 << 14


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
        self._path, self._dialect, self._limits = path, dialect, limits
        delimiter, end = dialect.delimiter.encode(), dialect.line_end.encode()
        self._delimiter, self._end = delimiter[0], end
        self._record = delimiter * (len(dialect.header) - 1) + end  # what is left of a record but for its cells
        self._words = bytes(byte for byte in range(256) if byte not in delimiter + b"\r\n")
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
        proved = self._proved_quoted(block) if b'"' in block else self._proved_plain(block)
        if proved is None or proved.size > self._limits.cell_characters:
            return None
        return None if self._end == b"\r" and block.startswith(b"\n", proved.size) else proved

    def _proved_plain(self, block: bytes) -> _Proved | None:
        """Of a block without quotes: what is left of it but for its cells is the same for every record."""
        last = block.rfind(self._end, 0, self._certain(block))
        if last < 0:
            return NOTHING
        text = block[: last + len(self._end)]
        left = text.translate(None, self._words)
        records = len(left) // len(self._record)
        apart = len(self._end) == 2 and text.count(self._end) != records  # a CR and a LF
        return None if apart or left != self._record * records else _Proved(len(text), records, records)

    def _proved_quoted(self, block: bytes) -> _Proved | None:
        marks = marks_of(block, self._delimiter)
        ends = places((marks.returns if self._end == b"\r" else marks.feeds) & ~marks.opened)
        ends = ends[ends < self._certain(block)]
        if not len(ends):
            return NOTHING
        size = int(ends[-1]) + 1
        whole = marks.up_to(size)
        regular = self._regular(whole, ends) and whole.fill_their_fields()
        return _Proved(size, len(ends), whole.lines()) if regular else None

    def _certain(self, block: bytes) -> int:
        """How many bytes are what they seem: a CR at the very end may become CR LF."""
        return len(block) - (self._end == b"\r")

    def _regular(self, marks: Marks, ends: Places) -> bool:
        """Whether each record has its delimiters, and the line end of the header and no other outside of quotes."""
        feeds, returns = marks.feeds & ~marks.opened, marks.returns & ~marks.opened
        if len(self._end) == 2:
            as_ever = np.array_equal(one_later(returns), feeds)
        else:
            as_ever = not (returns if self._end == b"\n" else feeds).any()
        expected = (len(self._record) - len(self._end)) * np.arange(1, len(ends) + 1)
        return as_ever and np.array_equal(counts_before(marks.delimiters, ends), expected)
