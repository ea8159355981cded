"""Reading, consolidating, valuing, tiering, membership and diff, beside the same work written by hand in Polars.

Run: .venv/bin/python -m benchmarks.pipeline --contacts 1000000 --orders 4000000
Everything is generated from a seed into --cache. Each way runs in a process of its own, so that wall, CPU and peak
memory are its own; what it costs to start Python and to import is in them. One per cent of the members a first run
found are taken out of the belief, and one per cent put in, so the diff has to find them.

--keys email: e-mail address and customer id. --keys all: also phone, name, place, birth date, for both platforms.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.pipeline_data import exports

TIERS = (("high", Decimal("0.2")), ("mid", Decimal("0.5")), ("rest", None))
AS_OF = date(2026, 1, 1)
POUND = Decimal("1.15")
FORMS = {"email": ("meta",), "all": ("meta", "google")}


def mappings(keys: str) -> tuple[Any, Any]:
    """How the two exports are read."""
    from activator.config.mapping import ContactsMapping, OrdersMapping

    consents = {"granted": "granted", "denied": "denied"}
    texts = ("email",) if keys == "email" else (
        "email", "phone", "first_name", "last_name", "city", "postal_code", "country", "birth_date", "gender",
    )  # fmt: skip
    columns: dict[str, Any] = {name: {"from": name} for name in texts}
    columns["external_id"] = {"from": "customer_id"}
    for name in ("consent_ad_user_data", "consent_ad_personalization"):
        columns[name] = {"from": name, "values": consents}
    contacts = {"name": "contacts", "entity": "contacts", "title": "Contacts", "recognise": ["email"]}
    orders = {"name": "orders", "entity": "orders", "title": "Orders", "recognise": ["order_id"]}
    orders["one_row_per"] = "order"
    lines = {name: {"from": name} for name in ("order_id", "ordered_at", "amount", "currency")}
    lines["external_id"] = {"from": "customer_id"}
    return (
        ContactsMapping.model_validate(contacts | {"id_space": "crm", "columns": columns}),
        OrdersMapping.model_validate(orders | {"id_space": "crm", "columns": lines}),
    )


def ours(given: argparse.Namespace) -> dict[str, Any]:
    """One run of the public functions, as a plan makes it."""
    from activator.people.engine import Engine
    from activator.people.mapping import canonical
    from activator.people.pipeline import CanonicalSource, PeoplePolicy, TierCut, build_people
    from connectors.crm.files import connector

    steps: defaultdict[str, float] = defaultdict(float)

    class TimedEngine(Engine):
        def materialise(self, label: str, expression: Any) -> Any:
            with timed(steps, label):
                return super().materialise(label, expression)

    policy = PeoplePolicy("DE", AS_OF, "EUR", {"GBP": POUND}, tuple(TierCut(*tier) for tier in TIERS))
    with tempfile.TemporaryDirectory(dir=given.cache) as scratch:
        engine = TimedEngine(Path(scratch), given.memory_mb, given.threads)
        sources = []
        for path, mapping in zip(paths(given), mappings(given.keys), strict=True):
            with timed(steps, f"read {mapping.name}"):
                raw = connector.read(engine.backend, mapping.name, path)
            relation = canonical(raw, mapping)
            if raw.held:
                relation = engine.materialise(f"canonical {mapping.name}", relation)
                raw.release()
            source = CanonicalSource(mapping.name, mapping.entity, relation, raw.find, True, mapping.id_space)
            sources.append(source)
        people = build_people(engine, sources, policy)
        found: dict[str, Any] = {"tiers": {tier.tier: tier.people for tier in people.tiers}}
        for form in FORMS[given.keys]:
            if given.prepare:
                found[form] = churn(given, people.members(form), form)
            else:
                found[form] = membership(engine, given, people.membership(form), form)
        engine.close()
    steps["everything else"] = time.process_time() - sum(steps.values())
    return {"found": found, "steps": dict(steps)}


def churn(given: argparse.Namespace, members: Any, form: str) -> int:
    """Write the belief: one in a hundred has gone, one in a hundred is known under an older key."""
    folder = belief_folder(given)
    folder.mkdir(parents=True, exist_ok=True)
    turn = members.member_key.left(7).hash() % 100
    for tier, _ in TIERS:
        here = members.filter((members.tier == tier) & (turn != 0)).drop("tier")
        stale = here.member_key.translate("0123456789abcdef", "123456789abcdef0")  # a key still, and nobody's
        older = ibis_cases((turn == 1, stale), here.member_key)
        keys = {"member_key": older.cast("uuid"), "person_key": here.person_key.cast("uuid")}
        here.mutate(**keys).to_parquet(folder / f"{form}-{tier}.parquet")
    return 0


def ibis_cases(branch: Any, otherwise: Any) -> Any:
    import ibis

    return ibis.cases(branch, else_=otherwise)


def membership(engine: Any, given: argparse.Namespace, members: Any, form: str) -> dict[str, list[int]]:
    """Adds and removals of each tier's audience."""
    from activator.people.engine import rows_in
    from activator.people.membership import believe, compare, difference

    counts = {}
    for tier, _ in TIERS:
        belief = believe(engine, form, log(belief_folder(given) / f"{form}-{tier}.parquet"))
        pending = compare(engine, members.keys, tier, belief)
        diff = difference(engine, form, pending, lambda keys: members.sent(members.written(keys)))
        counts[tier] = [rows_in(diff.adds) + rows_in(diff.adds_after), rows_in(diff.removes)]
    return counts


def log(file: Path) -> Any:
    """An audience log of one settled batch."""
    from activator.model.delivery import Operation
    from activator.model.ledger import AudienceLog, BatchRecord, BatchState

    batch = BatchRecord(
        1, "b", "p", "d", "a", Operation.ADD, file, "", 0, BatchState.SETTLED, 1, None, 0, 0, 0, 0, "",
        datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    return AudienceLog("d", "a", (batch,), ())


@contextmanager
def timed(steps: defaultdict[str, float], label: str) -> Iterator[None]:
    """Add the CPU seconds of a block, all threads together, to a step."""
    began = time.process_time()
    yield
    steps[label] += time.process_time() - began


def paths(given: argparse.Namespace) -> tuple[Path, Path]:
    """Contacts and orders."""
    return exports(given.cache, given.contacts, given.orders, given.format)


def belief_folder(given: argparse.Namespace) -> Path:
    """Where the belief of a size and set of keys lies."""
    folder: Path = given.cache / f"belief-{given.contacts}-{given.orders}-{given.keys}"
    return folder


def measured(given: argparse.Namespace, way: str, *more: str) -> dict[str, Any]:
    """Run one way in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.pipeline", "--way", way, *options(given), *more]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result: dict[str, Any] = json.loads(said.splitlines()[-1]) if child.returncode == 0 else {"found": "failed"}
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return result | {"wall": time.perf_counter() - began, "cpu": cpu, "rss": used.ru_maxrss / 1e6}


def options(given: argparse.Namespace) -> list[str]:
    """The options a child needs."""
    names = ("contacts", "orders", "format", "keys", "memory_mb", "threads", "cache")
    return [text for name in names for text in (f"--{name.replace('_', '-')}", str(getattr(given, name)))]


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=0, help="four per contact if not given")
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--keys", choices=tuple(FORMS), default="email")
    parser.add_argument("--memory-mb", type=int, default=2048)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "activator-benchmark")
    parser.add_argument("--no-peer", action="store_true", help="leave the Polars pipeline out")
    parser.add_argument("--way", choices=("ours", "polars"), help=argparse.SUPPRESS)
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.orders = given.orders or 4 * given.contacts
    return given


def run_one(given: argparse.Namespace) -> dict[str, Any]:
    """What a child process does."""
    if given.way == "ours":
        return ours(given)
    from benchmarks.pipeline_peer import polars_pipeline

    return polars_pipeline(paths(given), belief_folder(given) / "polars.parquet", POUND, prepare=given.prepare)


def main() -> None:
    """Print one table, and what each step of ours took."""
    given = parse()
    if given.way:
        print(json.dumps(run_one(given)))
        return
    paths(given)
    ways = ["ours"] + ["polars"] * (given.keys == "email" and given.format == "parquet" and not given.no_peer)
    print(
        f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; {given.contacts:,} contacts, "
        f"{given.orders:,} orders, {given.format}, keys: {given.keys}, memory limit {given.memory_mb} MB"
    )
    results = {}
    for way in ways:
        ready = belief_folder(given) / (
            "polars.parquet" if way == "polars" else f"{FORMS[given.keys][-1]}-rest.parquet"
        )
        if not ready.exists():
            measured(given, way, "--prepare")
        results[way] = measured(given, way)
    print(f"{'way':<8} {'wall s':>8} {'CPU s':>8} {'peak GB':>8}")
    for way, result in results.items():
        print(f"{way:<8} {result['wall']:>8.1f} {result['cpu']:>8.1f} {result['rss']:>8.2f}  {result['found']}")
    print("CPU seconds of ours, by step")
    for step, seconds in sorted(results["ours"].get("steps", {}).items(), key=lambda pair: -pair[1]):
        print(f"  {step:<24} {seconds:>8.2f}")


if __name__ == "__main__":
    main()
