"""Everything that must hold, in one command: `make test`. All checks run, the quick ones first.

The tests run in two processes at once, since most of them wait or use one core; each prints what it has to say when it
ends.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

BIN = Path(sys.executable).parent
PYTEST = (sys.executable, "-m", "pytest")
# Simulation forks, so it comes before the contracts, whose clients and servers leave threads behind.
OF_PARTS = tuple(f"tests/{name}" for name in ("unit", "property", "simulation", "contract", "docs", "browser", "fuzz"))


class Check(NamedTuple):
    """A command that must end well."""

    name: str
    command: Sequence[str]


QUICK = (
    Check("format", (f"{BIN}/ruff", "format", "--check", "--quiet", ".")),
    Check("lint", (f"{BIN}/ruff", "check", "--quiet", ".")),
    Check("import floors", (f"{BIN}/lint-imports", "--no-logo")),
    Check("types", (f"{BIN}/mypy",)),
)
TESTS = (
    Check("tests of parts", (*PYTEST, *OF_PARTS)),
    Check("tests of the whole", (*PYTEST, "tests", *(f"--ignore={folder}" for folder in OF_PARTS))),
)


def main() -> int:
    """Run every check; 0 only if all passed."""
    failed = [check.name for check in QUICK if not passed([check])[0]]
    failed += [check.name for check, well in zip(TESTS, passed(TESTS), strict=True) if not well]
    if failed:
        print(f"failed: {', '.join(failed)}")  # noqa: T201
    return 1 if failed else 0


def passed(checks: Sequence[Check]) -> list[bool]:
    """Run checks side by side; whether each ended well."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        said = [Path(folder) / str(number) for number in range(len(checks))]
        running = []
        for check, path in zip(checks, said, strict=True):
            with path.open("wb") as stream:
                running.append(subprocess.Popen(check.command, stdout=stream, stderr=subprocess.STDOUT))
        codes = []
        for check, path, process in zip(checks, said, running, strict=True):
            print(f"== {check.name}", flush=True)  # noqa: T201
            codes.append(process.wait())
            print(path.read_text(errors="replace"), end="")  # noqa: T201
            verdict = "passed" if codes[-1] == 0 else "FAILED"
            print(f"   {verdict} after {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201
    return [code == 0 for code in codes]


if __name__ == "__main__":
    sys.exit(main())
