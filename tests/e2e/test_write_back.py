"""`activator write-back` and `activator outbox` as a user types them, with segments. No platform is asked."""

import csv
import json
from pathlib import Path

import pytest

from tests.e2e.commands import activator
from tests.projects import PROJECT

MAPPING = "extends: generic_contacts\nname: crm\nid_space: hubspot\n"
SEGMENTS = """\
segments:
  - {name: big_spenders, title: Call them first, who: {field: value, at_least: 1500}}
outbox: {events: [{tag: segment:big_spenders}]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    text = PROJECT.replace("mapping: generic_contacts", "mapping: crm.yaml") + SEGMENTS
    (tmp_path / "activator.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "crm.yaml").write_text(MAPPING, encoding="utf-8")
    export(tmp_path, {number: number * 100 for number in range(1, 21)})
    return tmp_path


def export(folder: Path, spent: dict[int, int]) -> None:
    rows = [f"{n},person{n}@example.com" for n in spent]
    (folder / "contacts.csv").write_text("\n".join(["customer_id,email", *rows]) + "\n", encoding="utf-8")
    orders = [f"o{n},person{n}@example.com,2026-11-01,{euros}.00,EUR" for n, euros in spent.items()]
    header = "order_id,email,ordered_at,amount,currency"
    (folder / "orders.csv").write_text("\n".join([header, *orders]) + "\n", encoding="utf-8")


def test_a_file_of_changes_and_then_only_of_what_moved(project: Path) -> None:
    first = activator("write-back", "hubspot", "--output", "files", "--json", folder=project)
    assert first.code == 0, first.said
    made = json.loads(first.out)
    assert (made["changes"], made["records"]) == (20, 20)
    with (project / made["files"][0]).open(encoding="utf-8", newline="") as stream:
        lines = {line["Record ID"]: line for line in csv.DictReader(stream)}
    assert lines["15"]["Activator segments"] == "big_spenders"
    assert (lines["14"]["Activator segments"], lines["1"]["Activator tier"]) == ("none", "rest")

    collected = activator("outbox", "collect", folder=project)
    assert (collected.code, "Remembered" in collected.out) == (0, True), collected.said
    export(project, {number: number * 100 + (2_000 if number == 1 else 0) for number in range(1, 21)})
    again = activator("write-back", "hubspot", "--output", "files", folder=project)
    assert "of 20 HubSpot records have changed" in again.out, again.said
    assert "@" not in again.said
    assert "1 events added" in activator("outbox", "collect", folder=project).out
    listed = activator("outbox", "list", folder=project)
    assert "1 pending" in listed.out
    assert "entered segment:big_spenders" in listed.out


def test_what_cannot_be_meant_is_usage(project: Path) -> None:
    for arguments in (
        ("write-back", "zoho", "--output", "files"),
        ("write-back", "hubspot", "--output", "files", "--channel", "sms"),
        ("write-back", "hubspot", "--output", "files", "--segment", "nobody"),
        ("outbox", "list", "--state", "lost"),
        ("outbox", "send"),
    ):
        answer = activator(*arguments, folder=project)
        assert answer.code == 2, answer.said
        assert "what to do" in answer.err
