"""An export cut at any byte empties no audience: it is refused, or a guard objects, or what it says is harmless.

Every position of every file is tried. Where two positions read the same, one plan answers for both.
"""

import csv
import gzip
import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ibis
import pytest

from activator.config.workspace import open_workspace
from activator.errors import SourceError
from activator.model.plan import Plan
from activator.people.mapping import canonical
from activator.sync import Runner, apply_plan, make_plan
from connectors.crm.files import connector
from connectors.sandbox.server import Sandbox
from mappings.loader import load_mapping
from tests.e2e.shop import Shop

SAMPLES = Path(__file__).parents[1] / "samples"
GENERIC = "  - {name: contacts, path: contacts.csv, mapping: generic_contacts}\n"
ORDERS = "  - {name: orders, path: orders.csv, mapping: generic_orders}\n"


@dataclass(frozen=True)
class Sample:
    """files: name in the project -> content; sources: the section of the project file; cut: which of them is cut."""

    name: str
    sources: str
    files: dict[str, bytes]
    cut: str
    mapping: str


def shipped(name: str, lines: tuple[int, ...]) -> bytes:
    """A sample's header and these lines: what a cut can do shows in few, and every reading costs a plan."""
    every = (SAMPLES / name).read_bytes().splitlines(keepends=True)
    return b"".join(every[line - 1] for line in (1, *lines))


def as_json_lines(content: bytes) -> bytes:
    rows = csv.DictReader(content.decode().splitlines())
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


CSV = {
    "contacts.csv": shipped("generic_contacts.csv", (2, 3, 4)),
    "orders.csv": shipped("generic_orders.csv", (2, 3, 7)),
}
JSON = {"contacts.jsonl": as_json_lines(CSV["contacts.csv"]), "orders.csv": CSV["orders.csv"]}
PACKED = {"contacts.csv.gz": gzip.compress(CSV["contacts.csv"], mtime=0), "orders.csv": CSV["orders.csv"]}
WITH_JSON = GENERIC.replace(".csv", ".jsonl") + ORDERS
CASES = (
    Sample("contacts", GENERIC + ORDERS, CSV, "contacts.csv", "generic_contacts"),
    Sample("orders", GENERIC + ORDERS, CSV, "orders.csv", "generic_orders"),
    Sample("json", WITH_JSON, JSON, "contacts.jsonl", "generic_contacts"),
    Sample("packed", GENERIC.replace(".csv", ".csv.gz") + ORDERS, PACKED, "contacts.csv.gz", "generic_contacts"),
)


def opened(sample: Sample, folder: Path, sandbox: Sandbox) -> Runner:
    shop = Shop(folder, f"cut-{uuid.uuid4().hex[:12]}", sandbox)
    shop.open(google=False)
    project = folder / "activator.yaml"
    project.write_text(project.read_text().replace(GENERIC + ORDERS, sample.sources))
    for name, content in sample.files.items():
        (folder / name).write_bytes(content)
    return Runner(open_workspace(folder), shop.runner().clock)


def readings(sample: Sample, folder: Path) -> Iterator[tuple[int, str | None]]:
    """Each position with what the rest of the file says, as a digest; None where it is refused."""
    backend = ibis.duckdb.connect()
    mapping = load_mapping(sample.mapping, folder)
    path, whole = folder / sample.cut, sample.files[sample.cut]
    for position in range(len(whole) + 1):
        path.write_bytes(whole[:position])
        try:
            raw = connector.read(backend, "cut", path)
            read = canonical(raw, mapping).to_pyarrow().to_pylist() if raw.rows else []  # no row is no row
            rows = sorted(json.dumps(row, default=str) for row in read)
        except SourceError:
            yield position, None
        else:
            yield position, hashlib.sha256("\n".join(rows).encode()).hexdigest()
            raw.release()
    backend.disconnect()


def harmless(plan: Plan) -> bool:
    """Nobody's audience is emptied, and none loses more than a plan may take away unasked."""
    left = {state: state.believed - state.removes + state.adds for state in plan.audiences if state.believed}
    return all(rest > 0 for rest in left.values())


@pytest.mark.parametrize("sample", CASES, ids=lambda sample: sample.name)
def test_an_export_cut_at_any_byte_empties_no_audience(sample: Sample, sandbox: Sandbox, tmp_path: Path) -> None:
    runner = opened(sample, tmp_path / "shop", sandbox)
    plan, folder = make_plan(runner)
    assert sum(state.adds for state in plan.audiences) > 0
    assert apply_plan(runner, plan, folder).complete

    said: dict[str, list[int]] = {}
    refused = 0
    for position, reading in readings(sample, runner.workspace.folder):
        if reading is None:
            refused += 1
        else:
            said.setdefault(reading, []).append(position)
    assert refused > len(sample.files[sample.cut]) // 3, "most positions are inside a row"

    judged = {"equal": 0, "guarded": 0, "harmless": 0}
    for positions in said.values():
        (runner.workspace.folder / sample.cut).write_bytes(sample.files[sample.cut][: positions[0]])
        try:
            plan, _ = make_plan(runner)
        except SourceError:
            refused += len(positions)
            continue
        assert plan.refused or harmless(plan), f"cut at {positions[0]}"
        verdict = "guarded" if plan.refused else "harmless" if plan.changes else "equal"
        judged[verdict] += len(positions)
    assert judged["equal"] >= 1, "the whole file changes nothing"
    assert refused + sum(judged.values()) == len(sample.files[sample.cut]) + 1
    print(f"{sample.name}: {refused} refused, {judged}, {len(said)} plans")  # noqa: T201
