"""`activator report`: the destination's own rows, and what to do where there can be none."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from activator.cli import report as command
from activator.cli.main import app
from activator.errors import ConfigurationError
from activator.model.reports import Cut, ReportRow
from tests.projects import write_project

GOLD = ReportRow("group/gold", 1_200, 60, 12_340_000, 2_500, 80_000_000, 40_000_000, "EUR")
PLAIN = ReportRow("group/plain", 10, 0, 0, 0, 0, 0, "EUR")


def test_value_rules_stand_beside_the_original_value(capsys: pytest.CaptureFixture[str]) -> None:
    command._show([GOLD, PLAIN], Cut.GROUP)
    shown = capsys.readouterr().out
    assert "gold" in shown
    assert "group/gold" not in shown
    for figure in ("1,200", "12.34", "2.5", "80.00", "6.48", "40.00", "by rules"):
        assert figure in shown


def test_without_rules_there_is_no_column_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    command._show([PLAIN], Cut.GROUP)
    assert "by rules" not in capsys.readouterr().out


def test_texts_are_said_to_overlap(capsys: pytest.CaptureFixture[str]) -> None:
    command._show([PLAIN], Cut.TEXT)
    assert "do not add up" in capsys.readouterr().out


def test_a_destination_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    write_project(tmp_path)
    refused = CliRunner().invoke(app, ["report", "nowhere", "-C", str(tmp_path)]).exception
    assert isinstance(refused, ConfigurationError)
    assert refused.next_step == "Choose from: meta."
