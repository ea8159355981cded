"""Consent by platform and region, suppression lists, the holdout and the minimum: who is kept out, and as what."""

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import ibis
import pytest

from activator.errors import AccountingError, SourceError
from activator.model.people import ConsentRule, Entity, Outcome, SourceCount, SuppressionCount
from activator.people.accounting import Ending, Place, person_ending, refuse_imbalance
from activator.people.consent import ANSWERS, STRICT_COUNTRIES, ConsentPolicy, row_facts, strict
from activator.people.engine import Engine, open_engine
from activator.people.holdout import Holdout, held_out
from activator.people.pipeline import People
from tests.people_relations import GRANTED, build, order, persons, source

DENIED = dict.fromkeys(GRANTED, "denied")
UNREADABLE = "birth_date: not a date"
# What one person says -> outcome on Meta, on Google. Several rows are one person.
SAID: list[tuple[list[dict[str, str]], str, str]] = [
    ([{"consent_meta": "granted"}], "member", "no_consent"),
    ([{"consent_google": "granted"}], "no_consent", "member"),
    ([{**GRANTED, "consent_meta": "denied"}], "no_consent", "member"),
    ([{**GRANTED, "consent_google": "denied"}], "member", "no_consent"),
    ([{**DENIED, "consent_meta": "granted"}], "no_consent", "no_consent"),
    ([{"consent_ad_user_data": "granted"}], "no_consent", "no_consent"),
    ([{"consent_ad_user_data": "granted", "consent_meta": "granted"}], "member", "no_consent"),
    ([{}], "no_consent", "no_consent"),
    ([GRANTED, DENIED], "no_consent", "no_consent"),
    ([GRANTED, {**DENIED, "invalid_reason": UNREADABLE}], "no_consent", "no_consent"),
    ([GRANTED, {"invalid_reason": UNREADABLE}], "member", "member"),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


@pytest.fixture(scope="module")
def asked(engine: Engine) -> People:
    """The people of SAID; the first is worth most."""
    contacts = [
        {"email": f"p{number}@example.com", **answers} for number, (rows, _, _) in enumerate(SAID) for answers in rows
    ]
    orders = [order(f"p{number}@example.com", 1000 - number) for number in range(len(SAID))]
    return build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, orders))


@pytest.fixture(scope="module")
def suppressed(engine: Engine) -> People:
    """Five customers, and three lists that name some of them in different ways."""
    digest = "e8f39b3e1382367d6d41ab34dc270d4e7533f978c9e9a775dfe2185b2f96b96c"  # b@example.com, by sha256sum
    contacts = [
        {"email": "new@example.com", "phone": "+49 30 901820", **GRANTED},
        {"email": "old@example.com", "phone": "+49 30 901820", **GRANTED},
        *({"email": f"{name}@example.com", **GRANTED} for name in "abcd"),
    ]
    first = [{"email": "OLD@example.com"}, {"email": "stranger@example.com"}, {"first_name": "x"}]
    second = [
        {"email": digest, "invalid_reason": UNREADABLE},
        {"email": "c@example.com", "invalid_reason": "ignored: still subscribed"},
    ]
    return build(
        engine,
        source(Entity.CONTACTS, contacts),
        source(Entity.ORDERS, [order(f"{name}@example.com", 9 - n) for n, name in enumerate(("new", *"abcd"))]),
        lists=[source(Entity.CONTACTS, rows, name) for name, rows in (("one", first), ("two", second), ("none", []))],
    )


class TestConsent:
    def test_an_answer_for_a_platform_holds_there_the_strictest_wins_and_a_no_is_final(self, asked: People) -> None:
        found = [(person["outcome_meta"], person["outcome_google"]) for person in persons(asked)]
        assert found == [(meta, google) for _, meta, google in SAID]

    @pytest.mark.parametrize("form", ["meta", "google"])
    def test_members_are_those_who_may_be_sent_there(self, asked: People, form: str) -> None:
        keys = asked.membership(form).keys.select(key="person_key").to_pyarrow().to_pylist()
        mine = {person["person_key"] for person in persons(asked) if person[f"outcome_{form}"] == "member"}
        assert {str(row["key"]).replace("-", "") for row in keys} == mine

    def test_counts_say_where_platforms_differ(self, asked: People) -> None:
        unknown = [count for count in asked.counts if count.reason == "consent unknown"]
        assert unknown == [
            SourceCount("contacts", Outcome.NO_CONSENT, "consent unknown", 4, "google"),
            SourceCount("contacts", Outcome.NO_CONSENT, "consent unknown", 3, "meta"),
        ]

    @pytest.mark.parametrize(
        ("countries", "default", "holds"),
        [
            (["US"], None, False),
            (["DE"], None, True),
            (["GB"], None, True),
            (["CH"], None, True),
            (["US", "DE"], None, True),  # one row inside is enough
            ([None], "US", False),
            ([None], "FR", True),
            ([None], None, True),  # nobody knows where they are
        ],
    )
    def test_where_the_strict_rule_holds(
        self, engine: Engine, countries: list[str | None], default: str | None, holds: bool
    ) -> None:
        kinds = {"country": "string"} | dict.fromkeys(ANSWERS, "int8")
        said = [dict.fromkeys(ANSWERS, 0) | {"country": country} for country in countries]
        rows = ibis.memtable(said, schema=kinds)
        facts = row_facts(rows)
        person = engine.materialise("person", rows.agg(**{name: fact.any() for name, fact in facts.items()}))
        told = person.select(
            strict=strict({name: person[name] for name in facts}, ConsentPolicy(default_country=default))
        )
        assert told.to_pyarrow()["strict"].to_pylist() == [holds]

    def test_the_strict_countries_are_the_eea_its_regions_the_kingdom_and_switzerland(self) -> None:
        assert len(STRICT_COUNTRIES) == 27 + 3 + 7 + 2
        assert not STRICT_COUNTRIES & {"US", "TR", "RS", "UA", "UK", "EL"}


def ending(engine: Engine, platform: str, rule: ConsentRule = ConsentRule.OPT_IN, **fields: Any) -> Ending:
    """How somebody ends who would be a member but for the fields given."""
    granted = dict.fromkeys(ANSWERS, 1)
    well = {"tier": "high", "listed": False, "reachable": True, "shared": False, "held_out": False, "strict": True}
    kinds = dict.fromkeys(ANSWERS, "int8") | dict.fromkeys(well, "boolean") | {"tier": "string"}
    person = ibis.memtable([granted | well | fields], schema=kinds)
    found = person.select(ending=person_ending(person, platform, ConsentPolicy(rule)))
    return Ending(engine.backend.to_pyarrow(found)["ending"].to_pylist()[0])


class TestPrecedence:
    def test_the_first_question_that_fails_names_the_ending(self, engine: Engine) -> None:
        faults: list[tuple[dict[str, Any], Ending]] = [
            ({"listed": True}, Ending.SUPPRESSED),
            ({"tier": None}, Ending.NO_ORDER),
            ({"ad_user_data": 2}, Ending.CONSENT_DENIED),
            ({"ad_personalization": 0, "for_meta": 0}, Ending.CONSENT_UNKNOWN),
            ({"reachable": False}, Ending.UNREACHABLE),
            ({"held_out": True}, Ending.HELD_OUT),
        ]
        assert ending(engine, "meta") is Ending.MEMBER
        for number, (_, expected) in enumerate(faults):
            every = {name: value for fields, _ in reversed(faults[number:]) for name, value in fields.items()}
            assert ending(engine, "meta", **every) is expected

    @pytest.mark.parametrize(
        ("platform", "fields", "expected"),
        [
            ("meta", {}, Ending.MEMBER),
            ("meta", {"strict": True}, Ending.CONSENT_UNKNOWN),
            ("meta", {"ad_personalization": 2}, Ending.CONSENT_DENIED),
            ("meta", {"for_meta": 2}, Ending.CONSENT_DENIED),
            ("meta", {"for_google": 2}, Ending.MEMBER),
            ("google", {}, Ending.CONSENT_UNKNOWN),  # Google is told of a yes, and nobody gave one
        ],
    )
    def test_opting_out_is_enough_on_meta_outside_the_strict_countries_unless_somebody_has(
        self, engine: Engine, platform: str, fields: dict[str, Any], expected: Ending
    ) -> None:
        silent = dict.fromkeys(ANSWERS, 0) | {"strict": False}
        assert ending(engine, platform, ConsentRule.OPT_OUT, **(silent | fields)) is expected


class TestSuppressionLists:
    def test_whoever_shares_any_identifier_is_out_with_all_their_rows(self, suppressed: People) -> None:
        assert [(person["outcome_meta"], person["outcome_google"]) for person in persons(suppressed)] == [
            ("suppressed", "suppressed"),  # under the new address, though the list names the old one
            ("member", "member"),
            ("suppressed", "suppressed"),  # by the digest, in a row with an unreadable cell
            ("member", "member"),  # in a row the list's mapping leaves out
            ("member", "member"),
        ]

    def test_every_row_of_a_list_is_accounted_for_and_makes_nobody(self, suppressed: People) -> None:
        assert suppressed.suppressions == (
            SuppressionCount("one", rows=3, matched=1, not_matched=1, unusable=1, left_out=0, people=1),
            SuppressionCount("two", rows=2, matched=1, not_matched=0, unusable=0, left_out=1, people=1),
            SuppressionCount("none", rows=0, matched=0, not_matched=0, unusable=0, left_out=0, people=0),
        )
        assert sum(count.rows for count in suppressed.counts) == 6 + 5

    def test_a_list_that_names_nobody_at_all_is_refused(self, engine: Engine) -> None:
        useless = source(Entity.CONTACTS, [{"first_name": "x"}], "list")
        with pytest.raises(SourceError, match="list: none of its 1 rows"):
            build(engine, source(Entity.ORDERS, [order("a@example.com", 1)]), lists=[useless])


class TestHoldout:
    def drawn(self, engine: Engine, share: str, name: str = "holdout") -> set[str]:
        keys = ibis.memtable([{"key": f"{number:032x}"} for number in range(2000)])
        chosen = keys.filter(held_out(Holdout(name, Decimal(share), "shop-1"), keys.key))
        return set(engine.backend.to_pyarrow(chosen)["key"].to_pylist())

    def test_about_the_share_is_drawn_once_and_a_larger_share_keeps_them(self, engine: Engine) -> None:
        tenth, fifth = self.drawn(engine, "0.10"), self.drawn(engine, "0.20")
        assert 150 <= len(tenth) <= 250
        assert 330 <= len(fifth) <= 470
        assert tenth < fifth
        assert self.drawn(engine, "0.10") == tenth

    def test_another_name_draws_other_people(self, engine: Engine) -> None:
        assert self.drawn(engine, "0.10", "other") != self.drawn(engine, "0.10")

    def test_the_ends_of_the_share_draw_almost_nobody_and_almost_everybody(self, engine: Engine) -> None:
        assert len(self.drawn(engine, "0.0001")) < 10
        assert len(self.drawn(engine, "0.9999")) > 1990


class TestAccounts:
    def test_people_of_a_tier_too_small_end_there_with_the_number(self, suppressed: People) -> None:
        small = {tier: f"{people} people" for tier, people in suppressed.accounts.members("meta").items()}
        assert sum(suppressed.accounts.members("meta").values()) == 3
        counts = suppressed.accounts.counts([Place("meta", "meta", small), Place("google", "google")])
        told = {(count.outcome, count.destination): count.rows for count in counts if count.source == "contacts"}
        assert told[Outcome.MEMBER, "google"] == 3
        assert (Outcome.MEMBER, "meta") not in told
        assert sum(rows for (outcome, _), rows in told.items() if outcome is Outcome.BELOW_MINIMUM) > 0

    @pytest.mark.parametrize("rows", [9, 11])
    def test_a_row_lost_or_counted_twice_is_refused_as_our_defect(self, rows: int) -> None:
        counts = [SourceCount("crm", Outcome.MEMBER, "", 8), SourceCount("crm", Outcome.MERGED, "", rows - 8, "meta")]
        with pytest.raises(AccountingError, match="10 rows were read") as refused:
            refuse_imbalance({"crm": 10}, counts, ["meta"])
        assert "Nothing was planned or sent" in refused.value.next_step


@pytest.mark.parametrize(
    ("column", "listed"),
    [
        ("email", "Jane.Doe+shop@gmail.com"),  # as Meta takes it: dots and suffix stay
        ("email", "janedoe@gmail.com"),  # as Google takes it
        ("phone", "+4930901820"),
        ("phone", "4930901820"),
    ],
)
def test_a_hashed_list_names_people_in_either_platforms_form(engine: Engine, column: str, listed: str) -> None:
    contacts = [
        {"email": "Jane.Doe+shop@gmail.com", "phone": "030 901820", "country": "DE", **GRANTED},
        {"email": "john@example.com", "phone": "030 901821", "country": "DE", **GRANTED},
    ]
    orders = [order("jane.doe+shop@gmail.com", 2), order("john@example.com", 1)]
    digest = hashlib.sha256(listed.lower().encode()).hexdigest()
    objections = source(Entity.CONTACTS, [{column: digest}])
    found = build(engine, source(Entity.CONTACTS, contacts), source(Entity.ORDERS, orders), lists=[objections])
    assert [row["outcome_meta"] for row in sorted(persons(found), key=lambda row: -row["value_minor"])] == [
        "suppressed",
        "member",
    ]
