"""Which days count: the period of the money, the day of looking, and the whole months between.

A month is whole if all its days lie between the first booking date and the day of looking; at either end
of the data up to three days may be missing (`kamstats.periods`).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from kamreport.results import Period
from kamstats.errors import Invalid
from kamstats.periods import Months, month_at, month_index, whole_months
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kamstats.reasons import Reason

BAD_PERIOD = sentence(
    "bad_period",
    'The period "{period}" cannot be read. Write "all", a number of months such as "12m", '
    'or two days such as "2024-01-01:2024-12-31".',
)
PERIOD_REVERSED = sentence(
    "period_reversed", "The period ends on {last} before it begins on {first}. Write the earlier day first."
)
PERIOD_OUTSIDE = sentence(
    "period_outside",
    "There is no booking between {first} and {last}: the ledger reaches from {booked_first} "
    "to {booked_last}. Choose a period inside it.",
)
BAD_DAY = sentence("bad_day", '"{text}" is not a date. Write year-month-day, for example 2026-02-28.')
DAY_OF_LOOKING_OUT_OF_RANGE = sentence(
    "day_of_looking_out_of_range",
    "The day of looking, {as_of}, lies outside {first} to {last}. Name a day between them with --as-of.",
)
EDGE_MONTH_COUNTED = sentence(
    "edge_month_counted",
    "{month} counts as a whole month although {missing} of its days lie outside the data.",
)

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)  # with room around for every date counted from one


def month_of(day: date) -> int:
    """Give year * 100 + month."""
    return day.year * 100 + day.month


def months_in(months: Months) -> list[int]:
    """List the months of a run.

    >>> months_in(Months(202411, 202501))
    [202411, 202412, 202501]
    """
    return [month_at(index) for index in range(month_index(months.first), month_index(months.last) + 1)]


def first_of(month: int) -> date:
    """Give the first day of a month."""
    return date(month // 100, month % 100, 1)


def last_of(month: int) -> date:
    """Give the last day of a month."""
    return date(month // 100, month % 100, calendar.monthrange(month // 100, month % 100)[1])


def day_number(day: date) -> int:
    """Give the days since 1970-01-01."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def day_from(number: int) -> date:
    """Give the day that lies `number` days after 1970-01-01."""
    return date(1970, 1, 1) + timedelta(days=number)


def whole_months_within(period: Period, booked_first: date) -> Months | None:
    """Give the whole months of the data that lie wholly inside the period, or None.

    The tolerance is for the ends of the data; a period that was asked for is taken at its word.
    """
    whole = whole_months(booked_first, period.as_of)
    if whole is None:
        return None
    first, last = max(period.first_day, booked_first), min(period.last_day, period.as_of)
    inside = [
        month
        for month in months_in(whole)
        if max(first_of(month), booked_first) >= first and min(last_of(month), period.as_of) <= last
    ]
    return Months(inside[0], inside[-1]) if inside else None


def edge_months(whole: Months, booked_first: date, as_of: date) -> Iterator[Reason]:
    """Say which months count as whole although days of them lie outside the data."""
    for month in sorted({whole.first, whole.last}):
        before = (booked_first - first_of(month)).days
        after = (last_of(month) - as_of).days
        if (missing := max(0, before) + max(0, after)) > 0:
            yield EDGE_MONTH_COUNTED(month=month, missing=missing)


def read_day(text: str) -> date:
    """Read an ISO date, or raise Invalid with the text found."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(BAD_DAY(text=text)) from None


def resolve(period: str, as_of: str | None, booked_first: date, booked_last: date) -> Period:
    """Turn the words of the settings into days.

    `booked_first` and `booked_last` are the first and last booking dates. A number of months means that many
    whole months, ending with the last whole one.
    """
    looking = _day_of_looking(as_of) if as_of else booked_last
    first, last = _days(period, booked_first, looking)
    if last < first:
        raise Invalid(PERIOD_REVERSED(first=first, last=last))
    if first > min(looking, booked_last) or last < booked_first:
        raise Invalid(
            PERIOD_OUTSIDE(first=first, last=last, booked_first=booked_first, booked_last=booked_last)
        )
    last = min(last, looking)
    found = Period(first_day=first, last_day=last, as_of=looking, whole_months=0)
    whole = whole_months_within(found, booked_first)
    return replace(found, whole_months=len(whole) if whole else 0)


def _day_of_looking(text: str) -> date:
    day = read_day(text)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Invalid(DAY_OF_LOOKING_OUT_OF_RANGE(as_of=day, first=FIRST_DAY, last=LAST_DAY))
    return day


def _days(period: str, booked_first: date, as_of: date) -> tuple[date, date]:
    if period == "all":
        return min(booked_first, as_of), as_of
    if match := re.fullmatch(r"([1-9]\d{0,3})m", period):
        whole = whole_months(booked_first, as_of)
        last = whole.last if whole else month_of(as_of)
        first = first_of(month_at(month_index(last) + 1 - int(match[1])))
        return max(first, booked_first), min(last_of(last), as_of)
    first_text, colon, last_text = period.partition(":")
    if not colon:
        raise Invalid(BAD_PERIOD(period=period))
    return read_day(first_text), read_day(last_text)
