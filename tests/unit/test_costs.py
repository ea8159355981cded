"""What serving a customer has cost, by hand, and what it does to the value that decides the tier."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from activator.model.people import Entity
from activator.model.valuing import Basis
from activator.people.costs import Costs
from activator.people.engine import Engine, open_engine
from activator.people.pipeline import CanonicalSource, People
from activator.people.tiers import TierCut
from activator.people.valuation import ValuingPolicy
from tests.people_relations import build, order, persons, source

RATES = Costs(ticket_minor=450, support_hour_minor=3600, onboarding_hour_minor=6000, management_hour_minor=8000)
CASES = (TierCut("high", at_least_minor=5_000), TierCut("rest"))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def at(day: int) -> datetime:
    return datetime(2026, 10, day, 9)  # noqa: DTZ001


def tickets(*rows: tuple[str, int, int | None]) -> CanonicalSource:
    """(who, day of October, minutes)."""
    told = [{"email": f"{who}@example.com", "opened_at": at(day), "minutes": minutes} for who, day, minutes in rows]
    return source(Entity.TICKETS, told)


def company(*people: str) -> CanonicalSource:
    """Contacts of one company."""
    import ibis

    rows = [{"source_row": n, "email": f"{who}@example.com", "account_id": "crm/A1"} for n, who in enumerate(people, 2)]
    plain = source(Entity.CONTACTS, [{"email": row["email"]} for row in rows])
    named = ibis.memtable(rows).select("source_row", account="account_id")
    joined = plain.table.join(named, "source_row").drop("account_id").rename(account_id="account")
    return CanonicalSource("contacts", Entity.CONTACTS, joined)


def accounts(**minutes: Any) -> CanonicalSource:
    return source(Entity.ACCOUNTS, [{"account_id": "crm/A1", **minutes}])


def costs_of(found: People) -> list[int]:
    """Cost to serve of everybody, dearest customer first."""
    told = found.standing().to_pyarrow().to_pylist()
    return [row["cost_to_serve_minor"] for row in sorted(told, key=lambda row: -row["value_minor"])]


def test_tickets_cost_by_number_and_by_time(engine: Engine) -> None:
    orders = source(Entity.ORDERS, [order("a@example.com", 9_000), order("b@example.com", 8_000)])
    said = tickets(("a", 1, 30), ("a", 2, None), ("b", 3, 1))
    found = build(engine, orders, said, valuing=ValuingPolicy(costs=RATES))
    assert costs_of(found) == [2 * 450 + 1_800, 450 + 60]


def test_a_ticket_after_the_day_of_valuation_has_not_cost_anything_yet(engine: Engine) -> None:
    orders = source(Entity.ORDERS, [order("a@example.com", 9_000, ordered_at=at(1))])
    found = build(engine, orders, tickets(("a", 5, None)), as_of=at(4).date(), valuing=ValuingPolicy(costs=RATES))
    assert costs_of(found) == [0]


def test_hours_of_a_company_are_shared_out_evenly_and_rounded_half_up(engine: Engine) -> None:
    orders = source(Entity.ORDERS, [order(f"{who}@example.com", 9_000) for who in "abc"])
    hours = accounts(onboarding_minutes=100, management_minutes=None)
    found = build(engine, company("a", "b", "c"), orders, hours, valuing=ValuingPolicy(costs=RATES))
    assert costs_of(found) == [3_333] * 3  # 100 minutes at 60.00 an hour are 100.00


def test_what_is_not_rated_is_not_counted(engine: Engine) -> None:
    orders = source(Entity.ORDERS, [order("a@example.com", 9_000)])
    policy = ValuingPolicy(costs=Costs(management_hour_minor=8_000))
    hours = accounts(onboarding_minutes=600, management_minutes=30)
    assert costs_of(build(engine, company("a"), orders, tickets(("a", 1, 90)), hours, valuing=policy)) == [4_000]


def test_the_tier_goes_by_value_less_cost(engine: Engine) -> None:
    orders = source(Entity.ORDERS, [order("dear@example.com", 5_400), order("plain@example.com", 5_000)])
    said = tickets(("dear", 1, None))
    without = build(engine, orders, said, tiers=CASES)
    counted = build(engine, orders, said, tiers=CASES, valuing=ValuingPolicy(costs=RATES))
    assert [row["tier"] for row in persons(without)] == ["high", "high"]
    assert [row["tier"] for row in persons(counted)] == ["rest", "high"]
    assert counted.valuing.costs
    assert [(tier.people, tier.value_minor) for tier in counted.tiers] == [(1, 5_000), (1, 4_950)]


def test_a_customer_can_cost_more_than_they_are_worth(engine: Engine) -> None:
    orders = source(Entity.ORDERS, [order("a@example.com", 449)])
    found = build(engine, orders, tickets(("a", 1, None)), valuing=ValuingPolicy(costs=RATES))
    (only,) = found.standing().to_pyarrow().to_pylist()
    assert (only["pattern"], only["worth_minor"]) == ("costs_more_than_worth", -1)


def test_costs_that_go_on_are_expected_again_and_those_of_onboarding_are_not(engine: Engine) -> None:
    spent = [order("a@example.com", 9_000, ordered_at=datetime(2024, 11, 1)) for _ in range(2)]  # noqa: DTZ001
    hours = accounts(onboarding_minutes=60, management_minutes=60)
    policy = ValuingPolicy(Basis.PREDICTED, 365, RATES)
    found = build(engine, company("a"), source(Entity.ORDERS, spent), hours, valuing=policy)
    (only,) = found.standing().to_pyarrow().to_pylist()
    assert only["cost_to_serve_minor"] == 14_000
    assert only["cost_ahead_minor"] == 4_000  # 80.00 over two years
    assert only["worth_minor"] == only["predicted_minor"] - 4_000


@pytest.mark.parametrize("basis", list(Basis))
def test_what_decides_the_tier_is_the_value_that_was_asked_for(engine: Engine, basis: Basis) -> None:
    orders = [
        order(f"{who}@example.com", 1_000 * (who + 1), ordered_at=datetime(2026, month, 1))  # noqa: DTZ001
        for who in range(6)
        for month in range(1, 11, 1 + who % 3)
    ]
    found = build(engine, source(Entity.ORDERS, orders), rates={"USD": Decimal(1)}, valuing=ValuingPolicy(basis))
    for row in found.standing().to_pyarrow().to_pylist():
        expected = {
            Basis.PAST: row["value_minor"],
            Basis.PREDICTED: row["predicted_minor"],
            Basis.BLENDED: row["value_minor"] + row["predicted_minor"],
        }
        assert row["worth_minor"] == expected[basis]
    assert found.valuing.basis is basis
    assert bool(found.valuing.reason) == (basis is not Basis.PAST)
