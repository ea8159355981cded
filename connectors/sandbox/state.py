"""The one persistent model of both advertising platforms: objects, audience members, and uploads that settle later.

Everything lies in one SQLite file, so a sandbox that is stopped and started again remembers what it was sent. Servers
are threaded: one lock guards one connection, and every public method is one transaction.

A member is the set of the identifiers it was uploaded with. How the platforms really keep members is not published:
neither platform documents (2026-11-22) how a removal treats partial overlap. `remove_members` assumes the strictest:
any shared identifier is enough.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from activator.ports import Clock
from connectors.sandbox.faults import Faults

Document: TypeAlias = dict[str, Any]
Documents: TypeAlias = list[dict[str, Any]]
Member: TypeAlias = Collection[str]

FILE_NAME = "sandbox.sqlite"
SETTLE_SECONDS = 0.3
# Ids of both platforms are long digit strings; starting high makes them look it and never clash with account ids.
FIRST_ID = 120_210_000_000_001

_SCHEMA = """
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS object (
  seq INTEGER PRIMARY KEY, platform TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, document BLOB NOT NULL,
  UNIQUE (platform, kind, id));
CREATE TABLE IF NOT EXISTS audience (
  number INTEGER PRIMARY KEY, platform TEXT NOT NULL, audience_id TEXT NOT NULL, UNIQUE (platform, audience_id));
CREATE TABLE IF NOT EXISTS member (
  audience INTEGER NOT NULL, key BLOB NOT NULL, identifiers BLOB NOT NULL, added_at REAL NOT NULL,
  PRIMARY KEY (audience, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS member_identifier (
  audience INTEGER NOT NULL, identifier BLOB NOT NULL, key BLOB NOT NULL,
  PRIMARY KEY (audience, identifier, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS effect (
  seq INTEGER PRIMARY KEY, visible_at REAL NOT NULL, operation TEXT NOT NULL, platform TEXT NOT NULL,
  audience_id TEXT NOT NULL, request_id TEXT NOT NULL, members BLOB NOT NULL, as_of REAL);
CREATE TABLE IF NOT EXISTS call (
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, platform TEXT NOT NULL, method TEXT NOT NULL, detail BLOB NOT NULL);
CREATE TEMP TABLE probe (identifier BLOB PRIMARY KEY) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One call a platform server answered. detail never holds members or tokens."""

    platform: str
    method: str
    detail: Document


Calls: TypeAlias = list[Call]


def _digest(text: str) -> bytes:
    """16 bytes are enough to tell identifiers of one audience apart and keep the index small."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


class PlatformState:
    """What both platforms know, and the faults their servers are to show.

    platform is "meta" or "google"; ids are the platforms' own, as text. folder: where `sandbox.sqlite` lies (created
    when missing). settle_seconds: how long an accepted upload takes to become effective; nothing runs in the
    background, effects that are due are applied on the next access.
    """

    def __init__(self, folder: Path, clock: Clock, settle_seconds: float = SETTLE_SECONDS) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = clock
        self.settle_seconds = settle_seconds
        self.faults = Faults()
        self._lock = threading.RLock()
        self._depth = 0
        file = folder / FILE_NAME
        file.touch(mode=0o600)  # it holds the sandbox's tokens
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute("PRAGMA cache_size = -65536")  # 64 MB: a million members' index stays in memory
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file. The state cannot be used afterwards."""
        with self._lock:
            self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens at once or not at all, and no other thread sees it half done. May be nested."""
        with self._lock:
            self._depth += 1
            try:
                if self._depth == 1:
                    self._database.execute("BEGIN IMMEDIATE")
                yield
            except BaseException:
                if self._depth == 1:
                    self._database.execute("ROLLBACK")
                raise
            else:
                if self._depth == 1:
                    self._database.execute("COMMIT")
            finally:
                self._depth -= 1

    # Objects

    def new_id(self) -> str:
        """A fresh id: decimal digits, each greater than the last."""
        with self.transaction():
            self._database.execute("INSERT INTO counter VALUES ('id', ?) ON CONFLICT DO NOTHING", (FIRST_ID,))
            row = self._database.execute("UPDATE counter SET value = value + 7 WHERE name = 'id' RETURNING value")
            return str(row.fetchall()[0][0])

    def put(self, platform: str, kind: str, id: str, document: Document) -> None:  # noqa: A002 - the platforms' own word
        """Create or replace one object; it keeps its place in `list`."""
        with self.transaction():
            self._database.execute(
                "INSERT INTO object (platform, kind, id, document) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (platform, kind, id) DO UPDATE SET document = excluded.document",
                (platform, kind, id, orjson.dumps(document)),
            )

    def get(self, platform: str, kind: str, id: str) -> Document | None:  # noqa: A002 - the platforms' own word
        """A copy of one object, or None."""
        with self._lock:
            row = self._database.execute(
                "SELECT document FROM object WHERE platform = ? AND kind = ? AND id = ?", (platform, kind, id)
            ).fetchone()
        return None if row is None else orjson.loads(row[0])

    def list(self, platform: str, kind: str) -> Documents:
        """Copies of all objects of one kind, oldest first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT document FROM object WHERE platform = ? AND kind = ? ORDER BY seq", (platform, kind)
            ).fetchall()
        return [orjson.loads(row[0]) for row in rows]

    def delete(self, platform: str, kind: str, id: str) -> None:  # noqa: A002 - the platforms' own word
        """Forget one object; nothing happens when there is none."""
        with self.transaction():
            self._database.execute(
                "DELETE FROM object WHERE platform = ? AND kind = ? AND id = ?", (platform, kind, id)
            )

    # Members

    def add_members(
        self,
        platform: str,
        audience_id: str,
        members: Iterable[Member],
        request_id: str = "",
        settle_seconds: float | None = None,
    ) -> None:
        """Accept an upload. It becomes effective after settle_seconds (default: the state's own).

        Each member is the collection of its identifier strings, e.g. ``{"EMAIL:f190…", "PHONE:1ef9…"}``. Adding a set
        of identifiers that is already there changes nothing. request_id: see `is_pending`.
        """
        self._schedule("add", platform, audience_id, members, request_id, settle_seconds)

    def remove_members(
        self,
        platform: str,
        audience_id: str,
        members: Iterable[Member],
        request_id: str = "",
        settle_seconds: float | None = None,
    ) -> None:
        """Accept a removal: every member that shares any identifier with one of these will leave."""
        self._schedule("remove", platform, audience_id, members, request_id, settle_seconds)

    def clear_members(
        self,
        platform: str,
        audience_id: str,
        request_id: str = "",
        settle_seconds: float | None = None,
        added_before: datetime | None = None,
    ) -> None:
        """Accept the removal of everybody from one audience, in order with the uploads before and after it.

        added_before: only of those whose last upload was accepted before this instant.
        """
        as_of = added_before.timestamp() if added_before else None
        self._schedule("clear", platform, audience_id, (), request_id, settle_seconds, as_of)

    def drop_audience(self, platform: str, audience_id: str) -> None:
        """Forget an audience's members and pending uploads at once: the audience itself was deleted."""
        with self.transaction():
            self._database.execute("DELETE FROM effect WHERE platform = ? AND audience_id = ?", (platform, audience_id))
            self._clear(self._number(platform, audience_id))

    def is_pending(self, platform: str, request_id: str) -> bool:
        """True while an upload of that request has not become effective."""
        self.settle()
        with self._lock:
            found = self._database.execute(
                "SELECT 1 FROM effect WHERE platform = ? AND request_id = ? LIMIT 1", (platform, request_id)
            ).fetchone()
        return found is not None

    def member_count(self, platform: str, audience_id: str) -> int:
        """Members that are effective now."""
        self.settle()
        with self.transaction():
            number = self._number(platform, audience_id)
            row = self._database.execute("SELECT count(*) FROM member WHERE audience = ?", (number,)).fetchone()
        return int(row[0])

    def members(self, platform: str, audience_id: str) -> set[frozenset[str]]:
        """The members that are effective now. No real platform tells this; it is for tests."""
        self.settle()
        with self.transaction():
            number = self._number(platform, audience_id)
            rows = self._database.execute("SELECT identifiers FROM member WHERE audience = ?", (number,)).fetchall()
        return {frozenset(orjson.loads(row[0])) for row in rows}

    def settle(self, *, everything: bool = False) -> int:
        """Apply the uploads that are due, oldest first; everything: also those that are not. Returns how many."""
        now = self.clock.now().timestamp()
        with self.transaction():
            due = self._database.execute(
                "SELECT seq, operation, platform, audience_id FROM effect WHERE visible_at <= ? OR ?"
                " ORDER BY visible_at, seq",
                (now, everything),
            ).fetchall()
            for seq, operation, platform, audience_id in due:
                self._apply(seq, operation, self._number(platform, audience_id))
        return len(due)

    # Calls

    def record_call(self, platform: str, method: str, detail: Document | None = None) -> None:
        """Remember one answered call for tests. detail must hold neither members nor tokens."""
        with self.transaction():
            self._database.execute(
                "INSERT INTO call (at, platform, method, detail) VALUES (?, ?, ?, ?)",
                (self.clock.now().timestamp(), platform, method, orjson.dumps(detail or {})),
            )

    def calls(self, platform: str | None = None) -> Calls:
        """All recorded calls, oldest first."""
        with self._lock:
            rows = self._database.execute("SELECT platform, method, detail FROM call ORDER BY seq").fetchall()
        return [Call(row[0], row[1], orjson.loads(row[2])) for row in rows if platform in (None, row[0])]

    def _schedule(
        self,
        operation: str,
        platform: str,
        audience_id: str,
        members: Iterable[Member],
        request_id: str,
        settle_seconds: float | None,
        as_of: float | None = None,
    ) -> None:
        delay = timedelta(seconds=self.settle_seconds if settle_seconds is None else settle_seconds)
        now = self.clock.now()
        visible_at = (now + delay).timestamp()
        as_of = now.timestamp() if operation == "add" else as_of
        payload = orjson.dumps([sorted(set(member)) for member in members])
        with self.transaction():
            self._database.execute(
                "INSERT INTO effect (visible_at, operation, platform, audience_id, request_id, members, as_of)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (visible_at, operation, platform, audience_id, request_id, payload, as_of),
            )

    def _apply(self, seq: int, operation: str, number: int) -> None:
        row = self._database.execute("DELETE FROM effect WHERE seq = ? RETURNING members, as_of", (seq,)).fetchall()
        payload, as_of = row[0]
        members = [identifiers for identifiers in orjson.loads(payload) if identifiers]
        if operation == "add":
            self._insert(number, members, as_of)
        elif operation == "remove":
            self._remove(number, members)
        else:
            self._clear(number, as_of)

    def _insert(self, number: int, members: Iterable[Iterable[str]], added_at: float) -> None:
        keyed = [(_digest("\n".join(identifiers)), identifiers) for identifiers in members]
        self._database.executemany(
            "INSERT INTO member VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET added_at = excluded.added_at",
            [(number, key, orjson.dumps(identifiers), added_at) for key, identifiers in keyed],
        )
        self._database.executemany(
            "INSERT INTO member_identifier VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [(number, _digest(identifier), key) for key, identifiers in keyed for identifier in identifiers],
        )

    def _remove(self, number: int, members: Iterable[Iterable[str]]) -> None:
        self._database.execute("DELETE FROM probe")
        self._database.executemany(
            "INSERT INTO probe VALUES (?) ON CONFLICT DO NOTHING",
            [(_digest(identifier),) for identifiers in members for identifier in identifiers],
        )
        leaving = self._database.execute(
            "SELECT DISTINCT member.key, member.identifiers FROM probe"
            " JOIN member_identifier AS held ON held.audience = ? AND held.identifier = probe.identifier"
            " JOIN member ON member.audience = held.audience AND member.key = held.key",
            (number,),
        ).fetchall()
        self._database.executemany(
            "DELETE FROM member WHERE audience = ? AND key = ?", [(number, key) for key, _ in leaving]
        )
        self._database.executemany(
            "DELETE FROM member_identifier WHERE audience = ? AND identifier = ? AND key = ?",
            [(number, _digest(name), key) for key, identifiers in leaving for name in orjson.loads(identifiers)],
        )

    def _clear(self, number: int, added_before: float | None = None) -> None:
        leaving = "audience = ? AND added_at < ?"
        limit = float("inf") if added_before is None else added_before
        self._database.execute(
            f"DELETE FROM member_identifier WHERE audience = ? AND key IN (SELECT key FROM member WHERE {leaving})",  # noqa: S608 - a constant
            (number, number, limit),
        )
        self._database.execute(f"DELETE FROM member WHERE {leaving}", (number, limit))  # noqa: S608 - a constant

    def _number(self, platform: str, audience_id: str) -> int:
        """The small integer that stands for an audience in the member tables."""
        self._database.execute(
            "INSERT INTO audience (platform, audience_id) VALUES (?, ?) ON CONFLICT DO NOTHING", (platform, audience_id)
        )
        row = self._database.execute(
            "SELECT number FROM audience WHERE platform = ? AND audience_id = ?", (platform, audience_id)
        ).fetchone()
        return int(row[0])
