"""Regular customers and how long customers stay, per product line or any other cut.

A customer is *regular* who bought on at least two days and whose first deal lies more than a year back. The
*lifetime* runs from the first purchase to the last one, or to today for those who are still active.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from kamstats.columns import arrow, as_decimal, codes, exact_sum, taken, ten_thousandths
from kamstats.errors import Declined
from kamstats.reasons import sentence
from kamstats.survival import Survival, kaplan_meier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from numpy.typing import NDArray

    from kamstats.frames import AnyFrame
    from kamstats.reasons import Reason

NO_PURCHASES = sentence(
    "no_purchases", "There is no purchase up to day {as_of}, so nobody can be regular. Choose a later day."
)
LIFETIME_BOUND_BY_AGE = sentence(
    "lifetime_bound_by_age",
    'The line "{line}" is {age_days} days old, so no lifetime beyond that can be seen. Compare it with older '
    "lines within its own age only.",
)
MEDIAN_NOT_REACHED = sentence(
    "lifetime_median_not_reached",
    'More than half of the accounts of "{line}" still go on; it is {age_days} days old. Their median is '
    "longer than what was observed. Compare the mean within the age of the line instead.",
)
REGULAR_REACHED = sentence(
    "regular_reached",
    "Regular since {since}: {purchases} purchases, and more than {days} days since the first on {first}.",
)

YOUNGER_BY_DAYS = 365  # than the oldest line: then its lifetimes are not comparable


def purchases_by_account(
    purchases: AnyFrame,
    *,
    as_of: int,
    by: Sequence[str] = (),
    minimum_purchases: int = 2,
    minimum_days: int = 365,
    silence_days: int = 365,
) -> nw.LazyFrame[Any]:
    """Since when each account is a regular customer, and how long it has stayed.

    purchases : frame of any engine with `account_key`, `day_no` (days since 1970-01-01) and the columns of
        `by`, a row or more per account and day with an order; rows after `as_of` are passed over.
    by : the cuts, for example ["product_line"]; first and last purchase are those inside the cut. A missing
        cut is taken as the empty text.
    minimum_purchases, minimum_days : regular = at least that many purchase days and *more than* that many
        days since the first. The day on which both became true is `regular_since`.
    silence_days : still active = silent for at most so many days. Where the frame has a bool column `active`
        (of the account, from its rhythm; the same in all its rows), that decides instead; an active account
        has left a cut when it was silent there for longer and went on buying elsewhere.

    Returns a lazy frame with account_key, the cuts, purchases, first_day, last_day, regular_since (missing:
    not regular), active, lifetime_days (last − first, or as_of − first for the active).
    Source: the seed texts' "repeat purchases and more than one year" (B-002).

    >>> import pyarrow as pa
    >>> days = pa.table({"account_key": ["a", "a", "a", "b"], "day_no": [0, 10, 500, 480]})
    >>> found = purchases_by_account(days, as_of=600).sort("account_key").collect()
    >>> found.select("account_key", "purchases", "regular_since", "lifetime_days").rows()
    [('a', 3, 366, 600), ('b', 1, None, 120)]
    """
    keys = ["account_key", *by]
    rows = taken(purchases, *keys, "day_no").filter(
        nw.col("day_no") <= as_of, ~nw.col("account_key").is_null()
    )
    known = [nw.col("active").max()] if "active" in rows.collect_schema().names() else []
    days = _named(rows, by).group_by(*keys, "day_no").agg(*known, nw.len().alias("rows"))
    day = nw.col("day_no")
    per_account = (
        _with_nth_day(days, keys, minimum_purchases)
        .group_by(keys)
        .agg(
            *known,
            nw.len().alias("purchases"),
            day.min().alias("first_day"),
            day.max().alias("last_day"),
            nw.col("repeated").max(),
        )
    )
    silent = nw.lit(as_of) - nw.col("last_day") > silence_days
    elsewhere = nw.col("last_day").max().over("account_key") > nw.col("last_day")
    active = nw.col("active") & ~(silent & elsewhere) if known else ~silent
    return _judged(per_account.with_columns(active.alias("active")), keys, as_of, minimum_days)


def _named(rows: nw.LazyFrame[Any], by: Sequence[str]) -> nw.LazyFrame[Any]:
    """Give a missing cut the empty name, since engines differ on whether missing keys are equal."""
    return rows.with_columns(nw.col(cut).cast(nw.String).fill_null("") for cut in by)


def _with_nth_day(days: nw.LazyFrame[Any], keys: list[str], nth: int) -> nw.LazyFrame[Any]:
    """Add the column `repeated`, the day of the nth purchase, by nth − 1 steps from one day to the next."""
    day = nw.col("day_no")
    days = days.with_columns(day.min().over(*keys).alias("repeated"))
    for _ in range(nth - 1):
        later = days.with_columns(nw.when(day > nw.col("repeated")).then(day).alias("later"))
        days = later.with_columns(nw.col("later").min().over(*keys).alias("repeated"))
    return days


def _judged(rows: nw.LazyFrame[Any], keys: list[str], as_of: int, minimum_days: int) -> nw.LazyFrame[Any]:
    first, last, repeated = nw.col("first_day"), nw.col("last_day"), nw.col("repeated")
    reached = nw.when(repeated > first + minimum_days).then(repeated).otherwise(first + minimum_days + 1)
    return rows.with_columns(reached.alias("reached")).select(
        *keys,
        "purchases",
        "first_day",
        "last_day",
        nw.when(~repeated.is_null(), nw.col("reached") <= as_of)
        .then(nw.col("reached"))
        .alias("regular_since"),
        "active",
        nw.when(nw.col("active")).then(nw.lit(as_of) - first).otherwise(last - first).alias("lifetime_days"),
    )


@dataclass(frozen=True, slots=True)
class Loyalty:
    """Regular customers and lifetime of one product line (or other cut)."""

    line: str  # empty where the product has no line
    accounts: int
    regular_accounts: int
    revenue: Decimal  # of the accounts with a purchase in the line
    regular_revenue: Decimal
    curve: Survival  # in days
    still_active: int  # censored lifetimes
    age_days: int  # of the line, from its launch or else from its first sale
    launched_day: int | None
    reason: Reason | None  # why the lifetime is bounded, where it is

    @property
    def count_share(self) -> float:
        """Regular accounts as a fraction of all accounts of the line."""
        return self.regular_accounts / self.accounts

    @property
    def revenue_share(self) -> float:
        """Revenue from regular accounts as a fraction of the line's; NaN where that is not above zero."""
        return float(self.regular_revenue / self.revenue) if self.revenue > 0 else float("nan")


def loyalty(
    by_account: AnyFrame,
    revenue: AnyFrame,
    *,
    as_of: int,
    line: str = "product_line",
    launched: Mapping[str, int] | None = None,
    confidence: float = 0.95,
) -> tuple[Loyalty, ...]:
    """Share of regular customers and lifetime of each product line, with the line's age beside it.

    by_account : what `purchases_by_account(…, by=[line])` gives.
    revenue : frame with account_key, the column `line` and `revenue` (decimal) of the period judged.
    launched : day of launch per line; the first sale stands in where it is not known.

    Money is exact. A young line cannot show long lifetimes: `reason` says so for every line that is more than
    a year younger than the oldest; compare lines by `curve.restricted_mean(horizon)` at the age of the
    youngest. Where more than half of the accounts go on, the median is NaN, and `reason` says that. A ledger
    that begins later than the company cuts the lifetimes of its first accounts short.
    Returns lines in the order of their names. Raises Declined without purchases.
    Source: B-015…B-018; Kaplan & Meier 1958.

    >>> import pyarrow as pa
    >>> days = pa.table([["a", "a", "b"], [0, 400, 480]], names=["account_key", "day_no"])
    >>> days = days.append_column("product_line", [["board"] * 3])
    >>> sold = pa.table({"account_key": ["a", "b"], "revenue": [90, 10], "product_line": ["board"] * 2})
    >>> accounts = purchases_by_account(days, as_of=600, by=["product_line"])
    >>> board, = loyalty(accounts, sold, as_of=600)
    >>> board.count_share, board.revenue_share, board.still_active
    (0.5, 0.9, 2)
    """
    table = _with_revenue(by_account, revenue, line)
    if table.num_rows == 0:
        raise Declined(NO_PURCHASES(as_of=as_of))
    number, names = codes(table[line])
    days = launched or {}
    columns = _Columns(
        regular=~table["regular_since"].is_null().to_numpy(),
        revenue=ten_thousandths(table["revenue"], "revenue"),
        lifetime=table["lifetime_days"].to_numpy().astype(np.float64),
        active=table["active"].to_numpy().astype(bool),
        first_day=table["first_day"].to_numpy().astype(np.int64),
    )
    begun = [int(columns.first_day[number == i].min()) for i in range(len(names))]
    ages = [as_of - days.get(name, first) for name, first in zip(names, begun, strict=True)]
    return tuple(
        _of_line(
            name,
            columns.of(number == i),
            age_days=ages[i],
            launched_day=days.get(name),
            is_young=ages[i] + YOUNGER_BY_DAYS < max(ages),
            confidence=confidence,
        )
        for i, name in enumerate(names)
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    regular: NDArray[np.bool_]
    revenue: NDArray[np.int64]
    lifetime: NDArray[np.float64]
    active: NDArray[np.bool_]
    first_day: NDArray[np.int64]

    def of(self, rows: NDArray[np.bool_]) -> _Columns:
        """Only some rows."""
        return _Columns(*(getattr(self, name)[rows] for name in self.__slots__))


def _with_revenue(by_account: AnyFrame, revenue: AnyFrame, line: str) -> Any:  # noqa: ANN401 - pyarrow.Table
    """Put the revenue of the period beside each account and line (no sale in the period: 0)."""
    accounts = arrow(taken(by_account, "account_key", line, "regular_since", "lifetime_days", "active"))
    sold = _named(taken(revenue, "account_key", line, "revenue"), [line])
    sums = arrow(sold.group_by("account_key", line).agg(nw.col("revenue").sum()))
    left, right = nw.from_native(accounts), nw.from_native(sums)
    return left.join(right, on=["account_key", line], how="left").to_native()


def _of_line(
    name: str,
    columns: _Columns,
    *,
    age_days: int,
    launched_day: int | None,
    is_young: bool,
    confidence: float,
) -> Loyalty:
    curve = kaplan_meier(columns.lifetime, ~columns.active, confidence=confidence)
    reason = None
    if is_young:
        reason = LIFETIME_BOUND_BY_AGE(line=name, age_days=age_days)
    elif np.isnan(curve.median):
        reason = MEDIAN_NOT_REACHED(line=name, age_days=age_days)
    return Loyalty(
        line=name,
        accounts=columns.regular.size,
        regular_accounts=int(columns.regular.sum()),
        revenue=as_decimal(exact_sum(columns.revenue)),
        regular_revenue=as_decimal(exact_sum(columns.revenue[columns.regular])),
        curve=curve,
        still_active=int(columns.active.sum()),
        age_days=age_days,
        launched_day=launched_day,
        reason=reason,
    )


def why_regular(*, since: date, purchases: int, first: date, minimum_days: int = 365) -> Reason:
    """Say in a sentence why and since when an account is a regular customer (B-002).

    >>> from datetime import date
    >>> why_regular(since=date(2024, 1, 2), purchases=7, first=date(2023, 1, 1)).code
    'regular_reached'
    """
    return REGULAR_REACHED(since=since, purchases=purchases, days=minimum_days, first=first)
