"""A file of comments, each with what it speaks of."""

import csv
from dataclasses import dataclass
from pathlib import Path

from activator.errors import SourceError
from activator.motivation.lexicon import Lexicon
from activator.motivation.reading import Reading, read_comment

CELL_CHARACTERS_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Label:
    """One comment of the file by its id, and how it is read."""

    id: str
    reading: Reading


def label_file(path: Path, lexicon: Lexicon) -> list[Label]:
    """Read a CSV with columns id and text, and language where known; different texts are read once.

    Raises:
        SourceError: the file cannot be read, or lacks a column; names file, line and fix.
    """
    known: dict[tuple[str, str], Reading] = {}
    labels = []
    for row in _rows(path):
        key = (row["text"] or "", (row.get("language") or "").strip())
        if key not in known:
            known[key] = read_comment(*key, lexicon)
        labels.append(Label(row["id"] or "", known[key]))
    return labels


def _rows(path: Path) -> list[dict[str, str | None]]:
    before = csv.field_size_limit(CELL_CHARACTERS_MAX)
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            missing = [name for name in ("id", "text") if name not in (reader.fieldnames or ())]
            if missing:
                raise SourceError(
                    f"{path.name}, line 1: no column `{missing[0]}`", "Columns: id, text and, where known, language."
                )
            rows = []
            for row in reader:
                line = reader.line_num
                if None in row or None in (row["id"], row["text"]):
                    raise SourceError(
                        f"{path.name}, line {line}: not as many fields as the header", "Quote texts that hold commas."
                    )
                rows.append(row)
            return rows
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror}", "Check the path.") from None
    except UnicodeDecodeError:
        raise SourceError(f"{path.name}: not UTF-8", "Save the file as UTF-8.") from None
    except csv.Error:
        raise SourceError(
            f"{path.name}, after line {line}: not well-formed CSV", 'Double the quotes ("") inside quoted texts.'
        ) from None
    finally:
        csv.field_size_limit(before)
