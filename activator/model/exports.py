"""Where exports are and what was found when they were read: facts about files and queries, never about people."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A file, a folder of parts or a glob of them. encoding and delimiter: where the files do not say it themselves."""

    path: Path
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class QueryPlace:
    """A table or query of a database. settings_dir: where the settings with the connection's URL are looked for."""

    connection: str
    settings_dir: Path
    table: str | None = None
    query: str | None = None

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"table {self.table} of {self.connection}" if self.table else f"the query of {self.connection}"


Place: TypeAlias = FilePlace | QueryPlace


@dataclass(frozen=True, slots=True)
class PartFacts:
    """One part of an export: its name and what it turned out to be, in words. Empty where a kind has no such thing."""

    name: str
    kind: str
    rows: int
    size_bytes: int = 0
    encoding: str = ""
    delimiter: str = ""
    line_end: str = ""


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where a row stands. unit: "line" of a text file, counted from 1, or "row" of anything else, also from 1."""

    part: str
    unit: str
    number: int

    def __str__(self) -> str:
        return f"{self.part}, {self.unit} {self.number}"


class RowPlaces(Protocol):
    """Finds rows of an export again."""

    def find(self, source_rows: Sequence[int]) -> list[RowPlace]:
        """The place of each row, in the order asked for. Reads again only what lies around a cell of several lines."""
        ...


@dataclass(frozen=True, slots=True)
class LinePerRow:
    """Places of an export whose rows stand one to a line behind a header: source_row is the line."""

    part: str

    def find(self, source_rows: Sequence[int]) -> list[RowPlace]:
        """The place of each row."""
        return [RowPlace(self.part, "line", row) for row in source_rows]


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """What was found when an export was read. missing: column -> rows that lack it, in kinds where a row may."""

    parts: tuple[PartFacts, ...] = ()
    missing: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExportLook:
    """What an export looks like, for comparing it with the one used last.

    columns: its header, sorted; empty where rows come with columns of their own (JSON lines); used: those its mapping
    makes use of; dialect: kind, encoding and delimiter in words; digest: of its bytes or rows; written_at: when its
    file was last written, where the project wants it fresh.
    """

    source: str
    columns: tuple[str, ...]
    used: tuple[str, ...]
    dialect: str
    digest: str
    written_at: datetime | None = None
