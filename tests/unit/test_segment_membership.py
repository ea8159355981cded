"""Who is in which segment, who stays, and that a scheme shares everybody out."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activator.config.segments import SegmentSection, scheme_faults
from activator.people.engine import Engine, open_engine
from activator.segments.membership import memberships, moved, moves

TODAY = date(2026, 6, 30)
COLUMNS = {"person": "string", "segment": "string", "since": "date"}  # any key will do here
RULE = {"field": "orders", "at_least": 1}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("scratch")) as opened:
        yield opened


def section(name: str, **more: Any) -> SegmentSection:
    return SegmentSection.model_validate({"name": name, "title": "A title", **more})


def truths(engine: Engine, rows: dict[str, dict[str, bool]]) -> ir.Table:
    columns = sorted({column for row in rows.values() for column in row})
    schema = ibis.schema({"person": "string", **dict.fromkeys(columns, "boolean")})
    table = [{"person": key, **dict.fromkeys(columns, False), **row} for key, row in rows.items()]
    return engine.materialise("truths", ibis.memtable(table, schema=schema))


def before(engine: Engine, *rows: tuple[str, str, date]) -> ir.Table:
    table = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return engine.materialise("before", ibis.memtable(table, schema=ibis.schema(COLUMNS)))


def found(table: ir.Table) -> set[tuple[str, str]]:
    return {(row["person"], row["segment"]) for row in table.to_pyarrow().to_pylist()}


class TestStaying:
    segment = section("at_risk", who={"field": "orders", "at_least": 3}, stay=RULE)

    def test_who_was_in_stays_while_the_second_rule_holds(self, engine: Engine) -> None:
        now = truths(engine, {"a": {"stay_at_risk": True, "in_at_risk": False}, "b": {"stay_at_risk": True}})
        was = before(engine, ("a", "at_risk", date(2026, 1, 1)))
        members = memberships(engine, now, [self.segment], was, TODAY).to_pyarrow().to_pylist()
        assert members == [{"person": "a", "segment": "at_risk", "since": date(2026, 1, 1)}]

    def test_who_was_in_leaves_when_neither_rule_holds(self, engine: Engine) -> None:
        now = truths(engine, {"a": {"in_at_risk": False, "stay_at_risk": False}})
        was = before(engine, ("a", "at_risk", date(2026, 1, 1)))
        assert found(memberships(engine, now, [self.segment], was, TODAY)) == set()

    def test_who_comes_in_is_dated_today(self, engine: Engine) -> None:
        now = truths(engine, {"a": {"in_at_risk": True, "stay_at_risk": True}})
        members = memberships(engine, now, [self.segment], None, TODAY).to_pyarrow().to_pylist()
        assert members[0]["since"] == TODAY

    def test_nobody_flaps_at_the_edge(self, engine: Engine) -> None:
        """Three orders to come in, one to stay: somebody swinging between two and three never leaves."""
        was: ir.Table | None = None
        for orders in (3, 2, 3, 2, 2, 3):
            now = truths(engine, {"a": {"in_at_risk": orders >= 3, "stay_at_risk": orders >= 1}})
            was = memberships(engine, now, [self.segment], was, TODAY)
            assert found(was) == {("a", "at_risk")}


class TestSchemes:
    one, two = section("one", scheme="s", who=RULE), section("two", scheme="s", who=RULE)
    rest = section("rest", scheme="s")

    def test_the_first_that_fits_takes_a_person(self, engine: Engine) -> None:
        now = truths(engine, {"a": {"in_one": True, "in_two": True}, "b": {"in_two": True}, "c": {}})
        members = memberships(engine, now, [self.one, self.two, self.rest], None, TODAY)
        assert found(members) == {("a", "one"), ("b", "two"), ("c", "rest")}

    def test_segments_outside_a_scheme_do_not_take_anybody_away(self, engine: Engine) -> None:
        now = truths(engine, {"a": {"in_one": True, "in_other": True}})
        members = memberships(engine, now, [section("other", who=RULE), self.one, self.rest], None, TODAY)
        assert found(members) == {("a", "other"), ("a", "one")}

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=12))
    def test_everybody_is_in_exactly_one(self, engine: Engine, holds: list[tuple[bool, bool, bool]]) -> None:
        sections = [*(section(name, scheme="s", who=RULE) for name in "xyz"), self.rest]
        now = truths(
            engine,
            {str(n): {f"in_{name}": one for name, one in zip("xyz", row, strict=True)} for n, row in enumerate(holds)},
        )
        people = [person for person, _ in sorted(found(memberships(engine, now, sections, None, TODAY)))]
        assert sorted(people) == sorted(str(n) for n in range(len(holds)))

    @pytest.mark.parametrize(
        ("names", "said"),
        [
            (("one", "two"), "nobody takes the rest"),
            (("one", "rest", "other_rest"), "rest and other_rest both take the rest"),
            (("rest", "one"), "so it must stand last"),
            (("one", "two", "rest"), None),
        ],
    )
    def test_what_keeps_a_scheme_from_sharing_everybody_out(self, names: tuple[str, ...], said: str | None) -> None:
        faults = scheme_faults(
            [section(name, scheme="s", **({} if "rest" in name else {"who": RULE})) for name in names]
        )
        assert len(faults) == (said is not None)
        assert all(said in fault for _, fault in faults if said)


def test_moves_are_counted_by_segment(engine: Engine) -> None:
    was = before(engine, ("a", "x", TODAY), ("b", "x", TODAY), ("c", "y", TODAY))
    now = before(engine, ("a", "x", TODAY), ("d", "x", TODAY), ("e", "x", TODAY))
    assert moves(moved(was, now, TODAY)) == {"x": (2, 1), "y": (0, 1)}
    assert moves(moved(None, now, TODAY)) == {}
