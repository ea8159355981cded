"""Where customers stand, on the edges of every label."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import ibis
import pytest

from activator.people.engine import Engine, open_engine
from activator.people.standing import ACTIVITIES, GROWTHS, PATTERNS, STAGES, activity, growth, pattern, rhythm, stage

AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("scratch")) as opened:
        yield opened


def paced(engine: Engine, rows: list[tuple[int, int, int]]) -> dict[int, dict[str, Any]]:
    """The rhythm of purchases given as (person, days ago, net in minor units)."""
    table = [{"person": who, "day": AS_OF - timedelta(days=ago), "net_minor": net} for who, ago, net in rows]
    schema = ibis.schema({"person": "int64", "day": "date", "net_minor": "int64"})
    days = engine.materialise("days", ibis.memtable(table, schema=schema))
    return {row["person"]: row for row in rhythm(engine, days, AS_OF).to_pyarrow().to_pylist()}


def label(engine: Engine, expression: Any, kinds: dict[str, str], *rows: tuple[Any, ...]) -> list[str]:
    table = [{"n": n, **dict(zip(kinds, row, strict=True))} for n, row in enumerate(rows)]
    made = engine.materialise("made", ibis.memtable(table, schema=ibis.schema({"n": "int64", **kinds})))
    found = made.select("n", label=expression(made)).order_by("n").to_pyarrow()
    return list(found["label"].to_pylist())


class TestRhythm:
    def test_the_interval_is_ones_own(self, engine: Engine) -> None:
        found = paced(engine, [(1, 100, 500), (1, 60, 500), (1, 20, 500)])
        assert (found[1]["interval_days"], found[1]["silent_days"], found[1]["age_days"]) == (40, 20, 100)

    def test_who_came_once_has_the_median_of_those_who_came_back(self, engine: Engine) -> None:
        rows = [(1, 30, 1), (1, 10, 1), (2, 50, 1), (2, 10, 1), (3, 70, 1), (3, 10, 1), (4, 5, 1)]
        assert paced(engine, rows)[4]["interval_days"] == 40

    def test_where_nobody_came_back_it_is_a_month(self, engine: Engine) -> None:
        assert paced(engine, [(1, 5, 1)])[1]["interval_days"] == 30

    def test_halves_share_the_value_and_the_middle_day_is_the_first_ones(self, engine: Engine) -> None:
        found = paced(engine, [(1, 100, 500), (1, 50, 300), (1, 49, 200), (1, 10, -100)])
        assert (found[1]["first_half_minor"], found[1]["second_half_minor"]) == (800, 100)

    def test_days_of_returns_alone_make_no_buyer(self, engine: Engine) -> None:
        assert paced(engine, [(1, 10, -100), (2, 10, 100)]).keys() == {2}


def test_activity_by_own_intervals(engine: Engine) -> None:
    kinds = {"silent": "int64", "interval": "float64"}
    rows = [(0, 10.0), (10, 10.0), (11, 10.0), (20, 10.0), (21, 10.0), (40, 10.0), (41, 10.0), (None, None)]
    found = label(engine, lambda t: activity(t.silent, t.interval), kinds, *rows)
    assert found == ["active", "active", "declining", "declining", "dormant", "dormant", "churned", "no_order"]
    assert set(found) == set(ACTIVITIES)


PATTERN = {
    "silent_days": "int64", "interval_days": "float64", "age_days": "int64", "first_half_minor": "int64",
    "second_half_minor": "int64", "value_minor": "int64", "cost_to_serve_minor": "int64",
}  # fmt: skip


def test_the_four_patterns_of_value(engine: Engine) -> None:
    found = label(
        engine,
        pattern,
        PATTERN,
        (5, 10.0, 100, 100, 200, 300, 0),
        (5, 10.0, 100, 100, 199, 299, 0),
        (25, 10.0, 100, 400, 100, 500, 0),
        (20, 10.0, 100, 400, 100, 500, 0),
        (25, 10.0, 100, 400, 101, 501, 0),
        (5, 10.0, 100, 100, 200, 300, 300),
        (5, 10.0, 59, 100, 200, 300, 0),
        (5, 10.0, 60, 100, 200, 300, 0),
        (None, None, None, None, None, 0, 0),
    )
    assert found == [
        "grows_fast", "steady", "big_then_churns", "steady", "steady", "costs_more_than_worth", "too_new", "grows_fast",
        "no_order",
    ]  # fmt: skip
    assert set(found) == set(PATTERNS)


GROWTH = {
    "value_minor": "int64", "age_days": "int64", "silent_days": "int64", "interval_days": "float64",
    "trend_minor": "int64",
}  # fmt: skip


def test_growth_is_the_pace_to_come_against_the_pace_so_far(engine: Engine) -> None:
    paces = [(1_000, 80, 20, 20.0, trend) for trend in (1_151, 1_150, 850, 849)]
    found = label(engine, lambda t: growth(t, 100), GROWTH, *paces, (0, None, None, None, None))
    assert found == ["grow", "flat", "flat", "shrink", "no_order"]
    assert set(found) == set(GROWTHS)


def test_who_has_fallen_silent_grows_by_no_prediction(engine: Engine) -> None:
    """Silent for two own intervals and a day longer; the limit belongs to the better side."""
    found = label(engine, lambda t: growth(t, 100), GROWTH, *[(1_000, 80, silent, 20.0, 9_000) for silent in (40, 41)])
    assert found == ["grow", "flat"]


def test_everybody_is_at_one_of_seven_stages(engine: Engine) -> None:
    kinds = {"orders": "int64", "touches": "int64", "intents": "int64", "score": "int64"}
    rows = [
        (0, 0, 0, None), (0, 1, 0, 10), (0, 1, 1, None), (1, 3, 1, 10), (2, 0, 0, None), (4, 0, 0, 8), (5, 0, 0, None),
        (5, 0, 0, 8), (2, 0, 0, 9),
    ]  # fmt: skip
    found = label(engine, lambda t: stage(t.orders, t.touches, t.intents, t.score), kinds, *rows)
    assert found == [
        "awareness", "interest", "consideration", "purchase", "retention", "retention", "loyalty", "loyalty",
        "advocacy",
    ]  # fmt: skip
    assert set(found) == set(STAGES)
