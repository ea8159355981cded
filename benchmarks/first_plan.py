"""From exports on disk to a preview on the screen: `activator` as its user runs it, first, unchanged, and next day.

Run: .venv/bin/python benchmarks/first_plan.py --people 1000000
Everything is generated from a seed by the sample brand: HubSpot contacts, Shopify orders and survey answers, read by
the shipped mappings. The sandbox stands in for both platforms, in this process; `plan` and `apply` are processes of
their own, measured by the kernel: wall, CPU (user and system), and peak resident memory. Phases are those the progress
line names, with the seconds each took.
"""

import argparse
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from activator.config.clock import SystemClock
from activator.config.workspace import open_workspace
from activator.demo.brand import BRAND_NAME, write_brand
from activator.setup import Answers, write_project
from activator.sync import Runner, make_plan
from connectors.sandbox.server import Sandbox

ACTIVATOR = Path(sys.executable).parent / "activator"


@dataclass(frozen=True)
class Measured:
    """What one process took."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    said: str

    def line(self, label: str) -> str:
        return f"{label:<28} {self.wall_seconds:>8.1f} {self.cpu_seconds:>8.1f} {self.peak_mb:>8.0f}"


# A process starts with the peak of the one it was forked from, so a small one stands between this one and the measured.
LAUNCHER = """
import json, resource, subprocess, sys, time
began = time.perf_counter()
with open(sys.argv[1], "wb") as log:
    code = subprocess.call(sys.argv[3:], stdout=log, stderr=subprocess.STDOUT)
wall, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[2], "w") as told:
    json.dump([code, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024], told)
"""


def measured(*command: str, log: Path) -> Measured:
    """Run a command to its end, its output in a file. A command that fails ends the benchmark."""
    told = log.with_suffix(".json")
    subprocess.run([sys.executable, "-c", LAUNCHER, str(log), str(told), *command], check=True)
    code, wall, cpu, peak = json.loads(told.read_text())
    said = log.read_text(encoding="utf-8", errors="replace")
    if code != 0:
        sys.exit(f"{' '.join(command)}: {said[-2000:]}")
    return Measured(wall, cpu, peak, said)


def project(folder: Path, people: int, seed: int, sandbox: Sandbox) -> str:
    """A project on the sample brand's exports, as `activator init` writes it; returns what was generated."""
    exports = folder / "exports"
    exports.mkdir()
    files = write_brand(exports, people, seed, 1)
    ids = sandbox.identities()
    settings = {**sandbox.settings(), "ACTIVATOR_THREADS": os.environ.get("ACTIVATOR_THREADS", "0")}
    env = folder / ".env"
    env.touch(mode=0o600)
    env.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    write_project(
        folder,
        files.paths,
        Answers(
            name=BRAND_NAME,
            currency=ids["currency"],
            time_zone=ids["time_zone"],
            country="DE",
            landing_url="https://shop.example.com/",
            meta_account=ids["meta_account_id"],
            meta_page=ids["meta_page_id"],
            meta_pixel=ids["meta_pixel_id"],
            google_customer=ids["google_customer_id"],
            eu_political_ads=False,
        ),
        SystemClock().now().date(),
    )
    sizes = " + ".join(f"{path.name} {path.stat().st_size / 1e6:.0f} MB" for path in files.paths)
    return f"{files.people:,} people, {files.order_count:,} orders: {sizes}"


def phases(folder: Path) -> None:
    """Make a plan in this process and print the seconds of each step the progress line would name."""
    began = last = time.perf_counter()
    step = "starting"

    def report(message: str, _advance: int) -> None:
        nonlocal step, last
        now = time.perf_counter()
        print(f"    {step:<26} {now - last:>8.1f}")
        step, last = message, now

    runner = Runner(open_workspace(folder), SystemClock(), report=report)
    make_plan(runner)
    report("", 0)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"    {'in all':<26} {time.perf_counter() - began:>8.1f}   peak {peak_mb:.0f} MB")


def changes(said: str) -> str:
    """How many changes a preview lists, for the table."""
    found = re.search(r"([\d,]+ changes?|[Nn]othing to do[^\n]*)", said)
    return found.group(1) if found else ""


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--people", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--plan-only", action="store_true", help="stop after the first plan")
    arguments.add_argument("--phases-of", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.phases_of:
        phases(given.phases_of)
        return
    with tempfile.TemporaryDirectory(prefix="first-plan-") as scratch:
        folder, log = Path(scratch) / "project", Path(scratch) / "log"
        folder.mkdir()
        with Sandbox(Path(scratch) / "sandbox", settle_seconds=0.1) as sandbox:
            print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
            print(project(folder, given.people, given.seed, sandbox))
            print(f"{'what':<28} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}")
            run(folder, log, given.people, given.seed, plan_only=given.plan_only)


def run(folder: Path, log: Path, people: int, seed: int, *, plan_only: bool) -> None:
    """Plan, apply, plan again with nothing changed, then with the next day's exports."""

    def step(label: str, *words: str) -> Measured:
        took = measured(str(ACTIVATOR), *words, "-C", str(folder), log=log)
        print(took.line(label), changes(took.said), flush=True)
        return took

    first = step("first plan", "plan")
    if plan_only:
        return
    step("apply", "apply")
    again = step("plan, nothing changed", "plan")
    share = again.cpu_seconds / first.cpu_seconds
    print(f"{'  of the first':<28} {again.wall_seconds / first.wall_seconds:>8.2f} {share:>8.2f}")
    own = measured(sys.executable, __file__, "--phases-of", str(folder), log=log)
    print(own.said.rstrip())
    write_brand(folder / "exports", people, seed, 2)
    step("plan, next day", "plan")


if __name__ == "__main__":
    main()
