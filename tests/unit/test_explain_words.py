"""What `activator explain` says, and what it never says."""

from dataclasses import replace

import pytest

from activator.cli.explain import _lines, _worth
from activator.explain import masked
from activator.model.explanation import Explanation, Standing
from activator.model.sharing import HubKind
from activator.model.valuing import Basis, TierRule
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


def standing(**fields: object) -> Standing:
    plain = Standing("ab" * 16, "mid", 132_332, 2, None, None, "GB", {}, {}, 124_146, 388_908)
    return replace(plain, **fields)  # type: ignore[arg-type]


def test_what_decided_the_tier_is_said_where_it_is_not_the_past_alone() -> None:
    rule = TierRule("mid", 124_146, 150_000, 100_000)
    told = standing(basis=Basis.BLENDED, worth_minor=250_000, predicted_minor=118_124, cost_minor=456, tier_rule=rule)
    assert list(_worth(told, "GBP")) == [
        "  worth: 2,500.00 GBP by blended value: 1,323.32 so far, 1,181.24 expected within 365 days, 4.56 to serve",
        "  to be in mid or better: 1,241.46 GBP or more; from a lesser tier 1,500.00; who is in stays down to 1,000.00",
    ]


def test_by_the_past_alone_nothing_is_said_twice() -> None:
    assert list(_worth(standing(worth_minor=132_332), "GBP")) == []


def test_a_name_and_a_tier_that_was_kept_are_said() -> None:
    rule = TierRule("mid", rfm=("loyal",), stay_rfm=("regular",))
    told = standing(worth_minor=132_332, tier_rule=rule, rfm="regular", stayed=True)
    assert list(_worth(told, "GBP")) == [
        "  to be in mid or better: RFM loyal; who is in stays as regular too; the name is regular",
        "  keeps the tier the platforms were told last; a newcomer of the same worth would be in another",
    ]
