"""Rows that birth dates say are two people: which identifier is whose, and where rows without a date go."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from activator.model.people import Entity
from activator.model.sharing import ConflictCount
from activator.people.engine import Engine, open_engine
from tests.people_relations import source
from tests.people_rows import Case, cases, joined

ELDER, YOUNGER = date(1970, 5, 20), date(1999, 8, 30)


def row(email: str | None = None, born: date | None = None, number: str | None = None, **more: Any) -> dict[str, Any]:
    system = {} if number is None else {"id_space": "crm", "external_id": number}
    return {"email": email, "birth_date": born, **system, **more}


CASES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "one date": ([row("a1@x.example", ELDER), row("a1@x.example", ELDER), row("a1@x.example")], "AAA"),
    "two dates, one address: the elder's": ([row("a2@x.example", YOUNGER), row("a2@x.example", ELDER)], "-A"),
    "two dates, one address: the more rows'": (
        [row("a3@x.example", YOUNGER), row("a3@x.example", ELDER), row("a3@x.example", YOUNGER)],
        "A-A",
    ),
    "each keeps what is only theirs": (
        [row("a4@x.example", ELDER, "4a"), row("a4@x.example", YOUNGER, "4b", email_2="b4@x.example")],
        "AB",
    ),
    "a row without a date follows its id before its address": (
        [row("a5@x.example", ELDER, "5a"), row("a5@x.example", YOUNGER, "5b"), row("a5@x.example", None, "5b")],
        "ABB",
    ),
    "a row without a date follows the address's owner": (
        [row("a6@x.example", ELDER, "6a"), row("a6@x.example", YOUNGER, "6b"), row("a6@x.example")],
        "ABA",
    ),
    "a chain without dates follows what it hangs on": (
        [
            row("a7@x.example", ELDER, "7a"),
            row("a7@x.example", YOUNGER, "7b"),
            row("c7@x.example", None, "7c"),
            row("c7@x.example", None, "7d"),
            row("d7@x.example", None, "7d", email_2="e7@x.example"),
            row("e7@x.example", None, "7b"),
        ],
        "ABBBBB",
    ),
    "one id, two dates: a correction, not two people": (
        [row("a8@x.example", ELDER, "8"), row("b8@x.example", YOUNGER, "8")],
        "AA",
    ),
    "day and month changed round are one date": (
        [row("a9@x.example", date(1980, 4, 3)), row("a9@x.example", date(1980, 3, 4))],
        "AA",
    ),
    "a date that stands for none says nothing": (
        [row("a10@x.example", date(1900, 1, 1)), row("a10@x.example", ELDER), row("a10@x.example", date(1970, 1, 1))],
        "AAA",
    ),
    "an id nobody dated belongs to one of them": (
        [
            row("a11@x.example", ELDER),
            row("b11@x.example", YOUNGER),
            row("a11@x.example", None, "11"),
            row("a11@x.example", None, "11"),
            row("b11@x.example", None, "11"),
        ],
        "ABAAA",
    ),
    "three dates are three people": (
        [row("a12@x.example", day, str(day)) for day in (ELDER, YOUNGER, date(2001, 1, 2))],
        "ABC",
    ),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


@pytest.fixture(scope="module")
def ended(engine: Engine) -> dict[str, Case]:
    return cases(engine, Entity.CONTACTS, {name: rows for name, (rows, _) in CASES.items()}, people_max=10)


@pytest.mark.parametrize("name", CASES)
def test_who_is_who(ended: dict[str, Case], name: str) -> None:
    assert "".join(ended[name].people) == CASES[name][1]


def test_an_identifier_is_never_held_by_two_people(ended: dict[str, Case]) -> None:
    holders: dict[Any, set[Any]] = {}
    for case in ended.values():
        for line in case.rows:
            for column in ("email_key", "email_2_key", "phone_key", "phone_2_key", "id_key"):
                if line[column] is not None:
                    holders.setdefault(line[column], set()).add(line["person"])
    assert all(len(people) == 1 for people in holders.values())


def test_what_a_row_lost_is_marked(ended: dict[str, Case]) -> None:
    assert [line["shared"] for line in ended["two dates, one address: the elder's"].rows] == [True, False]
    assert not any(line["shared"] for line in ended["one date"].rows)


def test_the_account_names_groups_people_identifiers_and_rows(engine: Engine) -> None:
    rows = [row("a@x.example", ELDER, "1"), row("a@x.example", YOUNGER, "2"), row("b@x.example", ELDER)]
    found, _ = joined(engine, source(Entity.CONTACTS, rows))
    assert found.sharing.conflicts == ConflictCount(groups=1, people=2, identifiers=1, rows=1)


def test_a_no_counts_for_everybody_who_shares_the_identifier(engine: Engine) -> None:
    yes = {"consent_ad_user_data": "granted", "consent_ad_personalization": "granted"}
    rows = [
        row("a@x.example", ELDER, "1") | yes,
        row("a@x.example", YOUNGER, "2") | yes | {"consent_ad_user_data": "denied"},
        row("b@x.example", ELDER, "3") | yes,
    ]
    _, found = joined(engine, source(Entity.CONTACTS, rows))
    answers = [(found["contacts", at]["ad_user_data"], found["contacts", at]["ad_personalization"]) for at in (2, 3, 4)]
    assert answers == [(2, 1), (2, 1), (1, 1)]
