"""Everything that must hold, in one command: `make test`. All checks run, the quick ones first."""

import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("format", [f"{BIN}/ruff", "format", "--check", "--quiet", "."]),
    ("lint", [f"{BIN}/ruff", "check", "--quiet", "."]),
    ("import floors", [f"{BIN}/lint-imports", "--no-logo"]),
    ("types", [f"{BIN}/mypy"]),
    ("tests", [sys.executable, "-m", "pytest"]),
)


def main() -> int:
    """Run every check; 0 only if all passed."""
    failed = []
    for name, command in CHECKS:
        print(f"== {name}", flush=True)  # noqa: T201
        began = time.monotonic()
        code = subprocess.run(command, check=False).returncode
        print(f"   {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201
        if code != 0:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
