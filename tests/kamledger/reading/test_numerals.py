"""Numbers are read as they were meant, by SQL and by Python alike."""

# ruff: noqa: S608 - the SQL under test

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamledger.reading.numerals import (
    currency_of,
    guess_decimal_mark,
    looks_numeric,
    money,
    number_sql,
    plain_text,
    plain_text_sql,
    read_number,
)

MARKS = st.sampled_from([".", ","])
NUMBERS = st.decimals(min_value=-(10**12), max_value=10**12, places=4, allow_nan=False)
ODD_TEXTS = st.text(alphabet="0123456789.,-+() '\u00a0\u202f’eE€$лRUBр%x", max_size=14)


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as engine:
        yield engine


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("1 234,50 €", ",", "1234.50"),
        ("1\u00a0234,5", ",", "1234.5"),
        ("1\u202f234\u202f567,5", ",", "1234567.5"),
        ("1'234.50", ".", "1234.50"),
        ("1’234.50", ".", "1234.50"),
        ("1.234,56-", ",", "-1234.56"),
        ("(1,234.5)", ".", "-1234.5"),
        ("−5", ".", "-5"),
        ("$1,234", ".", "1234"),
        ("₾ 12.50", ".", "12.50"),
        ("12,50 руб.", ",", "12.50"),
        ("GEL 12", ".", "12"),
        ("1,23,456.00", ".", "123456.00"),
        ("1e-3", ".", "1e-3"),
        (".5", ".", ".5"),
        ("12,5", ".", None),
        ("12.5", ",", None),
        ("1 2", ".", None),
        ("--5", ".", None),
        ("", ".", None),
        ("abc", ".", None),
        ("12.34.56", ".", None),
        ("Infinity", ".", None),
        ("nan", ".", None),
    ],
)
def test_a_number_is_read_in_the_usual_forms(text, mark, expected, connection) -> None:
    query = (
        f"SELECT {plain_text_sql('t', mark)}, {number_sql('t', mark, 'DECIMAL(18,4)')} FROM (SELECT ? AS t)"
    )

    by_sql, cast = connection.execute(query, [text]).fetchall()[0]

    assert plain_text(text, mark) == by_sql == expected
    assert cast == (None if expected is None else money(Decimal(expected)))


@given(ODD_TEXTS, MARKS)
def test_sql_and_python_agree_on_any_text(connection, text, mark) -> None:
    query = f"SELECT {plain_text_sql('t', mark)} FROM (SELECT ?::VARCHAR AS t)"

    by_sql = connection.execute(query, [text]).fetchall()[0][0]

    assert by_sql == plain_text(text, mark)


def written(value: Decimal, mark: str, grouper: str) -> str:
    """Write a number as a system with these habits would."""
    return f"{value:,.4f}".replace(",", "\0").replace(".", mark).replace("\0", grouper)


@given(NUMBERS, MARKS, st.sampled_from(["", " ", "\u00a0", "\u202f", "'", "other"]))
def test_a_written_number_comes_back(value, mark, grouper) -> None:
    text = written(value, mark, {"other": "," if mark == "." else "."}.get(grouper, grouper))

    assert read_number(text, mark) == value


@given(st.lists(NUMBERS, min_size=3, max_size=30), MARKS, st.sampled_from(["", " ", "other"]))
def test_the_decimal_mark_is_found(values, mark, grouper) -> None:
    grouper = {"other": "," if mark == "." else "."}.get(grouper, grouper)

    assert guess_decimal_mark([written(value, mark, grouper) for value in values], ";") == mark


@pytest.mark.parametrize(
    ("texts", "delimiter", "expected"),
    [
        (["1,234", "2,500"], ",", "."),
        (["1,234", "2,500"], ";", ","),
        (["1.234.567"], ";", ","),
        (["1,234,567"], ",", "."),
        (["0,125"], ";", ","),
        (["12", "7"], ";", "."),
        ([], None, "."),
    ],
)
def test_numbers_that_could_be_either_are_decided_by_stated_rules(texts, delimiter, expected) -> None:
    assert guess_decimal_mark(texts, delimiter) == expected


def test_money_is_rounded_half_up_away_from_zero() -> None:
    assert [money(Decimal(text)) for text in ("2.00005", "-2.00005", "1.00004999")] == [
        Decimal("2.0001"),
        Decimal("-2.0001"),
        Decimal("1.0000"),
    ]


def test_a_missing_number_is_none() -> None:
    assert read_number(None, ".") is None
    assert not looks_numeric("Meyer")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12,50 €", "EUR"), ("GEL 12", "GEL"), ("12 руб.", "RUB"), ("12", None), ("kr 5", None)],
)
def test_a_currency_beside_a_number_is_named(text, expected) -> None:
    assert currency_of(text) == expected
