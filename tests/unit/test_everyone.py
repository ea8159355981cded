"""One row per person with all that is known about value: who is in it, what absences mean, and what is left alone."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from activator.model.people import Entity
from activator.people.engine import Engine, open_engine
from activator.people.pipeline import People
from tests.people_relations import build, order, source

AS_OF = date(2026, 11, 1)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def days_ago(days: int) -> datetime:
    return datetime(2026, 11, 1, 12) - timedelta(days=days)  # noqa: DTZ001


def bought(email: str, *purchases: tuple[int, int], **fields: Any) -> list[dict[str, Any]]:
    """Orders as (days ago, minor units)."""
    return [order(email, minor, ordered_at=days_ago(ago), **fields) for ago, minor in purchases]


def rows(found: People) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = found.standing().to_pyarrow().to_pylist()
    return sorted(told, key=lambda row: (-row["value_minor"], str(row["person"])))


def test_everybody_has_one_row_and_it_is_the_person_of_the_plan(engine: Engine) -> None:
    contacts = [{"email": "a@example.com", "country": "DE"}, {"email": "new@example.com", "country": "AT"}]
    orders = [*bought("a@example.com", (100, 500), (60, 500)), *bought("b@example.com", (10, 300), (10, -100))]
    found = build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, orders))
    told = rows(found)
    assert [(row["value_minor"], row["orders"], row["country"]) for row in told] == [
        (1000, 2, "DE"), (200, 1, None), (0, 0, "AT"),
    ]  # fmt: skip
    assert {row["person"] for row in told} == {row["person"] for row in found.known.to_pyarrow().to_pylist()}
    assert found.standing() is found.standing()


def test_what_is_not_known_of_somebody_who_never_bought_is_null_and_counts_are_nought(engine: Engine) -> None:
    contacts = [{"email": "a@example.com"}, {"email": "b@example.com"}]
    found = rows(
        build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, bought("b@example.com", (5, 9))))
    )
    nobody = found[-1]
    unknown = (
        "tier", "predicted_minor", "predicted_low_minor", "predicted_high_minor", "churn_risk", "first_order_on",
        "last_order_on", "days_since_last_order", "interval_days", "age_days", "r", "f", "m", "rfm", "score",
    )  # fmt: skip
    assert {nobody[name] for name in unknown} == {None}
    assert (nobody["orders"], nobody["value_minor"], nobody["tickets"]) == (0, 0, 0)
    assert [nobody[name] for name in ("activity", "pattern", "growth")] == ["no_order"] * 3
    assert nobody["stage"] == "awareness"


@pytest.mark.parametrize("ago", [89, 90, 91])
def test_days_since_the_last_order_are_whole_days_to_the_day_of_valuation(engine: Engine, ago: int) -> None:
    (only,) = rows(build(engine, source(Entity.ORDERS, bought("a@example.com", (200, 1), (ago, 1)))))
    assert (only["days_since_last_order"], only["age_days"]) == (ago, 200)


def test_a_return_is_no_purchase(engine: Engine) -> None:
    (only,) = rows(build(engine, source(Entity.ORDERS, bought("a@example.com", (200, 900), (50, 900), (3, -100)))))
    assert (only["days_since_last_order"], only["interval_days"], only["value_minor"]) == (50, 150, 1700)


def test_purchases_in_other_currencies_are_days_in_the_projects_own(engine: Engine) -> None:
    from decimal import Decimal

    orders = [*bought("a@example.com", (9, 1000), currency="USD"), *bought("a@example.com", (9, 1000))]
    found = build(engine, source(Entity.ORDERS, orders), rates={"USD": Decimal("0.5")})
    assert [row["net_minor"] for row in found.valuation.days.to_pyarrow().to_pylist()] == [1500]


def test_the_same_customer_by_several_spellings_has_one_rhythm(engine: Engine) -> None:
    orders = [*bought("a@example.com", (40, 1)), *bought(" A@Example.com ", (20, 1)), *bought("A@EXAMPLE.COM", (0, 1))]
    (only,) = rows(build(engine, source(Entity.ORDERS, orders)))
    assert (only["interval_days"], only["days_since_last_order"]) == (20, 0)


def test_the_newest_answer_counts_and_tickets_are_counted(engine: Engine) -> None:
    answers = [
        {"email": "a@example.com", "answered_at": days_ago(30), "score": 10},
        {"email": "a@example.com", "answered_at": days_ago(2), "score": 3},
        {"email": "a@example.com", "answered_at": days_ago(1), "score": None},
        {"email": "a@example.com", "answered_at": days_ago(-5), "score": 9},
    ]
    tickets = [{"email": "a@example.com", "opened_at": days_ago(day), "score": 1} for day in (5, 6, -3)]
    orders = source(Entity.ORDERS, bought("a@example.com", (30, 100)))
    (only,) = rows(build(engine, orders, source(Entity.RESPONSES, answers), source(Entity.TICKETS, tickets)))
    assert (only["score"], only["tickets"]) == (3, 2)


def test_a_visit_to_the_cart_is_consideration_and_an_answer_is_interest(engine: Engine) -> None:
    contacts = [{"email": f"{name}@example.com"} for name in "abc"]
    events = [{"email": "a@example.com", "event": "Cart Viewed", "happened_at": days_ago(1)}]
    answers = [{"email": "b@example.com", "answered_at": days_ago(1), "score": 9}]
    found = build(
        engine, source(Entity.CONTACTS, contacts), source(Entity.EVENTS, events), source(Entity.RESPONSES, answers)
    )
    assert sorted(row["stage"] for row in rows(found)) == ["awareness", "consideration", "interest"]


def test_an_interval_is_never_narrower_than_a_fifth_either_way(engine: Engine) -> None:
    orders = [row for who in range(20) for row in bought(f"{who}@example.com", (100, 1000 + who), (who, 1000))]
    for row in rows(build(engine, source(Entity.ORDERS, orders))):
        assert row["predicted_low_minor"] <= 0.8 * row["predicted_minor"] + 1
        assert row["predicted_high_minor"] >= 1.2 * row["predicted_minor"] - 1
        assert 0 <= row["churn_risk"] <= 1


def test_a_good_customer_who_grows_silent_is_dropping(engine: Engine) -> None:
    """Seen from 30 days earlier; a newcomer then, or somebody who was silent before, does not drop."""
    orders = [
        row for who in range(40) for row in bought(f"{who}@example.com", (200 - who, 900), (1 + who % 20, 100 + who))
    ]
    orders += [row for n in range(6) for row in bought("silent@example.com", (31 + 20 * n, 9_001))]
    orders += bought("gone@example.com", *[(250 + 10 * n, 9_000) for n in range(6)])
    silent, gone, *_ = rows(build(engine, source(Entity.ORDERS, orders)))
    assert (silent["m"], gone["m"]) == (5, 5)
    assert (silent["r_before"], silent["r"], silent["dropping"]) == (5, 1, True)
    assert (gone["r_before"], gone["r"], gone["dropping"]) == (1, 1, False)


def test_a_plan_by_past_value_computes_none_of_it(engine: Engine) -> None:
    found = build(engine, source(Entity.ORDERS, bought("a@example.com", (5, 9))))
    assert not {"days", "tried", "predicted"} & vars(found.valuation).keys()
