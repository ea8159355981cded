"""`mappings check` shows what a mapping makes of an export without showing anybody."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ibis
import pytest

from activator.errors import SourceError
from activator.people.mapping_profile import BadRow, FieldProfile, MappingProfile, profile
from connectors.crm.files import connector
from mappings.loader import load_mapping

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
CONTACTS = """\
email,phone,birth_date,country,shoe_size,consent_ad_user_data
ada@example.com,030 23125 000,1985-12-10,DE,39,granted
not an address,,1985-13-10,,,
BOB@example.com,12345,,Germany,,denied
"""
ORDERS = """\
order_id,ordered_at,amount,currency
1,2026-01-01,10.00,EUR
2,yesterday,10.00,EUR
3,2026-01-01,,EUR
"""


@pytest.fixture(scope="module")
def backend() -> Iterator[Any]:
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()


def profiled(backend: Any, folder: Path, text: str, name: str, country: str | None = None) -> MappingProfile:
    path = folder / "export.csv"
    path.write_text(text, encoding="utf-8")
    return profile(connector.read(backend, "export", path), load_mapping(name, folder), country, now=NOW)


def fields(found: MappingProfile) -> dict[str, FieldProfile]:
    return {field.field: field for field in found.fields}


def test_every_field_says_where_it_comes_from_and_how_much_is_there(backend: Any, tmp_path: Path) -> None:
    found = profiled(backend, tmp_path, CONTACTS, "generic_contacts")
    assert found.rows == 3
    assert fields(found)["email"] == FieldProfile("email", "email", 1.0, 2 / 3, ("a***", "n***", "B***"))
    assert fields(found)["phone"] == FieldProfile("phone", "phone", 2 / 3, 1 / 2, ("0***", "1***"))
    assert fields(found)["birth_date"] == FieldProfile("birth_date", "birth_date", 2 / 3, 1 / 2, ("1***",))
    assert fields(found)["gender"] == FieldProfile("gender", "(not in this export)", 0.0, None, ())
    assert fields(found)["country"] == FieldProfile("country", "country", 2 / 3, 1.0, ("D***", "G***"))
    assert fields(found)["consent_ad_user_data"].valid_share is None
    assert found.unmapped == ("shoe_size",)


def test_the_first_bad_rows_are_named_by_line(backend: Any, tmp_path: Path) -> None:
    found = profiled(backend, tmp_path, CONTACTS, "generic_contacts")
    assert found.bad_rows == (
        BadRow(3, "email: cannot be used", "n***", "export.csv"),
        BadRow(4, "phone: cannot be used", "1***", "export.csv"),
        BadRow(3, "birth_date: not a date", "1***", "export.csv"),
    )


def test_a_bad_row_below_a_cell_of_several_lines_has_the_line_it_stands_on(backend: Any, tmp_path: Path) -> None:
    text = 'email,city\na@example.com,"New\nYork"\nnobody,Bonn\n'
    found = profiled(backend, tmp_path, text, "generic_contacts")
    assert found.bad_rows == (BadRow(4, "email: cannot be used", "n***", "export.csv"),)


def test_nothing_of_a_person_is_in_the_profile(backend: Any, tmp_path: Path) -> None:
    shown = repr(dataclasses.asdict(profiled(backend, tmp_path, CONTACTS, "generic_contacts")))
    assert "***" in shown
    assert not any(secret in shown for secret in ("ada", "BOB", "23125", "12345", "1985"))


def test_a_default_country_makes_national_numbers_usable(backend: Any, tmp_path: Path) -> None:
    text = "email,phone\na@example.com,030 23125 000\n"
    without = profiled(backend, tmp_path, text, "generic_contacts")
    with_country = profiled(backend, tmp_path, text, "generic_contacts", "DE")
    assert fields(without)["phone"].valid_share == 0
    assert fields(with_country)["phone"].valid_share == 1


def test_unreadable_and_missing_cells_are_told_apart(backend: Any, tmp_path: Path) -> None:
    found = profiled(backend, tmp_path, ORDERS, "generic_orders")
    assert fields(found)["ordered_at"].valid_share == 2 / 3
    assert fields(found)["amount"] == FieldProfile("amount", "amount", 2 / 3, 1.0, ("1***",))
    assert found.bad_rows == (
        BadRow(3, "ordered_at: not a date", "y***", "export.csv"),
        BadRow(4, "amount: empty", "", "export.csv"),
    )


def test_rows_set_aside_on_purpose_are_counted_and_not_bad(backend: Any, tmp_path: Path) -> None:
    mapping = tmp_path / "own.yaml"
    mapping.write_text(
        "name: own\nentity: contacts\ntitle: My contacts\nrecognise: [mail]\ncolumns:\n  email: {from: mail}\n"
        "ignore:\n  - {when: {column: kind, values: [test]}, reason: test account}\n",
        encoding="utf-8",
    )
    text = "mail,kind\na@example.com,real\nx,test\ny,Test\n"
    found = profiled(backend, tmp_path, text, "own.yaml")
    assert found.ignored == {"ignored: test account": 2}
    assert found.bad_rows == ()


def test_an_export_without_rows_has_no_shares(backend: Any, tmp_path: Path) -> None:
    found = profiled(backend, tmp_path, "email,phone\n", "generic_contacts")
    assert found.rows == 0
    assert fields(found)["email"] == FieldProfile("email", "email", 0.0, None, ())


def test_a_missing_column_is_the_same_error_as_in_a_sync(backend: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"export.csv, line 1: the column 'email' is missing"):
        profiled(backend, tmp_path, "mail\na@example.com\n", "generic_contacts")
