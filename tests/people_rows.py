"""Who is one person, for specifications: rows of canonical sources in, groups of (source, line) out."""

from dataclasses import dataclass
from typing import Any

from activator.model.people import Entity
from activator.people.engine import Engine
from activator.people.persons import Persons, persons_of
from activator.people.pipeline import CanonicalSource
from activator.people.rows import country_codes, keyed_rows, numbered, phone_book, source_code, source_line
from tests.people_relations import source

Line = tuple[str, int]


def joined(
    engine: Engine, *sources: CanonicalSource, people_max: int = 10
) -> tuple[Persons, dict[Line, dict[str, Any]]]:
    """What consolidation says of every row of some sources; phones without a country are German."""
    ordered = numbered(engine, sources)
    countries = country_codes(engine, ordered)
    phones = phone_book(engine, ordered, countries, "DE")
    found = persons_of(engine, ordered, keyed_rows(engine, ordered, countries, phones), people_max)
    names = {source.code: source.source.name for source in ordered}
    rows = found.rows.mutate(code=source_code(found.rows.row_id)).to_pyarrow().to_pylist()
    return found, {(names[row["code"]], source_line(row["row_id"])): row for row in rows}


def groups(rows: dict[Line, dict[str, Any]]) -> set[frozenset[Line]]:
    """Lines by person; a row without a person is in none."""
    people: dict[Any, set[Line]] = {}
    for line, row in rows.items():
        if row["person"] is not None:
            people.setdefault(row["person"], set()).add(line)
    return {frozenset(lines) for lines in people.values()}


def cases(engine: Engine, entity: Entity, cases: dict[str, list[dict[str, Any]]], people_max: int) -> dict[str, "Case"]:
    """Independent cases, consolidated in one go: what became of the rows of each."""
    rows = [row for case in cases.values() for row in case]
    _, found = joined(engine, source(entity, rows, "rows"), people_max=people_max)
    ended = {}
    line = 2
    for name, case in cases.items():
        ended[name] = Case([found["rows", line + place] for place in range(len(case))])
        line += len(case)
    return ended


@dataclass(frozen=True)
class Case:
    """The rows of one case, in order."""

    rows: list[dict[str, Any]]

    @property
    def people(self) -> list[str]:
        """One letter per row: equal letters are one person, '-' is nobody; the first person is A."""
        letters: dict[Any, str] = {None: "-"}
        return [letters.setdefault(row["person"], chr(ord("A") + len(letters) - 1)) for row in self.rows]
