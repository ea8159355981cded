"""`activator mappings check` as a user sees it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from activator.cli.main import app

CONTACTS = """\
email;phone;country;shoe_size;first_name
ada@example.com;+49 30 23125000;DE;39;Ada
nobody;;Germani;;"Two
lines"
;12345;;;
"""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "contacts.csv"
    path.write_text(CONTACTS, encoding="utf-16")
    return path


def test_the_page_tells_files_columns_findings_and_rows_within_a_hundred_columns(export: Path) -> None:
    answer = CliRunner().invoke(app, ["mappings", "check", str(export), "--mapping", "generic_contacts"])
    lines = answer.output.splitlines()
    assert answer.exit_code == 0
    assert max(map(len, lines)) <= 100
    assert lines[0] == "contacts.csv: 3 rows, 5 columns"
    assert lines[1].startswith("  contacts.csv: 3 rows, CSV, UTF-16 LE, semicolon separated, lines end in LF, ")
    assert lines[2].startswith("  read as Contacts under plain names (generic_contacts): has ")
    for said in (
        "  email                      email                            66.7%   50.0%  a*** n***",
        "  nothing is made of: shoe_size",
        "  country: look: 1 row with a country that is not understood, such as G***",
        "  phone: 1 with a country code, 1 without, read by the row's country",
        "  line 3: email: cannot be used (n***)",
        "  line 5: phone: cannot be used (1***)",
    ):
        assert said in lines
    assert not any(secret in answer.output for secret in ("ada@", "nobody", "Germani", "23125", "12345"))


def test_the_same_is_there_as_data(export: Path) -> None:
    command = ["mappings", "check", str(export), "--mapping", "generic_contacts", "--delimiter", "semicolon", "--json"]
    document = json.loads(CliRunner().invoke(app, command).output)
    assert document["mapping"] == "generic_contacts"
    assert {"mapping": "generic_contacts", "share": pytest.approx(0.5, abs=0.5)} in document["recognised"]
    assert document["facts"]["parts"][0]["encoding"] == "UTF-16 LE"
    assert document["profile"]["bad_rows"][0] == {
        "line": 3, "reason": "email: cannot be used", "value": "n***", "part": "contacts.csv", "unit": "line",
    }  # fmt: skip


@pytest.mark.parametrize(("option", "value"), [("--encoding", "latin-1"), ("--delimiter", "colon")])
def test_an_unknown_word_is_a_usage_error_that_names_the_known_ones(export: Path, option: str, value: str) -> None:
    answer = CliRunner().invoke(app, ["mappings", "check", str(export), option, value])
    assert answer.exit_code != 0
    assert "One of " in str(answer.exception.next_step if answer.exception else "")  # type: ignore[attr-defined]


def test_a_mapping_that_hardly_fits_is_named_and_not_taken(tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    report.write_text("Contact ID,First Name,Last Name,Email,Mailing City,Email Opt Out\n1,Ada,B,ada@example.com,,0\n")
    answer = CliRunner().invoke(app, ["mappings", "check", str(report)])
    nearest = "zoho_contacts is nearest, by 62% of its telling columns"
    assert str(answer.exception) == f"no shipped mapping fits the columns of report.csv; {nearest}"
