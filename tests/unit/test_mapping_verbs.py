"""What each verb makes of a cell, at its edges."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import ibis
import pytest

from activator.config.verbs import Condition, Moment, Permission, Score, Take
from activator.model.people import Consent
from activator.people import mapping_cells as cells
from activator.people.mapping import holds


@pytest.fixture(scope="module")
def backend() -> Iterator[Any]:
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()


def read(backend: Any, texts: Sequence[str | None], verb: Any) -> list[Any]:
    table = ibis.memtable(
        {"at": list(range(len(texts))), "cell": list(texts)}, schema={"at": "int64", "cell": "string"}
    )
    found: list[Any] = backend.to_pyarrow(table.mutate(read=verb(table["cell"])).order_by("at"))["read"].to_pylist()
    return found


NINE = datetime(2026, 6, 1, 9)  # noqa: DTZ001 - canonical instants are UTC without a zone


@pytest.mark.parametrize(
    ("unit", "cell", "expected"),
    [
        ("epoch_s", "1780304400", NINE),
        ("epoch_s", "1780304400.75", NINE),
        ("epoch_ms", "1780304400123", NINE.replace(microsecond=123000)),
        ("epoch_us", "1780304400123456", NINE.replace(microsecond=123000)),
        ("epoch_s", "0", datetime(1970, 1, 1)),  # noqa: DTZ001
        ("epoch_s", "-1", None),
        ("epoch_s", "1780304400123", None),  # milliseconds: a year beyond 2099 is a slip of the unit
        ("epoch_us", "99999999999999999999", None),
        ("epoch_s", "soon", None),
    ],
)
def test_an_epoch_is_a_count_since_1970(backend: Any, unit: str, cell: str, expected: datetime | None) -> None:
    verb = Moment.model_validate({"from": "x", "format": unit})
    assert read(backend, [cell], lambda text: cells.moment(text, verb)) == [expected]


def test_an_epoch_of_a_local_clock_is_moved_and_its_day_is_not(backend: Any) -> None:
    verb = Moment.model_validate({"from": "x", "format": "epoch_s", "time_zone": "Europe/Berlin"})
    assert read(backend, ["1780304400"], lambda text: cells.moment(text, verb)) == [NINE.replace(hour=7)]
    assert read(backend, ["1780273800"], lambda text: cells.day(text, verb)) == [date(2026, 6, 1)]


@pytest.mark.parametrize(
    ("said", "cell", "expected"),
    [
        ({}, "9", 9),
        ({"out_of": 5}, "4", 8),
        ({"out_of": 5}, "4 / 5", 8),
        ({"out_of": 5}, "3 out of 5", 6),
        ({"out_of": 5}, "★★★☆☆", 6),
        ({"out_of": 5}, "1 star", 2),
        ({"out_of": 5}, "6", None),
        ({"out_of": 5}, "-1", None),
        ({"out_of": 100}, "85%", 9),
        ({"out_of": 100}, "84 %", 8),
        ({"out_of": 7}, "7", 10),
        ({"values": {"good": 10, "bad": 0}}, "Good", 10),
        ({"values": {"good": 10, "bad": 0}}, "BAD", 0),
        ({"values": {"good": 10, "bad": 0}}, "fine", None),
        ({}, "☆☆☆", None),
    ],
)
def test_a_score_is_counted_from_0_to_10(
    backend: Any, said: Mapping[str, Any], cell: str, expected: int | None
) -> None:
    verb = Score.model_validate({"from": "x", **said})
    assert read(backend, [cell], lambda text: cells.score(text, verb)) == [expected]


def test_the_items_of_a_list_are_told_apart(backend: Any) -> None:
    texts = ["a; b;c | d,e", ";; a ;;b", "a", None]
    found = {take: read(backend, texts, lambda text, take=take: cells.taken(text, take)) for take in Take}
    assert found[Take.FIRST_ITEM] == ["a", "a", "a", None]
    assert found[Take.SECOND_ITEM] == ["b", "b", None, None]
    assert found[Take.THIRD_ITEM] == ["c", None, None, None]
    assert found[Take.FOURTH_ITEM] == ["d", None, None, None]


PARAMS = (
    '[{"key":"currency","value":{"string_value":"EUR","int_value":null}},'
    '{"key": "value", "value": {"string_value": null, "int_value": null, "double_value": 49.9}},'
    '{"key":"n","value":{"int_value":"3"}},{"key":"plain","value":"x"},{"key":"none","value":{"string_value":null}}]'
)


@pytest.mark.parametrize(
    ("key", "expected"),
    [("currency", "EUR"), ("value", "49.9"), ("n", "3"), ("plain", "x"), ("none", None), ("k", None)],
)
def test_a_key_picks_its_value_from_a_list_of_pairs(backend: Any, key: str, expected: str | None) -> None:
    assert read(backend, [PARAMS, "[]", "no list", None], lambda text: cells.keyed(text, key)) == [
        expected,
        None,
        None,
        None,
    ]


def test_words_for_yes_and_no_are_known_in_many_languages(backend: Any) -> None:
    verb = Permission.model_validate({"from": "x", "yes": "granted", "no": "denied", "values": {"si": "unknown"}})
    texts = ["Yes", "JA", "oui", "True", "1", "No", "nein", "Não", "0", "si", "maybe", None]
    found = read(backend, texts, lambda text: cells.permission(text, verb.meanings(), Consent.UNKNOWN))
    assert found == ["granted"] * 5 + ["denied"] * 4 + ["unknown"] * 3


@pytest.mark.parametrize(("currency", "minor"), [("EUR", 500), ("JPY", 500), ("KWD", 500)])
def test_minor_units_are_not_scaled_again(backend: Any, currency: str, minor: int) -> None:
    def amount(text: Any) -> Any:
        return cells.minor_units(cells.number(text, "."), ibis.literal(currency), "minor")

    assert read(backend, ["500"], amount) == [minor]


def test_a_rule_may_say_what_a_cell_must_be(backend: Any) -> None:
    rule = Condition(column="cell", other_than=("Paid", "refunded"))
    table = ibis.memtable({"at": [1, 2, 3, 4], "cell": ["PAID", " Refunded", "Failed", None]})
    found = backend.to_pyarrow(table.mutate(aside=holds(table, rule)).order_by("at"))["aside"].to_pylist()
    assert found == [False, False, True, True]


def test_what_keeps_a_spreadsheet_from_making_a_number_of_it_is_no_part_of_a_cell(backend: Any) -> None:
    exported = ["'02110", " '+49 30 1", "'t Hooft", "O'Neil", '="02110"', '=" "', '="a" & "b"', "=1+1"]
    table = ibis.memtable({"at": range(len(exported)), "cell": exported})
    found = backend.to_pyarrow(table.mutate(read=cells.cell(table, "cell")).order_by("at"))["read"].to_pylist()
    assert found == ["02110", "+49 30 1", "'t Hooft", "O'Neil", "02110", None, '="a" & "b"', "=1+1"]
