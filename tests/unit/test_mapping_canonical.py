"""From the text of an export to the canonical relation: every row stays, bad cells are named, nothing guessed."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import ibis
import pytest

from activator.config.documents import parse_document, validate
from activator.config.mapping import MODELS
from activator.errors import SourceError
from activator.model.people import Entity
from activator.people.mapping import CANONICAL, WHERE_MAPPED, canonical
from activator.ports import RawExport
from connectors.crm.files import connector
from mappings.loader import load_mapping

ORDER = {"order_id": "1", "ordered_at": "2026-03-01", "amount": "10", "currency": "EUR"}


@pytest.fixture(scope="module")
def backend() -> Iterator[Any]:
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()


@pytest.fixture
def export(backend: Any, tmp_path: Path) -> Any:
    def write(rows: Sequence[Mapping[str, str]]) -> RawExport:
        path = tmp_path / "export.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return connector.read(backend, "export", path)

    return write


def rows(table: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.order_by("source_row").to_pyarrow().to_pylist()
    return found


def own_mapping(text: str) -> Any:
    document = parse_document(Path("own.yaml"), text.encode())
    return validate(document, MODELS[document.data["entity"]])


def orders(**columns: str) -> Any:
    """A mapping of orders whose columns are as in ORDER but for those given."""
    verbs = {field: f"{{from: {field}}}" for field in ORDER} | {"email": "{constant: someone}"} | columns
    lines = "\n".join(f"  {field}: {verb}" for field, verb in verbs.items())
    return own_mapping(f"name: own\nentity: orders\ntitle: My orders\nrecognise: [order_id]\ncolumns:\n{lines}\n")


@pytest.mark.parametrize("name", ["generic_contacts", "generic_orders", "generic_responses"])
def test_the_relation_has_the_canonical_columns_and_types(export: Any, name: str) -> None:
    mapping = load_mapping(name, Path())
    table = canonical(export([dict.fromkeys(mapping.known_columns(), "")]), mapping)
    mapped = dict(mapping.fields())
    columns = {c: kind for c, kind in CANONICAL[mapping.entity].items() if c not in WHERE_MAPPED or c in mapped}
    expected = {"source_row": "int64", "invalid_reason": "string"} | columns
    assert {column: str(kind).replace("(6)", "") for column, kind in table.schema().items()} == expected


def test_text_is_passed_on_as_it_stands_and_blank_is_null(export: Any) -> None:
    raw = export([{"email": " Ada@Example.COM ", "phone": " \t", "last_name": "Ünal", "customer_id": "07"}])
    (row,) = rows(canonical(raw, load_mapping("generic_contacts", Path())))
    assert row["email"] == "Ada@Example.COM"
    assert row["phone"] is None
    assert row["last_name"] == "Ünal"
    assert (row["id_space"], row["external_id"]) == ("customer", "07")
    assert row["consent_ad_user_data"] == "unknown"
    assert row["invalid_reason"] is None


def test_a_row_without_a_number_has_no_id_space(export: Any) -> None:
    (row,) = rows(
        canonical(export([{"email": "a@example.com", "customer_id": ""}]), load_mapping("generic_contacts", Path()))
    )
    assert (row["id_space"], row["external_id"]) == (None, None)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


INSTANTS = {
    "{from: ordered_at}": {
        "2026-03-01 10:22:11 +0100": utc(2026, 3, 1, 9, 22, 11),
        "2026-03-01T10:22:11.123-05:30": utc(2026, 3, 1, 15, 52, 11),
        "2026-03-01 10:22:11 UTC": utc(2026, 3, 1, 10, 22, 11),
        "2026-03-01 10:22 +01": utc(2026, 3, 1, 9, 22),
        "2026-03-01 10:22": utc(2026, 3, 1, 10, 22),
    },
    "{from: ordered_at, time_zone: Europe/Berlin}": {
        "2026-03-01T10:22:11Z": utc(2026, 3, 1, 10, 22, 11),
        "2026-03-01": utc(2026, 2, 28, 23),
        "2026-07-01 00:30:00": utc(2026, 6, 30, 22, 30),
    },
    '{from: ordered_at, format: "%d.%m.%Y %H:%M"}': {"1.3.2026 9:05": utc(2026, 3, 1, 9, 5)},
    '{from: ordered_at, format: "%m/%d/%Y %I:%M %p"}': {
        "03/14/2026 12:05 AM": utc(2026, 3, 14, 0, 5),
        "03/14/2026 12:05 PM": utc(2026, 3, 14, 12, 5),
        "03/14/2026 2:05 PM": utc(2026, 3, 14, 14, 5),
    },
    '{from: ordered_at, format: "%d/%m/%Y"}': {"14/03/2026": utc(2026, 3, 14)},
    '{from: ordered_at, format: "%Y%m%dT%H%M%S%z"}': {"20260314T101112+0200": utc(2026, 3, 14, 8, 11, 12)},
}


@pytest.mark.parametrize("verb", INSTANTS)
def test_instants_are_read_as_utc(export: Any, verb: str) -> None:
    raw = export([ORDER | {"ordered_at": cell} for cell in INSTANTS[verb]])
    found = rows(canonical(raw, orders(ordered_at=verb)))
    assert [row["ordered_at"].replace(microsecond=0, tzinfo=UTC) for row in found] == list(INSTANTS[verb].values())
    assert {row["invalid_reason"] for row in found} == {None}


def test_what_is_no_date_is_named_and_the_row_stays(export: Any) -> None:
    cells = ["2026-02-30", "2026-13-01", "01.03.2026", "yesterday", "2026-03-01 25:00:00", "0001-01-01", "infinity",
             "9999-12-31 00:00:00", "2026-03-01 10:00:00 +9999", "2026-03-01 10:00:00; drop", "1772323200"]  # fmt: skip
    found = rows(canonical(export([ORDER | {"ordered_at": cell} for cell in cells]), orders()))
    assert [(row["order_id"], row["ordered_at"]) for row in found] == [("1", None)] * len(cells)
    assert {row["invalid_reason"] for row in found} == {"ordered_at: not a date"}


def test_a_date_in_another_form_than_told_is_no_date(export: Any) -> None:
    raw = export([ORDER | {"ordered_at": "31.12.2026"}, ORDER | {"ordered_at": "12.31.2026"}])
    first, second = rows(canonical(raw, orders(ordered_at='{from: ordered_at, format: "%d.%m.%Y"}')))
    assert first["ordered_at"].replace(tzinfo=UTC) == utc(2026, 12, 31)
    assert second["invalid_reason"] == "ordered_at: not a date in the form %d.%m.%Y"


AMOUNTS = {
    ".": {
        ("19.99", "EUR"): 1999,
        ("-5", "EUR"): -500,
        ("+5.5", "EUR"): 550,
        (".5", "EUR"): 50,
        ("1,234.50", "USD"): 123450,
        ("1'234'567.05", "CHF"): 123456705,
        ("€ 12.00", "EUR"): 1200,
        ("-$12.00", "USD"): -1200,
        ("12.00 EUR", "EUR"): 1200,
        ("1500", "JPY"): 1500,
        ("1.234", "KWD"): 1234,
        ("0.29", "EUR"): 29,
        ("0.125", "EUR"): 13,
        ("-0.125", "EUR"): -13,
        ("0.1249999", "EUR"): 13,
        ("9999999999.99", "EUR"): 999999999999,
        ("0", "eur"): 0,
    },
    ",": {
        ("1.234,50", "EUR"): 123450,
        ("1 234,50", "SEK"): 123450,
        ("1\u202f234,50 €", "EUR"): 123450,
    },
}


@pytest.mark.parametrize("decimal", AMOUNTS)
def test_amounts_are_exact_minor_units(export: Any, decimal: str) -> None:
    cases = AMOUNTS[decimal]
    raw = export([ORDER | {"amount": cell, "currency": currency} for cell, currency in cases])
    found = rows(canonical(raw, orders(amount=f'{{from: amount, decimal: "{decimal}"}}')))
    assert [row["amount_minor"] for row in found] == list(cases.values())
    assert [row["currency"] for row in found] == [currency.upper() for _, currency in cases]
    assert {row["invalid_reason"] for row in found} == {None}


def test_what_is_no_amount_is_named_and_never_guessed(export: Any) -> None:
    cells = [
        "12,50",
        "1,23.50",
        "1.2.3",
        "ten",
        "1e3",
        "--5",
        "12.",
        "99999999999",
        "NaN",
        "12..5",
        "1 2",
        "€",
        "-",
        "5%",
    ]
    found = rows(canonical(export([ORDER | {"amount": cell} for cell in cells]), orders()))
    assert [row["amount_minor"] for row in found] == [None] * len(cells)
    assert {row["invalid_reason"] for row in found} == {"amount: not an amount"}


def test_a_product_is_signed_and_rounded_once(export: Any) -> None:
    lines = [("3", "0.335"), ("-2", "6.95"), ("1", ""), ("x", "1.00"), ("9999999999", "9999999999")]
    raw = export([ORDER | {"quantity": quantity, "price": price} for quantity, price in lines])
    found = rows(canonical(raw, orders(amount="{product: [quantity, price]}")))
    assert [row["amount_minor"] for row in found] == [101, -1390, None, None, None]
    assert [row["invalid_reason"] for row in found] == [None, None, "amount: empty", *["amount: not an amount"] * 2]


def test_what_is_subtracted_may_be_empty_but_not_wrong(export: Any) -> None:
    raw = export([ORDER | {"refund": refund} for refund in ("", "2.50", "10.00", "n/a")])
    found = rows(canonical(raw, orders(amount="{from: amount, minus: [refund]}")))
    assert [row["amount_minor"] for row in found] == [1000, 750, 0, None]
    assert found[3]["invalid_reason"] == "amount: not an amount"


@pytest.mark.parametrize("columns", [1, 8, 9, 12])
def test_the_greatest_amounts_can_be_subtracted_from_one_another(export: Any, columns: int) -> None:
    most = "999,999,999,999.99"
    refunds = [f"refund_{number}" for number in range(columns)]
    lines = [dict.fromkeys(refunds, f"-{most}"), dict.fromkeys(refunds, most)]
    raw = export([ORDER | {"amount": most} | line for line in lines])
    found = rows(canonical(raw, orders(amount=f"{{from: amount, minus: [{', '.join(refunds)}]}}")))
    each = 99_999_999_999_999
    sums = [each * (1 + columns), each * (1 - columns)]
    assert [row["amount_minor"] for row in found] == [total if abs(total) < 10**15 else None for total in sums]


def test_the_greatest_amounts_can_be_multiplied(export: Any) -> None:
    raw = export([ORDER | {"quantity": "999,999,999,999", "price": "0.01"} | {"currency": "JPY"}])
    assert rows(canonical(raw, orders(amount="{product: [quantity, price]}")))[0]["amount_minor"] == 10_000_000_000


@pytest.mark.parametrize(
    ("name", "last"),
    [("Jan  van der\tBerg", "van der\tBerg"), ("Jan", None), ("Jan\nBerg", "Berg"), ("Jan van\nBerg", None)],
)
def test_what_follows_the_first_word_is_on_its_line(export: Any, name: str, last: str | None) -> None:
    raw = export([ORDER | {"name": name}])
    assert rows(canonical(raw, orders(last_name="{from: name, take: after_first_word}")))[0]["last_name"] == last


def test_needed_fields_may_not_be_empty(export: Any) -> None:
    found = rows(canonical(export([ORDER | {field: " "} for field in ORDER]), orders()))
    assert [row["invalid_reason"] for row in found] == [f"{field}: empty" for field in ORDER]


def test_a_currency_is_three_letters(export: Any) -> None:
    (row,) = rows(canonical(export([ORDER | {"currency": "Euro"}]), orders()))
    assert row["invalid_reason"] == "currency: not a currency code"


def test_rows_are_set_aside_with_their_reason_before_their_cells_are_judged(export: Any) -> None:
    mapping = own_mapping(
        """
name: own
entity: orders
title: My orders
recognise: [order_id]
columns:
  email: {from: email}
  order_id: {from: order_id}
  ordered_at: {from: ordered_at}
  amount: {from: amount}
  currency: {from: currency}
ignore:
  - {when: {empty: [amount, currency]}, reason: further line of the same order}
  - {when: {column: state, values: [Cancelled, void]}, reason: never paid}
  - {when: {filled: [cancelled_at]}, reason: cancelled order}
"""
    )
    base = ORDER | {"email": "a@example.com", "state": "paid", "cancelled_at": ""}
    raw = export(
        [
            base,
            base | {"amount": "", "currency": " "},
            base | {"state": " CANCELLED", "ordered_at": "never"},
            base | {"cancelled_at": "2026-01-01"},
        ]
    )
    assert [row["invalid_reason"] for row in rows(canonical(raw, mapping))] == [
        None, "ignored: further line of the same order", "ignored: never paid", "ignored: cancelled order",
    ]  # fmt: skip


def test_consent_is_only_what_is_listed(export: Any) -> None:
    mapping = own_mapping(
        """
name: own
entity: contacts
title: My contacts
recognise: [email]
columns:
  email: {from: email}
  consent_ad_user_data: {from: ads, values: {"Yes": granted, "no": denied}}
  consent_ad_personalization: {from: ads, values: {"Yes": granted}, otherwise: denied}
"""
    )
    raw = export([{"email": "a@example.com", "ads": said} for said in ("YES ", "No", "", "maybe", "true")])
    found = rows(canonical(raw, mapping))
    assert [row["consent_ad_user_data"] for row in found] == ["granted", "denied", "unknown", "unknown", "unknown"]
    assert [row["consent_ad_personalization"] for row in found] == ["granted", "denied", "unknown", "denied", "denied"]


def test_a_cell_can_be_split_translated_or_chosen(export: Any) -> None:
    mapping = own_mapping(
        """
name: own
entity: contacts
title: My contacts
recognise: [name]
columns:
  email: {from: mails, take: first_item}
  phone: {first_of: [mobile, home]}
  first_name: {from: name, take: first_word}
  last_name: {from: name, take: after_first_word}
  gender: {from: salutation, values: {Frau: f, Herr: m}}
  birth_date: {from: born, format: "%d.%m.%Y", time_zone: Pacific/Auckland}
"""
    )
    raw = export([
        {"mails": ";b@example.com; a@example.com", "mobile": "", "home": "030 1", "name": "Jan van der Berg",
         "salutation": "FRAU", "born": "1.2.1980"},
        {"mails": "", "mobile": "0171", "home": "030 1", "name": "Zoë", "salutation": "Dr.", "born": "1980"},
    ])  # fmt: skip
    first, second = rows(canonical(raw, mapping))
    assert first | {"source_row": 2} == first
    assert (first["email"], first["phone"]) == ("b@example.com", "030 1")
    assert (first["first_name"], first["last_name"], first["gender"]) == ("Jan", "van der Berg", "f")
    assert first["birth_date"] == date(1980, 2, 1)
    assert (second["email"], second["phone"]) == (None, "0171")
    assert (second["first_name"], second["last_name"], second["gender"]) == ("Zoë", None, "Dr.")
    assert (second["birth_date"], second["invalid_reason"]) == (None, None)


def test_scores_are_whole_numbers(export: Any) -> None:
    cells = {"9": 9, "7.0": 7, "-1": -1, "": None, "7.5": None, "ten": None}
    answer = {"email": "a@example.com", "answered_at": "2026-01-01", "comment": "fine"}
    raw = export([answer | {"score": cell} for cell in cells])
    found = rows(canonical(raw, load_mapping("generic_responses", Path())))
    assert [row["score"] for row in found] == list(cells.values())
    assert [row["invalid_reason"] for row in found] == [None] * 4 + ["score: not a whole number"] * 2


def test_a_missing_column_is_named_with_its_closest(export: Any) -> None:
    raw = export([{"Record ID": "1", "E-mail": "a@example.com", "First Name": "", "Last Name": ""}])
    with pytest.raises(SourceError) as caught:
        canonical(raw, load_mapping("hubspot_contacts", Path()))
    assert caught.value.message == "export.csv, line 1: the column 'Email' is missing; the closest is 'E-mail'"
    assert "hubspot_contacts" in caught.value.next_step


def test_an_export_without_rows_gives_a_relation_without_rows(backend: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("order_id,ordered_at,amount,currency\n", encoding="utf-8")
    assert rows(canonical(connector.read(backend, "empty", path), load_mapping("generic_orders", Path()))) == []


def test_shopify_orders_count_once_and_net_of_refunds(export: Any) -> None:
    mapping = load_mapping("shopify_orders", Path())
    order = dict.fromkeys(mapping.known_columns(), "") | {
        "Name": "#1001", "Email": "a@example.com", "Financial Status": "partially_refunded", "Currency": "EUR",
        "Total": "120.00", "Refunded Amount": "20.00", "Created at": "2026-03-01 10:22:11 +0100",
        "Billing Name": "Jan van der Berg", "Shipping Phone": "030 1",
    }  # fmt: skip
    blank = dict.fromkeys(mapping.known_columns(), "")
    further = blank | {"Name": "#1001", "Email": "a@example.com", "Created at": order["Created at"]}
    raw = export([order, further, order | {"Name": "#1002", "Cancelled at": "2026-03-02 10:00:00 +0100"},
                  order | {"Name": "#1003", "Financial Status": "pending"}])  # fmt: skip
    found = rows(canonical(raw, mapping))
    assert [row["invalid_reason"] for row in found] == [
        None, "ignored: further line of the same order", "ignored: cancelled order", "ignored: order never paid",
    ]  # fmt: skip
    assert found[0]["amount_minor"] == 10000
    assert (found[0]["first_name"], found[0]["last_name"], found[0]["phone"]) == ("Jan", "van der Berg", "030 1")
    assert mapping.entity is Entity.ORDERS
