"""`activator demo`: the whole product on this machine, whatever the shell around it is set to."""

import json
import re
from pathlib import Path

from tests.e2e.commands import activator

HOSTILE = {
    "ACTIVATOR_META__ACCESS_TOKEN": "EAAsomebodysrealtoken",
    "ACTIVATOR_META__GRAPH_URL": "https://127.0.0.1:9",
    "ACTIVATOR_GOOGLE__ENDPOINT": "127.0.0.1:9",
}


def test_both_days_run_to_the_briefing_and_touch_no_real_account(tmp_path: Path) -> None:
    answer = activator("demo", "--people", "400", "--json", folder=tmp_path, extra=HOSTILE)
    assert answer.code == 0, answer.said
    told = json.loads(answer.out)
    plans = [event["plan"] for event in told if event["event"] == "planned"]
    assert [bool(plan["changes"]) for plan in plans] == [True, False, True], "the second plan is empty"
    assert not any(finding["accepted"] is None for plan in plans for finding in plan["guards"])
    reasons = {movement["reason"] for movement in plans[-1]["movements"]}
    assert {"joined", "no longer in the exports", "no consent"} <= reasons

    assert "EAAsomebodysrealtoken" not in answer.said
    assert "EAAsomebodysrealtoken" not in (tmp_path / "demo/.env").read_text()
    assert re.findall(r"[\w.+-]+@[\w-]+\.[a-z]{2,}", answer.said) == [], "nobody is named"

    (briefed,) = (event for event in told if event["event"] == "briefed")
    page = Path(briefed["page"])
    assert page.is_relative_to(tmp_path)
    html = page.read_text(encoding="utf-8")
    flags = briefed["briefing"]["flags"]
    assert flags, "the demonstration shows the flag it was made for"
    for flag in flags:
        (text,) = re.findall("'(.+?)'", flag["lead"])
        assert text in html


def test_a_folder_that_is_not_its_own_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "demo"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    answer = activator("demo", folder=tmp_path)
    assert answer.code == 2
    assert "not ours" in answer.err
    assert (mine / "thesis.txt").read_text() == "years of work"
