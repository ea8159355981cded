"""JSON lines into the engine: one object per line, nested objects flattened as `a.b`, arrays shown as text.

The engine parses; which columns there are is what all lines together hold. A key that a line lacks is an empty cell,
and counted.
"""

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import duckdb
import orjson

from activator.errors import SourceError
from activator.model.exports import FilePlace, PartFacts
from connectors.crm.dialect import check_header
from connectors.crm.faults import EXPORT_AGAIN, fault, too_large
from connectors.crm.jsonscan import JsonScan
from connectors.crm.limits import Limits
from connectors.crm.lines import FileRows, PartRows
from connectors.crm.loading import ReadExport, TextTable, literal, literal_path, picked
from connectors.crm.parts import Part, Parts
from connectors.crm.stream import TextStream
from connectors.crm.transcoding import COMPRESSION, copied, place_for_copy

Key: TypeAlias = tuple[str, ...]


def read_jsonlines(backend: Any, parts: Parts, place: FilePlace, columns: Collection[str] | None) -> ReadExport:
    """Load all parts.

    Raises:
        SourceError: names the part and the line; never what a value holds.
    """
    lines = TextTable(backend, ["line"])
    facts, rows, digests = [], [], []
    first: dict[Key, None] = {}
    try:
        for part in parts.files:
            rows.append(PartRows(part.path, lines.rows + 2, "line"))
            fact, digest, keys = _load(backend, lines, part, place, parts.limits)
            facts.append(fact)
            digests.append(digest)
            first.update(dict.fromkeys(keys))
        keys = _columns(backend, lines, parts, first)
        header = tuple(".".join(key) for key in keys)
        check_header(parts.path, header, parts.limits)
        numbers = picked(header, columns)
        table, missing = _extracted(backend, lines, parts, [keys[number] for number in numbers])
    except duckdb.OutOfMemoryException:
        raise too_large(parts.path) from None
    finally:
        lines.drop()
    lacking = {header[number]: count for number, count in zip(numbers, missing, strict=True) if count}
    return ReadExport(table.done(), header, tuple(facts), FileRows(tuple(rows)), tuple(digests), lacking)


def _load(
    backend: Any, lines: TextTable, part: Part, place: FilePlace, limits: Limits
) -> tuple[PartFacts, str, Sequence[Key]]:
    before = lines.rows
    with (
        TextStream(part, limits, place.encoding) as stream,
        place_for_copy(backend, needed=stream.encoding != "UTF-8") as copy,
    ):
        scan = JsonScan(part.path, limits)
        scan.run(copied(stream.blocks(), copy, part))
        packed = COMPRESSION if copy else "gzip" if part.gzipped else "none"
        source = (
            f"read_ndjson_objects({literal(literal_path(copy or part.target))}, maximum_object_size = "
            f"{2 * limits.line_bytes}, compression = '{packed}')"
        )
        try:
            loaded = lines.append(backend.con.sql(f"SELECT json FROM {source}"))  # noqa: S608 - quoted above
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error:
            loaded = -1
        if loaded != scan.lines:
            raise _first_bad_line(part, place, limits)
        digest = stream.hexdigest()
        encoding = stream.encoding
    _check_objects(backend, lines, part, before)
    kind = "JSON lines, gz" if part.gzipped else "JSON lines"
    return PartFacts(part.path.name, kind, scan.lines, part.identity[1], encoding), digest, tuple(scan.keys)


def _first_bad_line(part: Part, place: FilePlace, limits: Limits) -> SourceError:
    """The engine has refused the file: read it once more to say where, in our words."""
    scan = JsonScan(part.path, limits, parse_all=True)
    try:
        with TextStream(part, limits, place.encoding) as stream:
            scan.run(stream.blocks())
    except SourceError as error:
        return error
    return fault(part.path, "cannot be parsed as JSON lines beyond doubt", f"{EXPORT_AGAIN}, one object per line.")


def _check_objects(backend: Any, lines: TextTable, part: Part, before: int) -> None:
    """Each line must be one object, and no key may stand twice in it: the last one would win in silence."""
    keys = "json_keys(c0)"
    found = backend.con.execute(
        f"SELECT min(rowid) FILTER (json_type(c0) <> 'OBJECT'), "  # noqa: S608 - our own names
        f"min(rowid) FILTER (len({keys}) <> len(list_distinct({keys}))) FROM {lines.label} WHERE rowid >= {before}"
    ).fetchall()[0]
    for row, message in zip(found, ("not a JSON object", "a key stands twice"), strict=True):
        if row is not None:
            raise fault(part.path, message, "Write one JSON object on each line, each key once.", row - before + 1)


def _columns(backend: Any, lines: TextTable, parts: Parts, first: dict[Key, None]) -> list[Key]:
    """Every key that leads to a value, in the order of the first lines, then by name."""
    found = backend.con.execute(f"SELECT json_group_structure(c0::JSON) FROM {lines.label}").fetchall()[0][0]  # noqa: S608
    try:
        structure = orjson.loads(found or "{}")
    except orjson.JSONDecodeError:
        raise fault(parts.path, "objects nested too deeply", "Flatten them before they are exported.") from None
    keys = _leaves(structure) if isinstance(structure, dict) else []  # no line holds a key
    if not keys:
        raise fault(parts.path, "no line holds a key", f"{EXPORT_AGAIN}; an export without rows cannot be JSON lines.")
    known = set(keys)
    return [*(key for key in first if key in known), *sorted(known - first.keys())]


def _leaves(structure: dict[str, Any]) -> list[Key]:
    leaves: list[Key] = []
    open_branches: list[tuple[Key, dict[str, Any]]] = [((), structure)]
    while open_branches:
        path, branch = open_branches.pop()
        for name, below in branch.items():
            key = (*path, name)
            if isinstance(below, dict):
                open_branches.append((key, below))
            else:
                leaves.append(key)
    return leaves


def _extracted(backend: Any, lines: TextTable, parts: Parts, keys: Sequence[Key]) -> tuple[TextTable, list[int]]:
    """The values under each key as text, and how many lines lack it."""
    pointers = ", ".join(literal("".join("/" + _escaped(name) for name in key)) for key in keys)
    table = TextTable(backend, [".".join(key) for key in keys])
    cells = ", ".join(f"cells[{number}]" for number in range(1, len(keys) + 1))
    values = f"SELECT json_extract_string(c0, [{pointers}]) AS cells FROM {lines.label}"  # noqa: S608 - quoted
    lacking = ", ".join(f"count(*) FILTER (kinds[{number}] IS NULL)" for number in range(1, len(keys) + 1))
    kinds = f"SELECT json_type(c0, [{pointers}]) AS kinds FROM {lines.label}"  # noqa: S608 - quoted
    try:
        table.append(backend.con.sql(f"SELECT {cells} FROM ({values})"))  # noqa: S608
        missing = backend.con.execute(f"SELECT {lacking} FROM ({kinds})").fetchall()[0]  # noqa: S608
    except duckdb.OutOfMemoryException:
        table.drop()
        raise too_large(parts.path) from None
    return table, [int(count) for count in missing]


def _escaped(name: str) -> str:
    """One step of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
