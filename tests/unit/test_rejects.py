"""The rejects file: one line for each row that is no member, with its place and reason, and no whole value in it."""

import csv
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from activator.errors import ConfigurationError
from activator.model.people import Entity
from activator.people.accounting import EVERY_PLATFORM, Place
from activator.people.engine import Engine, open_engine
from activator.people.pipeline import People
from activator.people.rejects import write_rejects
from tests.people_relations import GRANTED, build, order, source

CONTACTS = [
    {"email": "member@example.com", **GRANTED},
    {"email": "Member@example.com"},
    {"email": "denied@example.com", **GRANTED, "consent_ad_personalization": "denied"},
    {"email": "only-meta@example.com", "consent_meta": "granted"},
    {"phone": "+49 30 901820", "consent_ad_user_data": "granted"},
    {"id_space": "crm", "external_id": "=SUM(A1:A9)", **GRANTED},
    {"email": "broken@example.com", "invalid_reason": "birth_date: not a date"},
    {"first_name": "Ann"},
]
ORDERS = [
    *(order(f"{name}@example.com", 100) for name in ("member", "denied", "only-meta")),
    order(None, 100, phone="+49 30 901820"),
    order(None, 100, id_space="crm", external_id="=SUM(A1:A9)"),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


@pytest.fixture(scope="module")
def people(engine: Engine) -> People:
    return build(engine, source(Entity.CONTACTS, CONTACTS, "crm"), source(Entity.ORDERS, ORDERS, "shop"))


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_each_row_says_where_it_stands_and_why_it_is_no_member(engine: Engine, people: People, tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    lines = write_rejects(engine, people, EVERY_PLATFORM, path)
    told = [
        (line["number"], line["destination"], line["outcome"], line["reason"], line["field"], line["value"])
        for line in read(path)
    ]
    assert told == [
        ("4", "", "no_consent", "consent denied", "email", "d***@e***"),
        ("5", "google", "no_consent", "consent unknown", "email", "o***@e***"),
        ("6", "", "no_consent", "consent unknown", "phone", "'+49 *** 20"),
        ("7", "", "no_identifier", "no e-mail address or phone that can be sent", "external_id", "'=S***9)"),
        ("8", "", "invalid", "birth_date: not a date", "email", "b***@e***"),
        ("9", "", "no_identifier", "no e-mail address, phone or customer id", "", ""),
    ]
    assert lines == len(told)


def test_every_row_is_either_here_or_a_member(engine: Engine, people: People, tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    write_rejects(engine, people, EVERY_PLATFORM, path)
    for place in EVERY_PLATFORM:
        here = sum(line["destination"] in ("", place.name) for line in read(path))
        taken = sum(
            count.rows
            for count in people.counts
            if count.destination in ("", place.name) and count.outcome in ("member", "merged")
        )
        assert here + taken == len(CONTACTS) + len(ORDERS)


def test_members_of_a_tier_too_small_are_here_with_the_number(engine: Engine, people: People, tmp_path: Path) -> None:
    status = people.status("meta").to_pyarrow().to_pylist()
    (tier,) = {row["tier"] for row in status if row["outcome"] == "member"}
    small = Place("meta", "meta", {tier: f"tier {tier} has 2 people, fewer than 100"})
    write_rejects(engine, people, [small], tmp_path / "rejects.csv")
    told = [line["reason"] for line in read(tmp_path / "rejects.csv") if line["outcome"] == "below_minimum"]
    assert told == [f"tier {tier} has 2 people, fewer than 100"] * 2


def test_only_its_owner_may_read_it_and_no_whole_value_is_in_it(engine: Engine, people: People, tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    write_rejects(engine, people, EVERY_PLATFORM, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text(encoding="utf-8")
    assert not [value for value in ("denied@", "example.com", "901820", "SUM", "Ann") if value in text]
    assert list(tmp_path.iterdir()) == [path], "nothing unfinished is left"


def test_a_place_that_cannot_be_written_is_named(engine: Engine, people: People, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="rejects cannot be written"):
        write_rejects(engine, people, EVERY_PLATFORM, tmp_path / "no" / "rejects.csv")
