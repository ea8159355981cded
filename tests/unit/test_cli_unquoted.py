"""What somebody types in the wrong place of a command about people is refused, and not shown again."""

import pytest
from typer.testing import CliRunner

from activator.cli.main import app

SHY = ("explain", "forget", "identifiers")


@pytest.mark.parametrize("command", SHY)
@pytest.mark.parametrize("typed", [["anna@example.com"], ["--", "-anna@example.com"], ["+49 171 2345678"]])
def test_an_identifier_as_an_argument_is_not_quoted(command: str, typed: list[str]) -> None:
    answer = CliRunner().invoke(app, [command, *typed])
    assert answer.exit_code == 2
    assert "never given on the command line" in answer.output
    assert typed[-1] not in answer.output


def test_any_other_command_still_says_what_it_did_not_expect() -> None:
    answer = CliRunner().invoke(app, ["plan", "tomorrow"])
    assert answer.exit_code == 2
    assert "tomorrow" in answer.output
