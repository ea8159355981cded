"""What commands print: nothing can steer the terminal, and guards are accepted by name with a reason."""

import json

import pytest

from activator.cli.console import acceptances, describe, explain, plain, print_json, printable
from activator.errors import AuthenticationRequiredError, ConfigurationError, PlatformFault, SourceError
from activator.plan.guards import CEILINGS


def test_control_characters_are_shown_not_obeyed() -> None:
    assert printable("a\x1b[2Jb\r\x07") == "a\\x1b[2Jb\\x0d\\x07"
    assert printable("zero\u200bwidth \u202eturned") == "zero\\x200bwidth \\x202eturned"
    assert printable("Größe · “ja” 🙂\nnext line") == "Größe · “ja” 🙂\nnext line"


def test_an_error_says_what_is_wrong_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    explain(SourceError("orders.csv, line 7: \x1b[31mred", "Export it again."))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "error: orders.csv, line 7: \\x1b[31mred\n  what to do: Export it again.\n"


def test_a_platforms_codes_are_told_for_searching(capsys: pytest.CaptureFixture[str]) -> None:
    error = AuthenticationRequiredError("the token has expired", "Make a new one.", PlatformFault("190", "463"))
    explain(error)
    assert "platform: code 190, subcode 463" in capsys.readouterr().err
    assert describe(error)["platform"] == {"code": "190", "subcode": "463"}


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"error": describe(ConfigurationError("no", "yes"))})
    assert json.loads(capsys.readouterr().out)["error"] == {
        "type": "ConfigurationError",
        "message": "no",
        "next_step": "yes",
        "exit_code": 2,
    }
    assert plain({"why": SourceError("bad")})["why"]["message"] == "bad"


def test_a_guard_is_accepted_by_name_with_a_reason() -> None:
    assert acceptances(["source-shrunk", "removal-share"], "  season is over ") == {
        "source-shrunk": "season is over",
        "removal-share": "season is over",
    }
    assert acceptances(None, None) == {}


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_no_guard_passes_without_a_reason(reason: str | None) -> None:
    with pytest.raises(ConfigurationError, match="needs --reason"):
        acceptances(["source-shrunk"], reason)


def test_an_unknown_guard_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(ConfigurationError, match="no guard `source-shrink`") as refused:
        acceptances(["source-shrink"], "season is over")
    assert "source-shrunk" in refused.value.next_step


@pytest.mark.parametrize("name", CEILINGS)
def test_a_ceiling_on_money_is_raised_in_the_project_file_or_not_at_all(name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be accepted") as refused:
        acceptances([name, "source-shrunk"], "sale week")
    assert CEILINGS[name] in refused.value.next_step
