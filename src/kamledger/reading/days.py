"""Dates as people and systems write them: in which order, and the day itself."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kamledger.reading.results import DateOrder

FIRST_YEAR, LAST_YEAR = 1900, 2199
_PIVOT = 70  # two-digit years from here on belong to the century before

# year, month and day as digits; separators . / - or space; a time of day may follow
_TIME = r"(?:[ T].*)?$"
_YMD = re.compile(r"^([0-9]{4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{1,2})" + _TIME)
_COMPACT = re.compile(r"^([0-9]{4})([0-9]{2})([0-9]{2})(?:\.0)?$")
_PARTS = re.compile(r"^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4}|[0-9]{2})\.?" + _TIME)
_NAMED = re.compile(r"^([0-9]{1,2})[-/. ]+([A-Za-z]{3,12})\.?[-/., ]+([0-9]{4}|[0-9]{2})" + _TIME)
_SERIAL = re.compile(
    r"^([2-6][0-9]{4})(?:\.[0-9]+)?$"
)  # days since 1899-12-30, as spreadsheets count: 1954 to 2091
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SERIAL_START = date(1899, 12, 30)


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) > 2 else year + (1900 if year >= _PIVOT else 2000)


def read_day(text: str | None, order: DateOrder) -> date | None:
    """Read one date; None if it is none, ValueError never.

    >>> read_day("05.01.2024 10:15", "dmy"), read_day("2024-01-05", "dmy"), read_day("31.02.2024", "dmy")
    (datetime.date(2024, 1, 5), datetime.date(2024, 1, 5), None)
    """
    if text is None:
        return None
    bare = text.strip()
    if found := _YMD.match(bare) or _COMPACT.match(bare):
        return _day(found[1], found[2], found[3])
    if found := _PARTS.match(bare):
        day, month = (found[2], found[1]) if order == "mdy" else (found[1], found[2])
        return _day(found[3], month, day)
    if (found := _NAMED.match(bare)) and found[2][:3].casefold() in _MONTHS:
        return _day(found[3], str(_MONTHS.index(found[2][:3].casefold()) + 1), found[1])
    if found := _SERIAL.match(bare):
        return _SERIAL_START + timedelta(days=int(found[1]))
    return None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(_year(year), int(month), int(day))
    except ValueError:
        return None


def looks_like_day(text: str) -> bool:
    """Say whether a cell is a date in some order; bare numbers of a spreadsheet do not count.

    >>> looks_like_day("13/01/2024"), looks_like_day("45000")
    (True, False)
    """
    bare = text.strip()
    return not _SERIAL.match(bare) and (read_day(bare, "dmy") or read_day(bare, "mdy")) is not None


def guess_date_order(texts: Iterable[str]) -> tuple[DateOrder, bool]:
    """Guess the order of day, month and year from a sample; the second value says that it stays ambiguous.

    >>> guess_date_order(["01/13/2024"]), guess_date_order(["01/02/2024"]), guess_date_order(["2024-01-02"])
    (('mdy', False), ('dmy', True), ('ymd', False))
    """
    parts = [found for text in texts if (found := _PARTS.match(text.strip()))]
    if not parts:
        return "ymd", False
    day_first = sum(int(found[1]) > 12 for found in parts)
    month_first = sum(int(found[2]) > 12 for found in parts)
    if day_first == month_first:
        dotted = all("." in found[0] for found in parts)  # nobody writes the month first with dots
        return "dmy", day_first == 0 and not dotted
    order: Literal["dmy", "mdy"] = "dmy" if day_first > month_first else "mdy"
    return order, False


def _text(pattern: re.Pattern[str]) -> str:
    return f"'{pattern.pattern}'"


def _group(column: str, pattern: re.Pattern[str], number: int) -> str:
    return f"regexp_extract({column}, {_text(pattern)}, {number})"


def _when(column: str, pattern: re.Pattern[str], year: int, month: str, day: int) -> str:
    """Give the branch for one pattern; `month` is SQL for the month's number as text."""
    short = _group(column, pattern, year)
    full = (
        f"CASE WHEN length({short}) > 2 THEN {short} "
        f"WHEN {short} >= '{_PIVOT}' THEN '19' || {short} ELSE '20' || {short} END"
    )
    return (
        f"WHEN regexp_matches({column}, {_text(pattern)}) "
        f"THEN TRY_CAST({full} || '-' || {month} || '-' || {_group(column, pattern, day)} AS DATE)"
    )


def day_sql(column: str, order: DateOrder) -> str:
    """Give an SQL expression for the date in a text column; NULL where there is none."""
    day, month = (2, 1) if order == "mdy" else (1, 2)
    numbers = "".join(f"WHEN '{name}' THEN '{number}' " for number, name in enumerate(_MONTHS, 1))
    named = f"CASE lower(left({_group(column, _NAMED, 2)}, 3)) {numbers} END"
    serial = (
        f"WHEN regexp_matches({column}, {_text(_SERIAL)}) "
        f"THEN DATE '{_SERIAL_START}' + TRY_CAST({_group(column, _SERIAL, 1)} AS INTEGER)"
    )
    branches = [
        _when(column, _YMD, 1, _group(column, _YMD, 2), 3),
        _when(column, _COMPACT, 1, _group(column, _COMPACT, 2), 3),
        _when(column, _PARTS, 3, _group(column, _PARTS, month), day),
        _when(column, _NAMED, 3, named, 1),
        serial,
    ]
    slow = f"CASE {' '.join(branches)} END"
    return f"CASE WHEN {column} IS NOT NULL THEN coalesce({_fast(column, order)}, {slow}) END"


def _fast(column: str, order: DateOrder) -> str:
    """Cut the common form of ten characters at fixed places; anything else is left to the patterns."""
    if order == "ymd":
        return f"CASE WHEN length({column}) = 10 THEN TRY_CAST({column} AS DATE) END"
    day, month = ("4, 2", "1, 2") if order == "mdy" else ("1, 2", "4, 2")
    cut = f"substr({column}, 7, 4) || '-' || substr({column}, {month}) || '-' || substr({column}, {day})"
    marks = " AND ".join(f"substr({column}, {at}, 1) IN ('.', '/', '-')" for at in (3, 6))
    marked = f"length({column}) = 10 AND {marks}"
    return f"CASE WHEN {marked} THEN TRY_CAST({cut} AS DATE) END"
