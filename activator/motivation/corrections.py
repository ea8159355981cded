"""What people who know the customers have said a comment really speaks of: kept as a CSV they can read and edit.

Comments are kept with e-mail addresses, numbers and names hidden, and without ids: the file says nothing of who spoke.
"""

import csv
import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from activator.errors import SourceError
from activator.motivation.lexicon import MOTIVES, NONE
from activator.motivation.quotes import mask
from activator.motivation.tables import inert, read_rows, restored

COLUMNS = ("text", "language", "motive")
ANSWERS = (*MOTIVES, NONE)


@dataclass(frozen=True, slots=True)
class Correction:
    """A comment, masked, its language ('' where unknown), and the motive it really has (`none`: no motive)."""

    text: str
    language: str
    motive: str


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a file of corrections: comments new, told otherwise than before, and known in all now."""

    new: int
    changed: int
    known: int


def text_key(text: str) -> str:
    """What two spellings of one comment have in common: masked, in lower case, spaces counted once."""
    return mask(text).casefold()


def read_corrections(path: Path) -> tuple[Correction, ...]:
    """The corrections of a project; none where there is no such file. Of two for one comment the later counts.

    Raises:
        SourceError: names file, line and fix.
    """
    if not path.exists():
        return ()
    return tuple(_parsed(path).values())


def add_corrections(path: Path, given: Path) -> Added:
    """Add a file of corrections (columns text and motive, language where known) to those of a project.

    Raises:
        SourceError: names file, line and fix.
    """
    known = _parsed(path) if path.exists() else {}
    more = _parsed(given)
    changed = sum(key in known and known[key].motive != each.motive for key, each in more.items())
    new = sum(key not in known for key in more)
    _write(path, (known | more).values())
    return Added(new, changed, len(known | more))


def _parsed(path: Path) -> dict[str, Correction]:
    found: dict[str, Correction] = {}
    for line, row in read_rows(path, ("text", "motive")):
        motive = row["motive"].strip().lower() or NONE
        if motive not in ANSWERS:
            raise SourceError(
                f"{path.name}, line {line}: motive: there is no motive `{motive[:40]}`",
                f"Write one of {', '.join(ANSWERS)}.",
            )
        text = mask(restored(row["text"]))
        if not text:
            raise SourceError(f"{path.name}, line {line}: text: is empty", "Write the comment, or delete the line.")
        found[text_key(text)] = Correction(text, row.get("language", "").strip().lower(), motive)
    return found


def _write(path: Path, corrections: Iterable[Correction]) -> None:
    """All at once: a run that reads meanwhile sees the old file or the new one."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((inert(each.text), each.language, each.motive) for each in corrections)
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(stream.getvalue(), encoding="utf-8")
        os.replace(beside, path)  # noqa: PTH105 - Path.replace is the same call
    except OSError as error:
        raise SourceError(f"{path.name} cannot be written: {error.strerror}", "Check the folder.") from None


def motive_of(corrections: Iterable[Correction]) -> Mapping[str, str]:
    """The right motive by `text_key`."""
    return {text_key(each.text): each.motive for each in corrections}
