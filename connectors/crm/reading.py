"""CRM exports as files: CSV (also tab, semicolon or pipe separated), JSON lines and Parquet; one file or many parts.

Nothing is guessed that could silently shift a value into another column: what was found is told (ExportFacts), every
record has as many fields as the header, and the first fault stops the reading with its line.
"""

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from activator.model.exports import ExportFacts, FilePlace
from activator.ports import RawExport
from connectors.crm.faults import fault
from connectors.crm.jsonlines import read_jsonlines
from connectors.crm.limits import Limits
from connectors.crm.parquet import file_digest, read_parquet
from connectors.crm.parts import Parts, find_parts
from connectors.crm.text import read_text


def read_files(backend: Any, name: str, place: FilePlace, columns: Collection[str] | None, limits: Limits) -> RawExport:
    """Load an export into the engine, every cell as text.

    Raises:
        SourceError: names file, line, field and fix, and never what a cell holds.
    """
    parts = find_parts(place.path, limits)
    export = _read(backend, name, place, parts, columns)
    parts.check_unchanged()
    return export


def files_digest(path: Path, limits: Limits) -> str:
    """SHA-256 over the bytes of one file, or over names and bytes of all parts. Raises SourceError."""
    parts = find_parts(path, limits)
    digest = _digest(parts, tuple(file_digest(part) for part in parts.files))
    parts.check_unchanged()
    return digest


def files_written_at(path: Path, limits: Limits) -> datetime:
    """When the newest part was last written, in UTC. Raises SourceError."""
    newest_ns = max(part.written_ns for part in find_parts(path, limits).files)
    return datetime.fromtimestamp(newest_ns // 1_000_000_000, UTC)


def _read(backend: Any, name: str, place: FilePlace, parts: Parts, columns: Collection[str] | None) -> RawExport:
    kind = parts.files[0].kind
    if kind == "Parquet":
        _refuse(place, kind, encoding=place.encoding, delimiter=place.delimiter)
        found = read_parquet(backend, parts, columns)
    elif kind == "JSON lines":
        _refuse(place, kind, delimiter=place.delimiter)
        found = read_jsonlines(backend, parts, place, columns)
    else:
        found = read_text(backend, parts, place, columns)
    return RawExport(
        name,
        place.path,
        found.loaded.table,
        found.header,
        sum(part.rows for part in found.facts),
        _digest(parts, found.digests),
        facts=ExportFacts(found.facts, found.missing),
        places=found.places,
        release=found.loaded.release,
        held=found.loaded.held,
    )


def _refuse(place: FilePlace, kind: str, **keys: str | None) -> None:
    for key, said in keys.items():
        if said:
            raise fault(place.path, f"`{key}` means nothing for {kind}", f"Remove `{key}` from this source's section.")


def _digest(parts: Parts, digests: tuple[str, ...]) -> str:
    if not parts.path.is_dir() and len(digests) == 1 and parts.files[0].path == parts.path:
        return digests[0]
    total = hashlib.sha256()
    for part, digest in zip(parts.files, digests, strict=True):
        total.update(f"{part.path.name}\0{digest}\n".encode())
    return total.hexdigest()
