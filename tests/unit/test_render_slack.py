"""Slack blocks: within the limits, and nothing foreign that formats, links or calls anybody."""

import json
from dataclasses import replace
from typing import Any

from activator.briefing.build import build_briefing
from activator.briefing.render_slack import BLOCKS_MAX, SECTION_LENGTH_MAX, render_slack
from tests.unit.mornings import EMPTY, FLAG, WATCHED, hostile, ordinary


def texts(payload: dict[str, Any], kind: str) -> list[str]:
    """All text objects of one type, wherever they stand."""
    parts = [part for block in payload["blocks"] for part in (block.get("text"), *block.get("elements", []))]
    return [part["text"] for part in parts if part and part["type"] == kind]


def test_the_header_says_the_headline_and_the_first_section_the_decision() -> None:
    payload = render_slack(build_briefing(ordinary()))
    assert payload["text"] == "Nordlicht: 1 flag, 1 watched"
    assert payload["blocks"][0]["text"]["text"].endswith("Nordlicht: 1 flag, 1 watched")
    assert texts(payload, "mrkdwn")[0].startswith("Pause 'Efficiency B' in High tier on Meta")
    json.dumps(payload)


def test_a_flag_is_bold_by_its_name() -> None:
    assert any(
        text.startswith("*High tier × 'Efficiency B' (Meta)* (new)\nROAS 3.6")
        for text in texts(render_slack(build_briefing(ordinary())), "mrkdwn")
    )


def test_limits_hold_whatever_the_morning_brings() -> None:
    crowded = replace(
        ordinary(), flags=[FLAG] * 80, watched=[WATCHED] * 300, problems=[f"{n}: " + "p" * 5000 for n in range(90)]
    )
    payload = render_slack(build_briefing(crowded))
    assert len(payload["blocks"]) <= BLOCKS_MAX
    for kind in ("mrkdwn", "plain_text"):
        assert all(0 < len(text) <= SECTION_LENGTH_MAX for text in texts(payload, kind))
    assert len(payload["blocks"][0]["text"]["text"]) <= 150


def test_names_cannot_link_mention_or_format() -> None:
    payload = render_slack(hostile("<!channel> <https://evil.example|x> & *b* `c` ~d~ _e_"))
    for text in texts(payload, "mrkdwn"):
        assert "<" not in text
        assert ">" not in text
        assert "`" not in text
        assert "~" not in text
    assert any("&lt;!channel&gt;" in text and "&amp;" in text for text in texts(payload, "mrkdwn"))
    sections = [block["text"] for block in payload["blocks"] if block["type"] == "section"]
    assert all(section["verbatim"] for section in sections)


def test_an_entity_is_never_cut_in_half() -> None:
    for before in range(4):
        problem = "x" * before + "<" * 900
        payload = render_slack(build_briefing(replace(ordinary(), problems=["a", problem])))
        (cut,) = [text for text in texts(payload, "mrkdwn") if text.endswith("…")]
        assert cut.endswith("&lt;…")


def test_nothing_yet_is_three_blocks() -> None:
    assert len(render_slack(build_briefing(EMPTY))["blocks"]) == 3
