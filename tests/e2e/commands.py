"""The `activator` that a user types, with nothing of this machine's settings around it."""

import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.canaries import leaks, secrets_of
from tests.e2e.forked import start as forked

ACTIVATOR = Path(sys.executable).parent / "activator"
NOWHERE = Path(os.devnull)
SECONDS_MAX = 300


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


def activator(
    *arguments: str, folder: Path, extra: Mapping[str, str] | None = None, typed: str | None = None
) -> Answer:
    """Run `activator ARGUMENTS` in folder to its end. Nothing it says may name a person or a secret.

    typed: what it reads on standard input.
    """
    with tempfile.TemporaryDirectory() as place:
        out, err, given = (Path(place) / name for name in ("out", "err", "typed"))
        given.write_text(typed or "", encoding="utf-8")
        process = forked(folder, arguments, environment(extra), out, err, given)
        process.join(SECONDS_MAX)
        if process.exitcode is None:
            kill(process)
            raise TimeoutError(f"activator {' '.join(arguments)} took more than {SECONDS_MAX} s")
        said = [path.read_text(encoding="utf-8") if path.exists() else "" for path in (out, err)]
    found = leaks("\n".join(said).encode(), secrets_of(folder), hashes=True)
    assert not found, f"activator {' '.join(arguments)} showed {', '.join(found)}"
    return Answer(process.exitcode, *said)


def start(folder: Path, *arguments: str) -> ForkServerProcess:
    """`activator ARGUMENTS` in folder, still running; what it says is nobody's concern."""
    return forked(folder, arguments, environment(), NOWHERE, NOWHERE)


def kill(process: ForkServerProcess) -> int | None:
    """SIGKILL; how it ended: `-signal.SIGKILL`, unless it was over before the blow."""
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(60)
    return process.exitcode
