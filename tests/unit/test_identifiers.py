"""What is sent for the values that exports really hold: each line is a position, in `docs/reference/identifiers.md`."""

import hashlib
from itertools import cycle
from typing import Any, NamedTuple

import pytest

from activator.model.identity import (
    IdentifierRules,
    Letters,
    Punctuation,
    Separators,
    State,
    Suffix,
    ZipExtension,
    ZipSpaces,
)
from activator.people.identifiers import FIELDS, hashed
from tests.probing import explain_identifiers

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
    Line("google email", '"jane@example.com"', "jane@example.com"),
    Line("google email", "jane@example", NOTHING),
    Line("google email", "jane@example.com;", "jane@example.com"),
    Line("google email", "jane@one.com;joe@two.com", NOTHING),
    Line("google email", "test@test.com", NOTHING),
    Line("meta EMAIL", " Test@TEST.fr ", NOTHING),
    Line("meta EMAIL", "undefined@undefined.com", NOTHING),
    # Reaches nobody, but the platforms publish digests of such addresses, so it is as good as any other.
    Line("meta EMAIL", "user@example.com", "user@example.com"),
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
    Line("google phone", "'+4915123456789", "+4915123456789"),
    Line("google phone", '="0151 23456789"', "+4915123456789", "DE"),
    Line("google phone", "Telephone: +49 30 901820", "+4930901820"),
    Line("google phone", "Tel.: 030 901820", "+4930901820", "DE"),
    Line("google phone", "+९१ ९८७६५ ४३२१०", "+919876543210"),
    Line("google phone", "0151 23456789 (Mobil)", "+4915123456789", "DE"),
    Line("google phone", "650-253-0000 x12 (work)", "+16502530000", "US"),
    Line("google phone", "0151 23456789 oder 030 901820", NOTHING, "DE"),
    Line("google phone", "0011 44 20 7946 0958", "+442079460958", "AU"),
    Line("google phone", "0015 44 20 7946 0958", "+442079460958", "BR"),
    Line("google phone", "+33 1 23 45 67 89", "+33123456789"),
    Line("google phone", "0123456789", NOTHING, "FR"),
    Line("google phone", "+1 123 456 7890", NOTHING),
    Line("google phone", "call me", NOTHING, "DE"),
    # Peers: +1441134960987, by adding a default country to a number that has one; or left as it is written.
    Line("google phone", "+44-113-496-0987", "+441134960987", "US"),
]

NAMES = [
    Line("meta FN", "Müller", "müller"),
    Line("meta FN", "Mu\u0308ller", "müller"),
    Line("meta FN", "Valéry", "valéry"),
    Line("meta FN", "Val\0éry", "valéry"),
    Line("meta FN", "정", "정"),
    # As Unicode lowers them, and so Meta's libraries in every language: a final sigma, and a dot that stays.
    Line("meta LN", "ΣΟΦΟΣ", "σοφος"),
    Line("google family_name", "ΣΟΦΟΣ ΟΔΥΣΣΕΥΣ", "σοφος οδυσσευς"),
    Line("meta FN", "İpek", "i̇pek"),
    Line("meta FN", "Mary-Jane", "maryjane"),
    Line("meta FN", "Jean Luc", "jeanluc"),
    Line("meta LN", "O'Brien", "obrien"),
    Line("google family_name", "n/a", NOTHING),
    Line("meta FN", "123", NOTHING),
    Line("meta FN", "Guest", NOTHING),
    Line("meta FI", "Émile", "é"),
    Line("meta FN", "jane@example.com", NOTHING),
    Line("meta FN", "4.41235E+11", NOTHING),
    Line("meta LN", "Mrs.", NOTHING),
    Line("meta LN", "Müller\ufe0f", "müller"),
    Line("google given_name", "Jane", "jane"),
    Line("google given_name", "Valéry", "valéry"),
    Line("google given_name", "정", "정"),
    Line("google given_name", '"Jane"', "jane"),
    Line("google given_name", '="Jane"', "jane"),
    Line("google given_name", "Jane \U0001f600", "jane"),
    Line("google given_name", "John Jr.", "john"),
    Line("google family_name", "Dr. Müller", "müller"),
    Line("google family_name", "Smith-Jones", "smithjones"),
    Line("google given_name", "Dr. Jane", "jane"),
    Line("google given_name", "  Jean   Luc ", "jean luc"),
    Line("google given_name", "Mary-Jane", "mary-jane"),
    Line("google family_name", "O'Brien, Jr.", "obrien"),
    Line("google family_name", "Müller", "müller"),
    Line("meta GEN", "Female", "f"),
    Line("meta GEN", "männlich", "m"),
    Line("meta GEN", "F.", "f"),
    Line("meta GEN", "女性", "f"),
    Line("meta GEN", "unknown", NOTHING),
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
    Line("meta ST", "New York", "ny"),
    Line("meta ST", "N.Y.", "ny", "US"),
    Line("meta ST", "State of New York", "ny", "US"),
    Line("meta ST", "AE", "ae", "US"),
    Line("meta ST", "California", "ca", "US"),
    Line("meta ST", "Baden-Württemberg", "badenwurttemberg", "DE"),
    Line("meta ST", "Bavaria", NOTHING, "US"),
    Line("meta ST", "California", "ca"),
    Line("meta ST", "Ontario", "on", "Canada"),
    Line("meta ST", "Bavaria", "bavaria", "DE"),
    Line("meta ST", "New South Wales", "newsouthwales", "AU"),
    Line("meta ZIP", "M1 1AE", "m11ae", "GB"),
    Line("meta ZIP", '="02139"', "02139", "US"),
    Line("meta EXTERN_ID", '="007"', "007"),
    Line("meta EMAIL", "0" * 64, NOTHING),
    Line("meta ZIP", "sw1a-1aa", "sw1a1aa", "GB"),
    Line("google postal_code", " M1 1AE ", "M1 1AE", "GB"),
    Line("meta ZIP", "94035-1234", "94035", "US"),
    Line("meta ZIP", "94035-1234", "94035"),
    Line("meta ZIP", "940351234", "94035", "USA"),
    Line("meta ZIP", "94035.0", "94035", "US"),
    Line("meta ZIP", "601", "00601", "PR"),
    Line("google postal_code", "601", "00601", "US"),
    Line("meta COUNTRY", "Россия", "ru"),
    Line("meta COUNTRY", "The United States", "us"),
    Line("meta COUNTRY", "한국", "kr"),
    Line("meta ZIP", "01310-100", "01310100", "BR"),
    Line("meta ZIP", "01310-100", "01310100"),
    Line("meta ZIP", "2139", "02139", "US"),
    Line("meta ZIP", "2139", "2139", "AU"),
    Line("google postal_code", "2139", "02139", "US"),
    Line("google postal_code", "94035-1234", "94035-1234", "US"),
    Line("google postal_code", "00000", NOTHING, "US"),
    Line("meta ZIP", "0000000000", NOTHING, "US"),
    Line("meta ZIP", "00000", NOTHING, "US"),
    Line("meta ZIP", "Paris", NOTHING, "FR"),
    Line("meta COUNTRY", "United States", "us"),
    Line("meta COUNTRY", "U.S.A.", "us"),
    Line("meta COUNTRY", "UK", "gb"),
    Line("meta COUNTRY", "Österreich", "at"),
    Line("meta COUNTRY", "日本", "jp"),
    Line("meta COUNTRY", "Korea, Republic of", "kr"),
    Line("meta COUNTRY", "Atlantis", NOTHING),
    Line("meta COUNTRY", "N / A", NOTHING),
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
    Line("meta MADID", "6D92078A82464BA4AE5B76104861E7DC", NOTHING),
    Line("meta EXTERN_ID", " A 1 ", "A 1"),
    Line("meta EXTERN_ID", "4711.0", "4711"),
    Line("meta EXTERN_ID", "4.41235E+11", NOTHING),
    Line("meta EXTERN_ID", "jane@example.com", NOTHING),
    Line("meta APPUID", "1234567890", "1234567890"),
]

LINES = [*E_MAILS, *PHONES, *NAMES, *PLACES, *OTHERS]
KINDS = [f"{platform} {field}" for platform, field in FIELDS]
PLACEHOLDERS = (
    "", "  ", "\u200b", "\ufeff", "nan", "NULL", "None", "n/a", "N / A", "#N/A", "-", "unknown", "(blank)", "undefined",
    ' "null" ', "'NaN'", "[NULL]", "0000000000", "0.0", "4.41235E+11", "4,41235e+11", "#REF!", "test@test.com",
    "{{first_name}}", "*|FNAME|*", "true", "Unbekannt", "...",
)  # fmt: skip
# A field's own header, as it stands in the second line of a file or in a shifted column.
HEADERS = {
    "given_name": ("First Name", "first_name", "firstName", "Vorname", "PRÉNOM", "Nombre", "名前", "given name"),
    "family_name": ("Last Name", "Nachname:", " apellidos ", "Фамилия", "family_name"),
    "FN": ("FIRST-NAME", '"Vorname"', "fname"), "LN": ("lastname", "Nom de famille"), "FI": ("First name",),
    "CT": ("City", "Stadt", "ville", "Città", "город"), "ST": ("State", "Bundesland", "State/Province"),
    "ZIP": ("ZIP Code", "PLZ", "code postal"), "postal_code": ("Postal Code", "Postleitzahl"),
    "COUNTRY": ("Country", "Land", "pays"), "region_code": ("country code",), "GEN": ("Gender", "Geschlecht"),
    "DOBY": ("Year", "Geburtsjahr"), "DOBM": ("month",), "DOBD": ("Day",), "EMAIL": ("E-Mail",), "email": ("correo",),
    "PHONE": ("Telefon",), "phone": ("Mobile Phone",), "EXTERN_ID": ("Customer ID", "Kundennummer"), "MADID": ("IDFA",),
    "APPUID": ("app_user_id",), "PAGEUID": ("id",),
}  # fmt: skip
OTHER_DIGESTS = {
    "MD5": hashlib.new("md5", b"jane@example.com", usedforsecurity=False).hexdigest(),
    "SHA-1": hashlib.new("sha1", b"jane@example.com", usedforsecurity=False).hexdigest().upper(),
    "SHA-512": hashlib.sha512(b"jane@example.com").hexdigest(),
}
DIGESTS_OF_NOTHING = [
    hashlib.sha256(text.encode()).hexdigest() for text in ("", " ", "null", "nan", "None", "n/a", "undefined")
]
DIGEST = hashlib.sha256(b"jane@example.com").hexdigest()
MIXED = ("Jane", DIGEST, "n/a", DIGEST.upper(), OTHER_DIGESTS["MD5"], "Joe")
TAKES_DIGESTS = [f"{platform} {field}" for (platform, field), rule in FIELDS.items() if rule.hashed]


GROUPS: dict[str, list[Line]] = {
    "positions": LINES,
    "placeholders": [Line(kind, value, NOTHING, "DE") for kind in KINDS for value in PLACEHOLDERS],
    "headers": [Line(kind, header, NOTHING) for kind in KINDS for header in HEADERS[kind.split()[1]]],
    "digests of nothing": [
        Line(kind, spelling, NOTHING, "DE")
        for kind in TAKES_DIGESTS
        for digest in DIGESTS_OF_NOTHING
        for spelling in (digest, digest.upper())
    ],
    "digests": [Line(kind, f" {DIGEST.upper()} ", DIGEST) for kind in TAKES_DIGESTS],
    "other digests": [Line(kind, digest, NOTHING) for kind in TAKES_DIGESTS for digest in OTHER_DIGESTS.values()],
    "mixed": [Line("meta FN", value, NOTHING) for value in MIXED],
    "digests in plain fields": [Line(kind, DIGEST, NOTHING) for kind in ("google region_code", "google postal_code")],
}
Answers = list[tuple[Line, dict[str, str | None]]]


@pytest.fixture(scope="module")
def groups() -> dict[str, Answers]:
    """All of GROUPS in one call, as a file of records would be: planning a query costs more than answering it."""
    records: list[dict[str, Any]] = []
    for line in (line for lines in GROUPS.values() for line in lines):
        platform, field = line.kind.split()
        records.append({"platform": platform, "field": field, "value": line.value, "country": line.country})
    answers = iter(explain_identifiers(records))
    return {name: [(line, next(answers)) for line in lines] for name, lines in GROUPS.items()}


@pytest.fixture(scope="module")
def answers(groups: dict[str, Answers]) -> dict[Line, dict[str, str | None]]:
    return dict(groups["positions"])


def sent(group: Answers) -> list[str]:
    """Lines of which something would be sent."""
    return [f"{line}: {answer}" for line, answer in group if answer["normalized"] or answer["sha256"]]


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


def test_a_placeholder_is_nothing_in_every_field(groups: dict[str, Answers]) -> None:
    assert sent(groups["placeholders"]) == []


def test_a_fields_own_header_is_nothing_in_every_field(groups: dict[str, Answers]) -> None:
    assert sent(groups["headers"]) == []
    reasons = {answer["reason"] for _, answer in groups["headers"]}
    assert reasons == {"a placeholder: the header of a column, not a value"}


def test_a_digest_of_nothing_is_nothing_in_every_hashed_field(groups: dict[str, Answers]) -> None:
    assert sent(groups["digests of nothing"]) == []


def test_a_digest_is_sent_in_lower_case_and_not_hashed_again(groups: dict[str, Answers]) -> None:
    passed = groups["digests"]
    assert len(passed) == 17
    assert {answer["sha256"] for _, answer in passed} == {DIGEST}
    assert {answer["reason"] for _, answer in passed} == {"already a SHA-256 digest: passed through"}


def test_a_digest_of_another_kind_is_neither_sent_nor_hashed(groups: dict[str, Answers]) -> None:
    assert sent(groups["other digests"]) == []
    named = [(name, answer["reason"]) for name, (_, answer) in zip(cycle(OTHER_DIGESTS), groups["other digests"])]
    assert [reason for name, reason in named if f"{name} digests" not in str(reason)] == []


def test_plain_and_hashed_values_in_one_column_are_each_read_as_what_they_are(groups: dict[str, Answers]) -> None:
    assert [answer["normalized"] for _, answer in groups["mixed"]] == ["jane", DIGEST, None, DIGEST, None, "joe"]


def test_a_digest_is_refused_where_a_platform_takes_plain_text(groups: dict[str, Answers]) -> None:
    reasons = {answer["reason"] for _, answer in groups["digests in plain fields"]}
    assert reasons == {"a SHA-256 digest: this field is sent in plain text"}


SWITCHED = [
    (IdentifierRules(google_gmail_suffix=Suffix.KEEP), "google email", "J.Doe+a@gmail.com", None, "jdoe+a@gmail.com"),
    (IdentifierRules(google_gmail_suffix=Suffix.KEEP), "google email", "+x@gmail.com", None, NOTHING),
    (IdentifierRules(google_gmail_suffix=Suffix.KEEP), "google email", "a.b+c@shop.com", None, "a.b+c@shop.com"),
    (
        IdentifierRules(google_family_name_punctuation=Punctuation.KEEP),
        "google family_name", "O'Brien-Smith, Jr.", None, "o'brien-smith",
    ),
    (IdentifierRules(meta_name_separators=Separators.KEEP), "meta FN", "Mary-Jane  Ann", None, "mary-jane ann"),
    (IdentifierRules(meta_name_separators=Separators.KEEP), "meta LN", "O'Brien", None, "obrien"),
    (IdentifierRules(meta_state_letters=State.US), "meta ST", "Ontario", "CA", "ontario"),
    (IdentifierRules(meta_state_letters=State.US), "meta ST", "New York", "US", "ny"),
    (IdentifierRules(meta_state_letters=State.NOBODY), "meta ST", "New York", "US", "newyork"),
    (IdentifierRules(meta_place_letters=Letters.KEEP), "meta CT", "São Paulo", None, "sãopaulo"),
    (IdentifierRules(meta_place_letters=Letters.KEEP), "meta CT", "東京", None, "東京"),
    (IdentifierRules(meta_place_letters=Letters.DROP), "meta CT", "São Paulo", None, "sopaulo"),
    (IdentifierRules(meta_place_letters=Letters.DROP), "meta CT", "東京", None, NOTHING),
    (IdentifierRules(meta_zip_extension=ZipExtension.KEEP), "meta ZIP", "94035-1234", "US", "940351234"),
    (IdentifierRules(meta_zip_spaces=ZipSpaces.KEEP), "meta ZIP", "M1 1AE", "GB", "m1 1ae"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "kind", "value", "country", "written"), SWITCHED)
def test_a_project_may_take_the_other_position(
    rules: IdentifierRules, kind: str, value: str, country: str | None, written: str | None
) -> None:
    platform, field = kind.split()
    (answer,) = explain_identifiers([{"platform": platform, "field": field, "value": value, "country": country}], rules)
    assert answer["normalized"] == written


def test_every_switch_changes_the_version_that_is_stored() -> None:
    versions = {rules.version for rules, *_ in SWITCHED} | {IdentifierRules().version}
    assert IdentifierRules().version == "3"
    assert IdentifierRules(google_gmail_suffix=Suffix.KEEP).version == "3 google_gmail_suffix=keep"
    assert len(versions) == 1 + len({rules for rules, *_ in SWITCHED})
