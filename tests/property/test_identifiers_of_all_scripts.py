"""A hundred thousand strings of all scripts through every rule: seeded, in one engine query each.

The strings are made of pieces that mean something to a rule and of letters, marks, digits and signs of every script.
"""

import hashlib
import random
import unicodedata
from collections.abc import Iterator

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from activator.people.identifiers import FIELDS, hashed, normalised
from activator.people.identifiers.hashing import hashed_once
from activator.people.identifiers.text import PLACEHOLDERS

STRINGS = 100_000
FAMILIES = {
    "e-mail": ("google email", "meta EMAIL"),
    "phone": ("google phone", "meta PHONE"),
    "name": ("google given_name", "google family_name", "meta FN", "meta LN", "meta FI", "meta GEN"),
    "birth": ("meta DOBY", "meta DOBM", "meta DOBD"),
    "place": (*("google region_code", "google postal_code", "meta ST", "meta CT", "meta ZIP", "meta COUNTRY"),),
    "plain id": ("meta EXTERN_ID", "meta APPUID", "meta PAGEUID", "meta MADID"),
}
PIECES = (
    "jane", "Doe", ".", "+", "@", "@gmail.com", "@googlemail.com", "@example.org", "<", ">", "mailto:", " ", "\u200b",
    "0", "00", "49", "151", "23456789", "1990", "12", "(0)", "-", "\u2011", "/", "ext. 4", ".0", "E+11", "４", "٤",
    "n/a", "nan", "null", "First Name", "Müller", "mu\u0308", "Dr. ", " Jr.", "İ", "ß", "ΑΣ", "정", "東京", "שלום",
    "O'", "\U0001f600", "US", "dE", "a" * 64, "A1" * 32, "f0" * 16, "\0", '"', "'", "{{", "}}", "New York",
    "94035-1234", "female", "\ufeff", "\ufe0f", "6d92078a-8246-4ba4-ae5b-76104861e7dc", "Germany", "\u202e",
    "e\u0301", "ﬁ", "ǅ", "\u0345",
)  # fmt: skip
COUNTRIES = ("", "DE", "US", "GB", "IT", "BR", "Deutschland", "n/a", "日本")
# "na" is Namibia as a country, and it has a digest.
DIGESTS_OF_NOTHING = {
    hashlib.sha256(spelling.encode()).hexdigest()
    for word in ("", " ", "0", "0000000000", "4.41235e+11", *PLACEHOLDERS)
    for spelling in (word, word.upper(), word.capitalize())
} - {hashlib.sha256(b"na").hexdigest()}


def every_script() -> str:
    """A character of every block that has one: each 97th of all that are assigned and can stand in UTF-8."""
    assigned = (chr(code) for code in range(1, 0x32000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co"))
    return "".join(character for at, character in enumerate(assigned) if at % 97 == 0)


def strings(count: int) -> Iterator[str]:
    chance = random.Random(20261125)
    characters = every_script()
    for _ in range(count):
        pieces = [
            chance.choice(PIECES)
            if chance.random() < 0.7
            else "".join(chance.choices(characters, k=chance.randrange(9)))
            for _ in range(chance.randrange(6))
        ]
        yield "".join(pieces)


@pytest.fixture(scope="module")
def texts() -> pa.Table:
    chance = random.Random(7)
    return pa.table(
        {
            "at": pa.array(range(STRINGS)),
            "text": pa.array(strings(STRINGS)),
            "country": pa.array(chance.choices(COUNTRIES, k=STRINGS)),
        }
    )


def written(texts: pa.Table, kinds: tuple[str, ...], columns: tuple[str, ...] | None = None) -> pa.Table:
    """Every kind's column before hashing, and its digest where it is hashed, ordered by `at`."""
    backend = ibis.duckdb.connect()
    try:
        table = backend.create_table("texts", ibis.memtable(texts))
        rules: dict[str, ir.Value] = {
            kind: normalised(*_named(kind), table[column], table.country)
            for kind, column in zip(kinds, columns or ("text",) * len(kinds), strict=True)
        }
        made = backend.create_table("made", table.select("at", **rules))
        digests = {f"{kind} sha256": hashed_once(made[kind]) for kind in kinds if hashed(*_named(kind))}
        return backend.to_pyarrow(made.mutate(**digests).order_by("at"))
    finally:
        backend.disconnect()


def _named(kind: str) -> tuple[str, str]:
    platform, field = kind.split()
    return platform, field


def shown(texts: pa.Table, where: pa.Array) -> str:
    """The first strings a check fails for, in a form any terminal can print."""
    return ascii(texts.column("text").filter(pc.fill_null(where, False)).slice(0, 5).to_pylist())


@pytest.mark.parametrize("family", FAMILIES)
def test_any_string_has_one_answer_that_is_its_own_answer(family: str, texts: pa.Table) -> None:
    kinds = FAMILIES[family]
    once = written(texts, kinds)
    again = written(once.append_column("country", texts.column("country")), kinds, kinds)
    backwards = written(texts.take(pa.array(range(STRINGS - 1, -1, -2))), kinds)
    for kind in kinds:
        answers = once.column(kind)
        assert pc.count(answers).as_py() > 0, f"no string of these is a {kind}: the test would prove nothing"
        assert shown(texts, pc.equal(answers, "")) == "[]", kind
        if kind != "meta PHONE":  # without its "+" a short number may be read as a national one
            assert shown(texts, changed(answers, again.column(kind))) == "[]", f"{kind}: not its own answer"
        apart = changed(answers.take(backwards.column("at")), backwards.column(kind))
        assert not pc.any(apart).as_py(), f"{kind}: depends on its neighbours"
        if hashed(*_named(kind)):
            digests = once.column(f"{kind} sha256")
            assert pc.all(pc.match_substring_regex(digests, "^[0-9a-f]{64}$")).as_py(), kind
            assert shown(texts, pc.xor(pc.is_null(digests), pc.is_null(answers))) == "[]", kind
            nothing = pc.is_in(digests, value_set=pa.array(sorted(DIGESTS_OF_NOTHING)))
            assert shown(texts, nothing) == "[]", f"{kind}: a digest of nothing"
    if family in ("e-mail", "phone"):
        google, meta = (pc.is_null(once.column(kind)) for kind in kinds)
        assert shown(texts, pc.xor(google, meta)) == "[]", "one platform is sent what the other is not"


def changed(before: pa.ChunkedArray, after: pa.ChunkedArray) -> pa.ChunkedArray:
    """Where two columns differ, a null and a text too."""
    return pc.not_equal(pc.fill_null(before, "\0"), pc.fill_null(after, "\0"))


def test_the_families_are_all_fields() -> None:
    assert sorted(kind for kinds in FAMILIES.values() for kind in kinds) == sorted(" ".join(kind) for kind in FIELDS)
