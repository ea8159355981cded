"""What hubs, conflicts and match rates cost, stage by stage, where there is something to find and where there is not.

Run: .venv/bin/python benchmarks/persons.py --contacts 1000000
Contacts and as many orders are generated from a seed. CPU seconds of this process, so that a busy machine matters less.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from activator.model.people import Entity
from activator.model.sharing import SHARED_CONTACTS_MAX
from activator.people.conflicts import without_conflicts
from activator.people.consolidate import repeated_keys, with_person
from activator.people.engine import Engine, open_engine
from activator.people.hubs import without_hubs
from activator.people.mapping import CANONICAL
from activator.people.match_rates import match_rates
from activator.people.rows import CanonicalSource, country_codes, keyed_rows, numbered, phone_book


def texts(pattern: str, numbers: Any) -> pa.Array:
    """One text per number."""
    return pa.array([pattern.format(number) for number in numbers])


def contacts(count: int, random: np.random.Generator, *, rich: bool) -> pa.Table:
    """One contact per person. rich: also phones (two thirds), names and birth dates; one phone in ten is a firm's."""
    people = np.arange(count)
    columns = {"source_row": pa.array(people + 2), "email": texts("p{}@example.com", people)}
    if rich:
        firms = np.where(random.random(count) < 0.1, random.integers(0, count // 100 + 1, count), people + count)
        phones = texts("+4915{:09}", firms).to_numpy(zero_copy_only=False)
        columns["phone"] = pa.array(np.where(random.random(count) < 0.66, phones, None))
        columns["first_name"] = texts("First{}", random.integers(0, 2_000, count))
        columns["last_name"] = texts("Last{}", random.integers(0, 20_000, count))
        days = np.datetime64("1950-01-01", "D") + random.integers(0, 20_000, count)
        columns["birth_date"] = pa.array(days)
    # One address in a thousand is told twice: with another birth date where there are any.
    twice = random.integers(0, count, count // 1000)
    again = pa.table(columns).take(twice)
    if rich:
        again = again.set_column(
            again.schema.get_field_index("birth_date"), "birth_date", pa.array(np.full(len(again), days[0]))
        )
    again = again.set_column(0, "source_row", pa.array(np.arange(len(again)) + count + 2))
    return pa.concat_tables([pa.table(columns), again])


def orders(count: int, random: np.random.Generator) -> pa.Table:
    """As many orders as contacts, of four people in five."""
    return pa.table(
        {
            "source_row": pa.array(np.arange(count) + 2),
            "email": texts("p{}@example.com", random.integers(0, count * 4 // 5, count)),
        }
    )


def source(engine: Engine, entity: Entity, table: pa.Table) -> CanonicalSource:
    """A canonical relation with every column of its entity."""
    loaded = engine.materialise("loaded", ibis.memtable(table))
    kinds = {"source_row": "int64", "invalid_reason": "string", **CANONICAL[entity]}
    columns = {
        name: loaded[name].cast(kind) if name in loaded.columns else ibis.null(kind) for name, kind in kinds.items()
    }
    return CanonicalSource(entity.value, entity, engine.materialise("canonical", loaded.select(**columns)))


def timed(label: str, work: Callable[[], Any]) -> Any:
    """Run and print CPU seconds."""
    began = time.process_time()
    made = work()
    print(f"  {label:<28} {time.process_time() - began:>7.2f} s")
    return made


def measure(count: int, seed: int, *, rich: bool) -> None:
    """One table."""
    random = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as scratch, open_engine(Path(scratch)) as engine:
        ordered = numbered(
            engine,
            [
                source(engine, Entity.CONTACTS, contacts(count, random, rich=rich)),
                source(engine, Entity.ORDERS, orders(count, random)),
            ],
        )
        countries = country_codes(engine, ordered)
        phones = phone_book(engine, ordered, countries, "DE")
        keyed = timed("keys (for comparison)", lambda: keyed_rows(engine, ordered, countries, phones))
        repeated = timed("repeated keys", lambda: repeated_keys(engine, keyed))
        unshared = timed("hubs", lambda: without_hubs(engine, ordered, keyed, SHARED_CONTACTS_MAX, repeated))
        joined = timed("components (for comparison)", lambda: with_person(engine, unshared.rows, repeated))
        settled = timed("conflicts", lambda: without_conflicts(engine, ordered, joined))
        timed("match rates", lambda: match_rates(engine, ordered, settled.rows))
        print(f"  {unshared.counts} {settled.count}")


def main() -> None:
    """Both tables."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--contacts", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=7)
    given = arguments.parse_args()
    for label, rich in (("e-mail addresses only", False), ("phones, names, birth dates", True)):
        print(f"{label}: {given.contacts:,} contacts, {given.contacts:,} orders, CPU seconds")
        measure(given.contacts, given.seed, rich=rich)


if __name__ == "__main__":
    main()
