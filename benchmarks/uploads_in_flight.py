"""What it saves to have a handful of uploads under way at once: `python -m benchmarks.uploads_in_flight`.

The product's own executor, ledger and Meta connector send batches of four audiences to the sandbox, through a relay
that holds every answer back for a while, as a long way or a busy platform would.
"""

import argparse
import hashlib
import socket
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from activator.apply.context import LEASE_NAME, ApplyContext
from activator.apply.executor import execute
from activator.config.clock import SystemClock
from activator.ledger import lease
from activator.ledger.store import Ledger
from activator.model.ads import AudienceSpec
from activator.model.delivery import Operation
from activator.model.plan import Bindings, ChangeMembers, Plan
from activator.people.identifiers import FORM_COLUMNS
from activator.plan.batches import write_batches
from activator.plan.order import in_order, with_urgency
from activator.ports import Destination, DestinationContext
from connectors.meta.destination import connector
from connectors.sandbox.server import Sandbox

ROWS = 500  # of a batch: the sandbox's own work is not what is measured
AUDIENCES = ("top", "high", "mid", "low")


@dataclass
class Relay:
    """Passes bytes on to a port of this machine; the first of every answer after a while."""

    port: int
    seconds: float

    def start(self) -> int:
        """Listen; returns the port."""
        listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
        found: int = listening.getsockname()[1]
        return found

    def _accept(self, listening: socket.socket) -> None:
        while True:
            client, _ = listening.accept()
            server = socket.create_connection(("127.0.0.1", self.port))
            asked = threading.Event()
            threading.Thread(target=self._questions, args=(client, server, asked), daemon=True).start()
            threading.Thread(target=self._answers, args=(server, client, asked), daemon=True).start()

    @staticmethod
    def _questions(client: socket.socket, server: socket.socket, asked: threading.Event) -> None:
        while data := client.recv(1 << 16):
            asked.set()
            server.sendall(data)

    def _answers(self, server: socket.socket, client: socket.socket, asked: threading.Event) -> None:
        while data := server.recv(1 << 16):
            if asked.is_set():
                time.sleep(self.seconds)
                asked.clear()
            client.sendall(data)


def spec(tier: str) -> AudienceSpec:
    """The audience of a tier."""
    return AudienceSpec(f"audience/{tier}", f"{tier} [act:00000000000{len(tier)}]", "", tier, suppress=False)


def opened(folder: Path, sandbox: Sandbox, seconds: float) -> Destination:
    """The real connector, reaching the sandbox through the relay."""
    ids = sandbox.identities()
    settings = sandbox.settings()
    direct = settings["ACTIVATOR_META__GRAPH_URL"]
    relayed = Relay(int(direct.rpartition(":")[2]), seconds).start()
    settings["ACTIVATOR_META__GRAPH_URL"] = f"http://127.0.0.1:{relayed}"
    (folder / ".env").write_text("".join(f"{key}={value}\n" for key, value in settings.items()), encoding="utf-8")
    return connector.open(
        DestinationContext(
            name="meta",
            project_id=folder.name,
            account_id=ids["meta_account_id"],
            currency=ids["currency"],
            time_zone=ids["time_zone"],
            project_dir=folder,
            options={"page_id": ids["meta_page_id"], "pixel_id": ids["meta_pixel_id"]},
            clock=SystemClock(),
        )
    )


def change(folder: Path, tier: str, batches: int) -> ChangeMembers:
    """Adds to one audience, written down as planning would."""
    digests = [hashlib.sha256(f"{tier} {row}".encode()).hexdigest() for row in range(batches * ROWS)]
    keys = pa.array([bytes.fromhex(digest)[:16] for digest in digests], pa.binary())
    columns = {name: pa.array([""] * len(digests), pa.string()) for name in FORM_COLUMNS["meta"]}
    table = pa.table({"person_key": keys, "member_key": keys, **columns, "EMAIL": pa.array(digests)})
    planned = write_batches(table.to_batches(), ROWS, folder, f"meta-{tier}-add", "1")
    return ChangeMembers("meta", f"audience/{tier}", Operation.ADD, False, len(digests), planned)


def measure(folder: Path, sandbox: Sandbox, seconds: float, batches: int, in_flight_max: int) -> float:
    """Seconds to carry out one plan of so many batches an audience."""
    folder.mkdir()
    clock = SystemClock()
    port = opened(folder, sandbox, seconds)
    there = {f"audience/{tier}": port.create(spec(tier), {}) for tier in AUDIENCES}
    changes = with_urgency([change(folder, tier, batches) for tier in AUDIENCES], [spec(tier) for tier in AUDIENCES])
    plan = Plan(
        plan_id=folder.name,
        created_at=clock.now(),
        project_id="benchmark",
        bindings=Bindings("", 0, "", "", "", "", {}, clock.now()),
        changes=in_order(changes, (), ()),
        audiences=(),
        movements=(),
        guards=(),
        sources=(),
        tiers=(),
        motivations=(),
    )
    ledger = Ledger(folder / ".activator", clock)
    with ledger.writing() as connection:
        held = lease.take(connection, clock, LEASE_NAME, lease.this_process())
    began = time.monotonic()
    result = execute(
        ApplyContext(plan, folder, ledger, held, {"meta": port}, {"meta": there}, clock, in_flight_max=in_flight_max)
    )
    took = time.monotonic() - began
    assert result.complete, result
    ledger.close()
    return took


def main() -> None:
    """One after the other, and several at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=10, help="of each audience")
    parser.add_argument("--answer-ms", type=int, default=300)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        Sandbox(Path(name) / "sandbox", tls=False, settle_seconds=86_400, platforms=("meta",)) as sandbox,
    ):
        for in_flight_max in (1, 2, 4, 8):
            folder = Path(name) / f"run{in_flight_max}"
            took = measure(folder, sandbox, asked.answer_ms / 1000, asked.batches, in_flight_max)
            total = asked.batches * len(AUDIENCES)
            print(f"{total} uploads, answers after {asked.answer_ms} ms, {in_flight_max} at once: {took:.1f} s")


if __name__ == "__main__":
    main()
