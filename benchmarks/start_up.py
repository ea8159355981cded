"""How long `activator --help` takes, beside a Typer application of two commands, in the same run.

Run: .venv/bin/python benchmarks/start_up.py
Programs take turns, so that whatever else the machine does meets them alike; each figure is the median of --runs. The
peer is what `typer.Typer()` gives with two commands and nothing imported; the plain peer switches off the same extras
as activator (rich help, completion), so that only the imports and the commands differ.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ACTIVATOR = Path(sys.executable).parent / "activator"
PLAIN = "rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False"
TWO_COMMANDS = """
import typer
app = typer.Typer({options})

@app.command()
def one(count: int = 1) -> None:
    "The first command."

@app.command()
def two(name: str = "") -> None:
    "The second command."

app()
"""


def seconds(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of one run."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    return time.perf_counter() - began, used.ru_utime + used.ru_stime


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--runs", type=int, default=20)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        peers = {"Typer, 2 commands": "", "Typer, 2 commands, plain": PLAIN}
        programs: dict[str, list[str]] = {}
        for number, (label, options) in enumerate(peers.items()):
            file = Path(folder) / f"peer_{number}.py"
            file.write_text(TWO_COMMANDS.format(options=options))
            programs[f"{label}: --help"] = [sys.executable, str(file), "--help"]
            programs[f"{label}: one --help"] = [sys.executable, str(file), "one", "--help"]
        for words in ("--help", "plan --help", "status --help"):
            programs[f"activator {words}"] = [str(ACTIVATOR), *words.split()]
        took: dict[str, list[tuple[float, float]]] = {label: [] for label in programs}
        for _ in range(given.runs + 1):
            for label, command in programs.items():
                took[label].append(seconds(command))
    print(f"{'median of ' + str(given.runs):<38} {'wall ms':>8} {'CPU ms':>8} {'of peer':>8} {'of plain':>8}")
    medians = {
        label: tuple(statistics.median(part) for part in zip(*runs, strict=True)) for label, runs in took.items()
    }
    for label, (wall, cpu) in medians.items():
        kind = "--help" if label.endswith((": --help", "activator --help")) else "one --help"
        shares = [wall / medians[f"{peer}: {kind}"][0] for peer in peers]
        print(f"{label:<38} {wall * 1000:>8.0f} {cpu * 1000:>8.0f} {shares[0]:>8.2f} {shares[1]:>8.2f}")


if __name__ == "__main__":
    main()
