"""A million members to one list, through the real connector and real gRPC, against the sandbox in another process.

    python -m benchmarks.push_google            1,000,000 members
    python -m benchmarks.push_google 200000

Says how fast members are checked and encoded, how many requests were sent (and the least possible), this process's
processor time per 10,000 members with the wire, and how memory grew between the second batch and the last. The
sandbox's own time is not counted.
"""

import os
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
from activator.model.ads import AudienceSpec
from activator.model.delivery import Operation
from activator.ports import DestinationContext
from connectors.google.destination import GoogleDestination, connector
from connectors.google.members import to_request, usable
from connectors.google.version import BATCH_ROWS_MAX

OPTIONS = {
    "contains_eu_political_advertising": False,
    "targeting": "targeting",
    "keywords": [{"text": "coffee"}],
    "customer_match_terms_accepted": True,
}


def members(first: int, rows: int, phone_every: int = 2, address_every: int = 3) -> pa.Table:
    """Members as batches hold them: an e-mail each, a phone and an address every so many; digests look random."""
    generator = np.random.default_rng(first)

    def digests(count: int) -> pa.Array:
        halves = generator.integers(0, 2**63, (count, 4)).astype(np.int64)
        return pa.array([f"{a:016x}{b:016x}{c:016x}{d:016x}" for a, b, c, d in halves.tolist()])

    numbers = np.arange(rows)
    addressed = numbers % address_every == 0
    names = [pa.array(np.where(addressed, np.array(digests(rows).to_pylist()), "")) for _ in range(2)]
    phones = (numbers % phone_every == 0).astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(phones)]).astype(np.int32)
    return pa.table(
        {
            "emails": pa.ListArray.from_arrays(np.arange(rows + 1, dtype=np.int32), digests(rows)),
            "phones": pa.ListArray.from_arrays(offsets, digests(int(phones.sum()))),
            "given_name": names[0],
            "family_name": names[1],
            "region_code": pa.array(np.where(addressed, "DE", "")),
            "postal_code": pa.array(np.where(addressed, "10115", "")),
        }
    )


def encoding_seconds(table: pa.Table) -> float:
    """Processor time of checking and encoding one batch, the median of many after a first one that warms up."""
    taken = []
    for _ in range(51):
        started = time.process_time()
        assert usable(table).all()
        to_request(Operation.ADD, [], table, terms_accepted=True).SerializeToString()
        taken.append(time.process_time() - started)
    return statistics.median(taken[1:])


def opened(folder: Path) -> GoogleDestination:
    """The destination, pointed at the sandbox by the folder's .env."""
    return connector.open(
        DestinationContext(
            name="google",
            project_id="push",
            account_id="1234567890",
            currency="EUR",
            time_zone="Europe/Berlin",
            project_dir=folder,
            options=OPTIONS,
            clock=SystemClock(),
            countries=("DE",),
        )
    )


def push(folder: Path, rows: int) -> None:
    """Send everybody, batch by batch, and say what it took."""
    destination = opened(folder)
    made = destination.create(
        AudienceSpec("audience/push", f"Push {time.time_ns()}", "Benchmark", "push", suppress=False), {}
    )
    requests, processor, memory = 0, 0.0, []
    for first in range(0, rows, BATCH_ROWS_MAX):
        table = members(first, min(BATCH_ROWS_MAX, rows - first))
        started = time.process_time()
        receipt = destination.send(Operation.ADD, made.platform_id, table, f"{first:032x}")
        processor += time.process_time() - started
        requests += len((receipt.request_id or "").split(","))
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    batches = len(memory)
    least = -(-rows // BATCH_ROWS_MAX)
    print(f"members {rows:,}; requests {requests} (least possible {least})")
    print(f"processor time per 10,000 members: {1000 * processor / batches:.1f} ms with gRPC and TLS")
    print(f"memory at most: {memory[min(1, batches - 1)]:.0f} MB after two batches, {memory[-1]:.0f} MB at the end")


def encode() -> None:
    """Say how fast batches are checked and encoded."""
    for keys, every in (("an e-mail, every second a phone, every third an address", (2, 3)), ("all keys", (1, 1))):
        seconds = encoding_seconds(members(0, BATCH_ROWS_MAX, *every))
        print(
            f"checking and encoding 10,000 members, {keys}: {1000 * seconds:.1f} ms,"
            f" {BATCH_ROWS_MAX / seconds / 1e6:.2f} M rows a second"
        )


def main() -> None:
    """Run against a sandbox of its own."""
    encode()
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [str(Path(sys.executable).with_name("activator")), "sandbox", "--folder", str(folder / "sandbox")]
        command += ["--env-file", str(folder / ".env"), "--settle-seconds", "86400"]
        sandbox = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        try:
            assert sandbox.stdout is not None
            for line in sandbox.stdout:
                if b"serving" in line:
                    break
            push(folder, rows)
        finally:
            sandbox.terminate()
            sandbox.wait()


if __name__ == "__main__":
    main()
