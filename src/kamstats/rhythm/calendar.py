"""Months and month ends on the scale of day numbers (days since 1970-01-01)."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

EPOCH = date(1970, 1, 1)
SLACK_DAYS = 3  # days that may be missing at either end of a whole month


def to_date(day_no: int) -> date:
    """Give the date of a day number."""
    return EPOCH + timedelta(days=day_no)


def to_day(day: date) -> int:
    """Give the day number of a date."""
    return (day - EPOCH).days


def months_before(day_no: int, months: int) -> int:
    """Give the same day of the month, `months` earlier; the last of the month where it has none.

    >>> to_date(months_before(to_day(date(2011, 8, 31)), 6)).isoformat()
    '2011-02-28'
    """
    day = to_date(day_no)
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return to_day(date(year, month + 1, min(day.day, last)))


def month_start(month_no: int) -> int:
    """Give the first day of a month, numbered `year * 12 + month - 1`."""
    return to_day(date(month_no // 12, month_no % 12 + 1, 1))


def last_whole_month(as_of: int) -> int:
    """Give the number of the last month whose days, but for `SLACK_DAYS`, are over by `as_of`."""
    day = to_date(as_of + SLACK_DAYS + 1)
    return day.year * 12 + day.month - 2


def month_ends_before(as_of: int, count: int) -> tuple[int, ...]:
    """Give the last `count` month ends strictly before `as_of`, the oldest first.

    >>> [to_date(day).isoformat() for day in month_ends_before(to_day(date(2011, 3, 31)), 2)]
    ['2011-01-31', '2011-02-28']
    """
    day = to_date(as_of)
    month = day.year * 12 + day.month - 1
    return tuple(month_start(month - back) - 1 for back in reversed(range(count)))
