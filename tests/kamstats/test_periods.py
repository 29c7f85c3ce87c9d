"""Whole months and quarters."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamstats.errors import Declined
from kamstats.periods import Months, compared_months, month_at, month_index, whole_months, whole_quarters


@given(st.integers(1900, 2200), st.integers(1, 12), st.integers(-500, 500))
def test_months_are_counted_on_one_line(year, month, step):
    moved = month_at(month_index(year * 100 + month) + step)

    assert month_index(moved) - month_index(year * 100 + month) == step
    assert 1 <= moved % 100 <= 12


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (date(2024, 1, 1), date(2024, 2, 29), Months(202401, 202402)),
        (date(2024, 1, 4), date(2024, 2, 26), Months(202401, 202402)),
        (date(2024, 1, 5), date(2024, 2, 25), None),
        (date(2024, 1, 5), date(2024, 2, 27), Months(202402, 202402)),
        (date(2023, 12, 1), date(2024, 1, 20), Months(202312, 202312)),
    ],
)
def test_three_days_may_be_missing_at_either_end(first, last, months):
    assert whole_months(first, last) == months


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 900))
def test_whole_months_are_those_whose_days_are_all_there(first, length):
    last = first + timedelta(days=length)
    days = {first + timedelta(days=day) for day in range(length + 1)}
    candidates = range(
        month_index(first.year * 100 + first.month), month_index(last.year * 100 + last.month) + 1
    )
    whole = [at for at in candidates if _days_of(month_at(at)) <= days]

    expected = Months(month_at(whole[0]), month_at(whole[-1])) if whole else None
    assert whole_months(first, last, missing_days=0) == expected


def _days_of(month):
    start = date(month // 100, month % 100, 1)
    return {day for n in range(31) if (day := start + timedelta(days=n)).month == start.month}


@pytest.mark.parametrize(
    ("months", "quarters"),
    [
        (Months(202401, 202412), Months(202401, 202412)),
        (Months(202402, 202411), Months(202404, 202409)),
        (Months(202402, 202405), None),
        (Months(202311, 202403), Months(202401, 202403)),
    ],
)
def test_quarters_lie_wholly_inside(months, quarters):
    assert whole_quarters(months) == quarters


def test_the_last_year_is_compared_with_the_one_before():
    assert compared_months(Months(202101, 202406)) == (Months(202207, 202306), Months(202307, 202406))


def test_with_less_than_two_years_two_equal_halves_are_compared():
    assert compared_months(Months(202401, 202407)) == (Months(202402, 202404), Months(202405, 202407))


@pytest.mark.parametrize(("months", "have"), [(None, 0), (Months(202401, 202405), 5)])
def test_less_than_half_a_year_is_declined(months, have):
    with pytest.raises(Declined, match=f"holds {have} whole months"):
        compared_months(months)
