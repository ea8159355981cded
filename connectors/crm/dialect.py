"""How a CSV file is written: its delimiter, its line end and its header, read from its beginning.

Nothing here decides in silence: what was found is shown by `activator mappings check`, and what could be read in two
ways is an error until the project file says which.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from connectors.crm.faults import EXPORT_AGAIN, fault
from connectors.crm.limits import Limits

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
LINE_ENDS = {"\n": "LF", "\r\n": "CR LF", "\r": "CR"}
RESERVED = "source_row"
RECORDS_COMPARED = 100
# An e-mail address, a phone or a digest: a name of a column that is one is a person's data, not to be shown either.
_SOMEBODYS = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]|^\+[\d ()/.-]{7,}$|^[0-9a-fA-F]{32,}$")
_DATA = "is called by an e-mail address, a phone or a digest: the line of column names is missing"
QUOTE_OPEN = "a quote in the header is not closed, or more follows it"


@dataclass(frozen=True, slots=True)
class Dialect:
    """header: names without surrounding blanks, in file order. line_end: that of the header, or LF if it has none."""

    delimiter: str
    header: tuple[str, ...]
    line_end: str


def read_dialect(path: Path, head: str, said: str | None, limits: Limits) -> Dialect:
    """The dialect of the file that begins with head. said: the delimiter, if the project file names one.

    Raises:
        SourceError: the header cannot be used, or more than one delimiter could be meant.
    """
    if not head.strip(" \t\r\n"):
        raise fault(path, "the file is empty", f"{EXPORT_AGAIN}; even an export without rows has a header line.")
    if not head.splitlines()[0].strip():
        raise fault(path, "the header line is blank", "Remove what stands above the column names.", 1)
    delimiter = said or _delimiter(path, head)
    try:
        record, last_line = _first_record(head, delimiter)
    except csv.Error:
        raise fault(path, QUOTE_OPEN, f"{EXPORT_AGAIN}.", 1) from None
    header = tuple(name.strip() for name in record)
    number = next((number for number, name in enumerate(header, start=1) if _SOMEBODYS.search(name)), None)
    if number is not None:
        raise fault(path, f"column {number} {_DATA}", "Put a line with the names of the columns above it.", 1)
    check_header(path, header, limits)
    return Dialect(delimiter, header, line_end(last_line) or "\n")


def line_end(line: str) -> str | None:
    """How a line ends; None if nothing ends it."""
    if line.endswith("\n"):
        return "\r\n" if line.endswith("\r\n") else "\n"
    return "\r" if line.endswith("\r") else None


def check_header(path: Path, header: tuple[str, ...], limits: Limits) -> None:
    """Refuse headers under which a column could be mistaken for another.

    Raises:
        SourceError: names the column by its name or number.
    """
    fix = "Give every column a name of its own in line 1."
    if len(header) > limits.columns:
        raise fault(path, f"{len(header):,} columns, more than {limits.columns:,}", "Export fewer columns.", 1)
    seen: dict[str, int] = {}
    for number, name in enumerate(header, start=1):
        if not name:
            raise fault(path, f"column {number} has no name", fix, 1)
        before = seen.setdefault(name.casefold(), number)
        if before != number:
            raise fault(path, f"columns {before} and {number} are both called {name!r}", fix, 1)
    if RESERVED in seen:
        raise fault(path, f"the column name {RESERVED!r} is reserved", "Rename that column.", 1)


def _first_record(head: str, delimiter: str) -> tuple[list[str], str]:
    """The header's names and the last of its lines. Raises csv.Error."""
    lines: list[str] = []

    def taken() -> Iterator[str]:
        for line in io.StringIO(head, newline=""):
            lines.append(line)
            yield line

    record = next(csv.reader(taken(), delimiter=delimiter, strict=True))
    return record, lines[-1]


def _delimiter(path: Path, head: str) -> str:
    """The one candidate the header holds outside quotes; among several, the one its first records agree with.

    A header of one column holds none, and comma serves.
    """
    unquoted = "".join(head.splitlines()[0].split('"')[::2])
    there = [candidate for candidate in DELIMITERS if candidate in unquoted]
    if len(there) < 2:
        return there[0] if there else ","
    agreeing = [candidate for candidate in there if _agrees(head, candidate)]
    if len(agreeing) == 1:
        return agreeing[0]
    names = " and ".join(DELIMITERS[candidate] for candidate in agreeing or there)
    raise fault(
        path,
        f"{names} could both separate its columns",
        "Say which one does: `delimiter: comma` (or semicolon, tab, pipe) in the source's section.",
        1,
    )


def _agrees(head: str, delimiter: str) -> bool:
    """Whether the first records have as many fields as the header; the last one may be cut, so it does not count."""
    lines: Iterable[str] = io.StringIO(head, newline="")
    try:
        records = list(
            islice((record for record in csv.reader(lines, delimiter=delimiter) if record), RECORDS_COMPARED)
        )
    except csv.Error:
        return False
    whole = records if len(records) < 2 or head.endswith(("\n", "\r")) else records[:-1]
    return len(whole) > 1 and all(len(record) == len(whole[0]) for record in whole)
