"""Whatever the rules of a scheme are, and whoever was where before: everybody is in exactly one of its segments."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activator.config.segments import SegmentSection, scheme_faults
from activator.people.engine import Engine, open_engine
from activator.segments.compile import Compiler
from activator.segments.fields import Subjects
from activator.segments.membership import memberships

AS_OF = date(2026, 6, 30)
KINDS = {"person": "int64", "tier": "string", "orders": "int64", "value": "int64", "country": "string"}

people = st.lists(
    st.fixed_dictionaries(
        {
            "tier": st.sampled_from(["high", "low", None]),
            "orders": st.one_of(st.none(), st.integers(0, 6)),
            "value": st.one_of(st.none(), st.integers(-500, 5_000)),
            "country": st.sampled_from(["DE", "AT", None]),
        }
    ),
    min_size=1,
    max_size=15,
)
tests_of_one_thing: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda least: {"field": "orders", "at_least": least}, st.integers(0, 6)),
    st.builds(lambda most: {"field": "value", "at_most": most}, st.integers(-5, 50)),
    st.builds(lambda word: {"field": "country", "is": word}, st.sampled_from(["de", "AT"])),
    st.builds(lambda known: {"field": "country", "filled": known}, st.booleans()),
    st.builds(lambda tier: {"tier": tier}, st.sampled_from(["high", "low"])),
)
rules: st.SearchStrategy[dict[str, Any]] = st.recursive(
    tests_of_one_thing,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=5,
)
staying = st.lists(st.tuples(rules, st.one_of(st.none(), rules)), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("scratch")) as opened:
        yield opened


def scheme(written: list[tuple[dict[str, Any], dict[str, Any] | None]]) -> list[SegmentSection]:
    ruled = [
        {"name": f"s{n}", "title": "A title", "scheme": "s", "who": who, **({"stay": stay} if stay else {})}
        for n, (who, stay) in enumerate(written)
    ]
    return [SegmentSection.model_validate(each) for each in (*ruled, {"name": "rest", "title": "Rest", "scheme": "s"})]


def counted(engine: Engine, rows: list[dict[str, Any]], sections: list[SegmentSection], before: Any) -> Any:
    table = [{"person": number, **row} for number, row in enumerate(rows)]
    made = engine.materialise("people", ibis.memtable(table, schema=ibis.schema(KINDS)))
    truths = engine.materialise("truths", Compiler(engine, Subjects(made, {}, AS_OF), before).table(sections))
    return memberships(engine, truths, sections, before, AS_OF)


@settings(max_examples=25, deadline=None)
@given(people, people, staying)
def test_everybody_is_in_exactly_one_segment(
    engine: Engine, yesterday: list[dict[str, Any]], today: list[dict[str, Any]], written: Any
) -> None:
    sections = scheme(written)
    assert scheme_faults(sections) == []
    before = counted(engine, yesterday, sections, None)
    for found, rows in ((before, yesterday), (counted(engine, today, sections, before), today)):
        assert sorted(found.person.to_pyarrow().to_pylist()) == list(range(len(rows)))


@settings(max_examples=25, deadline=None)
@given(people, rules)
def test_a_rule_and_its_negation_never_select_the_same_person(
    engine: Engine, rows: list[dict[str, Any]], rule: dict[str, Any]
) -> None:
    """What is not known is selected by neither: the two together are at most everybody."""
    both = [
        SegmentSection.model_validate({"name": name, "title": "A title", "who": who})
        for name, who in (("yes", rule), ("no", {"not": rule}))
    ]
    members = counted(engine, rows, both, None).person.to_pyarrow().to_pylist()
    assert len(members) == len(set(members))
