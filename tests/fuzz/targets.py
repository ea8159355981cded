"""What is fuzzed: whatever bytes come in, the end is success or one of our typed errors, never anything else.

Each target is a function of one input. `tests/fuzz/test_corpus.py` replays the inputs kept in the repository, and
`python -m tests.fuzz.run` lets atheris make up others.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import ibis

from activator.config.copy import place_copy
from activator.config.documents import parse_document, validate
from activator.config.project import Project
from activator.errors import ActivatorError
from activator.people.mapping import canonical
from activator.plan.files import PLAN_FILE, SEAL_FILE, load_plan, saved_accounts, saved_sharing
from connectors.crm.files import CrmSource
from connectors.crm.limits import Limits
from mappings.loader import load_mapping, recognise

CORPUS = Path(__file__).parent / "corpus"
LIMITS = Limits(file_bytes=1 << 20, columns=200, line_bytes=1 << 18, cell_characters=1 << 16)
KINDS = {b"c": "csv", b"t": "tsv", b"j": "jsonl", b"p": "parquet", b"g": "csv.gz", b"z": "jsonl.gz"}

Target = Callable[[bytes, Path], None]


@dataclass
class Engine:
    """A DuckDB in memory, made anew now and then so that a long run stays small."""

    uses: int = 0
    backend: Any = field(default=None)

    def take(self) -> Any:
        self.uses += 1
        if self.backend is None or self.uses % 500 == 0:
            if self.backend is not None:
                self.backend.disconnect()
            self.backend = ibis.duckdb.connect(threads=1, memory_limit="200MB")
        return self.backend


_engine = Engine()


def export(data: bytes, folder: Path) -> None:
    """The reader of exports. The first byte says the kind of file; `g`, `z` are packed here, `G` is taken as it is."""
    kind, content = data[:1], data[1:]
    path = folder / f"export.{'csv.gz' if kind == b'G' else KINDS.get(kind, 'csv')}"
    path.write_bytes(gzip.compress(content, 1, mtime=0) if kind in b"gz" and kind else content)
    try:
        raw = CrmSource(LIMITS).read(_engine.take(), "export", path)
    except ActivatorError:
        return
    assert raw.rows == raw.table.count().to_pyarrow().as_py()
    for mapping, share in recognise(raw.header)[:1]:
        if share == 1.0:
            canonical(raw, mapping).count().to_pyarrow()
    raw.release()


def mapping(data: bytes, folder: Path) -> None:
    """A mapping file, and one row of an export it fits."""
    path = folder / "mapping.yaml"
    path.write_bytes(data)
    try:
        found = load_mapping("mapping.yaml", folder)
    except ActivatorError:
        return
    export_of = folder / "fits.jsonl"
    columns = found.known_columns()
    export_of.write_text(json.dumps(dict.fromkeys(columns, "1")) + "\n", encoding="utf-8")
    raw = CrmSource(LIMITS).read(_engine.take(), "fits", export_of)
    canonical(raw, found).count().to_pyarrow()
    raw.release()


def project(data: bytes, folder: Path) -> None:
    """The project file."""
    document = parse_document(folder / "activator.yaml", data)
    place_copy(validate(document, Project).copy_variants, document)


def plan(data: bytes, folder: Path) -> None:
    """A plan file whose seal is right: what is behind the seal."""
    (folder / PLAN_FILE).write_bytes(data)
    (folder / SEAL_FILE).write_bytes(hashlib.sha256(data).hexdigest().encode())
    saved_accounts(folder)
    saved_sharing(folder)
    load_plan(folder)


@cache
def _meta() -> Any:
    from tests.fuzz.meta_answers import Answers

    return Answers()


def meta(data: bytes, folder: Path) -> None:
    """Answers of the Graph API, through everything the connector does with them."""
    _meta().ask(data, folder)


@cache
def _google() -> Any:
    from tests.fuzz.google_answers import ask

    return ask


def google(data: bytes, folder: Path) -> None:
    """Answers of both Google APIs: rows, lists, and what a refusal carries."""
    _google()(data)


TARGETS: Mapping[str, Target] = {
    "export": export,
    "mapping": mapping,
    "project": project,
    "plan": plan,
    "meta": meta,
    "google": google,
}


def one(name: str, data: bytes, folder: Path) -> None:
    """Give one input to a target. Raises whatever is no error of ours."""
    with suppress(ActivatorError):
        TARGETS[name](data, folder)
