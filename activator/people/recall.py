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

import contextlib
import hashlib
import json
import os
import secrets
import unicodedata
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from activator import __version__
from activator.people.engine import Engine
from activator.people.identifiers import FORM_COLUMNS, IdentifierRules

KEY_FILE = "key"
LIST_FILE = "recall.json"
MARK = "mark"
_MACROS = (
    "recall_mark(t) AS md5_number(concat(getvariable('recall_key'), t))::UUID",
    "recall_marks(m) AS bit_xor(m::UHUGEINT)::UUID",
    "recall_masked(v, m) AS xor(v::UHUGEINT, md5_number(concat(getvariable('recall_key'), 'mask', m::VARCHAR)))::UUID",
)


def _engine_one(_value: Any) -> Any:
    raise NotImplementedError  # one of _MACROS


def _engine_two(_value: Any, _mark: Any) -> Any:
    raise NotImplementedError  # one of _MACROS


# 128 bits of a keyed digest.
_mark = ibis.udf.scalar.builtin(_engine_one, name="recall_mark", signature=(("string",), "uuid"))
# A value hidden by its mark, or shown again: the same operation twice.
_masked = ibis.udf.scalar.builtin(_engine_two, name="recall_masked", signature=(("uuid", "uuid"), "uuid"))
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

    def __post_init__(self) -> None:
        """Give the engine the key, under a name: no statement, and so no error text, holds it."""
        con = self.engine.backend.con
        for macro in _MACROS:
            con.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
        key = secrets.token_hex(32) if self.folder is None else _key(self.folder)
        con.execute("SET VARIABLE recall_key = $key", {"key": key})
        if self.folder is not None:
            self._known = _remembered(self.engine, self.folder, self.version)

    def mark(self, part: str, *texts: ir.StringValue) -> ir.UUIDValue:
        """The mark of some texts together, NULL and empty told apart. part: what they are."""
        written = [ibis.coalesce("=" + text, ibis.literal("")) for text in texts]
        return _mark(ibis.literal(f"{part}\x1e") + ibis.literal("\x1f").join(written))

    def together(self, marks: ir.UUIDColumn) -> ir.UUIDScalar:
        """Aggregates many marks, each of another part, to one."""
        return _together(marks)

    def known(self, kind: str) -> ir.Table | None:
        """(mark, value) as remembered, or None."""
        return self._known.get(kind)

    def keep(self, kind: str, found: ir.Table) -> None:
        """What this run knows of a kind: (mark, value). It replaces what was remembered once `save` is called."""
        self._found[kind] = self.engine.materialise("recall", found.select(MARK, "value").distinct())

    def save(self) -> None:
        """Write what was kept, if anything differs from what was remembered. Texts not met in this run are forgotten.

        Raises:
            OSError: the disk is full or the folder cannot be written.
        """
        if self.folder is None:
            return
        files = _listed(self.folder, self.version)
        for kind, found in self._found.items():
            known = self._known.get(kind)
            if known is None or _differ(found, known):
                files[kind] = self._write(self.folder, kind, found)
        _replace(self.folder / LIST_FILE, json.dumps({"version": self.version, "files": files}).encode())
        for file in self.folder.glob("*.parquet"):
            if file.name not in {name for name, _ in files.values()}:
                file.unlink(missing_ok=True)

    def _write(self, folder: Path, kind: str, found: ir.Table) -> tuple[str, str]:
        """(name, SHA-256) of a new file. Sorted by mark: the order in which people were met is nobody's business."""
        hidden = found.select(MARK, value=_masked(found.value, found[MARK])).order_by(MARK)
        growing = folder / f"{kind}.{secrets.token_hex(8)}.parquet"
        growing.touch(mode=0o600)
        try:
            hidden.to_parquet(growing, use_tmp_file=False, compression="uncompressed")  # random bytes: nothing to gain
        except BaseException:
            growing.unlink(missing_ok=True)
            raise
        return growing.name, _digest(growing)


def _differ(found: ir.Table, known: ir.Table) -> bool:
    """Whether a mark is new, or one is gone. What a mark stands for never changes."""
    fresh = found.anti_join(known, MARK).count()
    counts = [int(one.to_pyarrow().as_py()) for one in (fresh, found.count(), known.count())]
    return counts[0] > 0 or counts[1] != counts[2]


def _remembered(engine: Engine, folder: Path, version: str) -> dict[str, ir.Table]:
    """(mark, value) by kind, of every file that is whole and of this version."""
    known = {}
    for kind, (name, digest) in _listed(folder, version).items():
        with contextlib.suppress(OSError):
            file = folder / Path(name).name
            if _digest(file) == digest:
                rows = engine.backend.read_parquet(str(file))
                known[kind] = rows.select(MARK, value=_masked(rows.value, rows[MARK]))
    return known


def _listed(folder: Path, version: str) -> dict[str, tuple[str, str]]:
    """(file name, SHA-256) by kind, of this version; empty when there is nothing, or nothing that can be read."""
    try:
        document = json.loads((folder / LIST_FILE).read_bytes())
        if document["version"] != version:
            return {}
        return {str(kind): (str(name), str(digest)) for kind, (name, digest) in document["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _key(folder: Path) -> str:
    """The key of this folder, made at first use."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / KEY_FILE
    with contextlib.suppress(OSError, UnicodeDecodeError):
        key = file.read_text(encoding="ascii")
        if len(key) == 64:
            return key
    key = secrets.token_hex(32)
    _replace(file, key.encode())
    return key


def _replace(path: Path, content: bytes) -> None:
    """All of it or nothing, for its owner only."""
    growing = path.with_suffix(f".{os.getpid()}.part")
    descriptor = os.open(growing, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    growing.replace(path)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def version_of(rules: IdentifierRules) -> str:
    """Everything that what is remembered depends on, besides the texts it was made of."""
    made_by = {name: version(name) for name in ("duckdb", "phonenumbers", "pycountry")}
    parts = [__version__, rules.version, FORM_COLUMNS, made_by, unicodedata.unidata_version]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
