"""`activator doctor` says by what people can be matched, from the columns the exports really have."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from activator.cli.main import app
from tests.projects import write_project

ORDERS = "order_id,customer_id,ordered_at,amount,currency\no1,1,2026-11-01,10.00,EUR\n"


def matching(folder: Path, contacts: str) -> dict[str, str]:
    write_project(folder)
    (folder / "contacts.csv").write_text(contacts, encoding="utf-8")
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    answer = CliRunner().invoke(app, ["doctor", "--json", "-C", str(folder)])
    found: dict[str, str] = next(each for each in json.loads(answer.output) if each["check"] == "matching")
    return found


@pytest.mark.parametrize(
    ("contacts", "severity", "said"),
    [
        ("customer_id,email,phone\n1,a@example.com,+49301234567\n", "ok", "e-mail addresses, phones"),
        ("customer_id,email\n1,a@example.com\n", "warning", "e-mail addresses only"),
    ],
)
def test_what_platforms_can_match_by_is_named(tmp_path: Path, contacts: str, severity: str, said: str) -> None:
    found = matching(tmp_path, contacts)

    assert (found["severity"], said in found["message"]) == (severity, True)
    assert bool(found["fix"]) is (severity != "ok")
