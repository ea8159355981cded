"""What an apply tells a person: counts, and every reason once."""

import pytest

from activator.apply.result import ApplyResult, ChangeResult, ChangeState
from activator.cli.preview import show_result
from activator.errors import DestinationError, UnsafePlanError

ABOVE = UnsafePlanError("guard daily-budget objects", "Lower the budgets.")


def said(capsys: pytest.CaptureFixture[str], *rows: ChangeResult) -> list[str]:
    show_result(ApplyResult("p1", rows))
    return [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_a_reason_stands_once_however_many_changes_it_holds_up(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [ChangeResult(n, "meta", f"add to audience {n}", ChangeState.REFUSED, error=ABOVE) for n in (1, 2, 3)]
    assert said(capsys, *rows) == [
        "0 of 3 changes done",
        "refused 3 changes: guard daily-budget objects",
        "what to do: Lower the budgets.",
        "meta: add to audience 1",
        "meta: add to audience 2",
        "meta: add to audience 3",
    ]


def test_a_single_change_is_named_beside_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    done = ChangeResult(1, "meta", "create campaign", ChangeState.DONE)
    left = ChangeResult(2, "google", "pause ad x", ChangeState.LEFT, error=DestinationError("it did not answer"))
    assert said(capsys, done, left) == [
        "1 of 2 changes done",
        "left google: pause ad x: it did not answer",
        "what to do: apply the plan again",
        "Go on with: activator apply p1",
    ]
