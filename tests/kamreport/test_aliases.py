"""Aliases: the same for the same secret, different names never share one, and no name is left anywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kamreport import made_analysis

from kamreport.aliases import alias_words, anonymised
from kamreport.files import run_record, write_files
from kamreport.html import render_html
from kamreport.sentences import pack_reasons
from kamreport.workbook import write_workbook
from kamstats.reasons import Reason

SECRET = b"tea"
HOLDERS = ("account", "name", "manager", "department", "segment")


def names_of(analysis) -> set[str]:
    rows = analysis.tables["accounts"].records()
    return {row[key] for row in rows for key in HOLDERS if row[key]}


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


def book(accounts, **tables):
    """Make an analysis of accounts given as (key, name), the largest first."""
    rows = [
        {"account": key, "name": name, "share": 0.5**place, "revenue": 10, **more}
        for place, (key, name, more) in enumerate((*pair, {})[:3] for pair in accounts)
    ]
    found = {key: made_analysis.table(key, rows) for key, rows in ({"accounts": rows} | tables).items()}
    empty = made_analysis.empty()
    return replace(empty, tables=dict(empty.tables) | found)


def aliases_of(analysis, table="accounts", column="name"):
    hidden = anonymised(analysis, secret=SECRET)
    return [row[column] for row in hidden.tables[table].records()]


def test_a_key_that_is_the_name_of_another_account_is_not_mixed_up_with_it():
    crossed = book([("1", "2"), ("2", "1")])

    keys, names = aliases_of(crossed, column="account"), aliases_of(crossed)

    assert keys == names
    assert keys[0] != keys[1]
    assert keys == aliases_of(book([("1", "Aster"), ("2", "Cedar")]), column="account")


def test_two_accounts_of_one_name_keep_an_alias_each():
    names = aliases_of(book([("K1", "Aster"), ("K2", "Aster")]))

    assert names == aliases_of(book([("K1", "Aster"), ("K2", "Aster")]), column="account")
    assert names[0] != names[1]


def test_the_largest_after_a_loss_is_the_account_that_is_left_not_the_one_of_the_same_name():
    accounts = [("K1", "Aster"), ("K2", "Aster"), ("K3", "Cedar")]
    loss = [
        {"account": "K1", "name": "Aster", "largest_after": "Aster"},
        {"account": "K2", "name": "Aster", "largest_after": "Aster"},
        {"account": "K3", "name": "Cedar", "largest_after": None},
    ]
    keys = aliases_of(book(accounts), column="account")

    assert aliases_of(book(accounts, loss=loss), "loss", "largest_after") == [keys[1], keys[0], None]


def test_a_manager_department_and_segment_called_like_an_account_keep_their_kind():
    same = {"manager": "Aster", "department": "Aster", "segment": "Aster"}
    levels = [
        {"level": level, "level_key": "Aster", "account": "Aster", "name": "Aster"}
        for level in ("manager", "department")
    ]
    hidden = anonymised(book([("Aster", "Aster", same)], levels=levels), secret=SECRET)

    (row,) = hidden.tables["accounts"].records()
    assert [row[key].split()[0] for key in HOLDERS] == [
        "Account", "Account", "Manager", "Department", "Segment",
    ]  # fmt: skip
    assert [level["level_key"] for level in hidden.tables["levels"].records()] == [
        row["manager"],
        row["department"],
    ]


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ({"account": "K1"}, set()),
        ({"name": "Aster"}, set()),
        ({"manager": "Anna", "segment": "Trade"}, set()),
        ({"account": "one that is nowhere"}, set()),
        ({"whatever": "Aster"}, set()),
        ({"file": "aster.csv", "files": "aster.csv, cedar.csv"}, set()),
        ({"line": "Aster", "base": "income", "days": 3}, {"Aster", "income", 3}),
    ],
)
def test_the_values_of_a_sentence_hold_no_name(values, left):
    reason = Reason("too_few_orders", values)
    who = {"manager": "Anna", "segment": "Trade", "reason": pack_reasons([("cv", reason)])}
    analysis = book([("K1", "Aster", who), ("K2", "Aster", who)])

    hidden = anonymised(replace(analysis, warnings=(reason,), declined={"x": reason}), secret=SECRET)

    assert set(values.values()) & set(hidden.warnings[0].values.values()) == left
    assert hidden.declined["x"] == hidden.warnings[0]
    cell = pack_reasons([("cv", hidden.warnings[0])])
    assert [row["reason"] for row in hidden.tables["accounts"].records()] == [cell, cell]
