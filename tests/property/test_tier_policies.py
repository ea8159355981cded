"""Whatever the policy, the limits and the memory: everybody is in exactly one tier, and asking again moves nobody."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from math import ceil
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activator.model.valuing import RFM_NAMES
from activator.people.engine import Engine, open_engine
from activator.people.tiers import STAYS_OPEN, Placed, TierCut, placed

FEW = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


@st.composite
def by_share(draw: st.DrawFn) -> list[TierCut]:
    shares = draw(st.lists(st.integers(2, 98), min_size=1, max_size=4, unique=True).map(sorted))
    width = draw(st.integers(0, 30))
    cuts = []
    for number, share in enumerate(shares):
        enter, stay = Decimal(max(share - width, 1)) / 100, Decimal(min(share + width, 100)) / 100
        own = Decimal(share) / 100
        cuts.append(TierCut(f"t{number}", own, enter if enter < own else None, stay if stay > own else None))
    return cuts


@st.composite
def by_amount(draw: st.DrawFn) -> list[TierCut]:
    amounts = draw(st.lists(st.integers(-5, 30), min_size=1, max_size=4, unique=True).map(lambda a: sorted(a)[::-1]))
    width = draw(st.integers(0, 8))
    return [
        TierCut(f"t{n}", at_least_minor=amount, enter_at_least_minor=amount + width, stay_at_least_minor=amount - width)
        for n, amount in enumerate(amounts)
    ]


@st.composite
def by_name(draw: st.DrawFn) -> list[TierCut]:
    names = draw(st.permutations(RFM_NAMES))
    cut = sorted(draw(st.sets(st.integers(1, 6), min_size=1, max_size=3)))
    parts = [names[low:high] for low, high in zip([0, *cut[:-1]], cut, strict=True)]
    stays = draw(st.lists(st.sampled_from(RFM_NAMES), max_size=2))
    return [TierCut(f"t{n}", rfm=tuple(part), stay_rfm=tuple(stays)) for n, part in enumerate(parts)]


PEOPLE = st.lists(
    st.tuples(
        st.integers(-5, 30), st.sampled_from(RFM_NAMES), st.sampled_from(["t0", "t1", "t2", "t3", "rest", "gone", ""])
    ),
    min_size=1,
    max_size=60,
)


def known(engine: Engine, people: list[tuple[int, str, str]]) -> tuple[ir.Table, ir.Table]:
    rows = [
        {"n": str(uuid.UUID(int=n)), "value_minor": v, "rfm_name": r, "tier": t} for n, (v, r, t) in enumerate(people)
    ]
    schema = ibis.schema({"n": "string", "value_minor": "int64", "rfm_name": "string", "tier": "string"})
    table = engine.materialise("given", ibis.memtable(rows, schema=schema).mutate(person=lambda t: t.n.cast("uuid")))
    return table.select("person", "value_minor", "rfm_name"), table.filter(table.tier != "").select("person", "tier")


def rows(found: Placed) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = found.customers.order_by("person").to_pyarrow().to_pylist()
    return told


@FEW
@given(people=PEOPLE, leading=st.one_of(by_share(), by_amount(), by_name()), minimum=st.integers(0, 12))
def test_everybody_is_in_exactly_one_tier_and_asking_again_moves_nobody(
    engine: Engine, people: list[tuple[int, str, str]], leading: list[TierCut], minimum: int
) -> None:
    cuts = [*[TierCut(**{**vars(cut), "people_min": minimum}) for cut in leading], TierCut("rest")]
    customers, earlier = known(engine, people)
    first = rows(placed(engine, customers, cuts, "value_minor", earlier))
    assert len({row["person"] for row in first}) == len(first) == len(people)
    assert {row["tier"] for row in first} <= {cut.name for cut in cuts}
    if minimum == 0:
        told = engine.materialise("told", placed(engine, customers, cuts, "value_minor", earlier).customers)
        again = rows(placed(engine, customers, cuts, "value_minor", told.select("person", "tier")))
        assert [row["tier"] for row in again] == [row["tier"] for row in first]
    else:
        sizes = [sum(row["tier"] == cut.name for row in first) for cut in cuts[:-1]]
        open_before = {tier for _, _, tier in people}
        least = [ceil(minimum * STAYS_OPEN) if cut.name in open_before else minimum for cut in cuts[:-1]]
        assert all(size == 0 or size >= floor for size, floor in zip(sizes, least, strict=True))


@FEW
@given(people=PEOPLE, leading=st.one_of(by_share(), by_amount()))
def test_who_is_worth_more_and_was_as_well_off_is_in_no_lesser_tier(
    engine: Engine, people: list[tuple[int, str, str]], leading: list[TierCut]
) -> None:
    cuts = [*leading, TierCut("rest")]
    rank = {cut.name: number for number, cut in enumerate(cuts)}
    before = [rank.get(tier) for _, _, tier in people]
    customers, earlier = known(engine, people)
    found = rows(placed(engine, customers, cuts, "value_minor", earlier))
    for (value, _, _), was, row in zip(people, before, found, strict=True):
        for (other_value, _, _), other_was, other in zip(people, before, found, strict=True):
            if was == other_was and value >= other_value:
                assert rank[row["tier"]] <= rank[other["tier"]]
