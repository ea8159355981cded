"""Every normalisation example that the platforms publish, through the very expressions a sync runs."""

import json
from pathlib import Path

from tests.probing import explain_identifiers

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "identifiers.json").read_text(encoding="utf-8"))


def country_of(vector: dict[str, str]) -> str | None:
    """Google's (800)555-0100, Meta's (650)555-1212 and 01(650)123-4567 are written for readers in the United States."""
    return "US" if vector["field"].lower() == "phone" and "(" in vector["input"] else None


def test_all_published_examples_come_out_as_published() -> None:
    answers = explain_identifiers(
        [{**vector, "value": vector["input"], "country": country_of(vector)} for vector in VECTORS]
    )
    wrong = [
        (vector["platform"], vector["field"], vector["input"], answer)
        for vector, answer in zip(VECTORS, answers, strict=True)
        if answer["normalized"] != (vector["normalized"] or None) or answer["sha256"] != (vector["sha256"] or None)
    ]
    assert len(VECTORS) >= 146
    assert wrong == []


def test_what_is_not_sent_says_why() -> None:
    answers = explain_identifiers(
        [
            {"platform": "meta", "field": "EMAIL", "value": value}
            for value in (
                "",
                "nan",
                "test@test.com",
                "no-at-sign",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            )
        ]
    )
    assert [answer["normalized"] for answer in answers] == [None] * 5
    assert all(answer["reason"] for answer in answers)


def test_a_digest_is_passed_through_and_never_hashed_again() -> None:
    digest = "A" * 64
    (answer,) = explain_identifiers([{"platform": "google", "field": "email", "value": digest}])
    assert answer["sha256"] == digest.lower()


def test_a_national_number_without_a_country_is_not_guessed() -> None:
    known, unknown = explain_identifiers(
        [
            {"platform": "google", "field": "phone", "value": "0151 23456789", "country": "DE"},
            {"platform": "google", "field": "phone", "value": "0151 23456789"},
        ]
    )
    assert known["normalized"] == "+4915123456789"
    assert unknown["normalized"] is None
