"""Parquet as a relation of text: read where it lies, each cell as an export tool would write it."""

import hashlib
from collections.abc import Collection
from typing import Any

import duckdb
import ibis

from activator.model.exports import PartFacts
from activator.ports import typed_name
from connectors.crm.dialect import RESERVED, check_header
from connectors.crm.faults import fault
from connectors.crm.lines import FileRows, PartRows
from connectors.crm.loading import Loaded, ReadExport, literal, literal_path, picked, quoted, refused
from connectors.crm.parts import Part, Parts

FLAT_TYPES = ("VARCHAR", "BOOLEAN", "DATE", "TIME", "UUID", "ENUM", "TIMESTAMP", "DECIMAL", "DOUBLE", "FLOAT")
TYPED = ("DECIMAL", "SMALLINT", "INTEGER", "BIGINT", "TIMESTAMP", "DATE")
INTEGER_SUFFIX = "INT"  # TINYINT … UHUGEINT, and INTEGER
NUMBER = "file_row_number"
DAMAGED = ("not a readable Parquet file", "Export the file again; it may be cut off.")


def read_parquet(backend: Any, parts: Parts, columns: Collection[str] | None) -> ReadExport:
    """A view over all parts; nothing is copied, but the wanted columns are read once to see that they can be.

    Raises:
        SourceError: a part is damaged, or holds what no cell can show.
    """
    header: tuple[str, ...] = ()
    typed = _alike_typed(backend, parts)
    selects, facts, lines, digests, rows = [], [], [], [], 0
    for part in parts.files:
        found = _header(backend, part, parts)
        header = header or found
        if found != header:
            name = parts.files[0].path.name
            raise fault(part.path, f"not the columns of {name}", "All parts of an export must have the same header.")
        titles = [header[number] for number in picked(header, columns)]
        selects.append(_select(backend, part, titles, typed, rows + 2))
        count = _readable_rows(backend, part, titles)
        facts.append(PartFacts(part.path.name, "Parquet", count, part.identity[1]))
        lines.append(PartRows(part.path, rows + 2))
        digests.append(file_digest(part))
        rows += count
    view = ibis.util.gen_name("export")
    backend.con.execute(f"CREATE TEMP VIEW {view} AS {' UNION ALL '.join(selects)}")
    loaded = Loaded(backend.table(view), lambda: backend.con.execute(f"DROP VIEW IF EXISTS {view}"), held=False)
    return ReadExport(loaded, header, tuple(facts), FileRows(tuple(lines)), tuple(digests))


def file_digest(part: Part) -> str:
    """SHA-256 of the file's bytes, lower-case hex."""
    with part.target.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _header(backend: Any, part: Part, parts: Parts) -> tuple[str, ...]:
    relation = _relation(backend, part)
    header = tuple(title for title in relation.columns if title != NUMBER)
    check_header(part.path, header, parts.limits)
    return header


def _relation(backend: Any, part: Part) -> duckdb.DuckDBPyRelation:
    try:
        found: duckdb.DuckDBPyRelation = backend.con.read_parquet(literal_path(part.target), file_row_number=True)
    except duckdb.Error:
        raise fault(part.path, *DAMAGED) from None
    return found


def _kinds(backend: Any, part: Part) -> dict[str, str]:
    relation = _relation(backend, part)
    return dict(zip(relation.columns, (str(kind) for kind in relation.types), strict=True))


def _alike_typed(backend: Any, parts: Parts) -> frozenset[str]:
    """Columns that hold numbers or days in every part, in the same type: mappings need not parse their text."""
    first, *others = [_kinds(backend, part) for part in parts.files]
    typed = {title for title, kind in first.items() if kind.split("(", maxsplit=1)[0] in TYPED and title != NUMBER}
    same = {title for title in typed if all(kinds.get(title) == first[title] for kinds in others)}
    return frozenset(title for title in same if typed_name(title) not in first)


def _select(backend: Any, part: Part, titles: list[str], typed: frozenset[str], first_row: int) -> str:
    kinds = _kinds(backend, part)
    shown = [f"{_as_text(part, title, kinds[title])} AS {quoted(title)}" for title in titles]
    shown += [f"{quoted(title)} AS {quoted(typed_name(title))}" for title in titles if title in typed]
    cells = ", ".join(shown)
    return f"SELECT {NUMBER} + {first_row} AS {RESERVED}, {cells} FROM {_source(part)}"  # noqa: S608 - quoted above


def _source(part: Part) -> str:
    return f"read_parquet({literal(literal_path(part.target))}, file_row_number = true)"


def _readable_rows(backend: Any, part: Part, titles: list[str]) -> int:
    """Reads every wanted column once: a damaged page is found here, with the part's name, and not in a later step."""
    counts = ", ".join(f"count({quoted(title)})" for title in titles)
    try:
        counted = backend.con.execute(f"SELECT count(*), {counts} FROM {_source(part)}").fetchall()  # noqa: S608
    except duckdb.Error as error:
        raise refused(part.path, error, *DAMAGED) from None
    return int(counted[0][0])


def _as_text(part: Part, title: str, kind: str) -> str:
    """SQL that writes one typed column as an export tool would: whole numbers without `.0`, instants in UTC."""
    column, base = quoted(title), kind.split("(", maxsplit=1)[0].split("_", maxsplit=1)[0]
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    if base in ("DOUBLE", "FLOAT"):
        return f"regexp_replace(CAST({column} AS VARCHAR), '\\.0$', '')"
    if base not in FLAT_TYPES and INTEGER_SUFFIX not in base:
        message = f"column {title!r} holds {kind.lower()} values, which no cell can show"
        raise fault(part.path, message, "Flatten it to text.")
    return f"CAST({column} AS VARCHAR)"
