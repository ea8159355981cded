"""What it costs to send a million members to Meta: `python -m benchmarks.meta_push`.

Against the sandbox in a process of its own, over HTTPS: requests, CPU of ours per batch of 10,000, and memory.
Also how fast payloads alone are built from Arrow, with and without the body's encoding.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from activator.config.clock import SystemClock
from activator.model.delivery import Operation
from activator.ports import DestinationContext
from connectors.meta.destination import connector
from connectors.meta.uploads import COLUMNS as ALL_KEYS
from connectors.meta.uploads import read_upload
from connectors.meta.wire import form
from connectors.sandbox.server import Sandbox

BATCH_ROWS = 10_000
COLUMNS = ("EMAIL", "PHONE", "FN", "LN", "ZIP", "COUNTRY")


def members(batch: int, columns: tuple[str, ...], missing: float = 0.0) -> pa.Table:
    """A batch of digests, different ones for every batch. missing: the share of them that is not known."""
    random = np.random.default_rng(batch)
    made = {}
    for name in columns:
        digits = random.integers(0, 16, size=(BATCH_ROWS, 64), dtype=np.uint8)
        letters = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)[digits]
        known = random.random(BATCH_ROWS) >= missing
        made[name] = pa.array(
            [bytes(row).decode() if is_known else "" for row, is_known in zip(letters, known, strict=True)]
        )
    return pa.table(made)


def build_speed(columns: tuple[str, ...], missing: float = 0.0) -> None:
    """Print rows a second on one core: check and payload, and with the form body around it."""
    table = members(0, columns, missing)
    payload, whole = [], []
    for _ in range(51):
        start = time.process_time()
        made = read_upload(table).payload()
        payload.append(time.process_time() - start)
        form({"payload": made, "session": "{}"})
        whole.append(time.process_time() - start)
    rates = [BATCH_ROWS / statistics.median(times) / 1e6 for times in (payload, whole)]
    keys = f"{len(columns)} keys" + (f", {missing:.0%} of them missing" if missing else "")
    print(f"{keys}: {rates[0]:.2f} M rows/s checked and built, {rates[1]:.2f} M as a request body")


def serve(folder: Path) -> None:
    """The sandbox, until standard input ends. What is uploaded takes effect when the benchmark is over."""
    with Sandbox(folder, settle_seconds=86_400, platforms=("meta",)) as sandbox:
        print(json.dumps({"settings": sandbox.settings(), "identities": sandbox.identities()}), flush=True)
        sys.stdin.read()
        uploads = [call for call in sandbox.calls("meta") if call.method == "POST users"]
        print(json.dumps({"requests": len(sandbox.calls("meta")), "uploads": len(uploads)}), flush=True)


def push(batches: int, columns: tuple[str, ...]) -> None:
    """Send everything, and print what it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "benchmarks.meta_push", "--serve", str(folder / "sandbox")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            told = json.loads(server.stdout.readline())
            lines = "".join(f"{key}={value}\n" for key, value in told["settings"].items())
            (folder / ".env").write_text(lines, encoding="utf-8")
            _send(folder, told["identities"], batches, columns)
            counted, _ = server.communicate()
    calls = json.loads(counted)
    print(f"requests: {calls['requests']} of at least {batches + 2} (terms, the list, and {batches} uploads)")


def _send(folder: Path, identities: dict[str, str], batches: int, columns: tuple[str, ...]) -> None:
    from activator.model.ads import AudienceSpec

    context = DestinationContext(
        name="meta",
        project_id="push",
        account_id=identities["meta_account_id"],
        currency=identities["currency"],
        time_zone=identities["time_zone"],
        project_dir=folder,
        options={"page_id": identities["meta_page_id"], "pixel_id": identities["meta_pixel_id"]},
        clock=SystemClock(),
    )
    destination = connector.open(context)
    audience = destination.create(AudienceSpec("audience/x", "Push", "Push", "x", suppress=False), {}).platform_id
    cpu, memory = [], []
    started = time.monotonic()
    for batch in range(batches):
        table = members(batch, columns)
        start = time.process_time()
        receipt = destination.send(Operation.ADD, audience, table, f"{batch + 1:016x}{0:016x}")
        cpu.append(time.process_time() - start)
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        assert receipt.settled == BATCH_ROWS
    print(
        f"{batches * BATCH_ROWS:,} members, {len(columns)} keys: {statistics.median(cpu) * 1000:.1f} ms CPU a batch"
        f" (worst {max(cpu) * 1000:.1f}), {time.monotonic() - started:.0f} s with the sandbox's work"
    )
    tenth = max(1, batches // 10)
    print(f"peak memory after a tenth of them: {memory[tenth - 1]:.0f} MB, at the end: {memory[-1]:.0f} MB")


def main() -> None:
    """Build speed, then the push."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=100)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve is not None:
        serve(asked.serve)
        return
    for columns in (COLUMNS[:1], COLUMNS[:2], COLUMNS, ALL_KEYS):
        build_speed(columns)
    build_speed(ALL_KEYS, missing=0.4)
    push(asked.batches, COLUMNS[:2])


if __name__ == "__main__":
    main()
