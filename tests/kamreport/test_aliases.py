"""Aliases: the same for the same secret, different names never share one, and no name is left anywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.kamreport import made_analysis

from kamreport.aliases import alias_words, anonymised
from kamreport.files import run_record, write_files
from kamreport.html import render_html
from kamreport.workbook import write_workbook

SECRET = b"tea"


def names_of(analysis) -> set[str]:
    rows = analysis.tables["accounts"].records()
    return {row[key] for row in rows for key in ("account", "name", "manager", "department") if row[key]}


@given(st.sets(st.text(max_size=12), max_size=60), st.binary(min_size=1, max_size=8))
def test_every_name_has_a_word_of_its_own_and_always_the_same(names, secret):
    words = alias_words(names, secret=secret)

    assert set(words) == names
    assert len(set(words.values())) == len(names)
    assert all(len(word) >= 4 for word in words.values())
    assert alias_words(sorted(names, reverse=True), secret=secret) == words


def test_a_hundred_thousand_names_stay_apart():
    words = alias_words([f"C{n}" for n in range(100_000)], secret=SECRET)

    assert len(set(words.values())) == 100_000
    assert max(map(len, words.values())) <= 10


def test_a_name_that_comes_alone_keeps_its_word_when_others_come():
    alone = alias_words(["ACME"], secret=SECRET)["ACME"]

    assert alias_words(["ACME", "Umbrella", "Initech"], secret=SECRET)["ACME"] == alone


def test_another_secret_gives_other_words():
    assert alias_words(["ACME"], secret=b"one") != alias_words(["ACME"], secret=b"two")


def test_no_name_is_left_in_the_record_the_files_the_page_or_the_workbook(tmp_path):
    analysis = made_analysis.made()
    hidden = anonymised(analysis, secret=SECRET)

    write_files(hidden, tmp_path, lang="en")
    write_workbook(hidden, tmp_path / "report.xlsx", "en")
    page = render_html(hidden, "en")
    written = (
        page + "".join(p.read_text("utf-8") for p in tmp_path.glob("*.csv")) + str(run_record(hidden, "en"))
    )
    for name in names_of(analysis):
        assert name not in written, name


def test_the_figures_stay_as_they_are():
    analysis = made_analysis.made()
    hidden = anonymised(analysis, secret=SECRET)

    for before, after in zip(
        analysis.tables["accounts"].records(), hidden.tables["accounts"].records(), strict=True
    ):
        assert before["revenue"] == after["revenue"]
        assert before["abc"] == after["abc"]
    assert hidden.totals == analysis.totals
    assert {key: len(table) for key, table in hidden.tables.items()} == {
        key: len(table) for key, table in analysis.tables.items()
    }


def test_an_alias_is_titled_in_the_language_of_the_report():
    hidden = anonymised(made_analysis.made(), secret=SECRET, lang="ka")

    first = hidden.tables["accounts"].records()[0]["account"]
    assert not first.isascii()


def test_an_analysis_without_accounts_is_taken(tmp_path):
    hidden = anonymised(made_analysis.empty(), secret=SECRET)

    assert len(hidden.tables["accounts"]) == 0
