"""Every shipped segment on the edges of its rule, and complete with what is done for it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from activator.config.documents import parse_document
from activator.config.segments import SegmentSection
from activator.people.engine import Engine, open_engine
from mappings.segment_library import completed, shipped_segments
from tests.segment_world import World


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("scratch")) as opened:
        yield opened


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


# Segment -> field, values tried, those selected.
BY_FIELD: dict[str, tuple[str, list[Any], list[Any]]] = {
    "at_risk": ("days_since_last_order", [89, 90, 91], [90, 91]),
    "loyal_vips": ("orders", [4, 5, 6], [5, 6]),
    "new_subscribers": ("orders", [0, 1], [0]),
    "first_time_buyers": ("orders", [0, 1, 2], [1]),
    "slow_deciders": ("days_to_first_order", [3, 4, 14], [4, 14]),
    "declining": ("activity", ["active", "declining", "dormant"], ["declining"]),
    "big_then_churned": ("pattern", ["big_then_churns", "steady"], ["big_then_churns"]),
    "promoters": ("score", [8, 9, 10], [9, 10]),
    "costly_to_serve": ("pattern", ["costs_more_than_worth", "steady"], ["costs_more_than_worth"]),
    "growing_fast": ("pattern", ["grows_fast", "steady"], ["grows_fast"]),
}


@pytest.mark.parametrize("name", BY_FIELD)
def test_a_segment_by_a_field(world: World, name: str) -> None:
    field, values, selected = BY_FIELD[name]
    for number, value in enumerate(values):
        world.person(number, **{field: value})
    assert world.library(name) == [values.index(value) for value in selected]


# Segment -> for each person (days ago, amount in cents) of the orders; persons selected.
BY_ORDERS: dict[str, tuple[list[list[tuple[int, int]]], list[int]]] = {
    "three_in_six_months": (
        [[(0, 100), (1, 100), (182, 100)], [(0, 100), (1, 100), (183, 100)], [(0, 100), (1, 100)]],
        [0],
    ),
    "two_in_six_months": ([[(0, 100), (181, 100)], [(0, 100), (182, 100)], [(0, 100), (183, 100)]], [0, 1]),
    "spent_over_100_in_a_year": (
        [[(0, 10_000)], [(0, 10_001)], [(365, 10_001)], [(366, 10_001)], [(5, 6_000), (9, 6_000)]],
        [1, 2, 4],
    ),
}


@pytest.mark.parametrize("name", BY_ORDERS)
def test_a_segment_by_orders(world: World, name: str) -> None:
    people, selected = BY_ORDERS[name]
    for number, orders in enumerate(people):
        world.person(number, orders=len(orders))
        for days, amount in orders:
            world.order(number, days, amount)
    assert world.library(name) == selected


# Segment -> for each person: events as (days ago, name), orders as days ago; persons selected.
BY_EVENTS: dict[str, tuple[list[tuple[list[tuple[float, str]], list[int]]], list[int]]] = {
    "cart_abandoners": (
        [
            ([(7, "add_to_cart")], []),
            ([(8, "add_to_cart")], []),
            ([(1, "add_to_cart")], [1]),
            ([(1, "add_to_cart"), (0, "purchase")], []),
            ([(1, "checkout_started")], [8]),
            ([(1, "page_viewed")], []),
        ],
        [0, 4],
    ),
    "new_trials": ([([(2, "trial_started")], []), ([(3, "trial_started")], []), ([(1, "login")], [])], [0]),
    "running_trials": (
        [([(14, "trial_started")], []), ([(15, "trial_started")], []), ([(3, "trial_started")], [1])],
        [0],
    ),
    "finished_free_module": (
        [([(99, "module_completed")], []), ([(99, "module_completed")], [1]), ([(1, "module_started")], [])],
        [0],
    ),
    "power_users": ([([(30, "used")] * 20, []), ([(30, "used")] * 19, []), ([(31, "used")] * 20, [])], [0]),
    "comparing_prices": (
        [
            ([(14, "pricing_viewed"), (1, "pricing_viewed"), (0, "pricing_viewed")], []),
            ([(15, "pricing_viewed"), (1, "pricing_viewed"), (0, "pricing_viewed")], []),
        ],
        [0],
    ),
    "ready_to_talk": (
        [
            ([(8, "pricing_viewed"), (1, "demo_viewed")], []),
            ([(9, "pricing_viewed"), (1, "demo_viewed")], []),
            ([(1, "pricing_viewed"), (2, "demo_viewed")], []),
        ],
        [0],
    ),
    "five_orders_and_opens_everything": (
        [
            ([(3, "email_sent"), (2, "email_opened")], [1, 2, 3, 4, 182]),
            ([(3, "email_sent"), (2, "email_opened")], [1, 2, 3, 4, 183]),
            ([(4, "email_sent"), (3, "email_sent"), (2, "email_opened")], [1, 2, 3, 4, 5]),
            ([(1, "login")], [1, 2, 3, 4, 5]),
        ],
        [0],
    ),
}


@pytest.mark.parametrize("name", BY_EVENTS)
def test_a_segment_by_events(world: World, name: str) -> None:
    people, selected = BY_EVENTS[name]
    for number, (events, orders) in enumerate(people):
        world.person(number, orders=len(orders))
        for days, event in events:
            world.event(number, days, event)
        for days in orders:
            world.order(number, days)
    world.person(len(people), orders=0)
    world.order(len(people), 900)  # so that there is an export of orders at all
    assert world.library(name) == selected


def test_no_shipped_segment_is_without_a_test() -> None:
    assert shipped_segments().keys() == BY_FIELD.keys() | BY_ORDERS.keys() | BY_EVENTS.keys()


@pytest.mark.parametrize("name", shipped_segments())
def test_something_is_done_for_every_shipped_segment(name: str) -> None:
    assert shipped_segments()[name].action is not None


def taken(**own: Any) -> SegmentSection:
    section = SegmentSection.model_validate({"name": "mine", "like": "at_risk", **own})
    return completed([section], parse_document(Path("activator.yaml"), b"version: 1"))[0]


def test_what_is_left_out_is_taken_over() -> None:
    mine, shipped = taken(persona="Somebody who forgot us"), shipped_segments()["at_risk"]
    assert (mine.name, mine.persona) == ("mine", "Somebody who forgot us")
    assert (mine.who, mine.stay, mine.action, mine.title) == (
        shipped.who, shipped.stay, shipped.action, shipped.title,
    )  # fmt: skip


def test_the_rule_for_staying_comes_only_with_the_rule_it_belongs_to() -> None:
    assert taken(who={"field": "orders", "at_least": 3}).stay is None
