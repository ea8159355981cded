"""`activator identifiers`: one JSON line in, one out, and every refusal says why and where."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from activator.cli.main import app
from activator.errors import ConfigurationError
from activator.people.probe import CHUNK_RECORDS, Probe
from tests.projects import PROJECT, write_project

MARY = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"  # published by Meta for mary@example.com


def ask(*lines: str | bytes, options: tuple[str, ...] = ()) -> Result:
    text = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    return CliRunner().invoke(app, ["identifiers", *options], input=text)


def record(platform: str, field: str, value: Any, **more: Any) -> str:
    return json.dumps({"platform": platform, "field": field, "value": value, **more}, ensure_ascii=False)


def answers(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


REASONS = [
    ("meta", "EMAIL", None, None, "null: there is no value"),
    ("meta", "FN", True, None, "true or false, not a value"),
    ("meta", "FN", ["Jane"], None, "a list, not one value"),
    ("meta", "FN", {"first": "Jane"}, None, "an object, not one value"),
    ("meta", "FN", "a" * 10_001, None, "longer than 10,000 characters: no identifier is"),
    ("meta", "EMAIL", "  ", None, "empty"),
    ("meta", "EMAIL", "E-Mail", None, "a placeholder: the header of a column, not a value"),
    ("meta", "EMAIL", "jane.example.com", None, "not an e-mail address: no @"),
    ("meta", "EMAIL", "a@b@example.com", None, "not one e-mail address: more than one @"),
    ("meta", "EMAIL", "jane@example", None, "not an e-mail address: its domain has no dot"),
    ("google", "email", "+x@gmail.com", None, "not an e-mail address: nothing before the @"),
    ("google", "email", "no-reply@example.com", None, "an address of a machine, read by nobody"),
    ("google", "email", "test@test.com", None, "a placeholder: an address people type to get past a form"),
    (
        "google",
        "email",
        "jane@shop.local",
        None,
        "not an address on the internet: its domain is reserved for private use",
    ),
    (
        "google",
        "phone",
        "0151 23456789",
        None,
        "a national number without a country: write it with + and country code, or give its country",
    ),
    (
        "google",
        "phone",
        "0151 23456789",
        "Atlantis",
        "a national number, and its country is not one that is known: write it with + and country code",
    ),
    ("google", "phone", "0151 2345", "DE", "not a valid phone number of DE"),
    ("google", "phone", "+999 1234567", None, "not a phone number: there is no such country code"),
    ("google", "phone", "call me", None, "not a phone number: no digits"),
    ("google", "phone", "1111111111", "US", "a placeholder: digits people type to get past a form"),
    (
        "meta",
        "PHONE",
        "4.41235E+11",
        None,
        "a number that a spreadsheet has cut off (4.4E+11): format the column as text and export again",
    ),
    ("meta", "FN", "123", None, "not a name: no letter in it"),
    ("meta", "FN", "{{first_name}}", None, "a placeholder: the merge tag of a mailing instead of its value"),
    ("meta", "LN", "jane@example.com", None, "an e-mail address in another field"),
    ("meta", "GEN", "x", None, "neither male nor female in a language that is known: Meta takes nothing else"),
    ("meta", "DOBY", "97", None, "two digits do not say the century: write YYYY"),
    ("meta", "DOBY", "2099", None, "in the future"),
    ("meta", "DOBY", "1899", None, "before 1900"),
    ("meta", "DOBY", "1997-05-16", None, "a whole date: give the year alone, as YYYY"),
    ("meta", "DOBM", "13", None, "not a month from 1 to 12"),
    ("meta", "DOBD", "32", None, "not a day from 1 to 31"),
    ("meta", "CT", "12345", None, "not a city: no letter in it"),
    ("meta", "ST", "Bavaria", "United States", "not a state of the United States"),
    ("meta", "ZIP", "Paris", "FR", "not a postal code: no digit in it"),
    ("google", "postal_code", "00000", "US", "a placeholder: only zeros"),
    (
        "meta",
        "COUNTRY",
        "Atlantis",
        None,
        "not a country: no ISO 3166-1 code, and no country's name in a language that is known",
    ),
    (
        "google",
        "region_code",
        "USA",
        None,
        "not an ISO 3166-1 alpha-2 code: a sync finds the code of a country's name first, this field takes codes only",
    ),
    ("meta", "MADID", "0" * 32, None, "32 hex digits: an MD5 digest, or an advertising id without its hyphens"),
    (
        "meta",
        "MADID",
        "00000000-0000-0000-0000-000000000000",
        None,
        "only zeros: the device's owner has opted out of tracking",
    ),
    ("meta", "EXTERN_ID", "#N/A", None, "a placeholder for nothing"),
]


def test_whatever_is_not_sent_has_a_reason_of_its_own() -> None:
    asked = [record(platform, field, value, country=country) for platform, field, value, country, _ in REASONS]
    found = answers(ask(*asked))
    assert [answer["normalized"] for answer in found] == [None] * len(REASONS)
    assert [answer["reason"] for answer in found] == [reason for *_, reason in REASONS]


def test_lines_are_answered_in_their_order_whatever_their_fields() -> None:
    found = answers(
        ask(
            b"\xef\xbb\xbf" + record("meta", "EMAIL", " Mary@Example.com ").encode(),
            "",
            record("google", "region_code", "us"),
            record("meta", "ZIP", 94035, country="USA"),
            '{"platform": "meta", "field": "DOBM", "value": 7.0}',
            '{"platform": "meta", "field": "FN", "value": NaN}',
            record("meta", "EMAIL", MARY.upper()),
        )
    )
    assert [answer["normalized"] for answer in found] == ["mary@example.com", "US", "94035", "07", None, MARY]
    assert [found[0]["sha256"], found[1]["sha256"], found[5]["sha256"]] == [MARY, None, MARY]
    assert found[5]["reason"] == "already a SHA-256 digest: passed through"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not JSON"),
        ("[1]", "line 2: not a JSON object"),
        ('{"platform": "meta", "field": "EMAIL"}', "line 2: value is missing"),
        (record("tiktok", "EMAIL", "x"), "line 2: there is no platform 'tiktok'"),
        (record("meta", "email", "x"), "line 2: meta has no field 'email'"),
        ('{"platform": [], "field": 1, "value": ""}', "line 2: there is no platform of that name"),
        (b'{"platform": "\xff', "line 2: not UTF-8"),
        ("[" * 100_000, "line 2: not JSON"),
        ("x" * (1 << 20) + "x", "line 2: longer than 1,048,576 bytes"),
    ],
)
def test_a_line_that_is_no_record_is_named_after_the_answers_before_it(line: str | bytes, message: str) -> None:
    result = ask(record("meta", "GEN", "f"), line)
    assert [json.loads(answer)["normalized"] for answer in result.stdout.splitlines()] == ["f"]
    assert isinstance(result.exception, ConfigurationError)
    assert message in str(result.exception)


def test_input_is_read_no_further_than_it_is_answered() -> None:
    read = 0

    def records() -> Iterator[dict[str, Any]]:
        nonlocal read
        for number in range(3 * CHUNK_RECORDS):
            read += 1
            yield {"platform": "meta", "field": "DOBD", "value": number % 31 + 1}

    with Probe() as probe:
        answered = probe.stream(records())
        assert next(answered)["normalized"] == "01"
        assert read == CHUNK_RECORDS
        assert sum(1 for _ in answered) == 3 * CHUNK_RECORDS - 1


def test_a_project_answers_by_its_own_positions(tmp_path: Path) -> None:
    said = "identity: {default_country: DE"
    write_project(tmp_path, PROJECT.replace(said, f"{said}, google_gmail_suffix: keep"))
    found = answers(
        ask(
            record("google", "email", "jane.doe+news@gmail.com"),
            record("google", "phone", "0151 23456789"),
            options=("--project", str(tmp_path)),
        )
    )
    assert [answer["normalized"] for answer in found] == ["janedoe+news@gmail.com", "+4915123456789"]
