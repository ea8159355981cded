"""The page in a real browser: it shows, it is quiet, it fits a phone, and hostile names do nothing."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, sync_playwright

from activator.briefing.build import build_briefing
from activator.briefing.render_html import render_html
from activator.model.briefing import Briefing
from tests.unit.mornings import EMPTY, hostile, lively, ordinary

pytestmark = pytest.mark.browser

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
QUIET += ["--disable-sync", "--no-first-run"]
HOSTILE = "\"'><img src=https://evil.example/x onerror=alert(1)><script>alert(2)</script>{{7*7}}\u202etxt"


@dataclass
class Opened:
    """A page and all it did while it loaded."""

    page: Page
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "the page tests need Chromium: run `sh .ci/browser`"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    pages = []

    def open_page(briefing: Briefing, width: int = 360, scheme: str = "light") -> Opened:
        file = tmp_path / "briefing.html"
        file.write_text(render_html(briefing), "utf-8")
        page = browser.new_page(
            viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
        )
        pages.append(page)
        opened = Opened(page)

        def note(request: Request) -> None:
            opened.requests.append(request.url)

        def refuse(dialog: Dialog) -> None:
            opened.dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("console", lambda message: opened.messages.append(message.text))
        page.on("pageerror", lambda error: opened.messages.append(str(error)))
        page.on("request", note)
        page.on("dialog", refuse)
        page.goto(file.as_uri(), wait_until="load")
        return opened

    yield open_page
    for page in pages:
        page.close()


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def test_the_flag_is_there_to_read(show: Callable[..., Opened]) -> None:
    page = show(build_briefing(ordinary())).page
    assert page.get_by_role("heading", level=1).inner_text() == "1 flag, 1 watched"
    flag = page.get_by_role("article")
    assert flag.get_by_text("ROAS 3.6 against 6.0 in the same tier").is_visible()
    assert flag.get_by_text("Suggested: pause 'Efficiency B'").is_visible()
    assert flag.get_by_role("img").is_visible()
    assert page.get_by_role("table").count() == 5


def test_the_page_says_nothing_to_the_console_and_asks_the_network_for_nothing(show: Callable[..., Opened]) -> None:
    opened = show(build_briefing(lively()))
    assert opened.messages == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in opened.requests if url.startswith("file:")]) == 1


@pytest.mark.parametrize("width", [320, 360, 390, 768, 1100])
@pytest.mark.parametrize("name", ["ordinary", "lively", "empty", "hostile"])
def test_nothing_scrolls_sideways(show: Callable[..., Opened], name: str, width: int) -> None:
    makers: dict[str, Callable[[], Briefing]] = {
        "ordinary": lambda: build_briefing(ordinary()),
        "lively": lambda: build_briefing(lively()),
        "empty": lambda: build_briefing(EMPTY),
        "hostile": lambda: hostile("W" * 290),
    }
    assert sideways(show(makers[name](), width).page) <= 0


def test_tables_fit_a_phone_without_scrolling_inside_either(show: Callable[..., Opened]) -> None:
    page = show(build_briefing(ordinary()), 360).page
    inner = page.evaluate("[...document.querySelectorAll('.scroll')].map(it => it.scrollWidth - it.clientWidth)")
    assert inner == [0] * 5


def test_a_hostile_name_is_text_and_nothing_else(show: Callable[..., Opened]) -> None:
    count = "document.querySelectorAll('*').length"
    harmless = show(hostile("harmless")).page.evaluate(count)
    opened = show(hostile(HOSTILE))
    assert opened.dialogs == []
    assert opened.messages == []
    assert opened.page.evaluate(count) == harmless
    assert opened.page.locator("script, img, iframe, object").count() == 0
    assert [url for url in opened.requests if "evil" in url] == []
    assert opened.page.get_by_text("<script>alert(2)</script>{{7*7}}txt").first.is_visible()


def test_the_policy_would_stop_a_script_that_got_in(show: Callable[..., Opened]) -> None:
    opened = show(build_briefing(EMPTY))
    opened.page.evaluate(
        "const it = document.createElement('script'); it.textContent = 'window.ran = 1'; document.body.append(it)"
    )
    assert opened.page.evaluate("window.ran === undefined")
    assert any("Content Security Policy" in message for message in opened.messages)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(show: Callable[..., Opened], scheme: str) -> None:
    page = show(build_briefing(ordinary()), 390, scheme).page
    faint = page.evaluate(CONTRAST)
    assert faint == []


# WCAG 2.2, 1.4.3: 4.5 : 1 for text; every element with text of its own against the nearest painted background.
CONTRAST = """() => {
  const numbers = color => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let it = element; it; it = it.parentElement) {
      const color = numbers(getComputedStyle(it).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.body.querySelectorAll('*')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(numbers(element.closest('svg') ? style.fill : style.color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push([element.tagName, element.textContent.trim().slice(0, 30), ratio.toFixed(2)]);
  }
  return faint;
}"""
