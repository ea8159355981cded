"""Plain text, for e-mail."""

from activator.briefing.build import build_briefing
from activator.briefing.render_text import render_text, subject
from tests.unit.mornings import EMPTY, ordinary


def test_nothing_yet_is_three_lines() -> None:
    assert render_text(build_briefing(EMPTY)).splitlines() == [
        "Nordlicht - Thursday 12 November 2026",
        "No performance yet.",
        "Nothing to decide: figures appear the day after the first ads have run.",
    ]


def test_the_decision_comes_first_and_sections_in_reading_order() -> None:
    text = render_text(build_briefing(ordinary()))
    order = ["1 flag, 1 watched.", "Pause 'Efficiency B'", "ATTENTION FLAGS", "WATCHED", "RETURN BY TIER,"]
    order += ["RETURN BY TIER AND TEXT,", "AUDIENCES", "MOVEMENTS", "SOURCES", "WORDS"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "- High tier × Efficiency B (flag): ROAS 3.6 (before: 3.6), spent 5,040, revenue 18,144" in text
    assert "- Low tier (Meta): 3,098 members, +2 -4, 3 held back" in text


def test_the_subject_is_project_and_headline() -> None:
    assert subject(build_briefing(ordinary())) == "Nordlicht: 1 flag, 1 watched"
