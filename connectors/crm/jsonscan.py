"""A look at every line of a JSON lines file before the engine parses it: text, lengths, blank lines, first keys."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import orjson

from connectors.crm.diagnosis import check_text
from connectors.crm.faults import EXPORT_AGAIN, fault
from connectors.crm.limits import Limits
from connectors.crm.stream import FEED

Key: TypeAlias = tuple[str, ...]

FIRST_LINES = 200  # whose keys give the order of columns
DEEP_BYTES = 2_000  # shorter lines cannot nest a thousand levels, which is where orjson stops
ONE_OBJECT = "Write one whole JSON object on each line: {...}"


class JsonScan:
    """One pass. lines: how many there are; keys: those of the first lines, in order.

    parse_all: parse every line, to find the one at fault; otherwise that is left to the engine.
    """

    def __init__(self, path: Path, limits: Limits, *, parse_all: bool = False) -> None:
        self._path, self._limits, self._parse_all = path, limits, parse_all
        self.lines = 0
        self.keys: dict[Key, None] = {}

    def run(self, blocks: Iterator[bytes]) -> None:
        """Read all blocks.

        Raises:
            SourceError: the first line that cannot be one object.
        """
        rest = b""
        for block in blocks:
            rest += block
            whole = rest.rfind(b"\n") + 1
            self._take(rest[:whole])
            rest = rest[whole:]
            if len(rest) > self._limits.line_bytes:
                raise self._fault(f"a line longer than {self._limits.line_bytes:,} bytes", self.lines + 1)
        self._take(rest)

    def _take(self, text: bytes) -> None:
        if not text:
            return
        check_text(self._path, text, self.lines + 1)
        nul = text.find(b"\\u0000")
        if nul >= 0:
            line = self.lines + 1 + text.count(b"\n", 0, nul)
            raise fault(self._path, "a NUL character: the file is damaged", f"{EXPORT_AGAIN}.", line)
        ends = np.append(np.flatnonzero(np.frombuffer(text, np.uint8) == FEED), len(text) * (not text.endswith(b"\n")))
        ends = ends[: None if not text.endswith(b"\n") else -1]
        starts = np.append(0, ends[:-1] + 1)
        self._check_lengths(ends - starts)
        wanted = range(len(starts)) if self._parse_all else self._suspicious(ends - starts)
        for number in wanted:
            self._parse(text[starts[number] : ends[number]], self.lines + 1 + int(number))
        self.lines += len(starts)

    def _check_lengths(self, lengths: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> None:
        blank, long = np.flatnonzero(lengths == 0), np.flatnonzero(lengths > self._limits.line_bytes)
        if blank.size:
            raise self._fault("the line is blank", self.lines + 1 + int(blank[0]))
        if long.size:
            raise self._fault(f"a line longer than {self._limits.line_bytes:,} bytes", self.lines + 1 + int(long[0]))

    def _suspicious(self, lengths: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> list[int]:
        """The first lines, and those long enough to be nested more deeply than can be read."""
        first = range(min(max(FIRST_LINES - self.lines, 0), len(lengths)))
        return sorted({*first, *np.flatnonzero(lengths > DEEP_BYTES).tolist()})

    def _parse(self, line: bytes, number: int) -> None:
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise self._fault("not valid JSON, or nested too deeply", number, error.colno) from None
        if not isinstance(found, dict):
            raise self._fault("not a JSON object", number)
        if number <= FIRST_LINES:
            self.keys.update(dict.fromkeys(_leaves(found)))

    def _fault(self, message: str, line: int, column: int | None = None) -> Exception:
        return fault(self._path, message, f"{ONE_OBJECT}.", line, column)


def _leaves(found: dict[str, Any], path: Key = ()) -> list[Key]:
    """Keys that lead to a value, in order."""
    leaves: list[Key] = []
    for name, below in found.items():
        leaves += _leaves(below, (*path, name)) if isinstance(below, dict) and below else [(*path, name)]
    return leaves
