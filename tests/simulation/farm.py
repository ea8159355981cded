"""Many seeds on all cores: `make simulate SEEDS=2000 FIRST=0`. Prints what failed and how to replay it."""

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from activator.ledger.store import Ledger
from tests.clocks import ManualClock
from tests.simulation.checking import Verdict, play

SHARE = 25  # seeds a worker takes at once


@dataclass
class Tally:
    """Sums over many verdicts. wrong: seed -> what did not hold."""

    seeds: int = 0
    sends: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    wrong: dict[int, str] = field(default_factory=dict)

    def count(self, verdict: Verdict) -> None:
        self.seeds += 1
        self.sends += verdict.sends
        self.faults += verdict.faults
        self.points += verdict.points
        if verdict.wrong:
            self.wrong[verdict.seed] = verdict.wrong

    def join(self, other: "Tally") -> None:
        self.seeds += other.seeds
        self.sends += other.sends
        self.faults += other.faults
        self.points += other.points
        self.wrong |= other.wrong

    @property
    def summary(self) -> str:
        faults = ", ".join(f"{count:,} {name}" for name, count in sorted(self.faults.items()))
        return (
            f"{self.seeds:,} seeds, {self.sends:,} sends, {sum(self.faults.values()):,} faults ({faults}), "
            f"{len(self.points)} named points passed {sum(self.points.values()):,} times, "
            f"wrong end states: {len(self.wrong)}"
        )


def scratch_folder() -> str | None:
    """A folder in memory, if there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def template_in(folder: Path) -> Path:
    """A new ledger in folder, to copy for each world."""
    Ledger(folder / "template", ManualClock()).close()
    return folder / "template"


def _share(first: int, count: int) -> Tally:
    tally = Tally()
    with tempfile.TemporaryDirectory(dir=scratch_folder()) as folder:
        template = template_in(Path(folder))
        for seed in range(first, first + count):
            tally.count(play(seed, Path(folder), template))
    return tally


def shares(first: int, seeds: int, workers: int) -> Iterator[Tally]:
    """Play seeds first … first + seeds - 1, a share at a time, in workers processes."""
    starts = range(first, first + seeds, SHARE)
    sizes = [min(SHARE, first + seeds - start) for start in starts]
    if workers == 1:
        yield from map(_share, starts, sizes)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(_share, starts, sizes)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command of its own


def main(arguments: Sequence[str]) -> int:
    """`python -m tests.simulation.farm SEEDS [FIRST [WORKERS]]`; 1 if any end state is wrong."""
    seeds, first, workers = (
        *(int(argument) for argument in arguments),
        *(2000, 0, os.cpu_count() or 1)[len(arguments) :],
    )
    began, total, told = time.monotonic(), Tally(), 0
    for tally in shares(first, seeds, workers):
        for seed, wrong in tally.wrong.items():
            _say(f"seed {seed}: {wrong}")
        total.join(tally)
        if total.seeds - told >= max(100, seeds // 20):
            told = total.seeds
            rate = total.seeds / (time.monotonic() - began)
            _say(f"{total.seeds:,} of {seeds:,}, {rate:.1f} seeds/s, wrong {len(total.wrong)}")
    _say(f"{total.summary}; {total.seeds / (time.monotonic() - began):.1f} seeds/s in {workers} processes")
    for seed in total.wrong:
        _say(f"  replay: python -m tests.simulation.farm 1 {seed} 1")
    return 1 if total.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
