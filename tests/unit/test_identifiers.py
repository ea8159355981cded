"""What is sent for the values that exports really hold: each line is a position, in `docs/reference/identifiers.md`."""

import hashlib
from typing import Any, NamedTuple

import pytest

from activator.people.identifiers import FIELDS, hashed
from activator.people.probe import explain_identifiers

NOTHING = None


class Line(NamedTuple):
    """A value as exported, and what it is before hashing. country: the row's, as exported."""

    kind: str
    value: str
    written: str | None
    country: str | None = None


E_MAILS = [
    Line("google email", "J.a.n.e+news@GoogleMail.com", "jane@googlemail.com"),
    Line("meta EMAIL", "J.a.n.e+news@GoogleMail.com", "j.a.n.e+news@googlemail.com"),
    Line("google email", "Jane.Doe+x@shop.example.com", "jane.doe+x@shop.example.com"),
    Line("google email", "a.b.c@gmail.example.com", "a.b.c@gmail.example.com"),
    Line("google email", "+x@gmail.com", NOTHING),
    Line("meta EMAIL", "+x@gmail.com", NOTHING),
    Line("meta EMAIL", "Jane Doe <Jane@Example.com>", "jane@example.com"),
    Line("meta EMAIL", "mailto:jane@example.com", "jane@example.com"),
    Line("google email", "ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "jane@example.com"),
    Line("google email", "ja\u200bne@example.com", "jane@example.com"),
    Line("google email", "\ufeffjane@example.com", "jane@example.com"),
    Line("google email", "jane\u00a0@example.com", "jane@example.com"),
    Line("meta EMAIL", "E\u0301lodie@example.com", "élodie@example.com"),
    Line("google email", "jane@example", NOTHING),
    Line("google email", "jane@one.com;joe@two.com", NOTHING),
    Line("google email", "test@test.com", NOTHING),
    Line("meta EMAIL", "no-reply@example.com", NOTHING),
    Line("meta EMAIL", "jane@shop.local", NOTHING),
]

PHONES = [
    Line("google phone", "+49 151\u201123456789", "+4915123456789"),
    Line("google phone", "＋４９　１５１２３４５６７８９", "+4915123456789"),
    Line("google phone", "+٤٤ ٢٠ ٧٩٤٦ ٠٩٥٨", "+442079460958"),
    Line("google phone", "\u202a+1 (650) 555-1212\u202c", "+16505551212"),
    Line("google phone", "+44 (0)20 7946 0958", "+442079460958"),
    Line("meta PHONE", "+44 (0)20 7946 0958", "442079460958"),
    Line("google phone", "020 7946 0958", "+442079460958", "United Kingdom"),
    Line("google phone", "020 7946 0958 ext. 12", "+442079460958", "GB"),
    Line("google phone", "+1 650-555-1212 x99", "+16505551212"),
    Line("google phone", "0044 20 7946 0958", "+442079460958"),
    Line("google phone", "442079460958", "+442079460958"),
    # An E.164 number that lost its "+" is not a national one that lost its zero, though both would be valid here.
    Line("google phone", "4917612345678", "+4917612345678", "DE"),
    Line("google phone", "4917612345678.0", "+4917612345678", "DE"),
    Line("google phone", "04917 612345", "+494917612345", "DE"),
    # A row's country is for national numbers only; Meta publishes the first of these without a country.
    Line("meta PHONE", "15559876543", "15559876543"),
    Line("meta PHONE", "15559876543", "15559876543", "US"),
    # Published by Meta, but no number of any plan: with the country its length is enough, without it is a guess.
    Line("meta PHONE", "01(650)123-4567", "16501234567", "US"),
    Line("meta PHONE", "01(650)123-4567", NOTHING),
    Line("google phone", "(800)555-0100", "+18005550100", "US"),
    Line("google phone", "(800)555-0100", NOTHING),
    Line("google phone", "020 7946 0958", NOTHING),
    Line("google phone", "4.41235E+11", NOTHING, "GB"),
    Line("google phone", "4,41235E+11", NOTHING, "DE"),
    Line("google phone", "+4420794609581234", NOTHING),
    Line("google phone", "0151 23456789 / 030 123456", NOTHING, "DE"),
    Line("google phone", "1234567890", NOTHING, "US"),
    Line("google phone", "0000000000", NOTHING, "DE"),
    Line("google phone", "call me", NOTHING, "DE"),
]

NAMES = [
    Line("meta FN", "Müller", "müller"),
    Line("meta FN", "Mu\u0308ller", "müller"),
    Line("meta FN", "Valéry", "valéry"),
    Line("meta FN", "Val\0éry", "valéry"),
    Line("meta FN", "정", "정"),
    Line("meta FN", "Mary-Jane", "maryjane"),
    Line("meta FN", "Jean Luc", "jeanluc"),
    Line("meta LN", "O'Brien", "obrien"),
    Line("google family_name", "n/a", NOTHING),
    Line("meta FN", "123", NOTHING),
    Line("meta FN", "Guest", NOTHING),
    Line("meta FI", "Émile", "é"),
    Line("google given_name", "Dr. Jane", "jane"),
    Line("google given_name", "  Jean   Luc ", "jean luc"),
    Line("google given_name", "Mary-Jane", "mary-jane"),
    Line("google family_name", "O'Brien, Jr.", "obrien"),
    Line("google family_name", "Müller", "müller"),
    Line("meta GEN", "Female", "f"),
    Line("meta GEN", "männlich", "m"),
    Line("meta GEN", "x", NOTHING),
    Line("meta GEN", "other", NOTHING),
]

PLACES = [
    Line("meta CT", "São Paulo", "saopaulo"),
    Line("meta CT", "Großostheim", "grossostheim"),
    Line("meta CT", "Łódź", "lodz"),
    Line("meta CT", "St. John's", "stjohns"),
    Line("meta CT", "東京", NOTHING),
    Line("meta ST", "New York", "ny", "US"),
    Line("meta ST", "California", "ca"),
    Line("meta ST", "Ontario", "on", "Canada"),
    Line("meta ST", "Bavaria", "bavaria", "DE"),
    Line("meta ST", "New South Wales", "newsouthwales", "AU"),
    Line("meta ZIP", "M1 1AE", "m11ae", "GB"),
    Line("meta ZIP", "sw1a-1aa", "sw1a1aa", "GB"),
    Line("google postal_code", " M1 1AE ", "M1 1AE", "GB"),
    Line("meta ZIP", "94035-1234", "94035", "US"),
    Line("meta ZIP", "94035-1234", "94035"),
    Line("meta ZIP", "940351234", "94035", "USA"),
    Line("meta ZIP", "94035.0", "94035", "US"),
    Line("meta ZIP", "01310-100", "01310100", "BR"),
    Line("meta ZIP", "01310-100", "01310100"),
    Line("meta ZIP", "00000", NOTHING, "US"),
    Line("meta ZIP", "Paris", NOTHING, "FR"),
    Line("meta COUNTRY", "United States", "us"),
    Line("meta COUNTRY", "U.S.A.", "us"),
    Line("meta COUNTRY", "UK", "gb"),
    Line("meta COUNTRY", "Österreich", "at"),
    Line("meta COUNTRY", "日本", "jp"),
    Line("meta COUNTRY", "Korea, Republic of", "kr"),
    Line("meta COUNTRY", "Atlantis", NOTHING),
    Line("meta COUNTRY", "NA", "na"),  # Namibia, unlike "n/a"
    Line("google phone", "061 2012345", NOTHING, "n/a"),
    Line("google region_code", "us", "US"),
    Line("google region_code", "XX", NOTHING),
]

OTHERS = [
    Line("meta DOBY", "1999", "1999"),
    Line("meta DOBY", "99", NOTHING),
    Line("meta DOBM", "7", "07"),
    Line("meta DOBM", "13", NOTHING),
    Line("meta DOBD", "31.0", "31"),
    Line("meta MADID", "{6D92078A-8246-4BA4-AE5B-76104861E7DC}", "6d92078a-8246-4ba4-ae5b-76104861e7dc"),
    Line("meta MADID", "AB-1", NOTHING),
    Line("meta MADID", "00000000-0000-0000-0000-000000000000", NOTHING),
    Line("meta EXTERN_ID", " A 1 ", "A 1"),
]

LINES = [*E_MAILS, *PHONES, *NAMES, *PLACES, *OTHERS]
KINDS = [f"{platform} {field}" for platform, field in FIELDS]
PLACEHOLDERS = ("", "  ", "\u200b", "\ufeff", "nan", "NULL", "None", "n/a", "#N/A", "-", "unknown", "(blank)")
DIGESTS_OF_NOTHING = [hashlib.sha256(text.encode()).hexdigest() for text in ("", " ", "null", "nan", "None")]
DIGEST = hashlib.sha256(b"jane@example.com").hexdigest()
TAKES_DIGESTS = [f"{platform} {field}" for (platform, field), rule in FIELDS.items() if rule.hashed]


def explained(lines: list[Line]) -> list[dict[str, str | None]]:
    records: list[dict[str, Any]] = []
    for line in lines:
        platform, field = line.kind.split()
        records.append({"platform": platform, "field": field, "value": line.value, "country": line.country})
    return explain_identifiers(records)


@pytest.fixture(scope="module")
def answers() -> dict[Line, dict[str, str | None]]:
    """All of LINES in one call, as a file of records would be."""
    return dict(zip(LINES, explained(LINES), strict=True))


@pytest.mark.parametrize("line", LINES, ids=lambda line: ascii(f"{line.kind} {line.value} {line.country or ''}"))
def test_a_value_is_written_as_the_platform_wants_it(line: Line, answers: dict[Line, dict[str, str | None]]) -> None:
    platform, field = line.kind.split()
    answer = answers[line]
    assert answer["normalized"] == line.written
    if line.written is None or not hashed(platform, field):
        assert answer["sha256"] is None
    else:
        assert answer["sha256"] == hashlib.sha256(line.written.encode("utf-8")).hexdigest()


def test_only_what_is_not_sent_has_a_reason(answers: dict[Line, dict[str, str | None]]) -> None:
    assert [line for line, answer in answers.items() if bool(answer["reason"]) != (line.written is None)] == []


def test_a_placeholder_is_nothing_in_every_field() -> None:
    lines = [Line(kind, value, NOTHING, "DE") for kind in KINDS for value in PLACEHOLDERS]
    sent = [(line, answer) for line, answer in zip(lines, explained(lines), strict=True) if answer["normalized"]]
    assert sent == []


def test_a_digest_of_nothing_is_nothing_in_every_field_that_takes_digests() -> None:
    lines = [
        Line(kind, spelling, NOTHING, "DE")
        for kind in TAKES_DIGESTS
        for digest in DIGESTS_OF_NOTHING
        for spelling in (digest, digest.upper())
    ]
    sent = [(line, answer) for line, answer in zip(lines, explained(lines), strict=True) if answer["sha256"]]
    assert sent == []


def test_a_digest_is_sent_in_lower_case_and_not_hashed_again() -> None:
    lines = [Line(kind, f" {DIGEST.upper()} ", DIGEST) for kind in TAKES_DIGESTS]
    answers = explained(lines)
    assert len(lines) == 17
    assert {answer["sha256"] for answer in answers} == {DIGEST}
    assert {answer["reason"] for answer in answers} == {"already a SHA-256 digest: passed through"}
