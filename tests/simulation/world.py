"""One simulated project: people who come and go, runs of the real apply and ledger, and what befalls them."""

import errno
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TypeAlias

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import QueuePool

from activator.apply import executor, replacement, settlement, tidying, verify
from activator.apply.context import LEASE_NAME, ApplyContext
from activator.errors import ActivatorError, ConfigurationError, LeaseLostError, LedgerError
from activator.ledger import compaction, lease, plans, reassertions, sqlite
from activator.ledger.compaction import Policy
from activator.ledger.database import Database
from activator.ledger.store import Ledger
from activator.model.ads import AudienceSpec
from activator.model.ledger import AudienceLog
from activator.model.plan import Bindings, CreateObject, Plan
from activator.plan.members import MemberPlan
from activator.plan.objects import fingerprint, observed_by_key
from activator.plan.order import in_order
from connectors.sandbox.state import PlatformState
from tests.clocks import ManualClock
from tests.simulation.flights import SeededFlights
from tests.simulation.nemesis import Crash, Nemesis, watching_disk
from tests.simulation.people import Desired, Row
from tests.simulation.planning import Planner
from tests.simulation.platform import PLATFORM
from tests.simulation.refreshes import ReplacingAtOnce, ReplacingInPhases

DESTINATION = "meta"
AUDIENCES = (
    AudienceSpec("audience/high", "high [act:000000000001]", "", "high", suppress=False),
    AudienceSpec("audience/low", "low [act:000000000002]", "", "low", suppress=False),
)
PLAN_LIFE = timedelta(hours=24)
IN_FLIGHT_MAX = 3
ASSERT_EVERY = timedelta(days=7)
POLICY = Policy(keep_left=timedelta(days=12), batches_max=8)
DRIFT_SHARE = 0.08  # of mornings
REFRESH_SHARE = 0.15  # of mornings on which somebody wishes for it; the wish stands until it can be done
FIRST_DEAD_PID = 4_194_305  # above any real pid on Linux: such a holder is known to be dead
NEVER_TOLD = "elsewhere"  # of a process on another host nobody knows whether it is alive
_NOT_POINTS = {"writing", "announcing", "__enter__", "__exit__", "audience", "poll_once", "inner"}


class Store:
    """One engine for all worlds of a process, so that statements are compiled once. file: the world's at work."""

    def __init__(self) -> None:
        self.file = Path()
        engine = create_engine("sqlite://", creator=self._connect, poolclass=QueuePool)
        event.listen(engine, "connect", sqlite._configure)
        event.listen(engine, "begin", sqlite._begin)
        self.database = Database(engine, name="the ledger", unusable="", damaged="")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.file, timeout=30, check_same_thread=False)


STORE = Store()


class WatchedLedger(Ledger):
    """The real ledger; before and after each of its commits something may happen."""

    def __init__(self, folder: Path, clock: ManualClock, nemesis: Nemesis) -> None:
        self.folder, self.clock, self.nemesis = folder, clock, nemesis
        STORE.file = folder / sqlite.FILE
        self._database = STORE.database
        with super().writing() as connection:
            self.lineage = plans.lineage(connection)

    def writing(self) -> AbstractContextManager[Connection]:
        return self._watched()

    @contextmanager
    def _watched(self) -> Iterator[Connection]:
        if self.nemesis.dead:
            raise Crash("dead")
        step = _who_writes()
        with super().writing() as connection:
            yield connection
            try:
                self.nemesis.at(f"commit {step}: before", alone=False)
            except OSError as full:
                raise LedgerError(f"the ledger cannot be used: {full.strerror}") from None
        # After the intent of a create its call comes at once, and no fence reaches it (docs/explanation/trust.md).
        self.nemesis.at(f"commit {step}: after", alone=step not in ("create", "_create_once"))


def _who_writes() -> str:
    """The function of the product that writes: a commit is named after it."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        file, name = frame.f_code.co_filename, frame.f_code.co_name
        if ("/activator/" in file or "/simulation/" in file) and name not in _NOT_POINTS:
            return name
        frame = frame.f_back
    return "?"


View: TypeAlias = Callable[[Ledger, AudienceLog], AudienceLog]


def as_it_is(_ledger: Ledger, log: AudienceLog) -> AudienceLog:
    """The protocol itself: everything is remembered."""
    return log


@dataclass
class World:
    """One seed's. template: a new ledger, to copy.

    view: how a plan sees the log; the protocol itself, or a known-bad one's idea of it; refresh_share: how often
    somebody wishes for a full refresh. Of two seeds one has a platform that replaces lists at once, one in phases.
    """

    seed: int
    folder: Path
    planner: Planner
    template: Path
    view: View = as_it_is
    refresh_share: float = REFRESH_SHARE
    clock: ManualClock = field(default_factory=ManualClock)
    trace: list[str] = field(default_factory=list)
    runs: int = 0
    last: tuple[Plan, Path, Desired] | None = None
    asserting: bool = True
    drifted: bool = False
    drifted_in: set[Row] = field(default_factory=set)
    wished: str = ""  # key of an audience that somebody wants to be refreshed

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)
        self.flight_rng = Random(self.seed * 7919 + 2)
        self.wish_rng = Random(self.seed * 7919 + 3)
        self.nemesis = Nemesis(Random(self.seed * 7919 + 1))
        self.nemesis.meanwhile = self._meanwhile
        self.folder.mkdir(parents=True)
        self.state = PlatformState(self.folder / "platform", self.clock, settle_seconds=0)
        kind = ReplacingInPhases if self.seed % 2 else ReplacingAtOnce
        self.platform = kind(self.state, self.nemesis)
        self.desired: Desired = _some_people(self.rng)
        self.allowed: dict[int, Desired] = {}  # run -> what may be added by it
        shutil.copytree(self.template, self.folder / "ledger")

    def close(self) -> None:
        """Free what it holds."""
        self.state.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # One morning

    def round(self) -> str:
        """Time passes, people change, and one process runs; returns how it ended."""
        self.clock.advance(hours=self.rng.choice((1, 5, 13, 25, 30)))
        if self.rng.random() < 0.8:
            self.desired = _change(self.rng, self.desired)
        if self.nemesis.active and self.rng.random() < DRIFT_SHARE:
            self._drift()
        if self.wish_rng.random() < self.refresh_share:
            self.wished = max(AUDIENCES, key=lambda spec: len(self.desired[spec.tier])).key  # so that it has parts
        self.nemesis.begin_run()
        resumed = self.last if self.last and self.last[2] == self.desired and self.rng.random() < 0.7 else None
        return self.run(resumed=resumed)

    def run(self, *, resumed: tuple[Plan, Path, Desired] | None = None, host: str = "") -> str:
        """One process: a fresh sync, or a saved plan applied again. Ends with its outcome in a word."""
        self.runs += 1
        self.nemesis.dead = False
        mine, self.platform.run = self.runs, self.runs
        self.allowed[mine] = self.desired if resumed else {}
        holder = f"{host or self._host()}:{FIRST_DEAD_PID + mine}"
        try:
            with watching_disk(self.folder / "ledger", self.nemesis):
                outcome = self._process(mine, holder, resumed)
        except Crash:
            outcome = f"crash at {self.nemesis.died_at}"
        except LeaseLostError:
            outcome = "lease lost"
        except ActivatorError as error:
            outcome = f"{type(error).__name__}: {error.message}"
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            outcome = "disk full"
        self.trace.append(f"{mine}: {'resumed, ' if resumed else ''}{outcome}")
        return outcome

    def _host(self) -> str:
        """Of half the processes it will be known whether they still live."""
        return NEVER_TOLD if self.rng.random() < 0.5 else lease.this_process().rpartition(":")[0]

    def _process(self, mine: int, holder: str, resumed: tuple[Plan, Path, Desired] | None) -> str:
        ledger = WatchedLedger(self.folder / "ledger", self.clock, self.nemesis)
        try:
            if resumed is None:
                settlement.poll_once(ledger, {DESTINATION: self.platform}, self.clock)
                self._go_on_refreshing(ledger, holder)
                self.allowed[mine] = self.desired
                plan, folder = self._plan(ledger, mine)
                self.last = (plan, folder, self.desired)
            else:
                plan, folder, _ = resumed
            self.nemesis.at("planned")
            return self._apply(ledger, plan, folder, holder)
        finally:
            ledger.close()

    def _plan(self, ledger: Ledger, mine: int) -> tuple[Plan, Path]:
        folder = self.folder / f"plan{mine}"
        folder.mkdir()
        serial = ledger.serial()
        seen = observed_by_key(DESTINATION, self.platform.observe())
        logs = [(spec, self.view(ledger, ledger.audience_log(DESTINATION, spec.key))) for spec in AUDIENCES]
        due = ledger.assertions_due(DESTINATION, ASSERT_EVERY) if self.asserting else ()
        members = self._members(folder, logs, due, {self.wished} & seen.keys())
        creates = tuple(CreateObject(DESTINATION, spec) for spec in AUDIENCES if spec.key not in seen)
        now = self.clock.now()
        prints = {f"{DESTINATION}/{spec.key}": fingerprint(seen.get(spec.key)) for spec in AUDIENCES}
        plan = Plan(
            plan_id=f"{self.seed}-{mine}",
            created_at=now,
            project_id="p",
            bindings=Bindings(ledger.lineage, serial, _digest(self.desired), "", "", "", prints, now + PLAN_LIFE),
            changes=in_order((*members.removes, *members.adds, *members.adds_after), creates, (), members.replaced),
            audiences=members.states,
            movements=members.movements,
            guards=(),
            sources=(),
            tiers=(),
            motivations=(),
        )
        return plan, folder

    def _members(
        self, folder: Path, logs: list[tuple[AudienceSpec, AudienceLog]], due: Collection[str], wished: Collection[str]
    ) -> MemberPlan:
        """With the refresh that is wished for, if it can be done now."""
        desired, rows_max = self.desired, self.platform.batch_rows_max
        if wished:
            with suppress(ConfigurationError):
                planned = self.planner.plan(DESTINATION, rows_max, folder, desired, logs, due, wished)
                self.wished = ""
                self.nemesis.points["refresh planned"] += 1
                return planned
            shutil.rmtree(folder)
            folder.mkdir()
        return self.planner.plan(DESTINATION, rows_max, folder, desired, logs, due)

    def _go_on_refreshing(self, ledger: WatchedLedger, holder: str) -> None:
        """What comes first in every sync."""
        if not ledger.replacing():
            return
        with ledger.writing() as connection:
            held = lease.take(connection, self.clock, LEASE_NAME, holder)
        try:
            replacement.go_on(ledger, held, {DESTINATION: self.platform})
        finally:
            with ledger.writing() as connection:
                lease.release(connection, self.clock, held)

    def _apply(self, ledger: WatchedLedger, plan: Plan, folder: Path, holder: str) -> str:
        with ledger.writing() as connection:
            held = lease.take(connection, self.clock, LEASE_NAME, holder)
        try:
            replacement.go_on(ledger, held, {DESTINATION: self.platform}, keep_plan=plan.plan_id)
            observed = {DESTINATION: observed_by_key(DESTINATION, self.platform.observe())}
            now = Bindings(
                ledger.lineage, ledger.serial(), _digest(self.desired), "", "", "", {}, plan.bindings.expires_at
            )
            verify.refuse_stale(plan, now, self.clock.now(), resuming=ledger.resumable(plan.plan_id))
            context = ApplyContext(
                plan=plan,
                folder=folder,
                ledger=ledger,
                lease=held,
                destinations={DESTINATION: self.platform},
                observed=observed,
                clock=self.clock,
                refused=verify.refusals(plan, ledger, observed, {}, ()),
                in_flight_max=IN_FLIGHT_MAX,
                flights=lambda: SeededFlights(self.flight_rng),
            )
            with context.writing() as connection:
                plans.begin(connection, self.clock, plan.plan_id, plan.bindings.ledger_serial, "")
            result = executor.execute(context)
            with context.writing() as connection:
                plans.finish(connection, self.clock, plan.plan_id, complete=result.complete, uses=(), tiers={})
                reassertions.record(connection, self.clock.now(), executor.asserted(plan, result))
            self._tidy(context)
            return "complete" if result.complete else "partial"
        finally:
            with ledger.writing() as connection:
                lease.release(connection, self.clock, held)

    def _tidy(self, context: ApplyContext) -> None:
        for spec in AUDIENCES:
            if compaction.due(context.ledger, DESTINATION, spec.key, POLICY):
                with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                    fold = self.planner.fold(Path(folder))
                    done = tidying.compact_audience(context, DESTINATION, spec.key, POLICY, fold)
                    self.nemesis.points["compacted"] += done > 0
        compaction.sweep(context.ledger)

    # Others

    def _meanwhile(self, deviation: str) -> None:
        """Another process runs while this one stands still; after a pause it takes this one's place."""
        run = self.platform.run
        if deviation == "pause":
            self.clock.advance(minutes=self.rng.choice((11, 60, 200)))
        if self.rng.random() < 0.5:
            self.desired = _change(self.rng, self.desired)
        active, self.nemesis.active = self.nemesis.active, self.rng.random() < 0.5
        before = len(self.platform.history)
        outcome = self.run(host=NEVER_TOLD)
        if deviation == "intruder" and "at work" in outcome:
            assert len(self.platform.history) == before, "a run that was refused has sent something"
        self.nemesis.active = active
        self.platform.run = run

    def _drift(self) -> None:
        """Somebody edits a list by hand: one of ours is gone, or one who had left is back."""
        sent = [sent for sent in self.platform.history if sent.rows]
        if not sent:
            return
        last = self.rng.choice(sent)
        row = self.rng.choice(last.rows)
        self.platform.tend(last.audience_id)
        there = self.state.members(PLATFORM, last.audience_id)
        if row.identifiers in there:
            self.state.remove_members(PLATFORM, last.audience_id, [row.identifiers])
        elif (last.audience_id, row.identifiers) in self.platform.taken and not any(
            row.identifiers & other for other in there
        ):
            self.state.add_members(PLATFORM, last.audience_id, [row.identifiers])
            self.drifted_in.add(row)
        self.state.settle()
        self.drifted = True
        self.nemesis.faults["drift"] += 1

    # The end

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.nemesis.active, self.wished = False, ""
        self.nemesis.deviation, self.nemesis.countdown, self.nemesis.aimed = None, 0, None

    @property
    def waiting(self) -> bool:
        """Whether the last plan holds somebody back until an earlier send can no longer land."""
        return self.last is not None and any(state.held_back for state in self.last[0].audiences)

    def converged(self) -> bool:
        """Whether each audience holds exactly who is wanted.

        Somebody put in by hand may stay who left so long ago that it is forgotten, or who shares an identifier with a
        member: taking them out would take out both.
        """
        self.state.settle()
        for spec in AUDIENCES:
            there, wanted = set(self.platform.members(spec.key)), {row.identifiers for row in self.desired[spec.tier]}
            if not wanted <= there <= wanted | self._by_hand(wanted):
                return False
        return True

    def _by_hand(self, wanted: set[frozenset[str]]) -> set[frozenset[str]]:
        forgotten = self.clock.now() - POLICY.keep_left
        last = {row: sent.at for sent in self.platform.history for row in sent.rows}
        return {
            row.identifiers
            for row in self.drifted_in
            if last[row] < forgotten or any(row.identifiers & other for other in wanted)
        }


def _digest(desired: Desired) -> str:
    return repr(sorted((tier, sorted(rows)) for tier, rows in desired.items()))


def _person(rng: Random) -> Row:
    """Few names and fewer phones, so that people share them and come back."""
    return Row(f"e{rng.randrange(7)}", rng.choice(("", "", "p0", "p1", "p2")))


def _some_people(rng: Random) -> Desired:
    people = {"high": frozenset[Row](), "low": frozenset[Row]()}
    for _ in range(rng.randint(2, 6)):
        people = _moved(people, _person(rng), rng.choice(("high", "low")))
    return people


def _change(rng: Random, desired: Desired) -> Desired:
    """Somebody joins, leaves, moves, or has another phone."""
    for _ in range(rng.randint(1, 3)):
        desired = _moved(desired, _person(rng), rng.choice(("high", "low", "", "")))
    return desired


def _moved(desired: Desired, person: Row, tier: str) -> Desired:
    """A person is in one tier at most, with one set of identifiers."""
    without = {name: frozenset(row for row in rows if row.email != person.email) for name, rows in desired.items()}
    return {name: rows | {person} if name == tier else rows for name, rows in without.items()}
