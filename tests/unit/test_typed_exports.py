"""Numbers and days an export holds as such are read like their text, and orders are counted alike either way."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from activator.config.mapping import OrdersMapping
from activator.model.people import Entity
from activator.people.engine import Engine
from activator.people.mapping import PERSON, canonical
from activator.ports import typed_name
from connectors.crm.files import connector
from tests.people_relations import GRANTED, build, order, persons, source

AMOUNTS = ["0.00", "12.34", "-12.345", "0.005", "9999999999.99999", "10000000000.00000", "-0.99999", None]
MOMENTS = [
    datetime(2024, 2, 29, 23, 59, 59, 999_999),  # noqa: DTZ001 - exports hold local clocks
    datetime(1899, 12, 31, 23, 0),  # noqa: DTZ001
    datetime(2099, 12, 31, 1, 2, 3),  # noqa: DTZ001
    datetime(2100, 1, 1),  # noqa: DTZ001
    datetime(2024, 3, 31, 2, 30),  # noqa: DTZ001 - a clock that did not exist in Berlin
    datetime(2024, 10, 27, 2, 30),  # noqa: DTZ001 - and one that was there twice
    datetime(1900, 1, 1),  # noqa: DTZ001
    None,
]


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    made = Engine(tmp_path / "scratch")
    yield made
    made.close()


def export(path: Path, **columns: pa.Array) -> Path:
    rows = len(AMOUNTS)
    shared = {"id": pa.array([f"{n}" for n in range(rows)]), "currency": pa.array(["EUR", "JPY", "KWD", "EUR"] * 2)}
    pq.write_table(pa.table(shared | {"who": shared["id"]} | columns), path)
    return path


def mapping(**verbs: Any) -> OrdersMapping:
    columns = {"order_id": "id", "currency": "currency", "external_id": "who", "amount": "amount", "ordered_at": "at"}
    fields: dict[str, Any] = {name: {"from": column} for name, column in columns.items()} | verbs
    head = {"name": "typed", "entity": "orders", "title": "Orders", "recognise": ["id"], "id_space": "crm"}
    return OrdersMapping.model_validate(head | {"columns": fields})


@pytest.mark.parametrize(
    "amounts",
    [
        pa.array([None if text is None else Decimal(text) for text in AMOUNTS], pa.decimal128(18, 5)),
        pa.array([None if text is None else Decimal(text) for text in AMOUNTS], pa.decimal128(30, 9)),
        pa.array([0, -1, 7, 9_999_999_999, 10_000_000_000, -10_000_000_000, 2**62, None], pa.int64()),
    ],
)
@pytest.mark.parametrize(
    ("moments", "zone"),
    [
        (pa.array(MOMENTS, pa.timestamp("us")), "UTC"),
        (pa.array(MOMENTS, pa.timestamp("us")), "Europe/Berlin"),
        (pa.array([None if moment is None else moment.date() for moment in MOMENTS], pa.date32()), "America/New_York"),
    ],
)
def test_a_typed_cell_is_read_like_its_text(
    engine: Engine, tmp_path: Path, amounts: pa.Array, moments: pa.Array, zone: str
) -> None:
    raw = connector.read(engine.backend, "orders", export(tmp_path / "orders.parquet", amount=amounts, at=moments))
    assert {typed_name("amount"), typed_name("at")} <= set(raw.table.columns)
    text = replace(raw, table=raw.table.drop(typed_name("amount"), typed_name("at")))
    how = mapping(ordered_at={"from": "at", "time_zone": zone})
    typed_rows, text_rows = (
        canonical(read, how).order_by("source_row").to_pyarrow().to_pylist() for read in (raw, text)
    )
    assert typed_rows == text_rows


def test_an_amount_with_a_decimal_comma_is_read_from_its_text(engine: Engine, tmp_path: Path) -> None:
    amounts = pa.array([Decimal("1.50")] * len(AMOUNTS), pa.decimal128(12, 2))
    path = export(tmp_path / "orders.parquet", amount=amounts, at=pa.array(MOMENTS, pa.timestamp("us")))
    raw = connector.read(engine.backend, "orders", path)
    rows = canonical(raw, mapping(amount={"from": "amount", "decimal": ","})).to_pyarrow().to_pylist()
    assert {row["amount_minor"] for row in rows} == {None}


def test_whole_orders_are_counted_as_their_lines_would_be(engine: Engine) -> None:
    rows = [
        order("a@example.com", 500, order_id="1"),
        order("a@example.com", -200, order_id="2"),
        order("A@example.com ", 300, order_id="3", currency="GBP"),
        order("b@example.com", 0, order_id="4"),
        order("b@example.com", 100, order_id="5", ordered_at=datetime(2026, 12, 1)),  # noqa: DTZ001 - after the day
        order(None, 100, order_id="6"),
    ]
    policy: dict[str, Any] = {"as_of": date(2026, 11, 1), "rates": {"GBP": Decimal("1.15")}}
    lines = source(Entity.ORDERS, rows)
    in_lines, whole = build(engine, lines, **policy), build(engine, replace(lines, whole_orders=True), **policy)
    assert persons(in_lines) == persons(whole)
    assert in_lines.counts == whole.counts
    assert [person["orders"] for person in persons(whole)] == [2, 0]


def test_rows_that_say_the_same_of_a_person_are_read_once_and_counted_each(engine: Engine) -> None:
    found = build(engine, source(Entity.ORDERS, [order("a@example.com", 100) for _ in range(5)] + [order(None, 1)] * 2))
    assert {count.reason: count.rows for count in found.counts} == {
        "consent unknown": 1,
        "": 4,
        "no e-mail address, phone or customer id": 2,
    }


@pytest.mark.parametrize("kept", [("email",), ("phone",), ("id_space", "external_id")])
def test_exports_need_hold_one_identifier_only(engine: Engine, kept: tuple[str, ...]) -> None:
    who = {"email": "a@example.com", "phone": "+44 7911 123456", "id_space": "crm", "external_id": "7"}
    contacts = source(Entity.CONTACTS, [who | GRANTED])
    orders = source(Entity.ORDERS, [order(None, 100) | {name: who[name] for name in kept}])
    absent = sorted({*PERSON, "id_space", "external_id", "birth_date", "gender"} - {*kept})
    slim = [
        replace(found, table=found.table.drop(*[name for name in absent if name in found.table.columns]))
        for found in (contacts, orders)
    ]
    found = build(engine, *slim)
    assert [person["value_minor"] for person in persons(found)] == [100]
    for form in ("meta", "google"):
        assert len(found.members(form).to_pyarrow()) == (kept[0] != "id_space")
