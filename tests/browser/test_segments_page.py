"""The page about segments in a real browser: it is quiet, fits a phone and a desk, and hostile names do nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from typer.testing import CliRunner

from activator.cli.main import app
from tests.integration.test_segments import project_text, write_shop

pytestmark = pytest.mark.browser

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
HOSTILE = "<img src=https://evil.example/x onerror=alert(1)><script>alert(2)</script>"
SEGMENTS = f"""\
segments:
  - {{name: vips, like: loyal_vips, title: "{HOSTILE}", persona: "{HOSTILE}"}}
  - {{name: buyers, title: Thank buyers, who: {{field: orders, at_least: 1}}, objections: "{HOSTILE}"}}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "the page tests need Chromium: run `sh .ci/browser`"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of three days, so that there are moves to draw."""
    folder = tmp_path_factory.mktemp("shop")
    for day in ("2026-05-31", "2026-06-15", "2026-06-30"):
        write_shop(folder, project_text(SEGMENTS).replace("identity:", f"value: {{as_of: {day}}}\nidentity:"))
        made = CliRunner().invoke(app, ["segments", "-C", str(folder), "--report", str(folder / "page.html")])
        assert made.exit_code == 0, made.output
    return folder / "page.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
def test_it_is_quiet_and_fits(browser: Browser, file: Path, width: int, scheme: str) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    messages: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("dialog", lambda dialog: messages.append(dialog.message))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    assert messages == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("svg.plot").count() == 7
    assert page.locator("article.profile").count() == 2
    assert page.locator("script, article img").count() == 0
    assert page.locator("article.profile h3").first.inner_text() == HOSTILE
    page.close()


def test_no_word_of_a_drawing_is_cut_off(browser: Browser, file: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(file.as_uri())
    outside = """() => [...document.querySelectorAll('svg.plot text')].filter(text => {
        const own = text.getBoundingClientRect(), card = text.closest('.card').getBoundingClientRect();
        return own.left < card.left - 0.5 || own.right > card.right + 0.5;
    }).map(text => text.textContent)"""
    assert page.evaluate(outside) == []
    page.close()
