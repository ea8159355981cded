"""The short way for plain cells is the thorough rule's: an invisible character changes no answer, only the way to it.

No short way takes a value with a zero-width space; every rule removes one. The cells are what rules have words for, in
any case and joined in any way, and codes of every shape, many with a character changed.
"""

import random
import re
from itertools import chain

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from activator.model.identity import (
    DEFAULT_RULES,
    IdentifierRules,
    Letters,
    Punctuation,
    Separators,
    State,
    Suffix,
    ZipExtension,
    ZipSpaces,
)
from activator.people.identifiers import FIELDS, normalised
from activator.people.identifiers.countries import ALIASES, alpha2_codes
from activator.people.identifiers.headers import OF_FIELD
from activator.people.identifiers.plain import LETTERS, ROMAN, are_words, is_word
from activator.people.identifiers.text import PLACEHOLDERS

INVISIBLE = "\u200b"
CELLS = 40_000
OTHERWISE = (
    IdentifierRules(
        Suffix.KEEP, Punctuation.KEEP, Separators.KEEP, State.US, Letters.KEEP, ZipExtension.KEEP, ZipSpaces.KEEP
    ),
    IdentifierRules(meta_state_letters=State.NOBODY, meta_place_letters=Letters.DROP),
    IdentifierRules(meta_state_letters=State.US, meta_zip_extension=ZipExtension.KEEP),
)
NAMES = (
    "Jane", "Jürgen", "José", "Chloé", "O'Brien", "da Silva", "Ann-Marie", "Ivan", "Иван", "Ольга", "山田", "김",
    "İbrahim", "ıŞIK", "Straße", "Øystein", "ΣΟΦΙΑΣ", "ŁÓDŹ", "Ĳssel", "ſmith", "Dr. Jean", "Smith III", "king jr",
    "St. Gallen", "Texas", "California", "NY", "Ontario", "Québec", "New South Wales", "Île-de-France", "N.Y.", "ae",
    "State of Texas", "Washington D.C.", "São Paulo", "Zürich", "東京", "female", "M", "weiblich", "nàn", "ñull",
)  # fmt: skip
JOINTS = ("", "", " ", "-", "'", ".", ". ", "_", "/", "\u00a0", "\u2019", "\u0301", "1")
SHAPES = (
    "99999", "99999", "9999", "9999", "999999", "9999999", "999999999", "99999-9999", "99999 9999", "99999-999",
    "999-9999", "99-999", "9999-999", "9999 AB", "M9 9AE", "sw9a 9aa", "K9A 9B9", "99999.0", "CH-9999", "1999", "2099",
    "9", "99", "9e99", "99999-", "AD999",
)  # fmt: skip
LETTERS_AROUND = "aZé1 .-'\"ßøİſ\u212aσФ정\u0301"
COUNTRIES = ("US", "US", "CA", "DE", "GB", "PR", "us", "USA", "Kanada", "", "XX", "n/a", None)


def words() -> list[str]:
    said = chain(*OF_FIELD.values(), *(aliases.split("|") for aliases in ALIASES.values()))
    return sorted({*(word.replace("+", " ") for word in said), *PLACEHOLDERS, *alpha2_codes(), *NAMES})


def cells() -> list[str]:
    chance = random.Random(20261129)
    known = words()
    cases = (str.upper, str.lower, str.title, str.capitalize, str)
    made = []
    for _ in range(CELLS):
        if chance.random() < 0.3:
            digits = chance.choice(("0", "0012345", "0012345", "123456789"))
            text = "".join(chance.choice(digits) if sign == "9" else sign for sign in chance.choice(SHAPES))
        else:
            parts = (chance.choice(cases)(chance.choice(known)) for _ in range(chance.choice((1, 1, 1, 2, 3))))
            text = chance.choice(JOINTS).join(parts)
        if chance.random() < 0.3:
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice(LETTERS_AROUND) + text[at + chance.randrange(2) :]
        made.append(re.sub(" +", " ", text))  # the thorough rule itself keeps several in ASCII, and in no other text
    return made


@pytest.fixture(scope="module")
def exported() -> pa.Table:
    chance = random.Random(7)
    texts = cells()
    return pa.table({"text": pa.array(texts), "country": pa.array(chance.choices(COUNTRIES, k=len(texts)))})


def differing(exported: pa.Table, kinds: list[tuple[str, str]], rules: IdentifierRules) -> list[str]:
    """The first cells the two ways answer differently, in a form any terminal can print."""
    backend = ibis.duckdb.connect()
    try:
        table = backend.create_table("exported", ibis.memtable(exported))
        told = []
        for kind in kinds:
            short = normalised(*kind, table.text, table.country, rules)
            long = normalised(*kind, table.text + INVISIBLE, table.country, rules)
            answers = table.select("text", "country", short=short, long=long)
            apart = backend.create_table("answers", answers, overwrite=True)
            apart = apart.filter(~apart.short.identical_to(apart.long)).limit(5)
            told += [ascii((*kind, *row.values())) for row in backend.to_pyarrow(apart).to_pylist()]
        return told
    finally:
        backend.disconnect()


# Phones have tests and a parser of their own; ids have no short way.
KINDS = [kind for kind in FIELDS if kind[1].lower() not in ("phone", "extern_id", "appuid", "pageuid", "madid")]


@pytest.mark.parametrize("platform", ["google", "meta"])
def test_an_invisible_character_changes_no_answer(platform: str, exported: pa.Table) -> None:
    assert differing(exported, [kind for kind in KINDS if kind[0] == platform], DEFAULT_RULES) == []


@pytest.mark.parametrize("rules", OTHERWISE, ids=lambda rules: rules.version)
def test_nor_does_it_when_a_project_takes_other_positions(rules: IdentifierRules, exported: pa.Table) -> None:
    ruled = [("google", "family_name"), ("meta", "FN"), ("meta", "CT"), ("meta", "ST"), ("meta", "ZIP")]
    assert differing(exported, ruled, rules) == []


def test_many_of_the_cells_are_plain(exported: pa.Table) -> None:
    def share(plain: ir.BooleanValue) -> float:
        return float(table.aggregate(share=plain.cast("int64").mean()).to_pyarrow()["share"][0].as_py())

    table = ibis.memtable(exported)
    assert share(is_word(table.text, LETTERS)) > 0.2
    assert share(are_words(table.text, ROMAN)) > 0.2
