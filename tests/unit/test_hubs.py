"""Identifiers that are nobody's: by how many people there is evidence of, not by how often they occur."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from activator.model.people import Entity
from activator.model.sharing import HubCount, HubKind
from activator.people.engine import Engine, open_engine
from tests.people_relations import order, source
from tests.people_rows import Case, cases, joined

LIMIT = 4


def phone(case: int) -> str:
    return f"030 12345{case:02}"


def contacts(case: int, number: int, **told: str) -> list[dict[str, Any]]:
    """Contacts with one phone, told apart by what stands in braces."""
    rows = [{key: value.format(n) for key, value in told.items()} for n in range(number)]
    return [{"phone": phone(case), **row} for row in rows]


def colleagues(case: int, **change: Any) -> list[dict[str, Any]]:
    """Two contacts with one phone who have nothing else in common, unless change says so."""
    first = {"email": f"a{case}@firm.example", "first_name": "Ann", "last_name": "Lee", "phone": phone(case)}
    second = {"email": f"b{case}@firm.example", "first_name": "Bo", "last_name": "Berg", "phone": phone(case)}
    return [first, second | change]


def role(name: str, people: int) -> list[dict[str, Any]]:
    return [{"email": f"{name}@firm.example", "id_space": "crm", "external_id": f"{name}{n}"} for n in range(people)]


CONTACTS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "as many ids as the limit": (contacts(1, LIMIT, id_space="crm", external_id="1-{}"), "AAAA"),
    "one id more": (contacts(2, LIMIT + 1, id_space="crm", external_id="2-{}"), "ABCDE"),
    "one name more": (contacts(3, LIMIT + 1, first_name="Ann", last_name="Name{}"), "-----"),
    "one address more": (contacts(4, LIMIT + 1, email="p{}@case4.example"), "ABCDE"),
    "one birth date more": ([{"phone": phone(5), "birth_date": date(1980, 1, n + 2)} for n in range(5)], "-----"),
    "one contact many times": (contacts(6, 3 * LIMIT, id_space="crm", external_id="6", first_name="A"), "A" * 12),
    "one person spelt and reached in several ways": (
        [
            {"email": "ann7@example.com", "phone": f"0151 2345678{number}", "first_name": name, "last_name": "Lee"}
            for number in range(3)
            for name in ("Ann", "Anne", "A.")
        ],
        "A" * 9,
    ),
    "one name in other letters": (
        [
            {"email": "jose8@example.com", "first_name": name, "last_name": "Lee"}
            for name in ("JOSÉ", "José", " jose ", "Jose'", "josé", "Jose")
        ],
        "A" * 6,
    ),
    "a role address of three": (role("info", 3), "ABC"),
    "a role address of two": (role("sales", 2), "AA"),
    "a role address in another language": (role("kontakt", 3), "ABC"),
    "an address that only begins like a role": (role("information", 3), "AAA"),
    "colleagues who share a phone": (colleagues(9), "AB"),
    "a family that shares a phone": (colleagues(10, last_name="Lee"), "AA"),
    "one name turned round": (colleagues(11, first_name="Lee", last_name="Ann"), "AA"),
    "half a name": (colleagues(12, first_name=None), "AA"),
    "two names at one address": (colleagues(13, email="a13@firm.example"), "AA"),
}
ORDERS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "a marketplace's relay": (
        [order("relay@market.example", 1, phone=f"0151 2345678{number}") for number in range(LIMIT + 1)],
        "ABCDE",
    ),
    "guest orders numbered one by one": (
        [order("guest@example.com", 1, id_space="shop", external_id=str(number)) for number in range(LIMIT + 1)],
        "AAAAA",
    ),
    "parcels to somebody else": (
        [
            order("giver@example.com", 1, phone=phone(20), first_name="Ann", last_name="Lee"),
            order("giver2@example.com", 1, phone=phone(20), first_name="Bo", last_name="Berg"),
        ],
        "AA",
    ),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


@pytest.fixture(scope="module")
def ended(engine: Engine) -> dict[str, Case]:
    found = cases(engine, Entity.CONTACTS, {name: rows for name, (rows, _) in CONTACTS.items()}, LIMIT)
    return found | cases(engine, Entity.ORDERS, {name: rows for name, (rows, _) in ORDERS.items()}, LIMIT)


@pytest.mark.parametrize("name", [*CONTACTS, *ORDERS])
def test_who_is_who(ended: dict[str, Case], name: str) -> None:
    assert "".join(ended[name].people) == (CONTACTS | ORDERS)[name][1]


def test_what_is_nobodys_is_taken_from_every_row_and_marked(ended: dict[str, Case]) -> None:
    assert all(row["phone_key"] is None and row["shared"] for row in ended["one address more"].rows)
    assert not any(row["shared"] for row in ended["as many ids as the limit"].rows)


def test_hubs_are_counted_by_kind_and_not_named(engine: Engine) -> None:
    rows = [*colleagues(1), *role("info", 3), *contacts(2, 11, email="p{}@example.com")]
    found, _ = joined(engine, source(Entity.CONTACTS, rows))
    assert found.sharing.hubs == (
        HubCount(HubKind.ROLE_EMAIL, identifiers=1, rows=3),
        HubCount(HubKind.PHONE, identifiers=1, rows=11),
        HubCount(HubKind.STRANGERS_PHONE, identifiers=1, rows=2),
    )
