"""What `activator explain` finds out about one person in a run."""

from pathlib import Path

from activator.model.people import Entity
from activator.people.engine import open_engine
from activator.people.explain import Lookup
from activator.people.pipeline import PeoplePolicy, build_people
from tests.people_relations import GRANTED, TIERS, order, source


def test_an_answer_for_one_platform_is_told_where_it_was_given(tmp_path: Path) -> None:
    """Without it, two granted purposes would stand beside "no consent"."""
    contacts = [
        {"email": "only@example.com", **GRANTED, "consent_meta": "denied"},
        {"email": "both@example.com", **GRANTED},
    ]
    sources = [
        source(Entity.CONTACTS, contacts),
        source(Entity.ORDERS, [order(str(one["email"]), 100) for one in contacts]),
    ]
    policy = PeoplePolicy(default_country="DE", as_of=None, currency="EUR", rates={}, tiers=TIERS)
    told = {}
    with open_engine(tmp_path) as engine:
        people = build_people(engine, sources, policy, traced=True)
        for name in ("only", "both"):
            ((person,), _) = Lookup(engine, people, policy, f"{name}@example.com").people()
            told[name] = person.standing
    both = {"ad_user_data": "granted", "ad_personalization": "granted"}
    assert told["only"].consent == {**both, "meta": "denied"}
    assert told["only"].outcome == {"meta": "no_consent", "google": "member"}
    assert told["both"].consent == both
