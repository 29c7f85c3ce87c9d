"""Which days count: the period of the money, the day of looking, and the whole months between.

Rules: a month is whole if all its days lie between the first booking date and the day of looking; at either
end of the data up to three days may be missing.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from kamreport.results import Period
from kamstats.errors import Declined, Invalid
from kamstats.reasons import sentence

MISSING_DAYS_ALLOWED = 3

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
TOO_FEW_WHOLE_MONTHS = sentence(
    "too_few_whole_months",
    "Two periods can be compared from {need} whole months on; here are {have}. Load a longer history.",
)
EDGE_MONTH_COUNTED = sentence(
    "edge_month_counted",
    "{month} counts as a whole month although {missing} of its days lie outside the data.",
)


def month_of(day: date) -> int:
    """Give year * 100 + month."""
    return day.year * 100 + day.month


def month_after(month: int, steps: int = 1) -> int:
    """Give the month `steps` later (earlier, if negative).

    >>> month_after(202411, 3), month_after(202401, -1)
    (202502, 202312)
    """
    number = month // 100 * 12 + month % 100 - 1 + steps
    return number // 12 * 100 + number % 12 + 1


def months_between(first: int, last: int) -> list[int]:
    """Give all months from `first` to `last`, both included."""
    count = (last // 100 - first // 100) * 12 + last % 100 - first % 100 + 1
    return [month_after(first, step) for step in range(count)]


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


def whole_months(first_booking: date, as_of: date, *, within: tuple[date, date] | None = None) -> list[int]:
    """Give the whole months of the data, oldest first; `within` keeps those wholly inside a narrower period.

    >>> whole_months(date(2024, 1, 3), date(2024, 3, 20))
    [202401, 202402]
    """
    months = [
        month
        for month in months_between(month_of(first_booking), month_of(as_of))
        if missing_days(month, first_booking, as_of) <= MISSING_DAYS_ALLOWED
    ]
    if within is None:
        return months
    # The tolerance is for the ends of the data; a period that was asked for is taken at its word.
    first, last = max(within[0], first_booking), min(within[1], as_of)
    return [
        month
        for month in months
        if max(first_of(month), first_booking) >= first and min(last_of(month), as_of) <= last
    ]


def missing_days(month: int, first_booking: date, as_of: date) -> int:
    """Count the days of a month that lie before the first booking or after the day of looking."""
    before = max(0, (first_booking - first_of(month)).days)
    after = max(0, (last_of(month) - as_of).days)
    return before + after


def whole_quarters(months: list[int]) -> list[list[int]]:
    """Group whole months into the calendar quarters of which all three months are there."""
    quarters: dict[tuple[int, int], list[int]] = {}
    for month in months:
        quarters.setdefault((month // 100, (month % 100 - 1) // 3), []).append(month)
    return [quarter for quarter in quarters.values() if len(quarter) == 3]


def two_periods(months: list[int]) -> tuple[list[int], list[int]]:
    """Give the months before and after of a comparison: 12 against 12, or two halves.

    Raises Declined under 6 whole months.

    >>> two_periods([202401, 202402, 202403, 202404, 202405, 202406, 202407])
    ([202402, 202403, 202404], [202405, 202406, 202407])
    """
    if len(months) < 6:
        raise Declined(TOO_FEW_WHOLE_MONTHS(have=len(months), need=6))
    size = min(12, len(months) // 2)
    return months[-2 * size : -size], months[-size:]


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
    looking = read_day(as_of) if as_of else booked_last
    first, last = _days(period, booked_first, looking)
    if last < first:
        raise Invalid(PERIOD_REVERSED(first=first, last=last))
    if first > min(looking, booked_last) or last < booked_first:
        raise Invalid(
            PERIOD_OUTSIDE(first=first, last=last, booked_first=booked_first, booked_last=booked_last)
        )
    last = min(last, looking)
    whole = whole_months(booked_first, looking, within=(first, last))
    return Period(first_day=first, last_day=last, as_of=looking, whole_months=len(whole))


def _days(period: str, booked_first: date, as_of: date) -> tuple[date, date]:
    if period == "all":
        return min(booked_first, as_of), as_of
    if match := re.fullmatch(r"([1-9]\d{0,3})m", period):
        whole = whole_months(booked_first, as_of)
        last = whole[-1] if whole else month_of(as_of)
        first = first_of(month_after(last, 1 - int(match[1])))
        return max(first, booked_first), min(last_of(last), as_of)
    first_text, colon, last_text = period.partition(":")
    if not colon:
        raise Invalid(BAD_PERIOD(period=period))
    return read_day(first_text), read_day(last_text)
