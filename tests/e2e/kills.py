"""kill -9 of plan, apply, sync and resume, at moments over their whole span: `make kills KILLS=200`.

Every morning the twenty people of a shop change; commands are killed one after the other, each going on with what the
one before has left, and then commands run until one succeeds. Both platforms must then hold what an undisturbed run
would have left, and at last a plan must find nothing more to do.
"""

import hashlib
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from activator.config.clock import SystemClock
from activator.ledger.store import LedgerReader
from activator.plan.destinations import open_destinations
from connectors.sandbox.server import Sandbox
from tests.e2e.commands import environment
from tests.e2e.forked import start
from tests.e2e.moments import Moments, Trap, Usual, Writes
from tests.e2e.shop import Shop, twenty_people

MORNINGS = 3  # of one project; then a new one begins
KILLS_A_MORNING = 24
RESUMED = (0.25, 0.5, 1.0)  # of what an apply does, before it dies: so one apply dies many times, ever later
TRIES_MAX = 6
SIZES = {"high": 4, "mid": 6, "low": 6, "rest": 4}
PLATFORMS = ("meta", "google")
BUDGETS = ("60.00", "55.00", "65.00")
DONE, CONFIGURATION, STALE, RESUMABLE = 0, 2, 5, 7


@dataclass
class Kills:
    """What was done so far. sends: member uploads both platforms saw; needed: those of undisturbed runs.

    report: told after every morning.
    """

    folder: Path
    rng: random.Random
    report: Callable[["Kills"], None] = field(default=lambda _total: None)
    commands: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    sends: int = 0
    needed: int = 0
    tries: Counter[int] = field(default_factory=Counter)
    projects: int = 0
    moments: Moments = field(init=False)
    usual: dict[str, Usual] = field(default_factory=lambda: {name: Usual() for name in ("plan", "apply", "sync")})

    def __post_init__(self) -> None:
        self.moments = Moments(self.rng)

    @property
    def kills(self) -> int:
        return self.commands.total()

    def project(self, kills: int) -> None:
        """A new shop on platforms of its own, and some mornings of it."""
        self.projects += 1
        name = f"kills-{os.getpid()}-{self.projects}"
        with Sandbox(self.folder / f"{name}-platforms", settle_seconds=0.05) as sandbox:
            shop = Shop(self.folder / name, name, sandbox, twenty_people())
            shop.open()
            with (shop.folder / "activator.yaml").open("a") as project:
                project.write("membership: {assert_days: 0}\n")  # else its uploads were counted as more than needed
            days, enough = _Days(self, shop, Trap(sandbox)), self.kills + kills
            for _ in range(MORNINGS):
                days.morning(min(KILLS_A_MORNING, enough - self.kills))
                self.report(self)
                if self.kills >= enough:
                    break
            days.nothing_left()


@dataclass
class _Days:
    total: Kills
    shop: Shop
    trap: Trap
    ahead: timedelta = timedelta()
    before: dict[str, frozenset[int]] = field(default_factory=dict)

    def morning(self, kills: int) -> None:
        """Some people change, commands die, others go on; then everything must be as if nothing had happened."""
        total, began = self.total, self.trap.uploads
        wanted = self._change()
        enough = total.kills + kills
        while total.kills < enough and self._die():
            pass
        total.tries[self._until_done(wanted)] += 1
        self._check(wanted)
        total.sends += self.trap.uploads - began
        total.needed += _uploads(self.before, wanted)
        self.before = wanted

    def nothing_left(self) -> None:
        """What the ledger believes is what is: another plan is empty."""
        assert self._run("plan", "--detailed-exit-code") == DONE, self._tail()

    def _change(self) -> dict[str, frozenset[int]]:
        """A day passes, people swap what they spent, perhaps one takes another's place and a budget changes."""
        self.ahead += timedelta(hours=25)
        people, rng = self.shop.people, self.total.rng
        for _ in range(rng.randint(2, 5)):
            one, other = rng.sample(sorted(people), 2)
            people[one], people[other] = people[other], people[one]
        if rng.random() < 0.5:
            gone = rng.choice(sorted(people))
            people[max(people) + 1] = people.pop(gone)
        project = self.shop.folder / "activator.yaml"
        text = project.read_text()
        now = next(budget for budget in BUDGETS if f'high: {{daily_budget: "{budget}"' in text)
        then = f'high: {{daily_budget: "{rng.choice(BUDGETS)}"'
        project.write_text(text.replace(f'high: {{daily_budget: "{now}"', then, 1))
        self._export()
        return _tiers(people)

    def _export(self) -> None:
        self.shop.export()
        now = (datetime.now(UTC) + self.ahead).timestamp()
        for name in ("contacts.csv", "orders.csv"):
            os.utime(self.shop.folder / name, (now, now))

    def _die(self) -> bool:
        """Start a command and kill it. False: nothing was left for it to do."""
        total, command = self.total, self._next()
        writes = Writes(self.shop.folder / ".activator")
        try:
            usual = total.usual[command].part(total.rng.choice(RESUMED) if command == "apply" else 1)
            process = self._start(command)
            if total.moments.kill(process, usual, writes, self.trap):
                total.commands[command] += 1
                return True
        finally:
            writes.close()
        total.missed += 1
        assert process.exitcode in (DONE, CONFIGURATION, STALE, RESUMABLE), self._tail()
        if process.exitcode in (CONFIGURATION, STALE):  # what was saved is of yesterday, or sync has begun another
            self._run("plan")
        return command == "plan" or process.exitcode in (CONFIGURATION, STALE)

    def _next(self) -> str:
        """Mostly apply, which goes on with what the one before has left; others plan first."""
        if not self._plans():
            return self.total.rng.choice(("plan", "sync"))
        return self.total.rng.choices(("apply", "sync", "plan"), (16, 1, 1))[0]

    def _until_done(self, wanted: dict[str, frozenset[int]]) -> int:
        """Commands that nobody kills, a day apart once they say that something must wait. Returns how many it took."""
        for tries in range(1, TRIES_MAX + 1):
            resume = tries == 1 and self._plans()
            code = self._run("apply" if resume else "sync")
            if code == DONE and self._held() == wanted:
                return tries
            assert code in (DONE, CONFIGURATION, STALE, RESUMABLE), self._tail()
            if code == RESUMABLE or (code == DONE and not resume):
                self.ahead += timedelta(hours=25)  # what may still land lets others wait
                self._export()
        raise AssertionError(f"not done after {TRIES_MAX} commands: {self._tail()}")

    def _run(self, *arguments: str) -> int:
        """A command to its end, which teaches what such commands take."""
        began, calls, writes = time.monotonic(), self.trap.calls, Writes(self.shop.folder / ".activator")
        try:
            process = self._start(*arguments)
            written = 0
            while process.is_alive() and time.monotonic() - began < 300:
                process.join(0.2)
                written += len(writes.read())
            process.join(0)
            assert process.exitcode is not None, "a command hangs"
        finally:
            writes.close()
        if process.exitcode == DONE:
            self.total.usual[arguments[0]].learn(time.monotonic() - began, written, self.trap.calls - calls)
        return process.exitcode

    def _check(self, wanted: dict[str, frozenset[int]]) -> None:
        """Equal to the undisturbed end, on both platforms, with every object once."""
        assert self._held() == wanted
        runner = self.shop.runner()
        for port in open_destinations(runner.workspace, runner.clock, None).values():
            twice = [key for key, count in Counter(each.key for each in port.observe().objects).items() if count > 1]
            assert not twice, f"made twice: {twice}"

    def _held(self) -> dict[str, frozenset[int]]:
        """Platform and tier -> who is in the audience, by number."""
        self.shop.sandbox.settle()
        names = {_digest(number): number for number in range(1, max(self.shop.people) + 1)}
        ledger = LedgerReader(self.shop.folder / ".activator", SystemClock())
        try:
            return {
                f"{platform}/{key.removeprefix('audience/')}": frozenset(
                    names[identifier.rpartition(":")[2]]
                    for member in self.shop.sandbox.state.members(platform, owned.platform_id)
                    for identifier in member
                    if identifier.rpartition(":")[2] in names
                )
                for platform in PLATFORMS
                for key, owned in ledger.owned(platform).items()
                if owned.kind == "audience" and owned.platform_id is not None
            }
        finally:
            ledger.close()

    def _plans(self) -> bool:
        """Whether a plan of this morning is there to be applied."""
        exported = (self.shop.folder / "orders.csv").stat().st_ctime
        saved = (self.shop.folder / ".activator" / "plans").glob("*/plan.json")
        return any(path.stat().st_ctime > exported for path in saved)

    def _tail(self) -> str:
        return self._said().read_text()[-3000:]

    def _start(self, *arguments: str) -> ForkServerProcess:
        said = self._said()
        return start(self.shop.folder, arguments, environment(), said, said, ahead=self.ahead)

    def _said(self) -> Path:
        return self.shop.folder.parent / f"{self.shop.project_id}.log"


def _digest(number: int) -> str:
    return hashlib.sha256(f"person{number}@example.com".encode()).hexdigest()


def _tiers(people: dict[int, tuple[int, str]]) -> dict[str, frozenset[int]]:
    """Platform and tier -> who belongs there, by what they spent."""
    ranked = sorted(people, key=lambda number: -people[number][0])
    held, at = {}, 0
    for tier, size in SIZES.items():
        for platform in PLATFORMS:
            held[f"{platform}/{tier}"] = frozenset(ranked[at : at + size])
        at += size
    return held


def _uploads(before: dict[str, frozenset[int]], after: dict[str, frozenset[int]]) -> int:
    """Uploads of an undisturbed run: one per audience that gets somebody, and one per audience that loses somebody."""
    empty: frozenset[int] = frozenset()
    return sum(bool(after[key] - before.get(key, empty)) + bool(before.get(key, empty) - after[key]) for key in after)


def play(kills: int, seed: int, folder: Path, report: Callable[[Kills], None] = lambda _total: None) -> Kills:
    """At least so many kills. Raises AssertionError at the first end state that is not right."""
    total = Kills(folder, random.Random(seed), report)
    while total.kills < kills:
        total.project(kills - total.kills)
    return total


def _summary(total: Kills) -> str:
    extra = (total.sends - total.needed) / max(total.kills, 1)
    return (
        f"{total.kills} kills of {dict(total.commands)} at {dict(sorted(total.moments.struck.items()))}; "
        f"{total.missed} came too late; {total.projects} projects, {total.tries.total()} mornings: "
        f"every end equal to the undisturbed one, nothing made twice; "
        f"{total.sends} uploads for {total.needed} needed, {extra:.2f} more per kill; "
        f"commands until done: {dict(sorted(total.tries.items()))}"
    )


def main() -> int:
    """`python -m tests.e2e.kills KILLS [SEED]`."""
    kills, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        play(kills, seed, Path(folder), lambda total: print(_summary(total), flush=True))  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
