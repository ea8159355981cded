"""The ids Meta takes in plain text: each person's own, and nobody's where two people have it."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from activator.model.identity import IdentifierRules, Separators
from activator.model.people import Entity
from activator.people.engine import Engine, open_engine
from tests.people_relations import GRANTED, build, order, source

SHARED = "0E1F2A3B-8246-4BA4-AE5B-76104861E7DC"
DEVICE = "6D92078A-8246-4BA4-AE5B-76104861E7DC"
US_DIGEST = "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"  # of "us", published by Meta


def contact(name: str, **fields: Any) -> dict[str, Any]:
    return {"email": f"{name.replace(' ', '.')}@example.com", **GRANTED, **fields}


def sent(engine: Engine, contacts: list[dict[str, Any]], **policy: Any) -> dict[str, dict[str, Any]]:
    """What Meta is sent, by the digest of the person's e-mail address."""
    orders = source(Entity.ORDERS, [order(email, 100) for email in {row["email"] for row in contacts}])
    people = build(engine, source(Entity.CONTACTS, contacts), orders, **policy)
    return {row["EMAIL"]: row for row in people.members("meta").to_pyarrow().to_pylist()}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


HASHED = {
    "first_name": digest("anna").upper(), "country": US_DIGEST, "city": digest("berlin"), "gender": digest("f"),
}  # fmt: skip
CONTACTS = [
    contact("shopper", id_space="shop", external_id=" C-17 "),
    contact("elsewhere", id_space="crm", external_id="C-17"),
    contact("twice", id_space="shop", external_id="2"),
    contact("twice", id_space="shop", external_id="1"),
    contact("device", mobile_advertiser_id=DEVICE),
    contact("no device", mobile_advertiser_id="n/a"),
    contact("sharing", mobile_advertiser_id=SHARED),
    contact("sharing too", mobile_advertiser_id=SHARED.lower()),
    contact("plain", first_name="Anna"),
    contact("hashed", **HASHED),
    contact("double", first_name="Mary-Jane"),
]


class Sent:
    """Rows of one run by the name in the person's address."""

    def __init__(self, rows: dict[str, dict[str, Any]]) -> None:
        self.rows = rows

    def of(self, name: str, column: str) -> str:
        return str(self.rows[digest(contact(name)["email"])][column])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sent, Sent]:
    """The same contacts as a project has them that says nothing, and one that names an id space and keeps hyphens."""
    other = IdentifierRules(meta_name_separators=Separators.KEEP)
    with open_engine(Path(tmp_path_factory.mktemp("scratch"))) as engine:
        usual = sent(engine, CONTACTS)
        return Sent(usual), Sent(sent(engine, CONTACTS, external_id_space="shop", rules=other))


def test_customer_ids_of_the_named_space_are_sent_as_they_are(runs: tuple[Sent, Sent]) -> None:
    _, named = runs
    assert (named.of("shopper", "EXTERN_ID"), named.of("elsewhere", "EXTERN_ID")) == ("C-17", "")


def test_no_customer_id_is_sent_unless_a_space_is_named(runs: tuple[Sent, Sent]) -> None:
    usual, _ = runs
    assert {row["EXTERN_ID"] for row in usual.rows.values()} == {""}


def test_a_person_has_one_customer_id_the_smallest_however_rows_are_sorted(runs: tuple[Sent, Sent]) -> None:
    _, named = runs
    assert named.of("twice", "EXTERN_ID") == "1"


def test_an_advertising_id_is_sent_in_lower_case(runs: tuple[Sent, Sent]) -> None:
    usual, _ = runs
    assert (usual.of("device", "MADID"), usual.of("no device", "MADID")) == (DEVICE.lower(), "")


def test_a_device_two_people_have_is_nobodys(runs: tuple[Sent, Sent]) -> None:
    usual, _ = runs
    assert (usual.of("sharing", "MADID"), usual.of("sharing too", "MADID")) == ("", "")


def test_whoever_has_no_plain_id_has_the_key_of_the_other_twelve_columns(runs: tuple[Sent, Sent]) -> None:
    """Values before hashing, joined by line breaks: columns that come later change no other key."""
    usual, _ = runs
    by_hand = "\n".join(["plain@example.com", "", "anna", *[""] * 9])
    assert usual.of("plain", "member_key") == digest(by_hand)[:32]
    assert usual.of("device", "member_key") != digest("\n".join(["device@example.com", *[""] * 11]))[:32]


def test_columns_hashed_before_they_were_exported_are_sent_as_they_are(runs: tuple[Sent, Sent]) -> None:
    usual, _ = runs
    found = [usual.of("hashed", name) for name in ("FN", "COUNTRY", "CT", "GEN")]
    assert found == [digest("anna"), US_DIGEST, digest("berlin"), digest("f")]


def test_the_projects_positions_reach_what_is_sent(runs: tuple[Sent, Sent]) -> None:
    usual, other = runs
    assert (usual.of("double", "FN"), other.of("double", "FN")) == (digest("maryjane"), digest("mary-jane"))
