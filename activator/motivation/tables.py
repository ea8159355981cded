"""Small CSV files of comments: read strictly, and written so that a spreadsheet takes no comment for a formula."""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from activator.errors import SourceError

CELL_CHARACTERS_MAX = 1_000_000
FORMULA = re.compile(r"^\s*[=+\-@\t\r]")


def read_rows(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a UTF-8 CSV with a header, each with the line it ends on. Column names are compared in lower case.

    Raises:
        SourceError: the file cannot be read, or lacks a column; names file, line and fix.
    """
    before = csv.field_size_limit(CELL_CHARACTERS_MAX)
    try:
        yield from _rows(path, needed)
    finally:
        csv.field_size_limit(before)


def _rows(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip().lower() for name in next(reader, [])]
            _check_header(path, header, needed)
            for cells in reader:
                line = reader.line_num
                if not cells:
                    continue
                if len(cells) != len(header):
                    raise SourceError(
                        f"{path.name}, line {line}: not as many fields as the header", "Quote texts that hold commas."
                    )
                yield line, dict(zip(header, cells, strict=True))
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror}", "Check the path.") from None
    except UnicodeDecodeError:
        raise SourceError(f"{path.name}: not UTF-8", "Save the file as UTF-8.") from None
    except csv.Error:
        raise SourceError(
            f"{path.name}, after line {line}: not well-formed CSV", 'Double the quotes ("") inside quoted texts.'
        ) from None


def _check_header(path: Path, header: Sequence[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in header]
    if missing:
        fix = (
            f"Name the columns {' and '.join(needed)} in the first line, and language where known, with commas between."
        )
        raise SourceError(f"{path.name}, line 1: no column `{missing[0]}`", fix)
    twice = [name for name in needed if header.count(name) > 1]
    if twice:
        raise SourceError(f"{path.name}, line 1: the column `{twice[0]}` stands twice", "Keep one of them.")


def inert(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would run as a formula (OWASP, CSV injection)."""
    return f"'{text}" if FORMULA.match(text) else text


def restored(text: str) -> str:
    """The text as it was before `inert`."""
    return text[1:] if text.startswith("'") and FORMULA.match(text[1:]) else text
