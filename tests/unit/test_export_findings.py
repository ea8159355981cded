"""What deserves a look in an export is counted and named, and nobody is in it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ibis
import pytest

from activator.errors import SourceError
from activator.model.checks import Severity
from activator.people.decimals import check_decimals
from activator.people.mapping_profile import profile
from connectors.crm.files import connector
from mappings.loader import load_mapping

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
ORDERS = """\
name: orders
entity: orders
title: Orders of a shop
recognise: [OrderNo]
columns:
  email: {from: Mail}
  order_id: {from: OrderNo}
  ordered_at: {from: Day, format: "%d.%m.%Y"}
  amount: {from: Sum DECIMAL}
  currency: {constant: EUR}
"""


@pytest.fixture(scope="module")
def backend() -> Iterator[Any]:
    backend = ibis.duckdb.connect()
    yield backend
    backend.disconnect()


def read(backend: Any, folder: Path, text: str) -> Any:
    path = folder / "export.csv"
    path.write_text(text, encoding="utf-8")
    return connector.read(backend, "export", path)


def orders_mapping(folder: Path, decimal: str = "") -> Any:
    (folder / "orders.yaml").write_text(ORDERS.replace(" DECIMAL", decimal), encoding="utf-8")
    return load_mapping("orders.yaml", folder)


def orders(*rows: tuple[str, str]) -> str:
    body = "".join(f"{number};{day};{amount};a@example.com\n" for number, (day, amount) in enumerate(rows))
    return "OrderNo;Day;Sum;Mail\n" + body


def told(backend: Any, raw: Any, mapping: Any) -> dict[str, list[tuple[Severity, str]]]:
    found: dict[str, list[tuple[Severity, str]]] = {}
    for finding in profile(raw, mapping, now=NOW).findings:
        found.setdefault(finding.check, []).append((finding.severity, finding.message))
    return found


@pytest.mark.parametrize(
    ("amounts", "decimal", "readable"),
    [
        pytest.param(["1.234", "2.345"], "", False, id="nothing tells"),
        pytest.param(["1.234", "2.345"], ', decimal: "."', True, id="the mapping tells"),
        pytest.param(["1.234", "12.50"], "", True, id="another amount tells"),
        pytest.param(["1,234", "1,234.50"], "", True, id="a grouped amount tells"),
        pytest.param(["1.234", "12,50"], "", False, id="another amount contradicts"),
        pytest.param(["12.50", "7"], "", True, id="no doubt"),
        pytest.param(["0.125"], "", True, id="no thousands begin with zero"),
    ],
)
def test_an_amount_that_could_be_a_thousand_times_as_much_is_refused(
    backend: Any, tmp_path: Path, amounts: list[str], decimal: str, readable: bool
) -> None:
    raw = read(backend, tmp_path, orders(*(("01.03.2026", amount) for amount in amounts)))
    mapping = orders_mapping(tmp_path, decimal)
    if readable:
        check_decimals(raw, mapping)
        return
    with pytest.raises(SourceError, match=r"export.csv: 'Sum': \d amounts? like 1.234 could mean") as caught:
        check_decimals(raw, mapping)
    assert 'decimal: ","' in caught.value.next_step
    assert next(severity for severity, _ in told(backend, raw, mapping)["amount"]) is Severity.ERROR


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (["01.03.2026", "02.03.2026"], "no date tells whether the day or the month stands first"),
        (["01.03.2026", "13.03.2026"], "the day stands first"),
        (["01.13.2026", "13.01.2026"], "some dates begin with the day, others with the month"),
        (["01.03.2027", "13.03.2026"], "1 row with a day in the future"),
        (["01.03.2026", "x"], "written as 99.99.9999 (1), a (1); read as %d.%m.%Y"),
    ],
)
def test_days_say_what_speaks_for_their_order(backend: Any, tmp_path: Path, days: list[str], message: str) -> None:
    raw = read(backend, tmp_path, orders(*((day, "1") for day in days)))
    assert message in [said for _, said in told(backend, raw, orders_mapping(tmp_path))["ordered_at"]]


def test_contacts_tell_of_digests_placeholders_countries_and_repeats(backend: Any, tmp_path: Path) -> None:
    text = (
        "email,phone,country,customer_id\n"
        "ada@example.com,+49 30 23125000,DE,1\nADA@example.com,030 23125 001,Germani,2\n"
        f"{'a' * 64},n/a,,3\n{'b' * 32},,,3\n"
    )
    found = told(backend, read(backend, tmp_path, text), load_mapping("generic_contacts", tmp_path))
    said = {message for messages in found.values() for _, message in messages}
    assert said >= {
        "1 are SHA-256 digests already; they are not hashed again",
        "1 look like MD5 or SHA-1 digests, which no platform takes",
        "1 are placeholders such as n/a or null; nothing is sent for them",
        "1 with a country code, 1 without, read by the row's country",
        "1 row with a country that is not understood, such as G***",
        "1 row with what another row has as well: they become one person",
    }
    assert not any(secret in repr(found) for secret in ("ada@", "23125", "Germani"))


def test_keys_that_some_lines_lack_are_counted(backend: Any, tmp_path: Path) -> None:
    path = tmp_path / "contacts.jsonl"
    path.write_text('{"email": "a@example.com", "city": "Bonn"}\n{"email": "b@example.com"}\n', encoding="utf-8")
    found = told(backend, connector.read(backend, "x", path), load_mapping("generic_contacts", tmp_path))
    assert found["keys"] == [(Severity.OK, "not on every line: 'city' in 1")]
