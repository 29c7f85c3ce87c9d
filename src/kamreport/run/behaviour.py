"""How each account buys: variation, frequency, rhythm, silence, alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from kamreport.period import day_number, months_in
from kamreport.run.book import floats
from kamstats.errors import Declined
from kamstats.periods import MONTHS_IN, month_index
from kamstats.rhythm import account_days, alarm_record, rhythm
from kamstats.xyz import (
    adjusted_variation,
    choose_window,
    frequency_classes,
    quantile_limits,
    variation,
    xyz_classes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kamreport.results import Period
    from kamreport.run.book import Book
    from kamreport.settings import Settings
    from kamstats.periods import Months
    from kamstats.reasons import Reason
    from kamstats.rhythm import AccountDays, AlarmRecord, Rhythm
    from kamstats.xyz import Window

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Variation:
    """XYZ of all accounts in the order of the book; `declined` says why there is none."""

    cv: Floats
    classes: NDArray[np.str_]  # "" where there is none
    window: Window | None
    limits: tuple[float, float] | None
    declined: Reason | None = None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Everything that rests on when accounts order."""

    variation: Variation
    frequency: tuple[str | None, ...]
    orders: AccountDays
    days: AccountDays
    rhythm: Rhythm
    segments: NDArray[np.str_] | None
    record: tuple[AlarmRecord, ...]


def behaviour(book: Book, period: Period, whole: Months | None, settings: Settings) -> Behaviour:
    """Judge how every account buys."""
    orders, days = account_days(
        book.orders.account,
        book.orders.day_no,
        accounts=len(book.keys),
        money=book.orders.revenue,
        is_order=book.orders.is_order,
    )
    as_of = day_number(period.as_of)
    segments = segments_of(book)
    told = rhythm(orders, days, as_of=as_of, segment=segments, rules=settings.rhythm)
    return Behaviour(
        variation=variation_of(book, told.first_order, whole, settings),
        frequency=frequencies(book, orders, whole, settings),
        orders=orders,
        days=days,
        rhythm=told,
        segments=segments,
        record=alarm_record(orders, days, as_of=as_of, segment=segments, rules=settings.rhythm),
    )


def segments_of(book: Book) -> NDArray[np.str_] | None:
    """Give the segment of each account, or None where no account has one."""
    if not any(book.segments):
        return None
    return np.array([segment or "" for segment in book.segments])


def month_numbers(day_no: NDArray[np.integer]) -> NDArray[np.int32]:
    """Give year * 100 + month of day numbers."""
    months = day_no.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (months // 12 * 100 + 197001 + months % 12).astype(np.int32)


def money_matrix(book: Book, months: Sequence[int]) -> Floats:
    """Give revenue by account and month; months without a booking are 0."""
    place = {month: column for column, month in enumerate(months)}
    matrix = np.zeros((len(book.keys), len(months)))
    columns = np.array([place.get(month, -1) for month in book.history["month"].to_pylist()], np.int64)
    rows = positions(book, book.history["account"])
    inside = columns >= 0
    matrix[rows[inside], columns[inside]] = floats(book.history["revenue"])[inside]
    return matrix


def positions(book: Book, accounts: pa.ChunkedArray) -> NDArray[np.int64]:
    """Give the place of each account in the book."""
    coded = accounts.combine_chunks().dictionary_encode()
    index = book.index
    places = np.array([index[key] for key in coded.dictionary.to_pylist()], np.int64)
    return places[coded.indices.to_numpy()] if len(coded) else np.zeros(0, np.int64)


def variation_of(book: Book, first_order: Floats, whole: Months | None, settings: Settings) -> Variation:
    """Measure variation over the whole periods, from the account's first order on."""
    rule, accounts = settings.xyz, len(book.keys)
    wanted = None if rule.x is None or rule.y is None else (rule.x, rule.y)
    try:
        window = choose_window(whole, unit=rule.unit, limits=wanted)
        cv = _measured(book, first_order, window, adjusted=rule.adjusted)
        limits = quantile_limits(cv) if rule.by == "quantiles" else window.limits
    except Declined as declined:
        nothing = np.full(accounts, np.nan)
        return Variation(nothing, np.full(accounts, ""), None, None, declined.reason)
    return Variation(cv, xyz_classes(cv, limits), window, limits)


def _measured(book: Book, first_order: Floats, window: Window, *, adjusted: bool) -> Floats:
    size = MONTHS_IN[window.unit]
    money = money_matrix(book, months_in(window.months))
    money = money.reshape(len(book.keys), window.periods, size).sum(axis=2)
    start = month_index(window.months.first)
    known = np.isfinite(first_order)
    opened = month_numbers(np.where(known, first_order, 0).astype(np.int64))
    index = opened // 100 * 12 + opened % 100 - 1
    first = np.where(known, np.clip((index - start) // size, 0, window.periods), window.periods)
    if not adjusted:
        return variation(money, first)
    return adjusted_variation(money, first, season=12 // size, phase=start % 12 // size)


def frequencies(
    book: Book, orders: AccountDays, whole: Months | None, settings: Settings
) -> tuple[str | None, ...]:
    """Say how often each account orders, by months with an order since its first."""
    if whole is None or not orders.account.size:
        return (None,) * len(book.keys)
    table = pa.table({"account_key": orders.account, "month": month_numbers(orders.day)})
    rule = settings.frequency
    classes = frequency_classes(table, whole, often=rule.often, regular=rule.regular)
    found = dict(classes.select("account_key", "frequency_class").collect().iter_rows())
    return tuple(found.get(place) for place in range(len(book.keys)))
