"""Consolidation against a union-find, and tiers against a sorted list, on anything Hypothesis thinks of."""

import hashlib
import itertools
import uuid
from collections.abc import Iterator
from decimal import Decimal

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activator.people.consolidate import components, repeated_keys, with_person
from activator.people.engine import Engine, open_engine
from activator.people.identifiers.text import clean, known, without_decimal_zero
from activator.people.identity_keys import id_key
from activator.people.rows import KEY_COLUMNS
from activator.people.tiers import TierCut, placed, rank_of

FEW = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def labelled(engine: Engine, pairs: list[tuple[int, int]]) -> dict[int, int]:
    """components() over small integers."""
    rows = [{"low": str(uuid.UUID(int=min(pair))), "high": str(uuid.UUID(int=max(pair)))} for pair in pairs]
    edges = ibis.memtable(rows, schema=ibis.schema({"low": "string", "high": "string"})).distinct()
    table = engine.materialise("edges", edges.select(low=edges.low.cast("uuid"), high=edges.high.cast("uuid")))
    labels = components(engine, table)
    found = labels.select(node=labels.node.cast("string"), label=labels.label.cast("string")).to_pyarrow().to_pylist()
    engine.drop(labels)
    return {uuid.UUID(row["node"]).int: uuid.UUID(row["label"]).int for row in found}


def union_find(pairs: list[tuple[int, int]]) -> dict[int, int]:
    """Every node's smallest connected node, the plain way."""
    smallest = {node: node for pair in pairs for node in pair}
    changed = True
    while changed:
        changed = False
        for first, second in pairs:
            low = min(smallest[first], smallest[second])
            changed |= smallest[first] != low or smallest[second] != low
            smallest[first] = smallest[second] = low
    return smallest


def persons_by_rows(engine: Engine, rows: list[tuple[int | None, ...]]) -> list[int]:
    """with_person() over rows of an id, an e-mail address and a phone, each a small integer; ids are the smallest."""
    columns = ("id_key", "email_key", "phone_key")
    told = [{"row_id": number, **dict(zip(columns, keys, strict=True))} for number, keys in enumerate(rows)]
    table = ibis.memtable(told, schema=ibis.schema({"row_id": "int64", **dict.fromkeys(columns, "int64")}))
    keys = {column: ibis.null("uuid") for column in KEY_COLUMNS}
    for place, column in enumerate(columns):
        hexadecimal = (table[column] + place * 1000).cast("string").lpad(32, "0")
        keys[column] = ibis.cases((table[column].notnull(), hexadecimal.cast("uuid")))
    made = engine.materialise("rows", table.select("row_id", **keys))
    repeated = repeated_keys(engine, made)
    found = with_person(engine, made, repeated)
    people = found.order_by("row_id").select(person=found.person.cast("string")).to_pyarrow()["person"].to_pylist()
    engine.drop(found)
    for used in (made, repeated):
        engine.drop(used)
    return [int(person.replace("-", "")) for person in people]


def persons_the_plain_way(rows: list[tuple[int | None, ...]]) -> list[int]:
    """The smallest key each row is connected with, the plain way."""
    keyed = [[key + place * 1000 for place, key in enumerate(keys) if key is not None] for keys in rows]
    smallest = union_find([(keys[0], key) for keys in keyed for key in keys])
    return [smallest[keys[0]] for keys in keyed]


NODES = st.integers(0, 25)
EDGES = st.lists(st.tuples(NODES, NODES).filter(lambda pair: pair[0] != pair[1]), min_size=1, max_size=40)


KEYS = st.none() | st.integers(1, 12)
ROWS = st.lists(st.tuples(KEYS, KEYS, KEYS).filter(any), min_size=1, max_size=30)


@settings(FEW, max_examples=60)
@given(ROWS)
def test_everybody_a_row_is_linked_with_is_one_person_by_the_smallest_key(
    engine: Engine, rows: list[tuple[int | None, ...]]
) -> None:
    assert persons_by_rows(engine, rows) == persons_the_plain_way(rows)


@FEW
@given(pairs=EDGES)
def test_components_are_those_of_a_union_find(engine: Engine, pairs: list[tuple[int, int]]) -> None:
    assert labelled(engine, pairs) == union_find(pairs)


@pytest.mark.parametrize("step", [1, 7, 500])
def test_a_chain_of_a_thousand_is_one_component_in_few_rounds(engine: Engine, step: int) -> None:
    """Numbered in order, scattered, and as a zigzag: what naive propagation walks one link at a time."""
    path = [number * step % 1009 for number in range(1009)]
    assert set(labelled(engine, list(itertools.pairwise(path))).values()) == {0}


SHARES = st.lists(st.decimals("0.01", "1", places=2), min_size=1, max_size=4, unique=True).map(sorted)


@FEW
@given(values=st.lists(st.integers(-5, 30), min_size=1, max_size=60), shares=SHARES)
def test_tiers_are_total_disjoint_monotone_and_blind_to_order(
    engine: Engine, values: list[int], shares: list[Decimal]
) -> None:
    cuts = (*(TierCut(f"t{number}", share) for number, share in enumerate(shares)), TierCut("rest", None))
    best_first = sorted(values, reverse=True)
    reached = {cut.name: rank_of(cut.top_share, len(values)) for cut in cuts if cut.top_share is not None}

    def expected(value: int) -> str:
        return next((name for name, rank in reached.items() if rank and value >= best_first[rank - 1]), "rest")

    for order in (values, best_first):
        table = engine.materialise("worth", ibis.memtable({"value_minor": order}))
        tiered = placed(engine, table, cuts, "value_minor").customers
        found = tiered.select("value_minor", "tier").to_pyarrow().to_pylist()
        engine.drop(tiered)
        engine.drop(table)
        assert len(found) == len(values)
        assert {(row["value_minor"], row["tier"]) for row in found} == {(value, expected(value)) for value in values}


IDS = st.text("0019aAexXnN-_./+ é\u200b,", max_size=12) | st.uuids().map(str)


@FEW
@given(st.lists(IDS, min_size=1, max_size=60))
def test_plain_ids_have_the_key_the_thorough_rule_gives(engine: Engine, ids: list[str]) -> None:
    table = ibis.memtable([{"text": text} for text in ids], schema=ibis.schema({"text": "string"}))
    space = ibis.literal("crm")
    thorough = space + "\x1f" + without_decimal_zero(known(clean(table.text)))
    keys = table.select(quick=id_key(space, table.text).cast("string").replace("-", ""), thorough=thorough)
    for row in engine.backend.to_pyarrow(keys).to_pylist():
        text = row["thorough"]
        assert row["quick"] == (None if text is None else f"{number_of(text) // 256:032x}")


def number_of(text: str) -> int:
    return int.from_bytes(hashlib.md5(text.encode()).digest(), "little")
