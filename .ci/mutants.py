"""Tries mutants and tells the score: `make mutants MUTANTS='activator.ledger.*' SAMPLE=60 SEED=1`.

SAMPLE of 0 tries all that match. The same seed of the same code tries the same ones.
"""

import fnmatch
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

MUTMUT = (sys.executable, "-m", "mutmut", "run", "--max-children", "1")
NOTICED, SURVIVED, UNTESTED = 1, 0, 33  # exit codes of the tests as mutmut keeps them; others: timeouts and the like


def judged() -> dict[str, int | None]:
    """Every mutant there is -> how the tests ended, None before they were asked."""
    found: dict[str, int | None] = {}
    for meta in Path("mutants").rglob("*.meta"):
        found |= json.loads(meta.read_text())["exit_code_by_key"]
    return found


def main(pattern: str, sample: int, seed: int) -> int:
    """Try them, and print who lives."""
    if not list(Path("mutants").rglob("*.meta")):  # makes them, and asks once which test runs what
        subprocess.run([*MUTMUT, "nothing*"], check=False, capture_output=True)  # noqa: S603 - our own words
    names = sorted(name for name in judged() if fnmatch.fnmatch(name, pattern))
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    chosen = chance.sample(names, min(sample, len(names))) if sample else names
    subprocess.run([*MUTMUT, *chosen], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
    codes = judged()
    ends = Counter(codes[name] for name in chosen)
    noticed = len(chosen) - ends[SURVIVED] - ends[UNTESTED]
    for name in sorted(chosen):
        if codes[name] in (SURVIVED, UNTESTED):
            print(name, "lives" if codes[name] == SURVIVED else "is run by no test")  # noqa: T201 - a command
    print(f"{len(chosen)} of {len(names)} mutants tried (seed {seed}): {noticed} noticed, {ends[SURVIVED]} live,")  # noqa: T201 - a command
    print(f"{ends[UNTESTED]} are run by no test chosen in pyproject.toml; `mutmut show NAME` shows one")  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] or "*", int(sys.argv[2]), int(sys.argv[3])))
