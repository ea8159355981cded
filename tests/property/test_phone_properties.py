"""The short way to a phone number is the parser's, in every region and spelling; what is unclear is left to it."""

import ibis
import phonenumbers
import pyarrow as pa
import pytest

from activator.people.engine import Engine, open_engine
from activator.people.identifiers.phone import FILLER_PATTERNS, e164
from activator.people.identifiers.phone_fast import country_code, decided
from benchmarks.phone_numbers import phone_numbers

NUMBERS = 200_000
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def quickly(engine: Engine, numbers: list[tuple[str, str]]) -> list[str | None]:
    """The short answers: E.164, "" for certainly none, None for undecided."""
    texts, regions = zip(*numbers, strict=True)
    column = {"at": pa.array(range(len(texts))), "phone": pa.array(texts), "region": pa.array(regions)}
    table = engine.materialise("numbers", ibis.memtable(pa.table(column)))
    table = engine.materialise("coded", table.mutate(code=country_code(table.region, REGIONS)))
    answers = decided(engine.staged, table, REGIONS, FILLER_PATTERNS)
    found: list[str | None] = answers.order_by("at").quick.to_pyarrow().to_pylist()
    return found


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str | None]]:
    numbers = list(dict.fromkeys(phone_numbers(NUMBERS, seed=2026)))
    with open_engine(tmp_path_factory.mktemp("engine")) as engine:
        return [(*number, quick) for number, quick in zip(numbers, quickly(engine, numbers), strict=True)]


def test_no_short_answer_differs_from_the_parsers(answers: list[tuple[str, str, str | None]]) -> None:
    wrong = [
        (text, region, quick)
        for text, region, quick in answers
        if quick is not None and quick != (e164(text, region) or "")
    ]
    assert ascii(wrong) == "[]"


def test_most_numbers_are_answered_the_short_way(answers: list[tuple[str, str, str | None]]) -> None:
    answered = [quick for _, _, quick in answers if quick is not None]
    assert len(answered) > 0.6 * len(answers)
    assert sum(bool(quick) for quick in answered) > 0.3 * len(answers)


def test_short_national_numbers_are_what_the_library_itself_says(answers: list[tuple[str, str, str | None]]) -> None:
    """Under eleven digits no position of ours is involved: valid in the row's country, or not sent."""
    plain = [line for line in answers if line[1] and line[2] is not None and line[0].isdecimal() and len(line[0]) < 11]
    plain = [(text, region, quick) for text, region, quick in plain if not text.startswith("00") and len(text) > 5]
    wrong = [line for line in plain if line[2] and line[2] != library(line[0], line[1])]
    assert len(plain) > 0.05 * len(answers)
    assert wrong == []


def library(text: str, region: str) -> str:
    number = phonenumbers.parse(text, region)
    valid = phonenumbers.is_valid_number(number)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)) if valid else ""
