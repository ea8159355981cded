"""RFM scores and names. Quantiles and scores of the small examples were worked out by hand."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise, product
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activator.model.valuing import RFM_NAMES as NAMES
from activator.people.engine import Engine, open_engine
from activator.people.rfm import COLUMNS, Cuts, name_of, with_scores

AS_OF = date(2007, 1, 1)
KINDS = {"person": "int64", "last_order_on": "date", "orders": "int64", "value_minor": "int64"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("scratch")) as opened:
        yield opened


def scored(engine: Engine, rows: list[tuple[int, int, int]]) -> tuple[list[dict[str, Any]], tuple[Cuts, ...]]:
    """Scores of customers given as (days since the last order, orders, value in whole units)."""
    table = [
        {"person": n, "last_order_on": AS_OF - timedelta(days=days), "orders": orders, "value_minor": value * 100}
        for n, (days, orders, value) in enumerate(rows)
    ]
    customers = engine.materialise("customers", ibis.memtable(table, schema=ibis.schema(KINDS)))
    found, cuts = with_scores(engine, customers, AS_OF)
    return found.order_by("person").to_pyarrow().to_pylist(), cuts


def test_the_seven_names_share_out_all_125_cells(engine: Engine) -> None:
    cells = [dict(zip("rfm", cell, strict=True)) for cell in product(range(1, 6), repeat=3)]
    table = engine.materialise("cells", ibis.memtable(cells))
    names = Counter(table.select(name=name_of(table.r, table.f, table.m)).to_pyarrow()["name"].to_pylist())
    assert [names[name] for name in ("champions", "loyal", "regular", "new", "cant_lose", "at_risk", "dormant")] == [
        8, 22, 25, 20, 20, 18, 12,
    ]  # fmt: skip
    assert set(names) == set(NAMES)


def test_cuts_are_linear_quantiles_plus_one_unit(engine: Engine) -> None:
    """Ten values 10..100: quantiles (type 7) 28, 46, 64, 82; orders 1..10: 2.8, 4.6, 6.4, 8.2."""
    _, cuts = scored(engine, [(n * 10, n, n * 10) for n in range(1, 11)])
    assert [(cut.measure, [fifth / 5 for fifth in cut.fifths]) for cut in cuts] == [
        ("recency_days", [29, 47, 65, 83]),
        ("orders", [3.8, 5.6, 7.4, 9.2]),
        ("value_minor", [2_900, 4_700, 6_500, 8_300]),
    ]


def test_a_score_begins_at_its_cut_and_recency_is_turned_round(engine: Engine) -> None:
    found, _ = scored(engine, [(n * 10, n, n * 10) for n in range(1, 11)])
    assert [row["monetary_score"] for row in found] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert [row["frequency_score"] for row in found] == [1, 1, 1, 2, 2, 3, 3, 4, 4, 5]
    assert [row["recency_score"] for row in found] == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]


def test_cuts_that_fall_together_give_fewer_scores(engine: Engine) -> None:
    """Nine in ten have bought once: their quantiles are all 1, so frequency has two scores at most."""
    found, cuts = scored(engine, [(n, 1, n) for n in range(1, 10)] + [(1, 7, 5)])
    frequency = next(cut for cut in cuts if cut.measure == "orders")
    assert frequency.merged == 3
    assert [row["frequency_score"] for row in found] == [1] * 9 + [2]


def test_nobody_has_no_cuts(engine: Engine) -> None:
    found, cuts = scored(engine, [])
    assert (found, [cut.fifths for cut in cuts]) == ([], [(), (), ()])


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 9), st.integers(-50, 500)), min_size=1, max_size=60))
def test_equal_values_share_a_score_and_better_ones_never_score_less(
    engine: Engine, rows: list[tuple[int, int, int]]
) -> None:
    found, _ = scored(engine, rows)
    for position, column in enumerate(COLUMNS):
        better = -1 if column == "recency_score" else 1
        pairs = sorted((better * given[position], row[column]) for given, row in zip(rows, found, strict=True))
        for (value, score), (next_value, next_score) in pairwise(pairs):
            assert next_score >= score
            assert next_score == score or next_value > value
    assert all(row["rfm_name"] in NAMES and 1 <= row["recency_score"] <= 5 for row in found)
