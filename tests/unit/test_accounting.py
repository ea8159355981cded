"""Every row ends in exactly one named outcome, and the counts add up."""

from collections.abc import Iterator
from typing import Any

import pytest

from activator.model.people import Entity, Outcome, SourceCount
from activator.people.accounting import NOTHING_GIVEN, NOTHING_USABLE, UNREACHABLE
from activator.people.engine import Engine, open_engine
from tests.people_relations import GRANTED, build, order, source


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def test_each_row_says_where_it_ended_and_why(engine: Engine) -> None:
    contacts = [
        {"email": "member@example.com", **GRANTED},
        {"email": "Member@example.com"},
        {"email": "denied@example.com", **GRANTED, "consent_ad_personalization": "denied"},
        {"email": "silent@example.com"},
        {"email": "window@example.com", **GRANTED},
        {"id_space": "crm", "external_id": "9", **GRANTED},
        {"email": "noreply@example.com", "phone": "0000000000"},
        {"first_name": "Ann"},
        {"email": "x@example.com", "invalid_reason": "birth_date: not a date"},
    ]
    buyers = ("member", "denied", "silent")
    orders = [
        *(order(f"{name}@example.com", 100) for name in buyers),
        order(None, 100, id_space="crm", external_id="9"),
        order("guest@example.com", 100),
        order("member@example.com", 100, invalid_reason="ignored: a test order"),
    ]
    found = build(engine, source(Entity.ORDERS, orders, "shop"), source(Entity.CONTACTS, contacts, "crm"))
    assert set(found.counts) == {
        SourceCount("crm", Outcome.MEMBER, "", 1),
        SourceCount("crm", Outcome.MERGED, "", 1),
        SourceCount("crm", Outcome.INVALID, "birth_date: not a date", 1),
        SourceCount("crm", Outcome.NO_IDENTIFIER, UNREACHABLE, 1),
        SourceCount("crm", Outcome.NO_IDENTIFIER, NOTHING_USABLE, 1),
        SourceCount("crm", Outcome.NO_IDENTIFIER, NOTHING_GIVEN, 1),
        SourceCount("crm", Outcome.NO_CONSENT, "consent denied", 1),
        SourceCount("crm", Outcome.NO_CONSENT, "consent unknown", 1),
        SourceCount("crm", Outcome.NOT_A_CUSTOMER, "no order", 1),
        SourceCount("shop", Outcome.MERGED, "", 4),
        SourceCount("shop", Outcome.NO_CONSENT, "consent unknown", 1),
        SourceCount("shop", Outcome.INVALID, "ignored: a test order", 1),
    }
    assert sum(count.rows for count in found.counts) == len(contacts) + len(orders)


def test_answers_lead_to_their_person_and_count_too(engine: Engine) -> None:
    answers: list[dict[str, Any]] = [
        {"email": "a@example.com", "score": 9, "comment": "Quick."},
        {"email": "b@example.com"},
        {"score": 1},
    ]
    found = build(
        engine, source(Entity.RESPONSES, answers, "nps"), source(Entity.ORDERS, [order("a@example.com", 100)])
    )
    told = found.responses.order_by("source_row").to_pyarrow().to_pylist()
    assert [(row["source"], row["source_row"], row["tier"], row["score"]) for row in told] == [
        ("nps", 2, "mid", 9),
        ("nps", 3, None, None),
    ]
    ended = {count.outcome: count.rows for count in found.counts if count.source == "nps"}
    assert ended == {Outcome.MERGED: 1, Outcome.NOT_A_CUSTOMER: 1, Outcome.NO_IDENTIFIER: 1}


def test_members_are_exactly_those_whose_status_says_so(engine: Engine) -> None:
    contacts = [{"email": "a@example.com", **GRANTED}, {"email": "b@example.com"}]
    orders = [order("a@example.com", 2), order("b@example.com", 1)]
    found = build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, orders))
    status = found.status("meta").to_pyarrow().to_pylist()
    expected = {row["person_key"] for row in status if row["outcome"] == Outcome.MEMBER}
    for form in ("meta", "google"):
        assert {row["person_key"] for row in found.members(form).to_pyarrow().to_pylist()} == expected
