"""Rules over people: who is selected, on the edges of every test."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from activator.config.segments import Action, SegmentSection
from activator.people.engine import Engine, open_engine
from activator.segments.limits import RuleError
from tests.segment_world import AS_OF, World


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("scratch")) as opened:
        yield opened


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


class TestFields:
    def test_no_purchase_in_90_days(self, world: World) -> None:
        for days in (89, 90, 91):
            world.person(days, days_since_last_order=days)
        assert world.who({"field": "days_since_last_order", "at_least": 90}) == [90, 91]

    def test_a_range_holds_both_ends(self, world: World) -> None:
        for age in (24, 25, 34, 35):
            world.person(age, age=age)
        assert world.who({"field": "age", "at_least": 25, "at_most": 34}) == [25, 34]

    def test_money_is_written_in_whole_units(self, world: World) -> None:
        for minor in (9_999, 10_000, 10_001):
            world.person(minor, value=minor)
        assert world.who({"field": "value", "more_than": 100}) == [10_001]
        assert world.who({"field": "value", "at_least": 99.99}) == [9_999, 10_000, 10_001]

    def test_text_is_compared_whatever_its_case(self, world: World) -> None:
        world.person(1, country="DE")
        world.person(2, country="at")
        assert world.who({"field": "country", "is": "de"}) == [1]
        assert world.who({"field": "country", "one_of": ["AT", "CH"]}) == [2]

    def test_dates_and_flags(self, world: World) -> None:
        world.person(1, last_order_on=date(2026, 1, 31), newsletter=True)
        world.person(2, last_order_on=date(2026, 2, 1), newsletter=False)
        assert world.who({"field": "last_order_on", "less_than": "2026-02-01"}) == [1]
        assert world.who({"field": "newsletter", "is": False}) == [2]

    @pytest.mark.parametrize(("days", "found"), [(0, [1]), (29, [1]), (30, [1]), (31, []), (-1, [])])
    def test_a_date_lies_within_the_last_days(self, world: World, days: int, found: list[int]) -> None:
        world.person(1, last_order_on=AS_OF - timedelta(days=days))
        world.person(2)
        assert world.who({"field": "last_order_on", "within_days": 30}) == found

    def test_what_is_not_known_selects_nobody_and_neither_does_its_negation(self, world: World) -> None:
        world.person(1, churn_risk=0.9)
        world.person(2)
        rule = {"field": "churn_risk", "at_least": 0.5}
        assert world.who(rule) == [1]
        assert world.who({"not": rule}) == []
        assert world.who({"field": "churn_risk", "filled": False}) == [2]


class TestCounts:
    @pytest.mark.parametrize(("days", "found"), [(181, [1]), (182, [1]), (183, [])])
    def test_a_window_holds_its_first_day(self, world: World, days: int, found: list[int]) -> None:
        world.person(1)
        world.order(1, days)
        world.order(1, 0)
        assert world.who({"count": "orders", "within_days": 182, "at_least": 2}) == found

    def test_absence_is_a_count_of_none(self, world: World) -> None:
        world.person(1)
        world.person(2)
        world.event(2, 3, "module_completed")
        assert world.who({"count": "events", "is": 0}) == [1]

    def test_completed_the_module_and_did_not_buy(self, world: World) -> None:
        for person in (1, 2):
            world.person(person)
            world.event(person, 9, "module_completed")
        world.order(2, 1)
        finished = {"count": "events", "where": [{"field": "event", "is": "module_completed"}], "at_least": 1}
        assert world.who({"all": [finished, {"count": "orders", "is": 0}]}) == [1]

    def test_spent_over_100_in_the_last_year(self, world: World) -> None:
        for person, amounts in ((1, [10_001]), (2, [10_000]), (3, [6_000, 6_000])):
            world.person(person)
            for amount in amounts:
                world.order(person, 100, amount)
        world.person(4)
        world.order(4, 366, 50_000)
        assert world.who({"sum": "amount", "of": "orders", "within_days": 365, "more_than": 100}) == [1, 3]

    def test_what_happens_after_the_day_of_valuation_is_not_known_yet(self, world: World) -> None:
        world.person(1)
        world.order(1, 0)
        world.order(1, -1)
        assert world.who({"count": "orders", "is": 1}) == [1]

    def test_every_mail_opened(self, world: World) -> None:
        """A share of nothing is not known: who was sent no mail has not opened all of them."""
        for person, opened, sent in ((1, 3, 3), (2, 2, 3), (3, 0, 2), (4, 0, 0)):
            world.person(person)
            for _ in range(sent):
                world.event(person, 5, "email_sent")
            for _ in range(opened):
                world.event(person, 4, "email_opened")
        share = {
            "share": "events",
            "where": [{"field": "event", "is": "email_opened"}],
            "among": [{"field": "event", "is": "email_sent"}],
        }
        assert world.who({**share, "at_least": 1}) == [1]
        assert world.who({**share, "less_than": 1}) == [2, 3]

    def test_an_order_returned_altogether_is_none_though_its_money_counts(self, world: World) -> None:
        world.person(1)
        world.order(1, 3)
        world.order(1, 2, -500)
        assert world.who({"count": "orders", "is": 1}) == [1]
        assert world.who({"sum": "amount", "of": "orders", "is": 5}) == [1]


class TestSequences:
    def test_order_and_span(self, world: World) -> None:
        for person, steps in {
            1: [(5, "pricing"), (3, "demo")],
            2: [(3, "demo"), (2, "pricing")],
            3: [(20, "pricing"), (3, "demo")],
            4: [(20, "pricing"), (4, "pricing"), (3, "demo")],
            5: [(5, "pricing")],
        }.items():
            world.person(person)
            for days, event in steps:
                world.event(person, days, event)
        assert world.who({"sequence": {"events": ["pricing", "demo"], "within_days": 7}}) == [1, 4]
        assert world.who({"sequence": {"events": ["Pricing", "Demo"]}}) == [1, 3, 4]

    def test_tools_spell_an_event_in_their_own_ways(self, world: World) -> None:
        for person, event in ((1, "Added to Cart"), (2, "added-to-cart"), (3, "added_to_cart"), (4, "addedtocart")):
            world.person(person)
            world.event(person, 1, event)
        added = [{"field": "event", "is": "Added To Cart"}]
        assert world.who({"count": "events", "where": added, "at_least": 1}) == [1, 2, 3]

    def test_three_steps_may_repeat_one_event(self, world: World) -> None:
        world.person(1)
        world.person(2)
        for days in (3, 2, 1):
            world.event(1, days, "pricing")
        for days in (3, 1):
            world.event(2, days, "pricing")
        assert world.who({"sequence": {"events": ["pricing"] * 3}}) == [1]


TOWER = {"latitude": 52.520817, "longitude": 13.409419}


class TestGeography:
    """Berlin's television tower; Alexanderplatz is 0.31 km away, Potsdam some 27 km."""

    def test_a_circle(self, world: World) -> None:
        world.person(1, latitude=52.521918, longitude=13.413215)
        world.person(2, latitude=52.390569, longitude=13.064473)
        world.person(3)
        assert world.who({"near": {**TOWER, "miles": 2}}) == [1]
        assert world.who({"near": {**TOWER, "kilometres": 28}}) == [1, 2]

    def test_who_is_nowhere_known_is_in_no_circle_and_outside_none(self, world: World) -> None:
        world.person(1, latitude=52.521918, longitude=13.413215)
        world.person(2, latitude=48.1, longitude=11.5)
        world.person(3)
        assert world.who({"not": {"near": {**TOWER, "miles": 2}}}) == [2]
        assert world.who({"near": {**TOWER, "kilometres": 20_038}}) == [1, 2]

    def test_the_radius_is_a_great_circle(self, world: World) -> None:
        """One degree along the equator is 111.195 km."""
        world.person(1, latitude=0.0, longitude=180.5)
        world.person(2, latitude=0.0, longitude=-179.5)
        circle = {"latitude": 0, "longitude": 179.5}
        assert world.who({"near": {**circle, "kilometres": 111.19}}) == []
        assert world.who({"near": {**circle, "kilometres": 111.2}}) == [1, 2]


class TestCombinations:
    def test_other_segments_whatever_the_order_written(self, world: World) -> None:
        world.person(1, orders=5, days_since_last_order=100)
        world.person(2, orders=5, days_since_last_order=10)
        found = world.select(
            {"name": "lost_vip", "who": {"all": [{"segment": "vip"}, {"segment": "quiet"}]}},
            {"name": "vip", "who": {"field": "orders", "at_least": 5}},
            {"name": "quiet", "who": {"field": "days_since_last_order", "at_least": 90}},
        )
        assert (found["in_lost_vip"], found["in_vip"]) == ([1], [1, 2])

    def test_a_segment_of_a_scheme_is_who_it_really_takes(self, world: World) -> None:
        """Person 2 fits the second segment too, but the first one of the scheme has them."""
        world.person(1, orders=1)
        world.person(2, orders=5)
        world.person(3, orders=0)
        found = world.select(
            {"name": "often", "scheme": "s", "who": {"field": "orders", "at_least": 5}},
            {"name": "once", "scheme": "s", "who": {"field": "orders", "at_least": 1}},
            {"name": "never", "scheme": "s"},
            {"name": "of_once", "who": {"segment": "once"}},
            {"name": "of_rest", "who": {"segment": "never"}},
        )
        assert (found["in_of_once"], found["in_of_rest"]) == ([1], [3])

    def test_tiers(self, world: World) -> None:
        world.person(1, tier="high")
        world.person(2, tier=None)
        assert world.who({"tier": "high"}) == [1]
        assert world.who({"not": {"tier": "high"}}) == [2]

    def test_any_and_not(self, world: World) -> None:
        for number in (1, 2, 3):
            world.person(number, orders=number)
        one, three = {"field": "orders", "is": 1}, {"field": "orders", "is": 3}
        assert world.who({"any": [one, three]}) == [1, 3]
        assert world.who({"not": {"any": [one, three]}}) == [2]


@pytest.mark.parametrize(
    ("rule", "path", "said", "fix"),
    [
        ({"field": "odrers", "is": 1}, (0, "who", "field"), "there is no field `odrers`", "Did you mean `orders`?"),
        ({"field": "orders", "is": "five"}, (0, "who", "is"), "is compared with a number", "Write a number, e.g. 5."),
        ({"field": "value", "at_least": 1.005}, (0, "who", "at_least"), "more decimals", "Write an amount"),
        ({"field": "last_order_on", "is": "soon"}, (0, "who", "is"), "is compared with a date", "2026-01-31"),
        ({"field": "orders", "within_days": 3}, (0, "who", "within_days"), "`orders` is no date", "at_least"),
        ({"field": "industry", "is": "x"}, (0, "who", "field"), "no export of the project says `industry`", "accounts"),
        ({"count": "tickets", "is": 0}, (0, "who", "count"), "reads no tickets", "Add an export of tickets"),
        (
            {"any": [{"tier": "x"}, {"sum": "currency", "of": "orders", "is": 1}]},
            (0, "who", "any", 1, "sum"),
            "no number of orders `currency`",
            "Known: amount, order_amount.",
        ),
        (
            {"count": "orders", "where": [{"field": "amout", "is": 1}], "is": 1},
            (0, "who", "where", 0, "field"),
            "no field of orders `amout`",
            "Did you mean `amount`?",
        ),
        ({"segment": "s1"}, (0, "who"), "there is no segment `s1`", "Known: s0."),
        ({"segment": "s0"}, (0,), "in a circle: s0 -> s0", "Break the circle."),
    ],
)
def test_a_rule_that_makes_no_sense_says_where_and_how_to_mend_it(
    world: World, rule: dict[str, Any], path: tuple[Any, ...], said: str, fix: str
) -> None:
    world.person(1, orders=1)
    world.order(1, 1)
    with pytest.raises(RuleError) as caught:
        world.who(rule)
    assert caught.value.path == path
    assert said in caught.value.message
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, "say exactly one of all, any, not"),
        ({"field": "orders"}, "`field` needs one of is, is_not"),
        ({"tier": "high", "is": 1}, "`tier` takes no limit"),
        ({"field": "orders", "tier": "high", "is": 1}, "here are field and tier"),
        ({"sum": "amount", "is": 1}, "`sum` and `of` go together"),
        (
            {"field": "orders", "where": [{"field": "amount", "is": 1}], "is": 1},
            "`where` belongs to .*, not to `field`",
        ),
        ({"share": "events", "at_least": 1}, "`share` and `among` go together"),
        ({"tier": "high", "within_days": 3}, "`within_days` belongs to .*, not to `tier`"),
        ({"near": {"latitude": 1, "longitude": 1}}, "either `kilometres` or `miles`"),
    ],
)
def test_a_rule_says_one_thing(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SegmentSection.model_validate({"name": "s", "title": "A title", "who": rule})


def offering(offer: str, **said: Any) -> dict[str, Any]:
    return {"message": "Hello", "frequency": "once", "owner": "CRM", "offer": offer, "success": "orders", **said}


class TestDiscounts:
    """Who bought within three days of their first visit buys without one."""

    def test_quick_buyers_are_left_out_and_those_of_whom_nothing_is_known_are_not(self, world: World) -> None:
        for number, days in enumerate((0, 3, 4, None)):
            world.person(number, orders=1, days_to_first_order=days)
        said = {"who": {"field": "orders", "at_least": 1}, "stay": {"field": "orders", "at_least": 0}}
        found = world.select({**said, "action": offering("5 %", discount=True)}, {**said, "action": offering("5 %")})
        assert found == {"in_s0": [2, 3], "stay_s0": [2, 3], "in_s1": [0, 1, 2, 3], "stay_s1": [0, 1, 2, 3]}

    @pytest.mark.parametrize(
        ("offer", "is_one"),
        [
            ("10 % once", True),
            ("a voucher", True),
            ("none, but a discount for friends", True),
            ("20% Rabatt", True),
            ("access, not discounts", False),
            ("none, or a service instead of a discount", False),
            ("a gift with the next order", False),
        ],
    )
    def test_the_words_of_an_offer(self, offer: str, is_one: bool) -> None:
        assert Action.model_validate(offering(offer)).reads_as_discount is is_one

    def test_the_rest_of_a_scheme_leaves_nobody_out(self) -> None:
        rest = {"name": "rest", "title": "Greet them", "scheme": "care", "action": offering("5 %", discount=True)}
        with pytest.raises(ValidationError, match="the rest of a scheme takes all"):
            SegmentSection.model_validate(rest)
