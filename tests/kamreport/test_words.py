"""Numbers, dates and sentences in the five languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from babel.numbers import format_decimal, format_percent
from hypothesis import given
from hypothesis import strategies as st

from kamreport.sentences import pack_reasons, published_reason, say, title_of, unpack_reasons
from kamreport.words import LANGUAGES, MISSING, Words, locale_of
from kamstats.reasons import TOO_FEW_ORDERS, Reason, sentence

MEASURED = sentence("test_measured", "{value:.1%} of {money:,.2f} since {day}, {base}, {month}.")


@pytest.mark.parametrize(
    ("lang", "money", "day", "month", "share"),
    [
        ("en", "1,234.50", "3 Nov 2026", "Nov 2026", "12.3%"),
        ("fi", "1\xa0234,50", "3.11.2026", "marras 2026", "12,3\xa0%"),
        ("ka", "1\xa0234,50", "3 ნოე. 2026", "ნოე. 2026", "12,3%"),
        ("hy", "1\xa0234,50", "03 նոյ, 2026 թ.", "2026 թ. նոյ", "12,3%"),
        ("ru", "1\xa0234,50", "3 нояб. 2026\u202fг.", "нояб. 2026\u202fг.", "12,3\xa0%"),
    ],
)
def test_values_are_written_as_people_of_the_language_write_them(lang, money, day, month, share):
    words = Words(lang)

    assert words.money(Decimal("1234.5000")) == money
    assert words.day(date(2026, 11, 3)) == day
    assert words.month(202611) == month
    assert words.share(0.1234) == share


figures = st.one_of(
    st.floats(-1e15, 1e15),
    st.integers(-(10**15), 10**15),
    st.decimals(-(10**15), 10**15, places=4),
    st.sampled_from([float("inf"), -0.0, 0.125, Decimal("-0.0004"), Decimal("2.5")]),
)


@given(value=figures, lang=st.sampled_from(LANGUAGES))
def test_figures_are_those_of_babel(value, lang):
    locale, words = locale_of(lang), Words(lang)
    ours = (words.money(value), words.count(value), words.share(value, 0))

    theirs = (
        format_decimal(value, "#,##0.00", locale),
        format_decimal(value, "#,##0", locale),
        format_percent(value, locale=locale),
    )
    assert ours == tuple(said.replace("-", "\N{MINUS SIGN}") for said in theirs)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_missing_is_a_dash(lang):
    words = Words(lang)

    for written in (words.money, words.share, words.number, words.short, words.count, words.quantity):
        assert written(None) == written(float("nan")) == MISSING
    assert words.day(None) == words.month(None) == words.value(None) == MISSING


def test_a_short_figure_keeps_three_digits():
    words = Words("en", "EUR")

    assert [words.short(v) for v in (0, 999, 1240, 12_400, 124_000, 1_240_000)] == [
        "0",
        "999",
        "1.24K",
        "12.4K",
        "124K",
        "1.24M",
    ]
    assert words.short(-25_000) == "−25K"
    assert words.with_currency("5") == "5\xa0€"
    assert Words("en").with_currency("5") == "5"


def test_changes_carry_their_sign():
    assert Words("en").change(Decimal("5.5")) == "+5.50"
    assert Words("en").change(Decimal("-5.5")) == "−5.50"
    assert Words("en").change(0) == "0.00"


def test_a_sentence_words_its_values_by_format_and_kind():
    reason = MEASURED(
        value=0.1234, money=Decimal("1234.5"), day=date(2026, 11, 3), base="income", month=202611
    )

    assert say(reason, "en") == "12.3% of 1,234.50 since 3 Nov 2026, income, Nov 2026."


def test_a_value_that_was_not_given_is_an_ellipsis():
    assert say(Reason("too_few_orders", {"have": 2}), "en") == "Only 2 orders; a rhythm needs at least …."


def test_an_unknown_code_says_at_least_its_name():
    assert say(Reason("never_declared"), "fi") == "never_declared"


def test_reasons_survive_packing_with_dates_and_money():
    reasons = [("cv", MEASURED(day=date(2026, 11, 3), money=Decimal("1.50"), value=0.5, base=None))]

    assert unpack_reasons(pack_reasons(reasons)) == reasons
    assert pack_reasons([]) is None
    assert unpack_reasons(None) == []


def test_published_reasons_join_column_code_and_sentence():
    cell = pack_reasons([("xyz", TOO_FEW_ORDERS(have=2, need=3)), ("", TOO_FEW_ORDERS(have=1, need=3))])

    assert published_reason(cell, "en") == (
        "xyz:too_few_orders: Only 2 orders; a rhythm needs at least 3. | "
        "too_few_orders: Only 1 orders; a rhythm needs at least 3."
    )
    assert published_reason(None, "en") is None


def test_the_code_stays_when_the_language_changes():
    cell = pack_reasons([("xyz", TOO_FEW_ORDERS(have=2, need=3))])

    assert published_reason(cell, "fi").startswith("xyz:too_few_orders: ")
    assert published_reason(cell, "fi") != published_reason(cell, "en")


def test_a_column_without_a_title_shows_its_key():
    assert title_of("days_silent", "fi") == "Päiviä hiljaa"
    assert title_of("unheard_of", "fi") == "unheard_of"
