"""Consolidation against the plain way, on many small exports at once: hubs, conflicts, chains, any order of rows."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activator.model.people import Entity
from activator.people.engine import Engine, open_engine
from tests import one_person
from tests.people_rows import Case, cases

EXPORTS = 200  # consolidated in one go: an export costs next to nothing, a run costs a second
PEOPLE_MAX = 2
NAMES = (None, "ann lee", "bo berg", "ann berg")
DATES = (None, None, date(1970, 5, 20), date(1980, 8, 30), date(1999, 8, 31))


def exports_of(dice: random.Random) -> list[list[dict[str, Any]]]:
    """Small exports, crowded enough that hubs and conflicts are common."""
    return [[_row(dice) for _ in range(dice.randint(1, 9))] for _ in range(EXPORTS)]


def _row(dice: random.Random) -> dict[str, Any]:
    def some(share: float, most: int) -> int | None:
        return dice.randint(0, most) if dice.random() < share else None

    return {
        "email": some(0.6, 4),
        "email_2": some(0.2, 4),
        "phone": some(0.4, 4),
        "external_id": some(0.4, 3),
        "name": dice.choice(NAMES),
        "born": dice.choice(DATES),
    }


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_engine(tmp_path_factory.mktemp("engine")) as opened:
        yield opened


def canonical(number: int, row: dict[str, Any]) -> dict[str, Any]:
    """A row of export `number` as consolidation reads it: identifiers of two exports never meet."""
    address = {
        column: None if row[column] is None else f"p{number}-{row[column]}@example.com"
        for column in ("email", "email_2")
    }
    first, _, last = (row["name"] or "").partition(" ")
    return address | {
        "phone": None if row["phone"] is None else f"+4915{row['phone']}{20_000_000 + number}",
        "id_space": None if row["external_id"] is None else "crm",
        "external_id": None if row["external_id"] is None else f"{number}-{row['external_id']}",
        "first_name": first or None,
        "last_name": last or None,
        "birth_date": row["born"],
    }


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: f"{value}" if isinstance(value, int) else value for key, value in row.items()}


def partition(case: Case) -> set[frozenset[int]]:
    people: dict[Any, set[int]] = {}
    for place, row in enumerate(case.rows):
        if row["person"] is not None:
            people.setdefault(row["person"], set()).add(place)
    return {frozenset(places) for places in people.values()}


def consolidated(engine: Engine, exports: list[list[dict[str, Any]]]) -> list[Case]:
    named = {str(number): [canonical(number, row) for row in rows] for number, rows in enumerate(exports)}
    return list(cases(engine, Entity.CONTACTS, named, PEOPLE_MAX).values())


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_people_are_those_of_the_plain_way_whatever_the_order_of_rows(engine: Engine, seed: int) -> None:
    dice = random.Random(seed)
    exports = exports_of(dice)
    found = consolidated(engine, exports)
    for number, rows in enumerate(exports):
        expected = set(one_person.people([plain(row) for row in rows], PEOPLE_MAX))
        assert partition(found[number]) == expected, f"{rows}"
    mixed = [dice.sample(rows, len(rows)) for rows in exports]
    assert [keys_by_row(case, rows) for case, rows in zip(consolidated(engine, mixed), mixed, strict=True)] == [
        keys_by_row(case, rows) for case, rows in zip(found, exports, strict=True)
    ]


def keys_by_row(case: Case, rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Whose each row is, in an order that does not depend on where it stood."""
    return sorted((repr(row), str(told["person"])) for row, told in zip(rows, case.rows, strict=True))
