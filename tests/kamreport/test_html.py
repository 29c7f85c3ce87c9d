"""The page: what it says, and what it must never contain."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests.kamreport import made_analysis

from kamreport.html import render_html
from kamreport.html.curves import step_line, thinned
from kamreport.html.drawing import Scale, clipped
from kamreport.period import BAD_DAY
from kamreport.words import LANGUAGES

SECTIONS = [
    "read",
    "key",
    "pareto",
    "matrix",
    "dependency",
    "drifting",
    "regulars",
    "migration",
    "bridge",
    "demand",
    "potential",
    "stability",
    "quality",
    "rules",
]
VOID = {"meta", "link"}


class Outline(HTMLParser):
    """Checks that elements close, and keeps headings, ids and attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_startendtag(self, tag, attrs):
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def headings(page):
    return re.findall(r'<h2 id="\w+-h">(.*?)</h2>', page)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "made", [made_analysis.made, made_analysis.flat, made_analysis.empty, made_analysis.all_declined]
)
def test_every_analysis_gives_every_section_in_order_in_every_language(made, lang):
    page = render_html(made(), lang)

    assert re.findall(r'<section id="(\w+)"', page) == SECTIONS
    assert f'<html lang="{lang}">' in page
    assert Outline(page).open == []


def test_headings_state_what_the_reader_learns():
    page = render_html(made_analysis.made(), "en")

    assert "2 accounts make 48.7% of revenue" in headings(page)
    assert "Aster Oy alone makes 32.5%: act" in headings(page)
    assert "9 accounts make 80% of revenue" in headings(page)


def test_one_account_is_one_account():
    page = render_html(made_analysis.made([100, 9, 8, 7, 6]), "ru")

    assert any(heading.startswith("1 клиент даёт") for heading in headings(page))


def test_a_flat_book_is_told_what_to_do():
    page = render_html(made_analysis.flat(), "en")

    assert "No account reaches 10% of revenue" in headings(page)
    assert "The book is flat" in page
    assert re.search(r"A threshold of 3\.\d\d% gives 3 key accounts\.", page)
    assert "The ten accounts nearest to the threshold" in page


def test_a_hostile_name_stays_text_in_tables_and_pictures():
    page = render_html(made_analysis.made(), "en")

    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 3
    assert not any(name.startswith("on") for name in Outline(page).attributes)


def test_marks_that_nobody_sees_but_a_browser_obeys_are_not_in_the_page():
    hidden = "\u202e\u2066\u200b\u200f\ufeff\u2028\x01\x1b\x7f\x85\U000e0041"
    name = f"As{hidden}ter \u05d0\u200d"
    analysis = made_analysis.made()
    tables = {
        key: made_analysis.table(key, [row | {"name": name} for row in analysis.tables[key].records()])
        for key in ("accounts", "dependency", "drifting")
    }
    said = BAD_DAY(text=f"nev{hidden}\ud800er")

    page = render_html(replace(analysis, tables=dict(analysis.tables) | tables, warnings=(said,)), "en")

    assert not set(hidden + "\ud800") & set(page)
    assert "never" in page
    assert page.count("Aster \u05d0\u200d") > page.count("<svg")


def test_the_page_asks_the_network_for_nothing():
    page = render_html(made_analysis.made(), "en")

    assert not re.findall(r'(?:src|href)="(?!#|data:,")[^"]*"|url\(|@import|@font-face|https?://', page)


def test_ids_are_unique():
    ids = Outline(render_html(made_analysis.made(), "en")).ids

    assert len(ids) == len(set(ids))


def test_every_picture_says_in_words_what_it_shows():
    page = render_html(made_analysis.made(), "en")

    assert page.count("<svg") == page.count('role="img"') == page.count("<desc") > 20


def test_a_declined_table_gives_its_sentence_and_an_empty_one_says_so():
    declined = render_html(made_analysis.all_declined(), "en")
    empty = render_html(made_analysis.empty(), "en")

    assert "Not computed: Only 1 orders; a rhythm needs at least 3." in re.sub(r"\s+", " ", declined)
    assert "Nothing to list." in empty


def test_a_missing_value_has_its_reason_in_a_footnote():
    analysis = made_analysis.made([100, 30, 20, 90, 80, 70, 60])

    page = render_html(analysis, "en")

    assert re.search(r"–</span><sup>1</sup>|–<sup>1</sup>", page)
    assert "<li>XYZ: Only 2 orders; a rhythm needs at least 3.</li>" in page


def test_both_denominators_are_shown_where_they_differ():
    assert "Shares are fractions of 1,046,689.19" in render_html(made_analysis.made(), "en")


def test_thousands_of_accounts_stay_a_small_page():
    page = render_html(made_analysis.large(5_000), "en")

    assert len(page.encode()) < 3_000_000
    assert "rows: accounts.csv" in page


def test_a_long_curve_is_thinned_but_keeps_its_ends():
    points = [(step / 10_000, step / 10_000) for step in range(10_001)]

    few = thinned(points)

    assert len(few) < 300
    assert (few[0], few[-1]) == (points[0], points[-1])


def test_stairs_go_level_before_they_go_down():
    assert step_line([(0, 1), (2, 0.5)]) == [(0, 1), (2, 1), (2, 0.5)]
    assert step_line([]) == []


def test_a_scale_of_one_value_does_not_divide_by_zero():
    assert Scale(0, 0, 10, 20)(0) == 10
    assert Scale(0, 0, 10, 20).ticks()[0] == 0


def test_a_text_that_fits_is_left_whole():
    assert clipped("short", 200) == "short"
    assert clipped("შეუსაბამოდ გრძელი სახელი", 60).endswith("…")
