"""From rows to people: who is one person, what they are worth, which tier they are in, and where each row ended."""

import hashlib
import itertools
import random
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activator.errors import SourceError
from activator.model.people import Entity, Outcome
from activator.people.engine import Engine, open_engine
from activator.people.pipeline import People, PeoplePolicy, build_people
from tests.people_relations import GRANTED, TIERS, source


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def contact(**fields: Any) -> dict[str, Any]:
    return {**GRANTED, **fields}


def order(email: str, euros: int, **fields: Any) -> dict[str, Any]:
    return {
        "order_id": f"{email}{euros}",
        "email": email,
        "ordered_at": datetime(2026, 10, 1),  # noqa: DTZ001 - canonical instants are UTC without a zone
        "amount_minor": euros * 100,
        "currency": "EUR",
        **fields,
    }


def people(engine: Engine, contacts: list[dict[str, Any]], orders: list[dict[str, Any]], **policy: Any) -> People:
    settings: dict[str, Any] = {"as_of": date(2026, 11, 1), "currency": "EUR", "rates": {}, "tiers": TIERS}
    sources = [source(Entity.CONTACTS, contacts), source(Entity.ORDERS, orders)]
    return build_people(engine, sources, PeoplePolicy(default_country="DE", **(settings | policy)))


def rows(found: People) -> list[dict[str, Any]]:
    return sorted(found.people.to_pyarrow().to_pylist(), key=lambda person: -(person["value_minor"] or 0))


def test_shared_identifiers_make_one_person_however_many_steps_apart(engine: Engine) -> None:
    found = people(
        engine,
        [
            contact(email="a@example.com", phone="0151 23456789"),
            contact(phone="+49 151 23456789", id_space="crm", external_id="7"),
            contact(email="B@example.com", id_space="crm", external_id="7"),
        ],
        [order("b@example.com", 10), order("a@example.com", 5)],
    )
    assert [person["value_minor"] for person in rows(found)] == [1500]


def test_gmail_spellings_are_one_inbox_and_other_domains_are_not(engine: Engine) -> None:
    orders = [
        order("j.doe@gmail.com", 1),
        order("jdoe+x@gmail.com", 2),
        order("j.doe@example.com", 4),
        order("jdoe@example.com", 8),
    ]
    assert [person["value_minor"] for person in rows(people(engine, [], orders))] == [800, 400, 300]


def test_grouping_equals_a_union_find_whatever_the_order_of_rows(engine: Engine) -> None:
    dice = random.Random(7)
    contacts = [
        contact(
            email=f"p{dice.randrange(30)}@example.com" if dice.random() < 0.7 else None,
            id_space="crm",
            external_id=str(dice.randrange(30)),
        )
        for _ in range(40)
    ]
    parent = {key: key for row in contacts for key in (row["email"], row["external_id"]) if key}

    def root(key: str) -> str:
        return key if parent[key] == key else root(parent[key])

    for row in contacts:
        keys = [key for key in (row["email"], row["external_id"]) if key]
        for first, second in itertools.pairwise(keys):
            parent[root(first)] = root(second)
    expected = len({root(key) for key in parent})
    first = {person["person_key"] for person in rows(people(engine, contacts, [order("z@example.com", 1)]))}
    dice.shuffle(contacts)
    second = {person["person_key"] for person in rows(people(engine, contacts, [order("z@example.com", 1)]))}
    assert len(first) == expected + 1
    assert first == second, "keys do not depend on the order of rows"


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        (("granted", "granted"), Outcome.MEMBER),
        (("granted", "denied"), Outcome.NO_CONSENT),
        (("granted", "unknown"), Outcome.MEMBER),
        (("unknown", "unknown"), Outcome.NO_CONSENT),
    ],
)
def test_the_strictest_answer_of_a_person_counts(engine: Engine, answers: tuple[str, str], outcome: Outcome) -> None:
    contacts = [
        {"email": "a@example.com", "consent_ad_user_data": answer, "consent_ad_personalization": answer}
        for answer in answers
    ]
    found = rows(people(engine, contacts, [order("a@example.com", 1)]))
    assert [(person["outcome_meta"], person["outcome_google"]) for person in found] == [(outcome, outcome)]


def test_value_is_net_of_returns_and_in_one_currency(engine: Engine) -> None:
    orders = [
        order("a@example.com", 100),
        order("a@example.com", -40, order_id="return"),
        order("a@example.com", 10, order_id="dollars", currency="USD"),
        order("a@example.com", 999, order_id="later", ordered_at=datetime(2026, 12, 1)),  # noqa: DTZ001
    ]
    found = people(engine, [contact(email="a@example.com")], orders, rates={"USD": Decimal("0.92")})
    assert [person["value_minor"] for person in rows(found)] == [6000 + 920]


def test_a_currency_without_a_rate_is_refused_with_its_line(engine: Engine) -> None:
    with pytest.raises(SourceError, match="line 2"):
        people(engine, [], [order("a@example.com", 1, currency="SEK")])


@pytest.mark.parametrize("count", [1, 2, 3, 10, 23])
def test_tiers_are_total_and_disjoint_and_the_best_are_in_the_first(engine: Engine, count: int) -> None:
    found = people(engine, [], [order(f"p{number}@example.com", number) for number in range(1, count + 1)])
    tiers = [person["tier"] for person in rows(found)]
    assert len(tiers) == count
    assert tiers == sorted(tiers, key=["high", "mid", "rest"].index)
    assert tiers.count("high") == round(count * 0.2)


def test_equal_values_are_never_split(engine: Engine) -> None:
    found = people(engine, [], [order(f"p{number}@example.com", 50) for number in range(10)])
    assert {person["tier"] for person in rows(found)} == {"high"}


def test_every_row_ends_once(engine: Engine) -> None:
    found = people(
        engine,
        [
            contact(email="a@example.com"),
            contact(email="A@EXAMPLE.com"),
            contact(email="nobody-knows"),
            contact(email="b@example.com"),
            contact(email="c@example.com", invalid_reason="birth_date: not a date"),
        ],
        [order("a@example.com", 1)],
    )
    counts = {(count.source, count.outcome): count.rows for count in found.counts}
    assert counts == {
        ("contacts", Outcome.MEMBER): 1,
        ("contacts", Outcome.MERGED): 1,
        ("contacts", Outcome.NO_IDENTIFIER): 1,
        ("contacts", Outcome.NOT_A_CUSTOMER): 1,
        ("contacts", Outcome.INVALID): 1,
        ("orders", Outcome.MERGED): 1,
    }


def test_one_member_row_per_person_and_an_address_only_when_whole(engine: Engine) -> None:
    found = people(
        engine,
        [
            contact(
                email="a@example.com",
                email_2="a2@example.com",
                first_name="Zoë",
                last_name="Müller",
                postal_code="10115",
                country="Germany",
            ),
            contact(email="b@example.com", first_name="Bo", country="DE"),
        ],
        [order("a@example.com", 2), order("b@example.com", 1)],
    )
    google = {row["region_code"]: row for row in found.members("google").to_pyarrow().to_pylist()}
    assert len(google) == 2
    assert len(google["DE"]["emails"]) == 2
    assert google[""]["given_name"] == "", "three parts of an address are worth nothing"
    meta = found.members("meta").to_pyarrow().to_pylist()
    assert len({row["person_key"] for row in meta}) == len(meta) == 2
    assert all(len(row["EMAIL"]) == 64 for row in meta)


def test_what_is_sent_for_several_addresses_and_phones_does_not_depend_on_the_order_of_rows(engine: Engine) -> None:
    contacts = [
        contact(email="a@example.com", phone="+49 30 901820", id_space="crm", external_id="7"),
        contact(email="b@example.com", phone="+49 30 901821", id_space="crm", external_id="7"),
        contact(email="c@example.com", email_2="a2@example.com", id_space="crm", external_id="7"),
    ]
    orders = [order("a@example.com", 2), order("d@example.com", 1, id_space="crm", external_id="7")]
    sent = [
        [people(engine, listed, orders[::way]).members(form).to_pyarrow().to_pylist() for form in ("meta", "google")]
        for listed, way in ((contacts, 1), (contacts[::-1], -1), (contacts[1:] + contacts[:1], 1))
    ]
    assert sent[0] == sent[1] == sent[2]
    assert set(sent[0][1][0]["emails"]) == {
        hashlib.sha256(f"{name}@example.com".encode()).hexdigest() for name in ("a", "b", "c", "a2", "d")
    }


def test_an_address_known_from_orders_is_that_of_its_own_row(engine: Engine) -> None:
    """Row ids of orders are larger than a floating point number can tell apart."""
    contacts = [contact(phone=f"+49 30 90182{number}") for number in range(10)]
    orders = [order(f"o{number}@example.com", 1, phone=f"+49 30 90182{number}") for number in range(10)]
    sent = people(engine, contacts, orders).members("meta").to_pyarrow().to_pylist()
    expected = {hashlib.sha256(f"o{number}@example.com".encode()).hexdigest() for number in range(10)}
    assert {row["EMAIL"] for row in sent} == expected


def test_keys_stay_when_somebody_else_joins(engine: Engine, tmp_path: Path) -> None:
    before = rows(people(engine, [], [order("a@example.com", 1)]))
    after = rows(people(engine, [], [order("a@example.com", 1), order("b@example.com", 2)]))
    assert before[0]["person_key"] in {person["person_key"] for person in after}


def test_another_sorting_of_the_same_export_sends_the_same(engine: Engine) -> None:
    """Rows of one person that know as much and say otherwise: names, places, genders, spellings of a Gmail address."""
    names = ["Anna", "Ana", "Anne", "Hannah"]
    contacts = [
        contact(
            email=f"{'.' * (number % 2)}jane{person}@gmail.com".lstrip("."),
            phone=f"+49 30 90182{person}{number}",
            first_name=names[number],
            last_name="Smith" if number % 2 else "Smyth",
            city=["Berlin", "Potsdam"][number % 2],
            postal_code=f"1011{number}",
            country=["DE", "AT"][number // 2],
            gender=["f", "m"][number % 2],
            id_space="crm",
            external_id=f"c{person}",
        )
        for person in range(6)
        for number in range(4)
    ]
    orders = [order(f"jane{person}@gmail.com", person + 1) for person in range(6)]
    sent = []
    for seed in range(3):
        shuffled = random.Random(seed).sample(contacts, len(contacts))
        found = people(engine, shuffled, orders)
        sent.append([found.members(form).order_by("person_key").to_pyarrow() for form in ("meta", "google")])
    assert sent[0] == sent[1] == sent[2]
