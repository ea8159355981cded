"""kill -9 at random moments of plan, apply, sync and resume: `make kills KILLS=200`.

Every morning the twenty people of a shop change, a command is killed, perhaps another that goes on with it, and then
commands run until one succeeds. Both platforms must then hold what an undisturbed run would have left.
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
from tests.e2e.forked import preload, start
from tests.e2e.shop import Shop, twenty_people

MORNINGS = 6  # of one project; then a new one begins
TRIES_MAX = 6
SIZES = {"high": 4, "mid": 6, "low": 6, "rest": 4}
PLATFORMS = ("meta", "google")
COMMAND_SECONDS = 8.0  # how long a command takes, at first; then what was seen


@dataclass
class Kills:
    """What was done so far. sends: member uploads both platforms saw; needed: those of undisturbed runs."""

    folder: Path
    sandbox: Sandbox
    rng: random.Random
    kills: int = 0
    missed: int = 0
    sends: int = 0
    needed: int = 0
    tries: Counter[int] = field(default_factory=Counter)
    moments: Counter[str] = field(default_factory=Counter)
    usual_seconds: float = COMMAND_SECONDS
    projects: int = 0

    def project(self, mornings: int) -> None:
        """A new shop, and some mornings of it."""
        self.projects += 1
        name = f"kills-{os.getpid()}-{self.projects}"
        shop = Shop(self.folder / name, name, self.sandbox, twenty_people())
        shop.open()
        with (shop.folder / "activator.yaml").open("a") as project:
            project.write("membership: {assert_days: 0}\n")  # else its uploads were counted as more than needed
        days = _Days(self, shop)
        for _ in range(mornings):
            days.morning()


@dataclass
class _Days:
    total: Kills
    shop: Shop
    ahead: timedelta = timedelta()
    before: dict[str, frozenset[int]] = field(default_factory=dict)

    def morning(self) -> None:
        """Some people change, a command dies, others go on; then everything must be as if nothing had happened."""
        total, began = self.total, self._member_calls()
        wanted = self._change()
        killed = 0
        while killed == 0 or (killed < 3 and total.rng.random() < 0.4):
            killed += 1
            self._kill("sync" if killed == 1 or total.rng.random() < 0.5 else "apply")
        tries = self._until_done(wanted)
        self._check(wanted)
        total.tries[tries] += 1
        total.sends += self._member_calls() - began
        total.needed += _uploads(self.before, wanted)
        self.before = wanted

    def _change(self) -> dict[str, frozenset[int]]:
        """A day passes, two people swap what they spent, and sometimes a new one takes somebody's place."""
        self.ahead += timedelta(hours=25)
        people, rng = self.shop.people, self.total.rng
        for _ in range(rng.randint(1, 3)):
            one, other = rng.sample(sorted(people), 2)
            people[one], people[other] = people[other], people[one]
        if rng.random() < 0.5:
            gone = rng.choice(sorted(people))
            people[max(people) + 1] = people.pop(gone)
        self._export()
        return _tiers(people)

    def _export(self) -> None:
        self.shop.export()
        now = (datetime.now(UTC) + self.ahead).timestamp()
        for name in ("contacts.csv", "orders.csv"):
            os.utime(self.shop.folder / name, (now, now))

    def _kill(self, command: str) -> None:
        """Start a command and kill it at a random moment of its life."""
        total = self.total
        arguments = [command]
        if command == "sync" and total.rng.random() < 0.3:
            arguments = ["plan"]
        process = start(self.shop.folder, self.ahead, self._said(), *arguments)
        if arguments == ["plan"] or total.rng.random() < 0.4:
            process.join(total.rng.uniform(0.02, 1.1) * total.usual_seconds)
        else:
            self._wait_for_uploads(process, total.rng.randint(1, 10))
        if process.is_alive():
            process.kill()
            total.kills += 1
            total.moments[arguments[0]] += 1
        else:
            total.missed += 1
        process.join()

    def _wait_for_uploads(self, process: ForkServerProcess, count: int) -> None:
        """Until so many more batches were about to be sent, and a moment longer."""
        log = self.shop.folder / ".activator" / "membership"
        enough = len(list(log.rglob("*.parquet"))) + count
        while process.is_alive() and len(list(log.rglob("*.parquet"))) < enough:
            process.join(0.02)
        process.join(self.total.rng.uniform(0, 0.3))

    def _until_done(self, wanted: dict[str, frozenset[int]]) -> int:
        """Commands that nobody kills, a day apart once they say that something must wait. Returns how many it took."""
        for tries in range(1, TRIES_MAX + 1):
            resume = tries == 1 and self.total.rng.random() < 0.5 and self._plans()
            began = time.monotonic()
            process = start(self.shop.folder, self.ahead, self._said(), "apply" if resume else "sync")
            process.join(300)
            assert process.exitcode is not None, "a command hangs"
            if process.exitcode == 0 and not resume:
                self.total.usual_seconds = 0.7 * self.total.usual_seconds + 0.3 * (time.monotonic() - began)
                if self._held() == wanted:
                    return tries
            assert process.exitcode in (0, 2, 5, 7), self._said().read_text()[-2000:]
            if process.exitcode == 7 or (process.exitcode == 0 and not resume):
                self.ahead += timedelta(hours=25)  # what may still land lets others wait
                self._export()
        raise AssertionError(f"not done after {TRIES_MAX} commands: {self._said().read_text()[-3000:]}")

    def _check(self, wanted: dict[str, frozenset[int]]) -> None:
        """Equal to the undisturbed end, on both platforms, with every object once."""
        assert self._held() == wanted
        runner = self.shop.runner()
        for port in open_destinations(runner.workspace, runner.clock).values():
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
        return any((self.shop.folder / ".activator" / "plans").glob("*/plan.json"))

    def _member_calls(self) -> int:
        wanted = ("users", "AudienceMembers")
        return sum(any(word in call.method for word in wanted) for call in self.shop.sandbox.calls())

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
    preload()
    with Sandbox(folder / "sandbox", settle_seconds=0.05) as sandbox:
        total = Kills(folder, sandbox, random.Random(seed))
        while total.kills < kills:
            total.project(min(MORNINGS, max(1, kills - total.kills)))
            report(total)
    return total


def _summary(total: Kills) -> str:
    extra = (total.sends - total.needed) / max(total.kills, 1)
    return (
        f"{total.kills} kills ({dict(total.moments)}; {total.missed} came too late) in {total.projects} projects: "
        f"every end equal to the undisturbed one, nothing made twice; {total.sends} uploads for {total.needed} needed, "
        f"{extra:.2f} more per kill; commands until done: {dict(sorted(total.tries.items()))}"
    )


def main() -> int:
    """`python -m tests.e2e.kills KILLS [SEED]`."""
    kills, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        play(kills, seed, Path(folder), lambda total: print(_summary(total), flush=True))  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
