"""Two planners with the same answers: the product's, on its engine, and its rules restated over Python sets.

The product's takes a second for a plan, however small, so most worlds are planned by the restated rules. That both
write the same batches, byte for byte, is checked plan by plan along simulated histories (test_rules_equal.py).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any, Protocol

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from activator.apply.tidying import folding
from activator.errors import ConfigurationError
from activator.ledger.compaction import BaseFile, Fold
from activator.model.ads import AudienceSpec
from activator.model.delivery import Operation
from activator.model.identity import DEFAULT_RULES
from activator.model.ledger import AudienceLog, BatchRecord, BatchState
from activator.model.plan import AudienceState, ChangeMembers, PlannedBatch, ReplaceMembers
from activator.people.engine import Engine
from activator.people.membership import Members
from activator.people.standing_members import LEFT_AT, ROW_VERSION, VERSION_KEY
from activator.plan.batches import write_batches
from activator.plan.members import MemberPlan, MemberPlanner
from tests.simulation.people import FORM, Desired, Row, member_key, rows_of, table_of

Audiences = Sequence[tuple[AudienceSpec, AudienceLog]]


class Planner(Protocol):
    """Writes the batches into folder and says what they change."""

    def plan(
        self,
        destination: str,
        rows_max: int,
        folder: Path,
        desired: Desired,
        audiences: Audiences,
        asserting: Collection[str] = (),
        refreshing: Collection[str] = (),
    ) -> MemberPlan:
        """What has to be sent for each audience. Raises ConfigurationError: one cannot be refreshed now."""
        ...

    def fold(self, folder: Path) -> Fold:
        """Writes bases into folder."""
        ...


@dataclass(frozen=True, slots=True)
class ProductPlanner:
    """activator.plan.members on an engine that many worlds share."""

    engine: Engine

    def plan(
        self,
        destination: str,
        rows_max: int,
        folder: Path,
        desired: Desired,
        audiences: Audiences,
        asserting: Collection[str] = (),
        refreshing: Collection[str] = (),
    ) -> MemberPlan:
        members, status = self._members(desired)
        planner = MemberPlanner(self.engine, destination, FORM, rows_max, folder, members, lambda: status)
        try:
            return planner.plan(audiences, asserting, refreshing)
        finally:
            made = "SELECT table_name FROM duckdb_tables() WHERE temporary"
            for (name,) in self.engine.backend.con.execute(made).fetchall():
                self.engine.backend.con.execute(f'DROP TABLE "{name}"')

    def fold(self, folder: Path) -> Fold:
        """How it writes a base."""
        return folding(self.engine, FORM, folder)

    def _members(self, desired: Desired) -> tuple[Members, ibis.Table]:
        tables = [
            table_of(rows).append_column("tier", [[tier] * len(rows)]) for tier, rows in sorted(desired.items()) if rows
        ]
        whole = pa.concat_tables(tables) if tables else table_of(()).append_column("tier", pa.array([], pa.string()))
        keys = {name: [value.hex() for value in whole[name].to_pylist()] for name in ("person_key", "member_key")}
        columns = {name: whole[name] for name in whole.column_names if name not in keys}
        written = ibis.memtable(pa.table({**{name: pa.array(v, pa.string()) for name, v in keys.items()}, **columns}))
        people = self.engine.materialise("members", written.cast({"person_key": "uuid", "member_key": "uuid"}))
        text = people.person_key.cast("string").replace("-", "")
        members = Members(
            keys=people.select("person_key", "member_key", "tier"),
            written=lambda wanted: people.drop("tier").semi_join(wanted, "member_key"),
            sent=lambda rows: rows,
        )
        return members, people.select("tier", person_key=text, outcome=ibis.literal("member"))


@dataclass(frozen=True, slots=True)
class Diff:
    """people.membership.MembershipDiff, over sets."""

    adds: frozenset[Row]
    adds_after: frozenset[Row]
    removes: frozenset[Row]
    believed: int
    returning: int
    held_back: int
    adds_anew: frozenset[Row]
    removes_anew: frozenset[Row]
    missing: frozenset[Row]
    leaving: frozenset[Row]
    in_doubt: bool


@dataclass
class RestatedPlanner:
    """The rules of people.membership over sets. Batch files never change, so each is read once."""

    read: dict[Path, list[Row]] = field(default_factory=dict)

    def plan(
        self,
        destination: str,
        rows_max: int,
        folder: Path,
        desired: Desired,
        audiences: Audiences,
        asserting: Collection[str] = (),
        refreshing: Collection[str] = (),
    ) -> MemberPlan:
        removes, adds, after, states, replaced = [], [], [], [], []
        for spec, log in sorted(audiences, key=lambda pair: not pair[0].suppress):
            wanted = desired.get(spec.tier, frozenset())
            diff = self._diff(log, wanted)
            write = _Writer(destination, rows_max, folder, spec)
            if spec.key in refreshing:
                replaced.append(_refresh(write, wanted, diff))
                coming, going = len(diff.missing), len(diff.leaving)
                states.append(
                    AudienceState(destination, spec.key, spec.tier, diff.believed, len(wanted), coming, going, 0)
                )
                continue
            removes += write.change(Operation.REMOVE, diff.removes)
            adds += write.change(Operation.ADD, diff.adds)
            after += write.change(Operation.ADD, diff.adds_after, after=True)
            if spec.key in asserting:
                removes += write.change(Operation.REMOVE, diff.removes_anew, anew=True)
                adds += write.change(Operation.ADD, diff.adds_anew, anew=True)
            states.append(
                AudienceState(
                    destination,
                    spec.key,
                    spec.tier,
                    believed=diff.believed,
                    desired=len(wanted),
                    adds=len(diff.adds) + len(diff.adds_after) - diff.returning,
                    removes=len(diff.removes),
                    held_back=diff.held_back,
                )
            )
        return MemberPlan(tuple(removes), tuple(adds), tuple(after), tuple(states), (), tuple(replaced))

    def _diff(self, log: AudienceLog, wanted: frozenset[Row]) -> Diff:
        live = [batch for batch in log.batches if batch.state is not BatchState.REJECTED]
        last: dict[Row, BatchRecord] = {}
        for batch in live:
            last.update(dict.fromkeys(self._rows(batch.file), batch))
        maybe_in = {row for row, batch in last.items() if batch.operation is Operation.ADD or batch.state.unresolved}
        surely_in = {row for row in maybe_in if not last[row].state.unresolved}

        in_air: dict[Operation, set[str]] = {Operation.ADD: set(), Operation.REMOVE: set()}
        flying = [(send.operation, send.file) for send in log.lost]
        flying += [(batch.operation, batch.file) for batch in live if batch.state is BatchState.PROCESSING]
        for operation, file in flying:
            in_air[operation].update(*(row.identifiers for row in self._rows(file)))

        new_list = self._new_list(log)
        free = wanted - surely_in if new_list is None else (wanted - surely_in) & new_list
        adds, waiting_adds = _split(free, in_air[Operation.REMOVE])
        removes, waiting_removes = _split(maybe_in - wanted, in_air[Operation.ADD])
        gone = set().union(*(row.identifiers for row in removes))
        returning = {row for row in wanted & surely_in if row.identifiers & gone}
        later = {row for row in adds if row.identifiers & gone}
        left = last.keys() - maybe_in - wanted
        kept = set().union(in_air[Operation.ADD], *(row.identifiers for row in maybe_in | (wanted - surely_in)))
        return Diff(
            adds_anew=frozenset(_split((wanted & surely_in) - returning, in_air[Operation.REMOVE])[0]),
            removes_anew=frozenset(_split(left, kept)[0]),
            adds=frozenset(adds - later),
            adds_after=frozenset(later | returning),
            removes=frozenset(removes),
            believed=len(maybe_in),
            returning=len(returning),
            held_back=len(wanted - surely_in - free) + len(waiting_adds) + len(waiting_removes),
            missing=wanted - surely_in,
            leaving=frozenset(maybe_in - wanted),
            in_doubt=bool(flying) or new_list is not None,
        )

    def _new_list(self, log: AudienceLog) -> set[Row] | None:
        """Who is in a list that may still take this one's place as a whole; None where there is no such list."""
        whole = log.replacement
        if whole is None or not whole.at_once:
            return None
        parts = (batch for batch in log.batches if batch.plan_id == whole.plan_id and batch.operation is Operation.ADD)
        return {row for batch in parts for row in self._rows(batch.file)}

    def fold(self, folder: Path) -> Fold:
        """people.standing_members over sets."""

        def fold(batches: Sequence[BatchRecord], left_since: datetime) -> Sequence[BaseFile]:
            last: dict[Row, tuple[BatchRecord, str, str]] = {}
            first_left: dict[Row, str] = {}
            for batch in batches:
                if batch.state is not BatchState.REJECTED:
                    for row, version, left_at in _said_of(batch):
                        if batch.operation is Operation.ADD:
                            first_left.pop(row, None)
                        elif left_at:
                            first_left[row] = min(left_at, first_left.get(row, left_at))
                        last[row] = (batch, version, first_left.get(row, left_at))
            since = left_since.isoformat(timespec="seconds")
            bases: list[BaseFile] = []
            for operation, certain in product((Operation.ADD, Operation.REMOVE), (True, False)):
                mine = {
                    row: (version, left_at)
                    for row, (batch, version, left_at) in last.items()
                    if batch.operation is operation and batch.state.unresolved is not certain
                }
                if operation is Operation.REMOVE and certain:
                    mine = {row: said for row, said in mine.items() if said[1] >= since}
                if mine:
                    bases.append(_base(folder, mine, operation, certain=certain))
            return bases

        return fold

    def _rows(self, file: Path) -> list[Row]:
        if file not in self.read:
            self.read[file] = rows_of(pq.read_table(file, columns=["EMAIL", "PHONE"]))
        return self.read[file]


def _said_of(batch: BatchRecord) -> Iterator[tuple[Row, str, str]]:
    """Each row with the rules it was made with and when it was answered for: a base says so itself."""
    table = pq.read_table(batch.file)
    if ROW_VERSION in table.column_names:
        said = zip(table[ROW_VERSION].to_pylist(), table[LEFT_AT].to_pylist(), strict=True)
    else:
        settled = "" if batch.settled_at is None else batch.settled_at.isoformat(timespec="seconds")
        version = pq.read_schema(batch.file).metadata[VERSION_KEY].decode()
        said = zip([version] * table.num_rows, [settled] * table.num_rows, strict=True)
    for row, (version, left_at) in zip(rows_of(table), said, strict=True):
        yield row, version, left_at


def _base(folder: Path, rows: dict[Row, tuple[str, str]], operation: Operation, *, certain: bool) -> BaseFile:
    ordered = sorted(rows, key=member_key)
    table = table_of(rows)
    for place, name in enumerate((ROW_VERSION, LEFT_AT)):
        table = table.add_column(2 + place, name, pa.array([rows[row][place] for row in ordered], pa.string()))
    label = f"{operation}-{'known' if certain else 'unknown'}"
    (file,) = write_batches(table.to_batches(), len(rows), folder, label, "")
    oldest = min(left_at for _, left_at in rows.values()) if certain and operation is Operation.REMOVE else ""
    when = datetime.fromisoformat(oldest) if oldest else None
    return BaseFile(folder / file.file, file.rows, operation, certain, when)


def _split(rows: frozenset[Row] | set[Row], blocked: set[str]) -> tuple[set[Row], set[Row]]:
    waiting = {row for row in rows if row.identifiers & blocked}
    return set(rows) - waiting, waiting


def _refresh(write: "_Writer", wanted: frozenset[Row], diff: Diff) -> ReplaceMembers:
    """A whole new list, where nobody is in doubt and somebody is wanted."""
    if diff.in_doubt or not wanted:
        raise ConfigurationError("it cannot be refreshed now")
    whole, leaving = (write.batches(rows, name) for rows, name in ((wanted, "whole"), (diff.leaving, "leaving")))
    return ReplaceMembers(write.destination, write.spec.key, len(wanted), whole, leaving)


@dataclass(frozen=True, slots=True)
class _Writer:
    destination: str
    rows_max: int
    folder: Path
    spec: AudienceSpec

    def change(
        self, operation: Operation, rows: frozenset[Row], *, after: bool = False, anew: bool = False
    ) -> list[ChangeMembers]:
        if not rows:
            return []
        batches = self.batches(rows, f"{operation.value}{'-after' if after else '-anew' if anew else ''}")
        return [ChangeMembers(self.destination, self.spec.key, operation, after, len(rows), batches, anew)]

    def batches(self, rows: frozenset[Row], name: str) -> tuple[PlannedBatch, ...]:
        """The files of some rows."""
        if not rows:
            return ()
        label = f"{self.destination}-{self.spec.tier}-{name}"
        stream = table_of(rows).to_batches(self.rows_max)
        return write_batches(stream, self.rows_max, self.folder, label, DEFAULT_RULES.version)


@dataclass(frozen=True, slots=True)
class BothPlanners:
    """Asks both, and insists that they agree on every batch to the byte, and on every count."""

    product: ProductPlanner
    restated: RestatedPlanner

    def plan(
        self,
        destination: str,
        rows_max: int,
        folder: Path,
        desired: Desired,
        audiences: Audiences,
        asserting: Collection[str] = (),
        refreshing: Collection[str] = (),
    ) -> MemberPlan:
        beside = folder / "product"
        beside.mkdir()
        asked = (desired, audiences, asserting, refreshing)
        theirs = _planned(self.product, destination, rows_max, beside, *asked)
        ours = _planned(self.restated, destination, rows_max, folder, *asked)
        if theirs is None or ours is None:
            assert theirs is ours, "the planners differ in what can be refreshed"
            raise ConfigurationError("it cannot be refreshed now")
        for part in ("removes", "adds", "adds_after", "states", "replaced"):
            assert getattr(theirs, part) == getattr(ours, part), f"the planners differ in {part}"
        return ours

    def fold(self, folder: Path) -> Fold:
        """Both bases, compared to the byte."""

        def fold(batches: Sequence[BatchRecord], left_since: datetime) -> Sequence[BaseFile]:
            beside = folder / "product"
            beside.mkdir()
            theirs = self.product.fold(beside)(batches, left_since)
            ours = self.restated.fold(folder)(batches, left_since)
            assert [replace(base, path=folder / base.path.name) for base in theirs] == list(ours)
            assert [base.path.read_bytes() for base in theirs] == [base.path.read_bytes() for base in ours]
            return ours

        return fold


def _planned(planner: Planner, *asked: Any) -> MemberPlan | None:
    try:
        return planner.plan(*asked)
    except ConfigurationError:
        return None
