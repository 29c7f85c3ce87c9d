"""The page as a browser shows it: quiet, self-contained, and never wider than the screen."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from tests.conftest import missing
from tests.kamreport import made_analysis

from kamreport.html import render_html
from kamreport.words import LANGUAGES

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)
FAMILIES = {"ka": "Noto Sans Georgian", "hy": "Noto Sans Armenian"}
CONTRAST = """() => {
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    return 0.2126*r + 0.7152*g + 0.0722*b }
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor
    if (!c.endsWith(', 0)')) return c } return 'rgb(255,255,255)' }
  const poor = []
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg') || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue
    if (!e.getClientRects().length || e.classList.contains('skip')) continue
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x)
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(`${e.tagName}.${e.className} ${e.textContent.slice(0, 20)}`)
  }
  return [...new Set(poor)].slice(0, 9)
}"""


@pytest.fixture(scope="module")
def browser():
    if importlib.util.find_spec("playwright") is None:
        missing("The browser test needs playwright")
    if not CHROMIUM.exists():
        missing(f"The browser test needs Chromium at {CHROMIUM}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page and keep every request and every complaint of the browser."""

    def open_page(analysis, lang, *, width, scheme="light"):
        path = tmp_path / f"{lang}.html"
        path.write_text(render_html(analysis, lang), "utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        page.complaints, page.requests = [], []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in browser.contexts:
        context.close()


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_quiet_and_fits_a_phone(opened, lang, scheme):
    page = opened(made_analysis.made(), lang, width=390, scheme=scheme)

    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []
    assert overflow(page) == 0


@pytest.mark.parametrize("width", [768, 1080, 1440])
def test_the_page_fits_wider_screens(opened, width):
    assert overflow(opened(made_analysis.made(), "ka", width=width)) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read_against_its_ground(opened, scheme):
    page = opened(made_analysis.made(), "en", width=1440, scheme=scheme)

    assert page.evaluate(CONTRAST) == []


def test_dark_is_dark_on_the_screen_and_white_on_paper(opened):
    page = opened(made_analysis.made(), "en", width=1440, scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"

    on_screen = page.evaluate(ground)
    page.emulate_media(media="print", color_scheme="dark")

    assert on_screen == "rgb(20, 24, 28)"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"


def test_one_drawing_of_each_picture_is_shown(opened):
    for width, shown in ((1440, "wide"), (390, "narrow")):
        page = opened(made_analysis.made(), "en", width=width)

        assert page.locator(f"figure .{shown} svg").first.is_visible()
        visible = page.evaluate(
            "[...document.querySelectorAll('svg')].filter(s => s.getClientRects().length).length"
        )
        assert visible == page.locator("figure").count()


def test_a_hostile_name_does_nothing(opened):
    page = opened(made_analysis.made(), "en", width=1440)
    dialogs = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))

    assert page.evaluate("document.scripts.length") == 0
    assert dialogs == []


def test_a_table_scrolls_inside_itself_with_its_first_column_fixed(opened):
    page = opened(made_analysis.made(), "en", width=390)
    box = page.locator("#key .scroll").first
    before = box.locator("tbody th").first.bounding_box()["x"]

    box.evaluate("e => e.scrollLeft = 200")

    assert box.evaluate("e => e.scrollLeft") > 0
    assert box.locator("tbody th").first.bounding_box()["x"] == before


@pytest.mark.parametrize("lang", ["ka", "hy"])
def test_no_letter_is_missing_from_the_fonts(opened, lang):
    """Boxes instead of letters all have one width; letters of a real font do not."""
    page = opened(made_analysis.made(), lang, width=1440)

    widths = page.evaluate(
        """() => { const c = document.createElement('canvas').getContext('2d')
        c.font = '20px ' + getComputedStyle(document.body).fontFamily
        return [...new Set(document.querySelector('h2').textContent.replace(/[^\\u0530-\\u10ff]/g, ''))]
          .map(l => c.measureText(l).width) }"""
    )

    if len(set(widths)) == 1:
        missing(f"The fonts of the machine lack {FAMILIES[lang]}")
    assert len(set(widths)) > 2
