"""Which days count."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamreport import period
from kamreport.results import Period
from kamstats.errors import Invalid
from kamstats.periods import Months

DAYS = st.dates(date(2000, 1, 1), date(2040, 12, 31))


BOOKED_FIRST = date(2023, 1, 1)


def within(first: date, last: date, *, as_of: date) -> list[int]:
    asked = Period(first_day=first, last_day=last, as_of=as_of, whole_months=0)
    whole = period.whole_months_within(asked, BOOKED_FIRST)
    return period.months_in(whole) if whole else []


def test_a_period_that_is_asked_for_is_taken_at_its_word():
    months = within(date(2024, 1, 2), date(2024, 3, 31), as_of=date(2024, 12, 31))

    assert months == [202402, 202403]


def test_the_end_of_the_data_may_lack_three_days():
    assert within(date(2024, 2, 1), date(2024, 3, 28), as_of=date(2024, 3, 28)) == [202402, 202403]
    assert within(date(2024, 2, 1), date(2024, 3, 27), as_of=date(2024, 3, 27)) == [202402]


def test_a_period_inside_one_month_has_no_whole_month():
    assert within(date(2024, 2, 5), date(2024, 2, 20), as_of=date(2024, 12, 31)) == []


def test_a_month_that_counts_in_spite_of_missing_days_is_named():
    said = list(period.edge_months(Months(202401, 202403), date(2024, 1, 3), date(2024, 3, 31)))

    assert [reason.english for reason in said] == [
        "202401 counts as a whole month although 2 of its days lie outside the data."
    ]


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


@pytest.mark.parametrize("as_of", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_a_day_of_looking_far_from_all_bookings_is_refused(as_of):
    with pytest.raises(Invalid, match=f"{as_of}, lies outside 1900-01-01 to 2199-12-31"):
        period.resolve("all", as_of, date(2022, 1, 1), date(2024, 5, 31))


def test_the_last_day_of_looking_is_taken():
    found = period.resolve("all", "2199-12-31", date(2022, 1, 1), date(2024, 5, 31))

    assert found.as_of == date(2199, 12, 31)


@given(DAYS)
def test_a_day_and_its_number_are_the_same(day):
    assert period.day_from(period.day_number(day)) == day
