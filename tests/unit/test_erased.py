"""People who were forgotten are recognised by keyed digests, whatever an export calls them, and are sent nowhere."""

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path

import ibis
import pytest

from activator.model.people import Entity, Outcome
from activator.people.engine import Engine, open_engine
from activator.people.erased import Erased, mac_of, with_macs
from activator.people.identity_keys import identity_key
from activator.people.pipeline import CanonicalSource, People
from tests.people_relations import GRANTED, build, order, source

SECRET = bytes(range(32))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with open_engine(tmp_path / "scratch") as opened:
        yield opened


def key_of(engine: Engine, text: str) -> str:
    """The key of a normalised identifier."""
    table = ibis.memtable({"text": [text]})
    return str(engine.backend.to_pyarrow(table.select(key=identity_key(table.text))).column(0)[0].as_py())


def forgotten(engine: Engine, *texts: str) -> Erased:
    return Erased(SECRET, tuple(sorted(mac_of(SECRET, key_of(engine, text)) for text in texts)))


def outcomes(found: People) -> list[str]:
    return sorted(found.people.select("outcome_meta").to_pyarrow().column(0).to_pylist())


def customers(**contact: str) -> tuple[CanonicalSource, CanonicalSource]:
    contacts = source(
        Entity.CONTACTS, [{"external_id": "7", **contact, **GRANTED}, {"email": "bo@example.com", **GRANTED}]
    )
    orders = source(Entity.ORDERS, [order(None, 9900, external_id="7"), order("bo@example.com", 100)])
    return contacts, orders


@pytest.mark.parametrize("secret", [SECRET, b"short", b"longer than a block of SHA-256 " * 4])
def test_the_engine_makes_the_same_keyed_digest_as_the_standard_library(engine: Engine, secret: bytes) -> None:
    texts = ["", "a", "f0a1-key", "Ünïcödé", "x" * 300]
    table = ibis.memtable({"text": texts})
    made = engine.backend.to_pyarrow(with_macs(secret, table, "text")).to_pydict()
    expected = [hmac.new(secret, text.encode(), hashlib.sha256).hexdigest() for text in made["text"]]
    assert made["mac"] == expected == [mac_of(secret, text) for text in made["text"]]


@pytest.mark.parametrize(
    ("column", "cell", "known_as"),
    [
        ("email", "Anna@Example.com ", "anna@example.com"),
        ("email_2", "anna@example.com", "anna@example.com"),
        ("email", "an.na@gmail.com", "anna@gmail.com"),
        ("email", "an.na@gmail.com", "an.na@gmail.com"),  # as Meta was sent it
        ("phone", "0171 2345678", "+491712345678"),
        ("phone_2", "+49 171 2345678", "491712345678"),
        ("email", hashlib.sha256(b"anna@example.com").hexdigest(), "anna@example.com"),
    ],
)
def test_whoever_was_forgotten_is_kept_out_with_all_their_rows(
    engine: Engine, column: str, cell: str, known_as: str
) -> None:
    found = build(engine, *customers(**{column: cell}), erased=forgotten(engine, known_as))
    assert outcomes(found) == [Outcome.MEMBER.value, Outcome.SUPPRESSED.value]


def test_another_secret_recognises_nobody(engine: Engine) -> None:
    known = Erased(b"another", forgotten(engine, "anna@example.com").macs)
    assert outcomes(build(engine, *customers(email="anna@example.com"), erased=known)) == [Outcome.MEMBER.value] * 2


def test_what_they_have_written_is_not_quoted(engine: Engine) -> None:
    said = source(
        Entity.RESPONSES,
        [{"email": "anna@example.com", "comment": "mine"}, {"email": "bo@example.com", "comment": "his"}],
    )
    found = build(engine, *customers(email="anna@example.com"), said, erased=forgotten(engine, "anna@example.com"))
    assert found.responses.to_pyarrow().column("comment").to_pylist() == ["his"]


def test_neither_secret_nor_digests_are_shown(engine: Engine) -> None:
    assert SECRET.hex() not in repr(forgotten(engine, "anna@example.com"))
    assert "macs" not in repr(forgotten(engine, "anna@example.com"))
