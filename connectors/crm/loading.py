"""Exports as tables of the engine: every cell as text, rows numbered in the order of the files."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import ibis

from activator.model.exports import PartFacts, RowPlaces
from connectors.crm.dialect import RESERVED
from connectors.crm.faults import fault, too_large


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string."""
    return "'" + text.replace("'", "''") + "'"


def literal_path(target: Path) -> str:
    """The path with the engine's wildcards switched off: `orders[1].csv` would otherwise read orders1.csv."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(target))


def picked(header: Sequence[str], columns: Collection[str] | None) -> list[int]:
    """The numbers of the columns to load: all, or those named, and never none."""
    wanted = [number for number, title in enumerate(header) if columns is None or title in columns]
    return wanted or [0]


@dataclass(frozen=True, slots=True)
class Loaded:
    """An export in the engine. release: gives back the room it takes there; held: whether it takes any."""

    table: Any
    release: Callable[[], None]
    held: bool = True


@dataclass(frozen=True, slots=True)
class ReadExport:
    """What reading the parts of an export comes to. digests: of each part; missing: see ExportFacts."""

    loaded: Loaded
    header: tuple[str, ...]
    facts: tuple[PartFacts, ...]
    places: RowPlaces
    digests: tuple[str, ...]
    missing: dict[str, int] = field(default_factory=dict)


class TextTable:
    """A table of text columns that grows part by part; its row numbers are where rows came to stand.

    label: its name in the engine, columns c0, c1 and so on.
    """

    def __init__(self, backend: Any, titles: Sequence[str]) -> None:
        self._backend, self._titles = backend, titles
        self.label = ibis.util.gen_name("export")
        self.rows = 0
        columns = ", ".join(f"c{number} VARCHAR" for number in range(len(titles)))
        self._run(f"CREATE TEMP TABLE {self.label} ({columns})")

    def append(self, relation: duckdb.DuckDBPyRelation) -> int:
        """Add the rows of a relation, its columns in the order of the titles; returns how many there were."""
        relation.insert_into(self.label)
        before, self.rows = self.rows, self.count()
        return self.rows - before

    def count(self) -> int:
        """Rows so far."""
        return int(self._run(f"SELECT count(*) FROM {self.label}").fetchall()[0][0])  # noqa: S608 - label is ours

    def done(self) -> Loaded:
        """The table under its titles, with `source_row`: the first record is row 2, below the header."""
        names = ", ".join(f"c{number} AS {quoted(title)}" for number, title in enumerate(self._titles))
        view = f"{self.label}_view"
        self._run(f"CREATE TEMP VIEW {view} AS SELECT rowid + 2 AS {RESERVED}, {names} FROM {self.label}")  # noqa: S608
        return Loaded(self._backend.table(view), self._release(view))

    def drop(self) -> None:
        """Forget a table that will not be used."""
        self._run(f"DROP TABLE IF EXISTS {self.label}")

    def _release(self, view: str) -> Callable[[], None]:
        def release() -> None:
            self._run(f"DROP VIEW IF EXISTS {view}")
            self.drop()

        return release

    def _run(self, statement: str) -> Any:
        return self._backend.con.execute(statement)


def engine_scratch(backend: Any) -> str | None:
    """The engine's private folder, if it has made one; None for the system's."""
    folder = str(backend.con.execute("SELECT current_setting('temp_directory')").fetchall()[0][0])
    return folder if Path(folder).is_dir() else None


def refused(path: Path, error: duckdb.Error, message: str, fix: str) -> Exception:
    """Our words for an engine's error, whose own may quote the data."""
    if isinstance(error, duckdb.OutOfMemoryException | duckdb.IOException) and "space" in str(error).lower():
        return too_large(path)
    return too_large(path) if isinstance(error, duckdb.OutOfMemoryException) else fault(path, message, fix)
