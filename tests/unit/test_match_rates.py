"""How much of each source is found in each other."""

from pathlib import Path

from activator.model.people import Entity
from activator.model.sharing import MatchRate
from activator.people.engine import open_engine
from tests.people_relations import order, source
from tests.people_rows import joined


def test_every_pair_of_sources_says_how_many_people_it_shares_and_by_what(tmp_path: Path) -> None:
    contacts = [
        {"email": "a@example.com", "id_space": "shop", "external_id": "1"},
        {"email": "b@example.com", "phone": "0151 23456789"},
        {"email": "c@example.com"},
        {"first_name": "Nobody"},
    ]
    orders = [
        order("a@example.com", 1, id_space="shop", external_id="1"),
        order("a@example.com", 1),
        order(None, 1, phone="0151 23456789"),
        order("d@example.com", 1),
    ]
    answers = [{"email": "b@example.com"}, {"email": "d@example.com"}]
    with open_engine(tmp_path) as engine:
        found, _ = joined(
            engine,
            source(Entity.CONTACTS, contacts, "crm"),
            source(Entity.ORDERS, orders, "shop"),
            source(Entity.RESPONSES, answers, "nps"),
        )
    assert set(found.sharing.matches) == {
        MatchRate("crm", "shop", people=3, found=2, by_email=1, by_phone=1, by_id=1),
        MatchRate("shop", "crm", people=3, found=2, by_email=1, by_phone=1, by_id=1),
        MatchRate("crm", "nps", people=3, found=1, by_email=1, by_phone=0, by_id=0),
        MatchRate("nps", "crm", people=2, found=1, by_email=1, by_phone=0, by_id=0),
        MatchRate("shop", "nps", people=3, found=2, by_email=1, by_phone=0, by_id=0),
        MatchRate("nps", "shop", people=2, found=2, by_email=1, by_phone=0, by_id=0),
    }
