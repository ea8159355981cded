"""Tries mutants and tells the score: `make mutants MUTANTS='activator.ledger.*' SAMPLE=60 SEED=1`.

SAMPLE of 0 tries all that match. The same seed of the same code tries the same ones. Tests are asked until one notices:
first those of parts whose file names the module, then those of whole runs, named in pyproject. A file that fails
without any mutant is not asked, since it would notice them all. A mutant that lives has been seen by all others.
"""

import fnmatch
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from mutmut.configuration import config
from mutmut.mutation.diff_apply import find_mutant, get_diff_for_mutant
from mutmut.utils.file_utils import setup_source_paths
from mutmut.workers.isolation import MutantRunner, get_mutant_runner

PASSED, FAILED, BROKE = 0, 1, 3  # exit codes of pytest; a mutant that hangs or dies ends it by a signal
HANGS_SECONDS = 1_200
NO_MUTANT = "activator.nothing.x_nothing__mutmut_1"
PARTS = ("tests/unit", "tests/contract")
TEXT = re.compile(r'f?"[^"]*"')
SENTENCE = re.compile(r"[a-z}`.>,;:]\s[a-z{`<]", re.IGNORECASE)
MAKE = """
from mutmut.__main__ import copy_also_copy_files, copy_src_dir, create_mutants, setup_source_paths
copy_src_dir(), copy_also_copy_files(), setup_source_paths(), create_mutants(1)
"""


def known() -> list[str]:
    """Every mutant there is."""
    return sorted(
        name for meta in Path("mutants").rglob("*.meta") for name in json.loads(meta.read_text())["exit_code_by_key"]
    )


def tests_of(name: str) -> list[str]:
    """The files of tests to ask about a mutant, in order."""
    module = name.rpartition(".")[0]
    package, _, last = module.rpartition(".")
    named = re.compile(rf"{re.escape(module)}\b|from {re.escape(package)} import [^)]*\b{last}\b")
    of_parts = sorted(path for folder in PARTS for path in Path(folder).glob("test_*.py"))
    near = [str(path) for path in of_parts if named.search(path.read_text())]
    return near + config().pytest_add_cli_args_test_selection


def words_only(diff: str) -> bool:
    """Whether a mutant differs in what a sentence says and nothing else."""

    def silent(sign: str) -> str:
        lines = "\n".join(line[1:] for line in diff.splitlines() if line[:1] == sign != line[1:2])
        said = TEXT.sub(lambda text: "None" if SENTENCE.search(text[0]) else text[0], lines)
        return re.sub(r"None(\s+None)+", "None", said)

    return silent("-") == silent("+")


def asked(runner: MutantRunner, name: str, path: str) -> int:
    """How a file of tests ends with a mutant."""
    runner.submit(name, [path], 2 * HANGS_SECONDS, 0)  # of processor time; half of it on the clock
    code: int = runner.wait_for_result().exit_code
    assert code < 0 or code in (PASSED, FAILED, BROKE), f"pytest could not ask {path} about {name}: {code}"
    return code


def noticed(runner: MutantRunner, name: str, sound: dict[str, bool]) -> bool:
    """Whether a test fails that passes without a mutant. sound: files of tests that are known to, or not to."""
    for path in tests_of(name):
        if path not in sound:
            sound[path] = asked(runner, NO_MUTANT, path) == PASSED
            if not sound[path]:
                print(f"{path} fails here without any mutant: not asked", flush=True)  # noqa: T201 - a command
        if sound[path] and asked(runner, name, path) != PASSED:
            return True
    return False


def interval(good: int, of: int) -> tuple[float, float]:
    """Wilson's, 95 %."""
    z, share = 1.96, good / of
    middle = share + z * z / (2 * of)
    spread = z * ((share * (1 - share) + z * z / (4 * of)) / of) ** 0.5
    return (middle - spread) / (1 + z * z / of), (middle + spread) / (1 + z * z / of)


def main(pattern: str, sample: int, seed: int) -> int:
    """Try them, and tell who lives."""
    Path("mutants").mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-c", MAKE], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
    setup_source_paths()
    names = [name for name in known() if fnmatch.fnmatch(name, pattern)]
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    chosen = chance.sample(names, min(sample, len(names))) if sample else names
    runner = get_mutant_runner(1)
    runner.startup()
    sound: dict[str, bool] = {}
    tried: Counter[str] = Counter()
    good: Counter[str] = Counter()
    for name in chosen:
        began, well = time.monotonic(), noticed(runner, name, sound)
        diff = get_diff_for_mutant(name, path=find_mutant(name).path)
        kind = "words" if words_only(diff) else "behaviour"
        tried[kind] += 1
        good[kind] += well
        said = "noticed" if well else f"LIVES\n{diff}"
        print(f"{name} ({kind}, {time.monotonic() - began:.0f} s): {said}", flush=True)  # noqa: T201 - a command
    runner.shutdown()
    print(f"{len(chosen)} of {len(names)} mutants tried (seed {seed})")  # noqa: T201
    for kind, of in tried.items():
        low, high = interval(good[kind], of)
        print(f"{kind}: {good[kind]} of {of} noticed, {good[kind] / of:.0%} (95 %: {low:.0%} to {high:.0%})")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] or "*", int(sys.argv[2]), int(sys.argv[3])))
