"""Who is one person: shared identifiers, chains of them, and those that are nobody's."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from activator.model.people import Entity, Outcome
from activator.model.sharing import SHARED_CONTACTS_MAX
from activator.people.accounting import ONLY_SHARED, UNREACHABLE_SHARED
from activator.people.engine import Engine, open_engine
from tests.people_relations import GRANTED, build, order, persons, source


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def reception(ids: int) -> list[dict[str, Any]]:
    """Contacts of different ids and names who all left the same phone number."""
    return [
        {"email": f"p{number}@example.com", "phone": "030 1234567", "id_space": "crm", "external_id": str(number)}
        for number in range(ids)
    ]


def test_a_phone_of_a_few_contacts_is_one_person(engine: Engine) -> None:
    found = build(engine, source(Entity.CONTACTS, reception(SHARED_CONTACTS_MAX)), source(Entity.ORDERS, []))
    assert len(persons(found)) == 1


def test_a_phone_of_many_contacts_joins_nobody_and_is_not_sent(engine: Engine) -> None:
    contacts = [row | GRANTED for row in reception(SHARED_CONTACTS_MAX + 1)]
    orders = [order(f"p{number}@example.com", 100) for number in range(len(contacts))]
    found = build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, orders))
    assert len(persons(found)) == len(contacts)
    members = found.members("google").to_pyarrow().to_pylist()
    assert {tuple(member["phones"]) for member in members} == {()}
    assert {len(member["emails"]) for member in members} == {1}


def test_one_contact_found_many_times_is_not_a_reception(engine: Engine) -> None:
    row = {"email": "a@example.com", "phone": "030 1234567", "id_space": "crm", "external_id": "1"}
    found = build(engine, source(Entity.CONTACTS, [row] * 30), source(Entity.ORDERS, []))
    assert len(persons(found)) == 1


def test_rows_with_nothing_but_a_shared_phone_say_so(engine: Engine) -> None:
    contacts = [*reception(SHARED_CONTACTS_MAX + 1), {"phone": "+49 30 1234567"}]
    found = build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, []))
    assert [count.rows for count in found.counts if count.reason == ONLY_SHARED] == [1]


def test_a_customer_reachable_only_by_a_shared_phone_says_so(engine: Engine) -> None:
    contacts = [
        *reception(SHARED_CONTACTS_MAX + 1),
        GRANTED | {"phone": "030 1234567", "id_space": "crm", "external_id": "x"},
    ]
    orders = [order(None, 100, id_space="crm", external_id="x")]
    found = build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, orders))
    told = [(count.outcome, count.rows) for count in found.counts if count.reason == UNREACHABLE_SHARED]
    assert told == [(Outcome.NO_IDENTIFIER, 1)]


def test_the_same_number_in_two_systems_is_two_people(engine: Engine) -> None:
    contacts = [{"id_space": "shop", "external_id": "7"}, {"id_space": "desk", "external_id": "7"}]
    assert len(persons(build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, [])))) == 2


def test_an_id_that_went_through_a_spreadsheet_is_the_same_id(engine: Engine) -> None:
    contacts = [{"id_space": "shop", "external_id": "7"}, {"id_space": "shop", "external_id": " 7.0"}]
    assert len(persons(build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, [])))) == 1


def test_a_hashed_address_is_the_person_whose_address_it_is(engine: Engine) -> None:
    digest = "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a"  # alexz@example.com
    contacts = [{"email": digest.upper(), **GRANTED}, {"email": "AlexZ@example.com", **GRANTED}]
    found = build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, [order("alexz@example.com", 1)]))
    assert len(persons(found)) == 1
    assert found.members("meta").to_pyarrow().to_pylist()[0]["EMAIL"] == digest


def test_a_national_number_is_read_in_the_country_of_its_row_else_in_the_projects(engine: Engine) -> None:
    contacts = [
        {"phone": "0151 23456789"},
        {"phone": "+49 (0)151 23456789"},
        {"phone": "0151 23456789", "country": "Austria"},
    ]
    found = build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, []))
    outcomes = {count.outcome: count.rows for count in found.counts}
    assert outcomes == {Outcome.NOT_A_CUSTOMER: 2, Outcome.MERGED: 1}, "the Austrian number is somebody else's"
    apart = build(engine, source(Entity.CONTACTS, contacts), default_country=None)
    outcomes = {count.outcome: count.rows for count in apart.counts}
    assert outcomes == {Outcome.NOT_A_CUSTOMER: 2, Outcome.NO_IDENTIFIER: 1}, "without a country nothing is guessed"


def test_names_come_from_one_row_and_the_row_that_knows_more_wins(engine: Engine) -> None:
    contacts = [
        {"email": "a@example.com", "first_name": "Wrong", **GRANTED},
        {"email": "a@example.com", "first_name": "Ann", "last_name": "Smith", "postal_code": "10115", "country": "DE"},
    ]
    found = build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, [order("a@example.com", 1)]))
    apart = build(
        engine, source(Entity.CONTACTS, [contacts[1] | GRANTED]), source(Entity.ORDERS, [order("a@example.com", 1)])
    )
    assert [row["member_key"] for row in found.members("google").to_pyarrow().to_pylist()] == [
        row["member_key"] for row in apart.members("google").to_pyarrow().to_pylist()
    ]


def test_a_birthday_to_come_is_not_sent(engine: Engine) -> None:
    contacts = [{"email": "a@example.com", "birth_date": date(2027, 1, 1), **GRANTED}]
    found = build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, [order("a@example.com", 1)]))
    member = found.members("meta").to_pyarrow().to_pylist()[0]
    assert (member["DOBY"], member["DOBM"], member["DOBD"]) == ("", "", "")


def keys(engine: Engine, *contacts: dict[str, Any]) -> set[str]:
    found = build(engine, source(Entity.CONTACTS, list(contacts)), source(Entity.ORDERS, []))
    return {row["person_key"] for row in found.people.select("person_key").to_pyarrow().to_pylist()}


def test_whoever_has_an_id_keeps_their_key_whatever_becomes_of_their_addresses(engine: Engine) -> None:
    ids = [{"id_space": "crm", "external_id": str(number)} for number in range(1, 41)]
    known = keys(engine, *ids)
    mailed = [row | {"email": f"p{number}@example.com"} for number, row in enumerate(ids)]
    phoned = [row | {"phone": f"+49 30 12345{number:02}"} for number, row in enumerate(mailed)]
    moved = [row | {"email": f"q{number}@example.org"} for number, row in enumerate(phoned)]
    for later in (mailed, phoned, moved, moved[::-1]):
        assert keys(engine, *later) == known
