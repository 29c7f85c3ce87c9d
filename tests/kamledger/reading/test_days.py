"""Dates are read as they were meant, by SQL and by Python alike."""

# ruff: noqa: S608 - the SQL under test

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamledger.reading.days import day_sql, guess_date_order, looks_like_day, read_day

ORDERS = ("ymd", "dmy", "mdy")
DAYS = st.dates(min_value=date(1970, 1, 1), max_value=date(2069, 12, 31))


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as engine:
        yield engine


TEXTS = [
    ("2024-01-05", "dmy", date(2024, 1, 5)),
    ("2024-1-5 10:11", "ymd", date(2024, 1, 5)),
    ("2024-01-05T10:00:00Z", "ymd", date(2024, 1, 5)),
    ("2024/01/05", "ymd", date(2024, 1, 5)),
    ("20240105", "ymd", date(2024, 1, 5)),
    ("20240105.0", "ymd", date(2024, 1, 5)),
    ("05.01.2024", "dmy", date(2024, 1, 5)),
    ("05.01.2024 0:00:00", "dmy", date(2024, 1, 5)),
    ("5.1.2024.", "dmy", date(2024, 1, 5)),
    ("5/1/24", "dmy", date(2024, 1, 5)),
    ("5.1.99", "dmy", date(1999, 1, 5)),
    ("05-Jan-2024", "dmy", date(2024, 1, 5)),
    ("5 January 99", "ymd", date(1999, 1, 5)),
    ("01/05/2024", "mdy", date(2024, 1, 5)),
    ("45296", "ymd", date(2024, 1, 5)),
    ("45296.5", "ymd", date(2024, 1, 5)),
    ("31.02.2024", "dmy", None),
    ("13/01/2024", "mdy", None),
    ("05-Abc-2024", "dmy", None),
    ("2024-01-05x", "ymd", None),
    ("infinity", "ymd", None),
    ("heute", "dmy", None),
    ("", "ymd", None),
]


@pytest.mark.parametrize(("text", "order", "expected"), TEXTS)
def test_a_date_is_read_in_the_usual_forms(text, order, expected, connection) -> None:
    by_sql = connection.execute(f"SELECT {day_sql('t', order)} FROM (SELECT ? AS t)", [text]).fetchall()[0][0]

    assert read_day(text, order) == by_sql == expected


@given(st.text(alphabet="0123456789./- :TJanfebDec", max_size=12), st.sampled_from(ORDERS))
def test_sql_and_python_agree_on_any_text(connection, text, order) -> None:
    text = text.strip()

    by_sql = connection.execute(f"SELECT {day_sql('t', order)} FROM (SELECT ? AS t)", [text]).fetchall()[0][0]

    assert by_sql == read_day(text, order)


@given(st.lists(DAYS, min_size=1, max_size=20), st.sampled_from(ORDERS), st.sampled_from("./-"))
def test_the_order_is_found_or_said_to_be_ambiguous(days, order, separator) -> None:
    form = {"ymd": "%Y{0}%m{0}%d", "dmy": "%d{0}%m{0}%Y", "mdy": "%m{0}%d{0}%Y"}[order].format(separator)
    texts = [day.strftime(form) for day in days]

    guessed, ambiguous = guess_date_order(texts)

    told_apart = order == "ymd" or any(day.day > 12 for day in days)
    assert ambiguous == (not told_apart and separator != ".")
    assert guessed == (order if told_apart else "dmy")


def test_no_date_is_no_date() -> None:
    assert read_day(None, "ymd") is None
    assert not looks_like_day("45296")
