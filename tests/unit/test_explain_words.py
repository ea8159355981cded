"""What `activator explain` says, and what it never says."""

import pytest

from activator.cli.explain import _lines
from activator.explain import masked
from activator.model.explanation import Explanation
from activator.model.sharing import HubKind
from activator.people.explain import chain
from activator.people.rows import KEY_COLUMNS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" jane.doe@mail.example.com ", "j***@m***.com"),
        ("a@b", "a***@***"),
        ("+49 30 1234567", "+***7"),
        ("4711", "***"),
        ("ab" * 32, "a SHA-256 digest"),
    ],
)
def test_an_identifier_is_shown_by_its_ends_only(text: str, shown: str) -> None:
    assert masked(text) == shown


def row(row_id: int, **keys: str) -> dict[str, object]:
    return {"row_id": row_id, **dict.fromkeys(KEY_COLUMNS), **keys}


def test_rows_are_linked_to_the_one_asked_for_by_the_shortest_chain() -> None:
    rows = [
        row(1, phone_key="p"),
        row(2, email_key="e", phone_key="p"),
        row(3, email_key="e", id_key="i"),
        row(4, id_key="i", email_2_key="e"),
        row(5, phone_key="elsewhere"),
    ]
    assert chain(rows, {3}) == [
        (3, "", None),
        (4, "customer id", 3),
        (2, "e-mail", 3),
        (1, "phone", 2),
        (5, "", None),
    ]


def test_nothing_found_says_what_to_check() -> None:
    nothing = Explanation({"e-mail": "j***@e***.com"}, "", 0, (), (), ())
    assert not nothing.found
    told = "\n".join(_lines(nothing, "EUR"))
    assert "Not found" in told
    assert "default_country" in told


def test_a_hub_says_why_it_is_nobodys() -> None:
    hub = Explanation({"phone": "+***7"}, HubKind.PHONE.value, 12, (), (), ())
    assert "Nobody's: it is a phone of many, on 12 rows" in "\n".join(_lines(hub, "EUR"))
