"""What is remembered from run to run: the same outcome with it and without, no text in it, and it may vanish."""

import json
import stat
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow.parquet as pq
import pytest

from activator.model.people import Entity
from activator.people.engine import Engine, open_engine
from activator.people.pipeline import People, PeoplePolicy, build_people
from activator.people.recall import LIST_FILE, Recall
from tests.people_relations import GRANTED, TIERS, source

TEXTS = ("anna@example.com", "0151 23456789")
VALUES = dict(zip(TEXTS, ("0" * 31 + "1", "f" * 32), strict=True))
CONTACTS: list[dict[str, Any]] = [
    {"email": "a@example.com", "phone": "0151 23456789", "first_name": "Anna", "birth_date": date(1980, 1, 2)},
    {"email": "b@example.com", "phone": "not a number", "country": "Germany", "postal_code": "10115"},
    {
        "email": "c@example.com",
        "email_2": "C.2@example.com",
        "phone": "+44 20 7946 0018",
        "birth_date": date(2030, 1, 1),
    },
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def texts(engine: Engine, words: tuple[str, ...] = TEXTS) -> ibis.expr.types.Table:
    rows = [{"text": word, "value": VALUES.get(word)} for word in words]
    table = ibis.memtable(rows, schema=ibis.schema({"text": "string", "value": "string"}))
    return engine.materialise("texts", table.cast({"value": "uuid"}))


def remember(engine: Engine, folder: Path, words: tuple[str, ...] = TEXTS, rules: str = "1") -> None:
    recall, table = Recall(engine, folder, rules), texts(engine, words)
    recall.keep("phones", table.select("value", mark=recall.mark("phone", table.text)))
    recall.save()


def recalled(engine: Engine, folder: Path, rules: str = "1") -> dict[str, str]:
    """Text -> value of what is known about TEXTS."""
    recall, table = Recall(engine, folder, rules), texts(engine)
    known = recall.known("phones")
    if known is None:
        return {}
    found = table.select("text", mark=recall.mark("phone", table.text)).join(known, "mark")
    return {
        row["text"]: str(row["value"]).replace("-", "")
        for row in found.select("text", "value").to_pyarrow().to_pylist()
    }


def stored(folder: Path) -> list[str]:
    """Every value at rest, as hexadecimal digits."""
    columns = [column for file in folder.glob("*.parquet") for column in pq.read_table(file).columns]
    cells = [value for column in columns for value in column.to_pylist() if value is not None]
    return [value.hex() if isinstance(value, bytes) else value.hex for value in cells]


def test_what_was_kept_is_known_in_the_next_run_under_the_same_rules(engine: Engine, tmp_path: Path) -> None:
    assert recalled(engine, tmp_path / "recall") == {}
    remember(engine, tmp_path / "recall")
    assert recalled(engine, tmp_path / "recall") == VALUES
    assert recalled(engine, tmp_path / "recall", rules="2") == {}


def test_what_a_run_does_not_meet_is_forgotten_and_nothing_is_written_when_nothing_is_new(
    engine: Engine, tmp_path: Path
) -> None:
    remember(engine, tmp_path)
    before = {file.name for file in tmp_path.glob("*.parquet")}
    remember(engine, tmp_path)
    assert {file.name for file in tmp_path.glob("*.parquet")} == before
    remember(engine, tmp_path, TEXTS[:1])
    assert recalled(engine, tmp_path) == {TEXTS[0]: VALUES[TEXTS[0]]}
    assert len(list(tmp_path.glob("*.parquet"))) == 1


def test_nothing_at_rest_can_be_read_or_guessed_without_the_key(engine: Engine, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        remember(engine, folder)
        for file in (folder, *folder.iterdir()):
            assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file.name
    one, two = (set(stored(folder)) for folder in folders)
    assert len(one) == 4
    assert not one & two, "another key, other marks and other masks"
    assert not (one | two) & set(VALUES.values()), "a value alone would be a digest that can be guessed"


@pytest.mark.parametrize("harm", ["cut", "overwritten", "no list", "no key", "no JSON"])
def test_a_memory_that_is_harmed_counts_as_empty(engine: Engine, tmp_path: Path, harm: str) -> None:
    remember(engine, tmp_path)
    (file,) = tmp_path.glob("*.parquet")
    content = file.read_bytes()
    harmed = {
        "cut": (file, content[:-40]),
        "overwritten": (file, content[:60] + b"?" + content[61:]),
        "no list": (tmp_path / LIST_FILE, b""),
        "no key": (tmp_path / "key", b""),
        "no JSON": (tmp_path / LIST_FILE, b"["),
    }
    path, left = harmed[harm]
    path.write_bytes(left)
    assert recalled(engine, tmp_path) == {}
    remember(engine, tmp_path)
    assert recalled(engine, tmp_path) == VALUES
    assert (
        json.loads((tmp_path / LIST_FILE).read_bytes())["files"]["phones"][0] == next(tmp_path.glob("*.parquet")).name
    )


def people(engine: Engine, folder: Path | None, contacts: list[dict[str, Any]], year: int = 2026) -> People:
    orders = [
        {"order_id": row["email"], "email": row["email"], "ordered_at": datetime(2026, 10, 1), "amount_minor": 100}  # noqa: DTZ001
        | {"currency": "EUR"}
        for row in contacts
    ]
    sources = [source(Entity.CONTACTS, [GRANTED | row for row in contacts]), source(Entity.ORDERS, orders)]
    policy = PeoplePolicy(default_country="DE", as_of=date(year, 11, 1), currency="EUR", rates={}, tiers=TIERS)
    return build_people(engine, sources, policy, recall=Recall(engine, folder, "1"))


def sent(found: People) -> dict[str, list[dict[str, Any]]]:
    """Everything that would be sent, by form."""
    rows = {form: found.members(form).to_pyarrow().to_pylist() for form in ("meta", "google")}
    return {form: sorted(of_form, key=lambda row: row["member_key"]) for form, of_form in rows.items()}


def test_a_run_that_remembers_sends_what_a_run_that_does_not_would_send(engine: Engine, tmp_path: Path) -> None:
    """The first day all are new; on the second one has another name, and a day of birth is no longer in the future."""
    found = people(engine, tmp_path, CONTACTS)
    sent(found)
    found.remember()
    later = [CONTACTS[0] | {"first_name": "Anne"}, *CONTACTS[1:]]
    again = people(engine, tmp_path, later, year=2030)
    assert sent(again) == sent(people(engine, None, later, year=2030))
