"""A file of comments, each with what it speaks of."""

from dataclasses import dataclass
from pathlib import Path

from activator.motivation.reader import Reader
from activator.motivation.reading import Reading
from activator.motivation.tables import read_rows


@dataclass(frozen=True, slots=True)
class Label:
    """One comment of the file by its id, and how it is read."""

    id: str
    reading: Reading


def label_file(path: Path, reader: Reader) -> list[Label]:
    """Read a CSV with columns id and text, and language where known; different texts are read once.

    Every row is answered, in order, also where ids repeat.

    Raises:
        SourceError: the file cannot be read, or lacks a column; names file, line and fix.
    """
    rows = [(row["id"], (row["text"], row.get("language", "").strip())) for _, row in read_rows(path, ("id", "text"))]
    asked = list(dict.fromkeys(key for _, key in rows))
    answers = dict(zip(asked, reader.read_all(asked), strict=True))
    return [Label(name, answers[key]) for name, key in rows]
