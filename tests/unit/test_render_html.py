"""The page: one file, a strict policy, drawings without references."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

from activator.briefing.build import build_briefing
from activator.briefing.plots import flag_plot, trend_plot
from activator.briefing.render_html import render_html
from activator.model.briefing import Trend
from tests.unit.mornings import EMPTY, FLAG, hostile, lively, ordinary


class Outline(HTMLParser):
    """Elements with their attributes, in order, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(name)) is not None]


def test_the_same_briefing_is_the_same_page() -> None:
    briefing = build_briefing(ordinary())
    assert render_html(briefing) == render_html(briefing)


def test_nothing_is_loaded_and_nothing_can_run() -> None:
    outline = Outline(render_html(build_briefing(lively())))
    names = {name for name, _ in outline.elements}
    assert not names & {"script", "iframe", "object", "embed", "img", "form", "a"}
    assert outline.values("src") == []
    assert outline.values("href") == ["data:,"]
    assert outline.values("style") == []
    assert not any(name.startswith("on") for _, attributes in outline.elements for name in attributes)


def test_the_policy_allows_the_pages_own_style_and_no_other() -> None:
    page = render_html(build_briefing(ordinary()))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_no_element_repeats_an_id() -> None:
    assert Outline(render_html(build_briefing(lively()))).values("id") == []


def test_headings_go_down_one_level_at_a_time_and_tables_name_rows_and_columns() -> None:
    outline = Outline(render_html(build_briefing(ordinary())))
    levels = [int(name[1]) for name, _ in outline.elements if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    headers = [attributes.get("scope") for name, attributes in outline.elements if name == "th"]
    assert set(headers) == {"col", "row"}


def test_one_plot_for_each_flag_and_one_line_for_each_tier() -> None:
    page = render_html(build_briefing(replace(ordinary(), flags=[FLAG, FLAG])))
    assert page.count('<figure role="img"') == 2
    assert page.count('<svg class="plot"') + page.count("<svg viewBox") == 2 + 5


def test_the_empty_page_is_a_headline_and_a_sentence() -> None:
    page = render_html(build_briefing(EMPTY))
    assert "No performance yet" in page
    assert "<h2>" not in page


def test_a_hostile_name_stays_text() -> None:
    page = render_html(hostile('</style><script>alert("x")</script>'))
    outline = Outline(page)
    assert "script" not in {name for name, _ in outline.elements}
    assert any('<script>alert("x")</script>' in text for text in outline.text)


def test_template_syntax_in_a_name_is_not_evaluated() -> None:
    assert "{{ 7 * 7 }}" in render_html(hostile("{{ 7 * 7 }}"))


class TestPlots:
    def test_a_drawing_holds_only_shapes_and_classes(self) -> None:
        outline = Outline(str(flag_plot(FLAG.track)))
        assert {name for name, _ in outline.elements} == {"svg", "g", "path", "text"}
        allowed = {"viewbox", "class", "aria-hidden", "d", "transform", "x", "y", "fill"}
        allowed |= {"stroke-width", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "text-anchor"}
        assert {name for _, attributes in outline.elements for name in attributes} <= allowed

    def test_a_flags_drawing_says_both_numbers_and_its_days(self) -> None:
        text = "".join(Outline(str(flag_plot(FLAG.track))).text)
        for word in ("66 expected", "41 so far", "29 Oct", "11 Nov"):
            assert word in text

    def test_nothing_to_draw_is_no_drawing(self) -> None:
        assert flag_plot(()) == ""
        assert trend_plot(Trend((None, None), None, None)) == ""

    def test_one_day_can_be_drawn(self) -> None:
        assert "svg" in flag_plot(FLAG.track[:1])
        assert "svg" in trend_plot(Trend((None, 2.0), None, None))

    def test_range_and_line_have_their_roles(self) -> None:
        drawing = trend_plot(Trend((1.0, 2.0, 3.0, 2.0, 1.0), 1.5, 2.5))
        assert "fill-band" in drawing
        assert "stroke-line" in drawing
