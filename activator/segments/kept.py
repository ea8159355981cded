"""Who was in which segment, kept between runs: the newest membership, the one before it, and every move with its day.

A membership is of a day, the day people are valued as of. Asking again on the same day replaces that day's membership
and compares with the day before it, so the answer does not depend on how often it was asked. Files are written whole,
forced to disk and renamed; the list of files comes last and is what counts, so a run that dies at any point leaves the
state of the run before it. Nothing but person keys, segment names and days is kept.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import ibis
import ibis.expr.types as ir
from pydantic import BaseModel, Field, ValidationError

from activator.config.whole_file import replace_file
from activator.errors import LedgerError
from activator.people.engine import Engine
from activator.people.erased import Erased, known_macs, with_macs

LIST_FILE = "segments.json"
FOLDER = "segments"
_FIX = "Restore the folder from a backup, or delete it: who is in which segment is then counted from today."


class KeptFile(BaseModel):
    """One file. rules: digest of the segments it was made by."""

    as_of: date
    name: Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.parquet$")]
    sha256: str
    rules: str = ""


class KeptList(BaseModel):
    """What counts. history: moves by day, oldest first. first_kept: since when there is any membership."""

    format: Literal[1] = 1
    first_kept: date | None = None
    newest: KeptFile | None = None
    before: KeptFile | None = None
    history: list[KeptFile] = []


@dataclass(frozen=True, slots=True)
class LastTime:
    """The membership to compare with. members: person, segment, since."""

    as_of: date
    rules: str
    members: ir.Table


class KeptMemberships:
    """One project's folder `segments` in its state. Nothing is written before `keep`."""

    def __init__(self, engine: Engine, state: Path) -> None:
        """Read the list.

        Raises:
            LedgerError: it is damaged.
        """
        self._engine, self.folder = engine, state / FOLDER
        self._list = _read_list(self.folder)

    @property
    def first_kept(self) -> date | None:
        """Since when memberships are kept."""
        return self._list.first_kept

    def last_time(self, as_of: date) -> LastTime | None:
        """The newest membership of a day before as_of.

        Raises:
            LedgerError: its file is missing or damaged.
        """
        for file in (self._list.newest, self._list.before):
            if file is not None and file.as_of < as_of:
                return LastTime(file.as_of, file.rules, self._table(file))
        return None

    def of(self, person_key: str) -> tuple[date, dict[str, date]] | None:
        """The newest day kept, and the segments somebody was in then, with the day they came; None: nothing is kept.

        Raises:
            LedgerError: its file is missing or damaged.
        """
        if self._list.newest is None:
            return None
        members = self._table(self._list.newest)
        own = members.filter(members.person.cast("string").replace("-", "") == person_key).order_by("segment")
        found = own.select("segment", "since").to_pyarrow().to_pylist()
        return self._list.newest.as_of, {row["segment"]: row["since"] for row in found}

    def on(self, day: date) -> ir.Table | None:
        """(person, segment) as it was at the end of a day; None where nothing is kept from so early.

        Moves since then are undone: whoever left first was in, whoever came first was not.

        Raises:
            LedgerError: a file is missing or damaged.
        """
        known = self._list
        if known.newest is None or known.first_kept is None or day < known.first_kept:
            return None
        newest = self._table(known.newest).select("person", "segment")
        history = self.history()
        if history is None:
            return newest
        since = history.filter(history.on > day)
        first = since.group_by("person", "segment").agg(came=since.came.argmin(since.on))
        unmoved = newest.anti_join(first, ["person", "segment"])
        return ibis.union(unmoved, first.filter(~first.came).select("person", "segment"), distinct=False)

    def history(self) -> ir.Table | None:
        """(on, person, segment, came) of every move so far; came is false for those who left. None: no move yet."""
        files = [self._table(file) for file in self._list.history]
        return ibis.union(*files, distinct=False) if len(files) > 1 else files[0] if files else None

    def is_kept(self, as_of: date) -> bool:
        """Whether `keep` takes a membership of this day: it is not older than the newest."""
        return self._list.newest is None or self._list.newest.as_of <= as_of

    def keep(self, members: ir.Table, moves: ir.Table, as_of: date, rules: str) -> None:
        """Keep the membership of a day, and its moves against `last_time`.

        Raises:
            LedgerError: another run keeps one at this moment.
            OSError: the disk is full.
        """
        with _alone(self.folder):
            known = _read_list(self.folder)
            written = self._write(members, "members", as_of, rules)
            older = [file for file in known.history if file.as_of != as_of]
            moved = self._write(moves, "moves", as_of, rules)
            before = known.newest if known.newest and known.newest.as_of < as_of else known.before
            self._list = KeptList(
                first_kept=known.first_kept or as_of, newest=written, before=before, history=[*older, moved]
            )
            self._replace_list()

    def _replace_list(self) -> None:
        """The list is what counts; what it does not name is deleted."""
        replace_file(self.folder / LIST_FILE, self._list.model_dump_json(indent=1).encode())
        kept = {file.name for file in (self._list.newest, self._list.before, *self._list.history) if file}
        for file in self.folder.glob("*.parquet"):
            if file.name not in kept:
                file.unlink(missing_ok=True)

    def strike(self, erased: Erased) -> None:
        """Write every file again without people who are to be forgotten. Nothing else changes.

        Raises:
            LedgerError: a file is missing or damaged, or another run keeps memberships at this moment.
            OSError: the disk is full.
        """
        if self._list.newest is None:
            return
        with _alone(self.folder):
            known = _read_list(self.folder)
            self._list = KeptList(
                first_kept=known.first_kept,
                newest=self._without(known.newest, "members", erased),
                before=self._without(known.before, "members", erased),
                history=[file for old in known.history if (file := self._without(old, "moves", erased))],
            )
            self._replace_list()

    def _without(self, file: KeptFile | None, kind: str, erased: Erased) -> KeptFile | None:
        if file is None:
            return None
        rows = self._table(file)
        macs = known_macs(self._engine, erased)
        theirs = with_macs(erased.secret, rows.select("person").distinct(), "person").semi_join(macs, "mac")
        return self._write(rows.anti_join(theirs, "person"), kind, file.as_of, file.rules)

    def _table(self, file: KeptFile) -> ir.Table:
        path = self.folder / file.name
        try:
            whole = _digest(path) == file.sha256
        except OSError:
            whole = False
        if not whole:
            raise LedgerError(f"the kept memberships {path} are missing or damaged", _FIX)
        return self._engine.backend.read_parquet(str(path))

    def _write(self, rows: ir.Table, kind: str, as_of: date, rules: str) -> KeptFile:
        path = self.folder / f"{kind}-{as_of.isoformat()}-{secrets.token_hex(4)}.parquet"
        growing = path.with_suffix(".part")
        growing.touch(mode=0o600)
        try:
            rows.order_by("person", "segment").to_parquet(growing, use_tmp_file=False)
            with growing.open("rb") as stream:
                os.fsync(stream.fileno())
            digest = _digest(growing)
            growing.replace(path)
        finally:
            growing.unlink(missing_ok=True)
        return KeptFile(as_of=as_of, name=path.name, sha256=digest, rules=rules)


def rules_digest(document: object) -> str:
    """Of the segments' rules: moves are told apart from those a new rule made."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _read_list(folder: Path) -> KeptList:
    try:
        content = (folder / LIST_FILE).read_bytes()
    except FileNotFoundError:
        return KeptList()
    try:
        return KeptList.model_validate_json(content)
    except ValidationError:
        raise LedgerError(f"{folder / LIST_FILE} is damaged", _FIX) from None


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise LedgerError("another run is keeping memberships at this moment", "Wait for it, then repeat.") from None
    finally:
        os.close(descriptor)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
