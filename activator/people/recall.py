"""What earlier runs worked out about identifiers, so that only what has changed is worked out again.

Parsing a phone number and hashing a person's identifiers are most of the work of a run, and hardly anything changes
from one day to the next. A *mark* is 128 bits of a keyed digest over raw text; here lies, for every mark, what came of
that text: the identity key of a phone, the member key of a person in one form. Nothing else is kept, and nothing that
could be read without the key: marks are keyed, and the results are masked by a digest of mark and key. The key is
random, stays in its own file and is worth nothing elsewhere. (MD5 serves as the keyed function: what is asked of it is
that nobody without the key can compute it, not that nobody can find two texts with one mark.)

It is a cache and may vanish at any time. A file that is missing, damaged, of other rules or without its key counts as
empty, and everything is worked out afresh, with the same outcome.
"""

import base64
import contextlib
import hashlib
import json
import secrets
import unicodedata
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel

import activator
from activator.config.whole_file import replace_file
from activator.people.engine import Engine
from activator.people.identifiers import FORM_COLUMNS, IdentifierRules

KEY_FILE = "key"
LIST_FILE = "recall.json"
MARK = "mark"
_NONCE_BYTES = 12
_MACROS = (
    "recall_mark(t) AS md5_number(concat(getvariable('recall_key'), t))::UUID",
    "recall_marks(m) AS bit_xor(m::UHUGEINT)::UUID",
    "recall_masked(v, m, n) AS xor(v::UHUGEINT, md5_number(concat(getvariable('recall_key'), n, m::VARCHAR)))::UUID",
)


def _engine_one(_value: Any) -> Any:
    raise NotImplementedError  # one of _MACROS


def _engine_three(_value: Any, _mark: Any, _name: Any) -> Any:
    raise NotImplementedError  # one of _MACROS


# 128 bits of a keyed digest.
_mark = ibis.udf.scalar.builtin(_engine_one, name="recall_mark", signature=(("string",), "uuid"))
# A value hidden by its mark and its column's name, or shown again: the same operation twice.
_masked = ibis.udf.scalar.builtin(_engine_three, name="recall_masked", signature=(("uuid", "uuid", "string"), "uuid"))
# Many marks as one, whatever their order. Equal marks cancel out, so every part says what it is part of.
_together = ibis.udf.agg.builtin(_engine_one, name="recall_marks", signature=(("uuid",), "uuid"))


@dataclass
class Recall:
    """One project's memory during one run. folder: None to remember nothing.

    version: everything the results depend on besides the texts; a memory made under another one counts as empty.
    """

    engine: Engine
    folder: Path | None
    version: str
    _known: dict[str, ir.Table] = field(default_factory=dict)
    _found: dict[str, ir.Table] = field(default_factory=dict)
    _notes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Give the engine the key, under a name: no statement, and so no error text, holds it."""
        con = self.engine.backend.con
        for macro in _MACROS:
            con.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
        self._key = secrets.token_hex(32) if self.folder is None else _key(self.folder)
        con.execute("SET VARIABLE recall_key = $key", {"key": self._key})
        if self.folder is not None:
            self._known = _remembered(self.engine, self.folder, self.version)
            self._notes = _document(self.folder, self.version).get("notes", {})

    def mark(self, part: str, *texts: ir.StringValue) -> ir.UUIDValue:
        """The mark of some texts together, NULL and empty told apart. part: what they are."""
        written = [ibis.coalesce("=" + text, ibis.literal("")) for text in texts]
        return _mark(ibis.literal(f"{part}\x1e") + ibis.literal("\x1f").join(written))

    def together(self, marks: ir.UUIDColumn) -> ir.UUIDScalar:
        """Aggregates many marks, each of another part, to one."""
        return _together(marks)

    def known(self, kind: str) -> ir.Table | None:
        """What was kept of a kind, or None."""
        return self._known.get(kind)

    def keep(self, kind: str, found: ir.Table) -> None:
        """What this run knows of a kind: mark, and columns that depend on nothing else. Replaces what was remembered.

        Columns of type uuid are masked at rest; others are not, and must say nothing about anybody.
        """
        self._found[kind] = self.engine.materialise("recall", found.distinct())

    def note(self, name: str) -> bytes | None:
        """A short document as kept, or None. It lies at rest encrypted (AES-GCM)."""
        try:
            sealed = base64.b64decode(self._notes[name])
            return self._cipher().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
        except (KeyError, ValueError, InvalidTag):
            return None

    def keep_note(self, name: str, content: bytes) -> None:
        """Keep a short document under a name, instead of all others."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        self._notes = {name: base64.b64encode(nonce + self._cipher().encrypt(nonce, content, name.encode())).decode()}

    def _cipher(self) -> AESGCM:
        return AESGCM(hashlib.sha256(f"{self._key}notes".encode()).digest())

    def save(self) -> None:
        """Write what was kept, if anything differs from what was remembered. Texts not met in this run are forgotten.

        Raises:
            OSError: the disk is full or the folder cannot be written.
        """
        if self.folder is None:
            return
        files = _listed(self.folder, self.version)
        notes = _document(self.folder, self.version).get("notes", {})
        for kind, found in self._found.items():
            known = self._known.get(kind)
            if known is None or _differ(found, known):
                files[kind] = self._write(self.folder, kind, found)
        if not self._found and notes == self._notes:
            return
        document = {"version": self.version, "files": files, "notes": self._notes}
        replace_file(self.folder / LIST_FILE, json.dumps(document).encode())
        for file in self.folder.glob("*.parquet"):
            if file.name not in {name for name, _ in files.values()}:
                file.unlink(missing_ok=True)

    def _write(self, folder: Path, kind: str, found: ir.Table) -> tuple[str, str]:
        """(name, SHA-256) of a new file. Sorted by mark: the order in which people were met is nobody's business."""
        hidden = _with_mask(found).order_by(MARK)
        growing = folder / f"{kind}.{secrets.token_hex(8)}.parquet"
        growing.touch(mode=0o600)
        try:
            hidden.to_parquet(growing, use_tmp_file=False, compression="uncompressed")  # random bytes: nothing to gain
        except BaseException:
            growing.unlink(missing_ok=True)
            raise
        return growing.name, _digest(growing)


def _with_mask(rows: ir.Table) -> ir.Table:
    """Rows as they lie at rest, or as they were: the same operation twice."""
    hidden = [name for name, kind in rows.schema().items() if kind.is_uuid() and name != MARK]
    return rows.mutate(**{name: _masked(rows[name], rows[MARK], ibis.literal(name)) for name in hidden})


def _differ(found: ir.Table, known: ir.Table) -> bool:
    """Whether a row is new, or one is gone."""
    fresh = found.difference(known.select(*found.columns)).count()
    counts = [int(one.to_pyarrow().as_py()) for one in (fresh, found.count(), known.count())]
    return counts[0] > 0 or counts[1] != counts[2]


def _remembered(engine: Engine, folder: Path, version: str) -> dict[str, ir.Table]:
    """(mark, value) by kind, of every file that is whole and of this version."""
    known = {}
    for kind, (name, digest) in _listed(folder, version).items():
        with contextlib.suppress(OSError):
            file = folder / Path(name).name
            if _digest(file) == digest:
                known[kind] = _with_mask(engine.backend.read_parquet(str(file)))
    return known


def _listed(folder: Path, version: str) -> dict[str, tuple[str, str]]:
    """(file name, SHA-256) by kind."""
    return {kind: (name, digest) for kind, (name, digest) in _document(folder, version).get("files", {}).items()}


def _document(folder: Path, version: str) -> dict[str, Any]:
    """The list of what is remembered, of this version; empty when there is none, or none that can be read."""
    try:
        found = _List.model_validate_json((folder / LIST_FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return found.model_dump() if found.version == version else {}


class _List(BaseModel):
    """What lies in a folder: files as (name, SHA-256) by kind, and sealed notes by name."""

    version: str
    files: dict[str, tuple[str, str]]
    notes: dict[str, str]


def _key(folder: Path) -> str:
    """The key of this folder, made at first use."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / KEY_FILE
    with contextlib.suppress(OSError, UnicodeDecodeError):
        key = file.read_text(encoding="ascii")
        if len(key) == 64:
            return key
    key = secrets.token_hex(32)
    replace_file(file, key.encode())
    return key


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def version_of(rules: IdentifierRules) -> str:
    """Everything that what is remembered depends on, besides the texts it was made of."""
    made_by = {name: version(name) for name in ("duckdb", "phonenumbers", "pycountry")}
    parts = [activator.__version__, _code(), rules.version, FORM_COLUMNS, made_by, unicodedata.unidata_version]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _code() -> list[tuple[str, int, int]]:
    """Size and age of our own files: in a checkout the code may change without its version."""
    root = Path(activator.__file__).parents[1]
    kinds = ("activator/*/**/*.py", "connectors/crm/*.py", "mappings/**/*.py", "mappings/**/*.yaml")
    files = sorted(file for kind in kinds for file in root.glob(kind))
    return [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
