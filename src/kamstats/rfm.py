"""Recency, frequency, money: every account scored 1 to 5 on each, and named by the combination.

Method: A. M. Hughes, Strategic Database Marketing, 1994. Rules for limits and ties, and the boxes of the
segments, after the R package rfm (rsquaredacademy/rfm 0.2.2 and 0.3.0, MIT), whose figures the tests
reproduce.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from kamstats import columns, frames
from kamstats.errors import Declined, Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kamstats.frames import AnyFrame

NO_ORDERS_TO_SCORE = sentence(
    "no_orders_to_score",
    "There is no order up to the day of the analysis, so nothing can be scored. Choose a later day.",
)
ORDER_AFTER_AS_OF = sentence(
    "order_after_as_of",
    "An order lies on day {day_no}, after the day of the analysis, {as_of_day_no}. Choose a later day, or "
    "leave the later orders out.",
)

SCORES = 5
CENT_OF_CENT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Segment:
    """A box of scores, all ends included."""

    code: str
    recency: tuple[int, int]
    frequency: tuple[int, int]
    money: tuple[int, int]


# The boxes of rfm 0.2.2, in its order: the first that fits is taken, so some are never reached.
PUBLISHED_0_2 = (
    Segment("champion", (4, 5), (4, 5), (4, 5)),
    Segment("loyal", (2, 5), (3, 5), (3, 5)),
    Segment("potential_loyalist", (3, 5), (1, 3), (1, 3)),
    Segment("new_customer", (4, 5), (1, 1), (1, 1)),
    Segment("promising", (3, 4), (1, 1), (1, 1)),
    Segment("need_attention", (2, 3), (2, 3), (2, 3)),
    Segment("about_to_sleep", (2, 3), (1, 2), (1, 2)),
    Segment("at_risk", (1, 2), (2, 5), (2, 5)),
    Segment("cannot_lose", (1, 1), (4, 5), (4, 5)),
    Segment("lost", (1, 2), (1, 2), (1, 2)),
)
# The boxes of rfm 0.3.0, in its order.
PUBLISHED_0_3 = (
    Segment("champion", (5, 5), (5, 5), (5, 5)),
    Segment("potential_loyalist", (3, 5), (3, 5), (2, 5)),
    Segment("loyal", (2, 4), (2, 4), (2, 4)),
    Segment("promising", (3, 4), (1, 3), (3, 5)),
    Segment("new_customer", (4, 5), (1, 3), (1, 5)),
    Segment("cannot_lose", (1, 2), (3, 4), (4, 5)),
    Segment("at_risk", (1, 2), (2, 5), (4, 5)),
    Segment("need_attention", (1, 3), (3, 5), (3, 5)),
    Segment("about_to_sleep", (2, 3), (1, 3), (1, 4)),
    Segment("lost", (1, 1), (1, 5), (1, 5)),
)
# Ours: the boxes of 0.2.2, narrow ones first, so that every segment can be reached.
_BY_CODE = {segment.code: segment for segment in PUBLISHED_0_2}
SEGMENTS = (
    _BY_CODE["champion"],
    _BY_CODE["cannot_lose"],
    _BY_CODE["new_customer"],
    _BY_CODE["promising"],
    _BY_CODE["loyal"],
    _BY_CODE["potential_loyalist"],
    _BY_CODE["need_attention"],
    _BY_CODE["about_to_sleep"],
    _BY_CODE["at_risk"],
    _BY_CODE["lost"],
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the scores change: a value below the first limit is in the lowest class, and so on."""

    recency: tuple[Decimal, ...]
    frequency: tuple[Decimal, ...]
    money: tuple[Decimal, ...]


def rfm_table(
    orders: AnyFrame,
    as_of_day_no: int,
    *,
    key: str = "account_key",
    day_no: str = "day_no",
    value: str = "revenue",
    is_order: str | None = None,
) -> nw.LazyFrame[Any]:
    """Reduce account-days to recency in days, number of orders and money of each account with an order.

    orders : one row per account and day, whole days as integers, exact amounts. Where credit notes are in the
        table, `is_order` names the flag of the days with an order: the others change money, not counts.
    Invalid when a day lies after `as_of_day_no`.

    >>> import pyarrow as pa
    >>> days = pa.table({"account_key": ["a", "a"], "day_no": [10, 20], "revenue": [5, 7]})
    >>> [int(cell) for cell in rfm_table(days, 25).collect().rows()[0][1:]]
    [5, 2, 12]
    """
    given = frames.lazy(orders)
    frames.require(given, key, day_no, exact=(value,))
    last = frames.rows(given.select(nw.col(day_no).max()))[0][day_no]
    if last is not None and last > as_of_day_no:
        raise Invalid(ORDER_AFTER_AS_OF(day_no=int(last), as_of_day_no=as_of_day_no))
    day = nw.col(day_no).cast(nw.Int64)
    counted = nw.when(nw.col(is_order)).then(day) if is_order else day
    return (
        given.with_columns(_day=counted)
        .group_by(key)
        .agg(nw.col("_day").max().alias("_last"), nw.col("_day").count().alias("orders"), nw.col(value).sum())
        .filter(~nw.col("_last").is_null())
        .select(
            key,
            recency_days=as_of_day_no - nw.col("_last"),
            orders=nw.col("orders").cast(nw.Int64),
            money=nw.col(value),
        )
    )


def rfm_limits(table: AnyFrame, *, money_unit: Decimal = CENT_OF_CENT) -> Limits:
    """Place the limits at the 20, 40, 60 and 80 % quantiles (type 7) plus one unit, exactly.

    One unit is a day, an order, or `money_unit`: a value equal to the quantile belongs below the limit. The
    published figures are in whole units of money: Decimal(1).

    >>> import pyarrow as pa
    >>> table = pa.table({"recency_days": range(1, 6), "orders": [1] * 5, "money": range(10, 60, 10)})
    >>> [str(limit) for limit in rfm_limits(table, money_unit=Decimal(1)).recency]
    ['2.8000', '3.6000', '4.4000', '5.2000']
    """
    given = frames.lazy(table)
    units = {"recency_days": Decimal(1), "orders": Decimal(1), "money": money_unit}
    frames.require(given, exact=tuple(units))
    values = columns.arrow(given.select(*units))
    if not len(values):
        raise Declined(NO_ORDERS_TO_SCORE())
    limits = [
        tuple(limit + unit for limit in _quantiles(columns.ten_thousandths(values[column], column)))
        for column, unit in units.items()
    ]
    return Limits(*limits)


def _quantiles(values: NDArray[np.int64]) -> list[Decimal]:
    """Give the type-7 quantiles between the scores of exact amounts, exactly."""
    places = [(len(values) - 1) * part for part in range(1, SCORES)]  # in fifths of a position
    wanted = sorted({index for place in places for index in (place // SCORES, -(-place // SCORES))})
    ordered = np.partition(values, wanted)
    return [
        columns.as_decimal(int(ordered[place // SCORES]))
        + columns.as_decimal(int(ordered[-(-place // SCORES)] - ordered[place // SCORES]))
        * (place % SCORES)
        / SCORES
        for place in places
    ]


def rfm_scores(
    table: AnyFrame,
    limits: Limits,
    *,
    segments: Sequence[Segment] = SEGMENTS,
) -> nw.LazyFrame[Any]:
    """Score each account and name its segment.

    A score is 1 below the first limit and rises by one at each limit reached (lower <= value < upper);
    recency is reversed, so that 5 bought last. Equal values always score the same. The first segment whose
    box holds the scores is taken, `other` where none does.

    Adds `rfm_recency`, `rfm_frequency`, `rfm_money` and `rfm_segment`.

    >>> import pyarrow as pa
    >>> table = pa.table({"recency_days": [1, 400], "orders": [9, 1], "money": [900, 1]})
    >>> at = tuple(Decimal(limit) for limit in (2, 3, 4, 5))
    >>> rfm_scores(table, Limits(at, at, at)).collect().select("rfm_recency", "rfm_segment").rows()
    [(5, 'champion'), (1, 'lost')]
    """
    given = frames.lazy(table)
    recency = SCORES + 1 - _score("recency_days", limits.recency)
    scored = given.with_columns(
        rfm_recency=recency,
        rfm_frequency=_score("orders", limits.frequency),
        rfm_money=_score("money", limits.money),
    )
    named = nw.lit("other")
    for segment in reversed(segments):
        inside = (
            nw.col("rfm_recency").is_between(*segment.recency)
            & nw.col("rfm_frequency").is_between(*segment.frequency)
            & nw.col("rfm_money").is_between(*segment.money)
        )
        named = nw.when(inside).then(nw.lit(segment.code)).otherwise(named)
    return scored.with_columns(rfm_segment=named)


def _score(column: str, limits: Sequence[Decimal]) -> nw.Expr:
    """Count the limits that the value reaches, plus one, by whole numbers so that no engine rounds."""
    score = nw.lit(1)
    for limit in limits:
        numerator, denominator = limit.as_integer_ratio()
        reached = nw.col(column) * denominator >= nw.lit(Decimal(numerator))
        score = score + nw.when(reached).then(1).otherwise(0)
    return score.cast(nw.Int64)


def rfm(
    orders: AnyFrame,
    as_of_day_no: int,
    *,
    key: str = "account_key",
    day_no: str = "day_no",
    value: str = "revenue",
    is_order: str | None = None,
    money_unit: Decimal = CENT_OF_CENT,
    segments: Sequence[Segment] = SEGMENTS,
) -> nw.LazyFrame[Any]:
    """Go the whole way from account-days to scores and segments.

    Declined when nobody has ordered. See :func:`rfm_table`, :func:`rfm_limits`, :func:`rfm_scores`.

    >>> import pyarrow as pa
    >>> days = pa.table({"account_key": ["a"], "day_no": [10], "revenue": [5]})
    >>> rfm(days, 25).collect()["rfm_segment"].to_list()
    ['new_customer']
    """
    table = rfm_table(orders, as_of_day_no, key=key, day_no=day_no, value=value, is_order=is_order)
    return rfm_scores(table, rfm_limits(table, money_unit=money_unit), segments=segments)
