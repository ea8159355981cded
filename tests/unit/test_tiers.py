"""Value tiers: the rank rule, ties, empty tiers, and what is said about each."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from activator.model.people import Entity, TierSummary
from activator.people.engine import Engine, open_engine
from activator.people.tiers import TierCut, rank_of
from tests.people_relations import TIERS, build, order, persons, source


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("share", "customers", "rank"), [("0.2", 10, 2), ("0.2", 2, 0), ("0.25", 10, 3), ("0.5", 1, 1), ("0.2", 0, 0)]
)
def test_a_share_reaches_a_rank_half_rounded_up(share: str, customers: int, rank: int) -> None:
    assert rank_of(Decimal(share), customers) == rank


def tiers_of(engine: Engine, values: list[int], tiers: tuple[TierCut, ...] = TIERS) -> list[str]:
    orders = [order(f"p{number}@example.com", value) for number, value in enumerate(values)]
    return [person["tier"] for person in persons(build(engine, source(Entity.ORDERS, orders), tiers=tiers))]


def test_a_tie_at_the_cut_goes_up_and_the_next_tier_gets_fewer(engine: Engine) -> None:
    assert tiers_of(engine, [9, 8, 8, 8, 8, 3, 2, 1, 0, -1]) == ["high"] * 5 + ["rest"] * 5


def test_a_share_that_reaches_nobody_leaves_its_tier_empty(engine: Engine) -> None:
    assert tiers_of(engine, [5, 4]) == ["mid", "rest"]


def test_one_tier_of_everybody(engine: Engine) -> None:
    assert tiers_of(engine, [3, 1], (TierCut("all", None),)) == ["all", "all"]


def test_nobody_bought_anything_yet(engine: Engine) -> None:
    found = build(engine, source(Entity.CONTACTS, [{"email": "a@example.com"}]))
    assert [person["tier"] for person in persons(found)] == [None]
    assert found.tiers == tuple(TierSummary(tier.name, 0, 0, 0, 0) for tier in TIERS)


def test_each_tier_says_its_people_and_money(engine: Engine) -> None:
    orders = [order(f"p{number}@example.com", value) for number, value in enumerate([500, 300, 200, 100, -50])]
    found = build(engine, source(Entity.ORDERS, orders))
    assert found.tiers == (
        TierSummary("high", 1, 500, 500, 500),
        TierSummary("mid", 2, 500, 200, 300),
        TierSummary("rest", 2, 50, -50, 100),
    )
