"""The command line in a process of its own, forked from one that has everything imported: quick, and just as mortal.

To import takes longer than most commands; what `activator` itself imports, and when, has tests of its own.
"""

import multiprocessing
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
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
    "pandas",
    "pytest",
    "sqlalchemy.dialects.sqlite",
)
_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload([*PRELOADED, __name__])


def start(
    folder: Path,
    arguments: Sequence[str],
    environ: Mapping[str, str],
    out: Path,
    err: Path,
    typed: Path | None = None,
    ahead: timedelta = timedelta(),
) -> ForkServerProcess:
    """`activator ARGUMENTS` in folder, on a clock that is ahead of the machine's.

    What it says is added to files, which may be the same; typed: what it reads on standard input, nothing if None.
    """
    given = (folder, tuple(arguments), dict(environ), out, err, typed or Path(os.devnull), ahead)
    process = _server.Process(target=_command, args=given)
    process.start()
    return process


def _command(
    folder: Path, arguments: Sequence[str], environ: Mapping[str, str], out: Path, err: Path, typed: Path,
    ahead: timedelta,
) -> None:  # fmt: skip
    from activator.cli.main import run
    from activator.config.clock import SystemClock

    os.environ.clear()
    os.environ.update(environ)
    warnings.simplefilter("ignore")
    os.chdir(folder)
    for descriptor, path, mode in ((0, typed, "r"), (1, out, "a"), (2, err, "a")):
        with path.open(mode) as stream:
            os.dup2(stream.fileno(), descriptor)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - multiprocessing has taken the usual one away

    def later(self: SystemClock) -> datetime:
        del self
        return datetime.now(UTC) + ahead

    SystemClock.now = later  # type: ignore[method-assign]
    sys.argv = ["activator", *arguments]
    run()
