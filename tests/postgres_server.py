"""A PostgreSQL server of its own for the tests: made, started and removed by them, on a socket nobody else sees."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNPRIVILEGED = "postgres"  # PostgreSQL refuses to run as root
PASSWORD = "only-here"


def programs() -> Path:
    """The newest installed server's programs; `make test` sees to it that there are some."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parents[1].name))
    if found:
        return found[-1].parent
    beside = shutil.which("initdb")
    assert beside, "PostgreSQL is missing: run `make postgres-ready`"
    return Path(beside).parent


@contextmanager
def postgres_server() -> Iterator[str]:
    """A running server; its URL, with user and password, without a database's name."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        password = folder / "password"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)
            shutil.chown(password, UNPRIVILEGED)
        data, options = folder / "data", f"-c listen_addresses='' -c fsync=off -k {folder}"
        _run("initdb", "-D", data, "-U", "owner", "--auth=scram-sha-256", f"--pwfile={password}", "-E", "UTF8")
        _run("pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
        try:
            yield f"postgres://owner:{PASSWORD}@/postgres?host={folder}"
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: str | Path) -> None:
    command = [str(programs() / program), *map(str, arguments)]
    as_root = os.geteuid() == 0
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        user=UNPRIVILEGED if as_root else None,
        group=UNPRIVILEGED if as_root else None,
        env={**os.environ, "LC_ALL": "C", "HOME": "/tmp"},
        cwd="/",
    )
