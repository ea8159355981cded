"""What customers are worth: exact, net, in one currency, as of a day."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from activator.errors import ConfigurationError, SourceError
from activator.model.people import Entity
from activator.people.engine import Engine, open_engine
from tests.people_relations import build, order, persons, source


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def customer(engine: Engine, *orders: dict[str, Any], **policy: Any) -> dict[str, Any]:
    """The one person of some orders."""
    (only,) = persons(build(engine, source(Entity.ORDERS, list(orders)), **policy))
    return only


@pytest.mark.parametrize(
    ("currency", "amount_minor", "rate", "value_minor"),
    [
        ("USD", 1, "0.5", 1),  # half a cent rounds away from zero
        ("USD", -1, "0.5", -1),
        ("USD", 1, "0.4999", 0),
        ("JPY", 1000, "0.0061", 610),  # the yen has no minor unit: 1,000 yen are 6.10 euros
        ("KWD", 1000, "3.05", 305),  # the dinar has three decimals: 1.000 dinar is 3.05 euros
        ("USD", 10**15, "1000", 10**18),
    ],
)
def test_an_amount_is_converted_exactly(
    engine: Engine, currency: str, amount_minor: int, rate: str, value_minor: int
) -> None:
    found = customer(engine, order("a@example.com", amount_minor, currency=currency), rates={currency: Decimal(rate)})
    assert found["value_minor"] == value_minor


def test_a_value_is_rounded_once_and_not_per_order(engine: Engine) -> None:
    halves = [order("a@example.com", 1, currency="USD", order_id=str(number)) for number in range(10)]
    assert customer(engine, *halves, rates={"USD": Decimal("0.45")})["value_minor"] == 5  # 10 x 0.45, rounded up


def test_orders_are_counted_not_their_lines_and_not_when_fully_returned(engine: Engine) -> None:
    found = customer(
        engine,
        order("a@example.com", 500, order_id="1"),
        order("a@example.com", 700, order_id="1"),
        order("a@example.com", 300, order_id="2"),
        order("a@example.com", -300, order_id="2"),
        order("a@example.com", 0, order_id="3"),
    )
    assert (found["orders"], found["value_minor"]) == (1, 1200)


def test_orders_without_a_number_are_each_their_own(engine: Engine) -> None:
    assert customer(engine, order("a@example.com", 1), order("a@example.com", 2))["orders"] == 2


def test_a_refund_larger_than_all_orders_leaves_a_negative_value(engine: Engine) -> None:
    assert customer(engine, order("a@example.com", 100), order("a@example.com", -150))["value_minor"] == -50


def test_a_return_is_no_order_and_moves_no_day(engine: Engine) -> None:
    found = customer(
        engine,
        order("a@example.com", 500, order_id="1", ordered_at=datetime(2026, 3, 1)),  # noqa: DTZ001
        order("a@example.com", -400, order_id="2", ordered_at=datetime(2026, 5, 1)),  # noqa: DTZ001
    )
    assert (found["orders"], found["first_order_on"], found["last_order_on"]) == (1, date(2026, 3, 1), date(2026, 3, 1))


def test_an_order_in_lines_is_of_the_day_it_was_placed_unless_all_of_it_came_back(engine: Engine) -> None:
    def line(day: int, minor: int, number: str) -> dict[str, Any]:
        return order("a@example.com", minor, order_id=number, ordered_at=datetime(2026, 3, day))  # noqa: DTZ001

    lines = [line(1, 500, "1"), line(4, -100, "1"), line(9, 700, "2"), line(9, -700, "2")]
    found = customer(engine, *lines)
    assert (found["orders"], found["first_order_on"], found["last_order_on"]) == (1, date(2026, 3, 1), date(2026, 3, 1))


def test_who_only_returns_has_a_value_and_no_order(engine: Engine) -> None:
    found = customer(engine, order("a@example.com", -400))
    assert (found["value_minor"], found["orders"], found["last_order_on"]) == (-400, 0, None)


def test_only_orders_up_to_the_day_count_that_day_included(engine: Engine) -> None:
    found = customer(
        engine,
        order("a@example.com", 1, ordered_at=datetime(2026, 10, 31, 23, 59)),  # noqa: DTZ001
        order("a@example.com", 2, ordered_at=datetime(2026, 11, 1)),  # noqa: DTZ001
        as_of=date(2026, 10, 31),
    )
    assert (found["value_minor"], found["last_order_on"]) == (1, date(2026, 10, 31))


def test_somebody_who_only_ordered_later_is_no_customer_yet(engine: Engine) -> None:
    found = customer(engine, order("a@example.com", 1), as_of=date(2026, 1, 1))
    assert (found["tier"], found["outcome_meta"]) == (None, "not_a_customer")


def test_without_a_day_the_newest_order_gives_it(engine: Engine) -> None:
    orders = [order("a@example.com", 1), order("a@example.com", 2, ordered_at=datetime(2026, 12, 24))]  # noqa: DTZ001
    assert build(engine, source(Entity.ORDERS, orders), as_of=None).as_of == date(2026, 12, 24)


def test_an_order_of_a_day_to_come_neither_counts_nor_makes_everybody_old(engine: Engine) -> None:
    orders = [order("a@example.com", 1), order("a@example.com", 2, ordered_at=datetime(2062, 1, 1))]  # noqa: DTZ001
    built = build(engine, source(Entity.ORDERS, orders), as_of=None, today=date(2026, 11, 29))
    assert built.as_of < date(2026, 11, 29)
    assert [person["value_minor"] for person in persons(built)] == [1]


def test_without_a_day_and_without_orders_nothing_can_be_valued(engine: Engine) -> None:
    with pytest.raises(SourceError, match="no export holds a usable order") as refused:
        build(engine, source(Entity.CONTACTS, [{"email": "a@example.com"}]), as_of=None)
    assert "as_of" in refused.value.next_step


@pytest.mark.parametrize(
    ("currency", "message"),
    [("SEK", "shop, line 3: currency: there is no rate from SEK to EUR"), (None, "shop, line 3: currency: not an ISO")],
)
def test_an_unknown_currency_is_refused_with_source_line_and_fix(
    engine: Engine, currency: str | None, message: str
) -> None:
    orders = [order("a@example.com", 1), order("b@example.com", 1, currency=currency)]
    with pytest.raises(SourceError, match=message) as refused:
        build(engine, source(Entity.ORDERS, orders, "shop"))
    assert refused.value.next_step


def test_a_cell_that_is_no_currency_is_not_shown(engine: Engine) -> None:
    with pytest.raises(SourceError) as refused:
        build(engine, source(Entity.ORDERS, [order("a@example.com", 1, currency="jane@example.com")]))
    assert "jane" not in str(refused.value) + refused.value.next_step


def test_a_rate_that_cannot_be_exact_is_refused(engine: Engine) -> None:
    with pytest.raises(ConfigurationError, match=r"value\.rates\.USD"):
        build(engine, source(Entity.ORDERS, [order("a@example.com", 1)]), rates={"USD": Decimal("0.123456789")})


def test_a_value_beyond_64_bits_is_refused_and_not_cut(engine: Engine) -> None:
    orders = [order("a@example.com", 10**15, currency="USD", order_id=str(number)) for number in range(10)]
    with pytest.raises(SourceError, match="quadrillion"):
        build(engine, source(Entity.ORDERS, orders), rates={"USD": Decimal(1000)})
