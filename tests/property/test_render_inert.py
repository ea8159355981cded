"""Whatever a name holds, no medium runs, links or hides anything: judged by parsers that are not ours."""

import io
import re
import unicodedata
from functools import cache
from html.parser import HTMLParser
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from activator.briefing.inert import BIDI, visible
from activator.briefing.render_html import render_html
from activator.briefing.render_slack import render_slack
from activator.briefing.render_terminal import render_terminal
from activator.briefing.render_text import render_text, subject
from tests.unit.mornings import hostile

PAYLOADS = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</title></style></svg><svg onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "<!--",
    "]]>&lt;&#60;script&#62;",
    "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "\x1b[2J\x9b31m\x00\r\n\x7f",
    "[link=https://evil.example]x[/link]",
    "\u202egnp.exe\u2066",
    "<!channel> <@U1> <https://evil.example|x>",
    "\ud800\U000e0041\ufeff",
)
# A letter before and after: a name that is nothing but stripped characters is another page, not a hostile one.
names = st.one_of(
    st.sampled_from(PAYLOADS), st.text(max_size=40), st.text("<>&\"'/=[]{}%*_`~|\x1b\x07\x9b\u202e ", max_size=40)
).map(lambda text: f"a{text}z")


class Structure(HTMLParser):
    """Elements and attribute names, in order; everything a name could change if it were more than text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)

    def handle_comment(self, data: str) -> None:
        self.found.append("comment")


@cache
def expected_structure() -> list[object]:
    return Structure(render_html(hostile("harmless"))).found


def screen(content: Any, *, color: bool) -> str:
    console = Console(
        file=io.StringIO(),
        width=120,
        color_system="truecolor" if color else None,
        force_terminal=color,
        legacy_windows=False,
    )
    console.print(content)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def controls(text: str) -> set[str]:
    """Characters that could do something: controls other than the line feed, bidi marks, surrogates."""
    return {it for it in text if it != "\n" and (unicodedata.category(it) in {"Cc", "Cs"} or it in BIDI)}


@settings(max_examples=30, deadline=None)
@given(names)
@example(PAYLOADS[0])
@example(f"a{PAYLOADS[-1]}z")
def test_a_name_never_changes_the_structure_of_the_page(name: str) -> None:
    page = render_html(hostile(name))
    assert Structure(page).found == expected_structure()
    assert controls(page) == set()
    page.encode()


@settings(max_examples=60, deadline=None)
@given(names)
def test_a_name_never_reaches_the_terminal_as_a_command(name: str) -> None:
    briefing = hostile(name)
    assert controls(screen(render_terminal(briefing), color=False)) == set()
    # With colours on, what rich itself writes are style sequences and nothing else.
    assert controls(re.sub(r"\x1b\[[0-9;]*m", "", screen(render_terminal(briefing), color=True))) == set()


@settings(max_examples=60, deadline=None)
@given(names)
def test_a_name_never_becomes_slack_syntax(name: str) -> None:
    payload = render_slack(hostile(name))
    for block in payload["blocks"]:
        parts = [part for part in (block.get("text"), *block.get("elements", [])) if part]
        for part in parts:
            assert controls(part["text"]) == set()
            if part["type"] == "mrkdwn":
                assert part["verbatim"] is True
                assert not set("<>`~") & set(part["text"])
                assert re.sub("&(amp|lt|gt);", "", part["text"]).count("&") == 0
    assert not set("<>") & set(payload["text"])


@settings(max_examples=60, deadline=None)
@given(names)
def test_a_name_stays_on_its_line_in_plain_text(name: str) -> None:
    briefing = hostile(name)
    text = render_text(briefing)
    assert controls(text) == set()
    assert len(text.splitlines()) == len(render_text(hostile("harmless")).splitlines())
    assert controls(subject(briefing)) == set()


@given(st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Co"])))
def test_visible_is_idempotent_and_leaves_no_control_behind(text: str) -> None:
    once = visible(text)
    assert visible(once) == once
    assert controls(once) == set()
    assert "\n" not in once
