"""The command line in a process of its own, forked from one that has everything imported: quick, and just as mortal."""

import multiprocessing
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

PRELOADED = (
    "activator.cli.main",
    "activator.cli.preview",
    "activator.privacy.removal",
    "activator.sync",
    "connectors.crm.files",
    "connectors.google.destination",
    "connectors.meta.destination",
    "ibis.backends.duckdb",
    "google.ads.datamanager_v1",
    "sqlalchemy.dialects.sqlite",
)
_server = multiprocessing.get_context("forkserver")


def preload() -> None:
    """Import once what every command needs."""
    _server.set_forkserver_preload([*PRELOADED, __name__])


def start(folder: Path, ahead: timedelta, said: Path, *arguments: str) -> ForkServerProcess:
    """`activator ARGUMENTS` in folder, on a clock that is ahead of the machine's; what it says goes to a file."""
    process = _server.Process(target=_command, args=(folder, ahead, said, arguments))
    process.start()
    return process


def _command(folder: Path, ahead: timedelta, said: Path, arguments: Sequence[str]) -> None:
    from activator.cli.main import run
    from activator.config.clock import SystemClock

    for name in [name for name in os.environ if name.startswith("ACTIVATOR_")]:
        del os.environ[name]
    os.chdir(folder)
    stream = said.open("a")
    os.dup2(stream.fileno(), 1)
    os.dup2(stream.fileno(), 2)

    def later(self: SystemClock) -> datetime:
        del self
        return datetime.now(UTC) + ahead

    SystemClock.now = later  # type: ignore[method-assign]
    sys.argv = ["activator", *arguments]
    run()
