"""How each account buys: variation, frequency, rhythm, silence, alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from kamreport.period import day_number
from kamstats.errors import Declined
from kamstats.evenness import evenness, period_matrix
from kamstats.rhythm import account_days, alarm_record, rhythm
from kamstats.xyz import choose_window, frequency_classes

if TYPE_CHECKING:
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
    orders, days = days_of(book)
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


def days_of(book: Book) -> tuple[AccountDays, AccountDays]:
    """Give the days with an order, and all days with money, as the rhythm takes them."""
    return account_days(
        book.orders.account,
        book.orders.day_no,
        accounts=len(book.keys),
        money=book.orders.revenue,
        is_order=book.orders.is_order,
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


def positions(book: Book, accounts: pa.ChunkedArray) -> NDArray[np.int64]:
    """Give the place of each account in the book."""
    coded = accounts.combine_chunks().dictionary_encode()
    index = book.index
    places = np.array([index[key] for key in coded.dictionary.to_pylist()], np.int64)
    return places[coded.indices.to_numpy()] if len(coded) else np.zeros(0, np.int64)


def variation_of(book: Book, first_order: Floats, whole: Months | None, settings: Settings) -> Variation:
    """Measure variation over the whole periods, from the account's first order on."""
    rule, size = settings.xyz, len(book.keys)
    wanted = None if rule.x is None or rule.y is None else (rule.x, rule.y)
    cv, classes = np.full(size, np.nan), np.full(size, "", "U1")
    try:
        window = choose_window(whole, unit=rule.unit, limits=wanted)
        matrix = period_matrix(
            _since_first_order(book, first_order), window, key="account", first_month="first_month"
        )
        found = evenness(matrix, window, limits_by=rule.by, adjusted=rule.adjusted, least=rule.least)
    except Declined as declined:
        return Variation(cv, classes, None, None, declined.reason)
    index = book.index
    places = np.array([index[key] for key in found.account_keys], np.int64)
    cv[places], classes[places] = found.cv, found.xyz
    return Variation(cv, classes, window, found.limits)


def _since_first_order(book: Book, first_order: Floats) -> pa.Table:
    """Give the money by account and month with the month of the first order; none for those without one."""
    known = np.isfinite(first_order)
    opened = month_numbers(np.where(known, first_order, 0).astype(np.int64))
    places = positions(book, book.history["account"])
    table = book.history.append_column("first_month", pa.array(opened[places]))
    return table.filter(pa.array(known[places]))


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
