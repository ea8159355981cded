"""Finds the line a row stands on. Rows are numbered by record; a cell of several lines makes the two differ."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from activator.errors import SourceError
from activator.model.exports import FilePlace, RowPlace
from connectors.crm.diagnosis import Place, RecordReader, long_cells
from connectors.crm.dialect import Dialect
from connectors.crm.limits import Limits
from connectors.crm.parts import Part
from connectors.crm.scan import Diagnosis
from connectors.crm.stream import TextStream


@dataclass(frozen=True, slots=True)
class PartLines:
    """One delimited part. first_row: the source_row of its first record."""

    part: Part
    first_row: int
    diagnosis: Diagnosis
    dialect: Dialect
    place: FilePlace
    limits: Limits

    @property
    def name(self) -> str:
        """How messages call it."""
        return self.part.path.name

    @property
    def unit(self) -> str:
        """What is counted."""
        return "line"

    def numbers(self, rows: Sequence[int]) -> list[int]:
        """The line of each of its rows, which ascend. If the file has changed since, the line it would be."""
        records = [row - self.first_row + 1 for row in rows]  # the header is record 0
        marks = self.diagnosis.checkpoints
        starts = [mark.place.records for mark in marks]
        lines = [0] * len(records)
        hard: dict[int, list[int]] = {}
        for position, record in enumerate(records):
            found = bisect_right(starts, record) - 1
            start = marks[found].place
            lines[position] = start.line + record - start.records
            if not marks[found].regular:
                hard.setdefault(found, []).append(position)
        for found, positions in hard.items():
            known = self._walk(marks[found].place, {records[position] for position in positions})
            for position in positions:
                lines[position] = known.get(records[position], lines[position])
        return lines

    def _walk(self, start: Place, wanted: set[int]) -> dict[int, int]:
        """The lines of records, counted from a place between two records."""
        lines: dict[int, int] = {}
        if not self.part.unchanged():
            return lines
        try:
            with TextStream(self.part, self.limits, self.place.encoding) as stream, long_cells(self.limits):
                blocks = _from(stream.blocks(), start.byte)
                for line, after, _ in RecordReader(self.part.path, self.dialect, self.limits).records(
                    start, b"", blocks
                ):
                    lines.setdefault(after.records - 1, line)
                    if after.records > max(wanted):
                        break
        except SourceError:
            return lines
        return lines


@dataclass(frozen=True, slots=True)
class PartRows:
    """One part whose rows have no lines. first_row: the source_row of its first one."""

    path: Path
    first_row: int
    unit: str = "row"

    @property
    def name(self) -> str:
        """How messages call it."""
        return self.path.name

    def numbers(self, rows: Sequence[int]) -> list[int]:
        """The number of each of its rows."""
        return [row - self.first_row + 1 for row in rows]


@dataclass(frozen=True, slots=True)
class FileRows:
    """Finds rows of an export of one or more parts."""

    parts: tuple["PartLines | PartRows", ...]

    def find(self, source_rows: Sequence[int]) -> list[RowPlace]:
        """The place of each row."""
        firsts = [part.first_row for part in self.parts]
        by_part: dict[int, list[int]] = {}
        for row in sorted(set(source_rows)):
            by_part.setdefault(max(bisect_right(firsts, row) - 1, 0), []).append(row)
        places: dict[int, RowPlace] = {}
        for number, rows in by_part.items():
            part = self.parts[number]
            for row, line in zip(rows, part.numbers(rows), strict=True):
                places[row] = RowPlace(part.name, part.unit, line)
        return [places[row] for row in source_rows]


def _from(blocks: Iterator[bytes], byte: int) -> Iterator[bytes]:
    """The blocks from a byte on."""
    for block in blocks:
        if byte < len(block):
            yield block[byte:] if byte else block
        byte = max(byte - len(block), 0)
