"""Whole months and quarters, counted exactly; a month is written year * 100 + month."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kamstats.errors import Declined
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from datetime import date

    import narwhals as nw

TOO_FEW_WHOLE_MONTHS = sentence(
    "too_few_whole_months",
    "The period holds {have} whole months; the comparison of two periods needs at least {need}. "
    "Load an earlier history or choose a longer period.",
)

Unit = Literal["month", "quarter"]
MONTHS_IN: dict[Unit, int] = {"month": 1, "quarter": 3}


@dataclass(frozen=True, slots=True)
class Months:
    """A run of whole months, both ends included."""

    first: int
    last: int

    def __len__(self) -> int:
        return month_index(self.last) - month_index(self.first) + 1


def month_index(month: int) -> int:
    """Count months on one line: 202401 follows 202312 directly.

    >>> month_index(202401) - month_index(202312)
    1
    """
    return month // 100 * 12 + month % 100 - 1


def month_at(index: int) -> int:
    """Turn a count of :func:`month_index` into a month again.

    >>> month_at(month_index(202312) + 1)
    202401
    """
    return index // 12 * 100 + index % 12 + 1


def month_index_of(month: nw.Expr) -> nw.Expr:
    """Count months on one line, for a column."""
    return (month // 100) * 12 + month % 100 - 1


def whole_months(first_day: date, last_day: date, *, missing_days: int = 3) -> Months | None:
    """Give the months that lie wholly between two days, or None.

    At either end up to `missing_days` days may be missing: books rarely open on a holiday.

    >>> from datetime import date
    >>> whole_months(date(2024, 1, 3), date(2024, 6, 20))
    Months(first=202401, last=202405)
    """
    start, end = _index_of(first_day), _index_of(last_day)
    if first_day.day - 1 > missing_days:
        start += 1
    if monthrange(last_day.year, last_day.month)[1] - last_day.day > missing_days:
        end -= 1
    return Months(month_at(start), month_at(end)) if start <= end else None


def _index_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def whole_quarters(months: Months) -> Months | None:
    """Narrow a run of months to calendar quarters wholly inside it, or None.

    >>> whole_quarters(Months(202402, 202410))
    Months(first=202404, last=202409)
    """
    start = -(-month_index(months.first) // 3) * 3
    end = (month_index(months.last) + 1) // 3 * 3 - 1
    return Months(month_at(start), month_at(end)) if start < end else None


def compared_months(months: Months | None, *, length: int = 12, least: int = 6) -> tuple[Months, Months]:
    """Choose the two periods that migration and bridge compare: (before, after).

    The last `length` whole months and as many before; with less history two equal halves of whole months
    (an odd month at the beginning is left out); fewer than `least` months are declined.

    >>> compared_months(Months(202401, 202409))
    (Months(first=202402, last=202405), Months(first=202406, last=202409))
    """
    have = len(months) if months else 0
    if months is None or have < least:
        raise Declined(TOO_FEW_WHOLE_MONTHS(have=have, need=least))
    half, end = min(length, have // 2), month_index(months.last)
    after = Months(month_at(end - half + 1), months.last)
    return Months(month_at(end - 2 * half + 1), month_at(end - half)), after
