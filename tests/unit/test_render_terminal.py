"""The briefing on a terminal."""

import io

from rich.console import Console

from activator.briefing.build import build_briefing
from activator.briefing.render_terminal import render_terminal, sparkline
from activator.model.briefing import Briefing, Trend
from tests.unit.mornings import EMPTY, hostile, lively, ordinary


def printed(briefing: Briefing, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False)
    console.print(render_terminal(briefing))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_headline_flag_and_tables_are_there() -> None:
    screen = printed(build_briefing(ordinary()), width=400)
    for part in ("1 flag, 1 watched", "ROAS 3.6 against 6.0 in the same tier", "Efficiency B (flag)", "held back"):
        assert part in screen


def test_the_empty_morning_fits_in_a_box() -> None:
    assert len(printed(build_briefing(EMPTY)).strip().splitlines()) == 4


def test_it_fits_eighty_columns() -> None:
    assert max(len(line) for line in printed(build_briefing(lively()), width=80).splitlines()) <= 80


def test_markup_is_text_and_control_characters_are_shown() -> None:
    screen = printed(hostile("[red]x[/red]\x1b]0;owned\x07"), width=2000)
    assert "[red]x[/red]\\x1b]0;owned\\x07" in screen
    assert "\x1b" not in screen


def test_a_sparkline_rises_with_its_numbers_and_dots_days_without_spend() -> None:
    assert sparkline(Trend((None, 1.0, 2.0, 3.0), None, None)) == "·▁▄█"
    assert sparkline(Trend((2.0, 2.0), None, None)) == "▁▁"
    assert sparkline(Trend((None,), None, None)) == ""
