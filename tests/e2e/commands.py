"""The real `activator` as a subprocess: what a user types, with nothing of this machine's settings around it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.canaries import leaks, secrets_of

ACTIVATOR = Path(sys.executable).parent / "activator"


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This environment without any setting of activator, plus extra."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ACTIVATOR_")}
    return {**kept, "PYTHONWARNINGS": "ignore", "COLUMNS": "140", **(extra or {})}


def activator(*arguments: str, folder: Path, extra: Mapping[str, str] | None = None) -> Answer:
    """Run `activator ARGUMENTS` in folder to its end. Nothing it says may name a person or a secret."""
    done = subprocess.run(
        [str(ACTIVATOR), *arguments],
        cwd=folder,
        env=environment(extra),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    found = leaks(f"{done.stdout}\n{done.stderr}".encode(), secrets_of(folder), hashes=True)
    assert not found, f"activator {' '.join(arguments)} showed {', '.join(found)}"
    return Answer(done.returncode, done.stdout, done.stderr)
