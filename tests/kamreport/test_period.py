"""Which days count."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamreport import period
from kamstats.errors import Declined, Invalid

DAYS = st.dates(date(2000, 1, 1), date(2040, 12, 31))


def test_up_to_three_missing_days_leave_a_month_whole():
    assert period.whole_months(date(2024, 1, 4), date(2024, 3, 28)) == [202401, 202402, 202403]


def test_four_missing_days_do_not():
    assert period.whole_months(date(2024, 1, 5), date(2024, 3, 27)) == [202402]


def test_a_period_that_is_asked_for_is_taken_at_its_word():
    months = period.whole_months(
        date(2023, 1, 1), date(2024, 12, 31), within=(date(2024, 1, 2), date(2024, 3, 31))
    )

    assert months == [202402, 202403]


def test_only_quarters_with_all_three_months_count():
    quarters = period.whole_quarters([202402, 202403, 202404, 202405, 202406, 202407])

    assert quarters == [[202404, 202405, 202406]]


def test_two_years_are_compared_as_twelve_months_against_twelve():
    months = period.months_between(202201, 202406)

    before, after = period.two_periods(months)

    assert before == period.months_between(202207, 202306)
    assert after == period.months_between(202307, 202406)


def test_under_six_months_nothing_is_compared():
    with pytest.raises(Declined, match="from 6 whole months on; here are 5"):
        period.two_periods(period.months_between(202401, 202405))


def test_all_reaches_to_the_day_of_looking():
    found = period.resolve("all", None, date(2023, 5, 2), date(2024, 5, 31))

    assert (found.first_day, found.last_day, found.as_of) == (
        date(2023, 5, 2),
        date(2024, 5, 31),
        date(2024, 5, 31),
    )
    assert found.whole_months == 13


def test_twelve_months_end_with_the_last_whole_one():
    found = period.resolve("12m", None, date(2022, 1, 1), date(2024, 5, 15))

    assert (found.first_day, found.last_day) == (date(2023, 5, 1), date(2024, 4, 30))


def test_the_future_is_not_looked_at():
    found = period.resolve("2024-01-01:2024-12-31", "2024-06-30", date(2022, 1, 1), date(2024, 12, 31))

    assert found.last_day == date(2024, 6, 30)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("12", 'period "12" cannot be read'),
        ("0m", 'period "0m" cannot be read'),
        ("2024-13-01:2024-12-31", '"2024-13-01" is not a date'),
        ("2024-06-30:2024-01-01", "ends on 2024-01-01 before it begins"),
        ("2030-01-01:2030-12-31", "no booking between"),
    ],
)
def test_a_period_that_cannot_be_is_refused_with_the_values(said, expected):
    with pytest.raises(Invalid, match=expected):
        period.resolve(said, None, date(2022, 1, 1), date(2024, 5, 31))


@given(DAYS, st.integers(-600, 600))
def test_steps_over_months_can_be_taken_back(day, steps):
    month = period.month_of(day)

    assert period.month_after(period.month_after(month, steps), -steps) == month


@given(DAYS)
def test_a_day_and_its_number_are_the_same(day):
    assert period.day_from(period.day_number(day)) == day


@given(DAYS, DAYS)
def test_whole_months_lie_within_the_data_but_for_the_tolerance(one, other):
    first, last = sorted((one, other))

    for month in period.whole_months(first, last):
        assert (first - period.first_of(month)).days <= 3
        assert (period.last_of(month) - last).days <= 3
