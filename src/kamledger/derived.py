"""The derived tables as expressions: one code for every engine.

Lines come in as any frame with the columns of :data:`kamledger.schema.LINE`; the answer is lazy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from kamledger.schema import MIX, MONTHS, ORDERS, Flag

if TYPE_CHECKING:
    from kamstats.frames import AnyFrame

_EVERY_FLAG = range(2 * max(Flag))
_SUM = nw.Decimal(38, 4)


def kept(lines: AnyFrame, left_out: Flag = Flag.NO_ACCOUNT) -> nw.LazyFrame[Any]:
    """Keep the lines that have none of the flags to be left out.

    >>> import pyarrow as pa
    >>> lines = pa.table({"flags": [0, 4, 40]})
    >>> kept(lines, Flag.NO_ACCOUNT | Flag.POSTAGE).collect().to_dict(as_series=False)
    {'flags': [0]}
    """
    frame = _lazy(lines)
    if not left_out:
        return frame
    return frame.filter(nw.col("flags").is_in([flags for flags in _EVERY_FLAG if not flags & left_out]))


def months_of(lines: AnyFrame) -> nw.LazyFrame[Any]:
    """Give money by account, manager, department and month (schema MONTHS).

    `cost` and `list_revenue` are empty where no line has one; `revenue_with_cost` is the revenue of the lines
    whose cost is known.
    """
    keys = ["source", "account_key", "manager_key", "department_key", "month"]
    return (
        _with_account(lines)
        .group_by(*keys)
        .agg(
            _total("revenue"),
            _total("cost"),
            _total("list_revenue"),
            _count(),
            _missing("cost").alias("lines_without_cost"),
            _missing("list_revenue").alias("_no_list_revenue"),
            _revenue_with_cost(),
        )
        .with_columns(
            _unless_all_missing("cost", "lines_without_cost"),
            _unless_all_missing("revenue_with_cost", "lines_without_cost"),
            _unless_all_missing("list_revenue", "_no_list_revenue"),
        )
        .select(*MONTHS.names)
    )


def orders_of(lines: AnyFrame) -> nw.LazyFrame[Any]:
    """Give one row per account and day (schema ORDERS).

    `is_order`: the day has a line of positive quantity (of positive revenue where the quantity is empty).
    """
    keys = ["source", "account_key", "day_no", "month"]
    return (
        _with_account(lines)
        .group_by(*keys)
        .agg(
            _total("revenue"),
            _total("cost"),
            _count(),
            _missing("cost").alias("lines_without_cost"),
            _revenue_with_cost(),
            _is_sale().max().alias("_sales"),
        )
        .with_columns(
            _unless_all_missing("cost", "lines_without_cost"),
            _unless_all_missing("revenue_with_cost", "lines_without_cost"),
            (nw.col("_sales") > 0).alias("is_order"),
        )
        .select(*ORDERS.names)
    )


def mix_of(lines: AnyFrame) -> nw.LazyFrame[Any]:
    """Give one row per account, product and month (schema MIX).

    `order_days` counts the days with a line of this product that is an order, see :func:`orders_of`.
    """
    keys = ["source", "account_key", "product_key", "month"]
    by_day = (
        _with_account(lines)
        .group_by(*keys, "day_no")
        .agg(
            _total("quantity"),
            _total("revenue"),
            _total("cost"),
            _count(),
            _missing("cost").alias("lines_without_cost"),
            _revenue_with_cost(),
            _missing("quantity").alias("_no_quantity"),
            _is_sale().max().alias("_sales"),
        )
    )
    sums = ("quantity", "revenue", "cost", "revenue_with_cost")
    counts = ("lines", "lines_without_cost", "_no_quantity")
    return (
        by_day.group_by(*keys)
        .agg(
            *(_total(name) for name in sums),
            *(nw.col(name).sum().cast(nw.Int64).alias(name) for name in counts),
            nw.col("day_no").min().alias("first_day_no"),
            nw.col("day_no").max().alias("last_day_no"),
            nw.col("_sales").sum().cast(nw.Int64).alias("order_days"),
        )
        .with_columns(
            _unless_all_missing("cost", "lines_without_cost"),
            _unless_all_missing("revenue_with_cost", "lines_without_cost"),
            _unless_all_missing("quantity", "_no_quantity"),
        )
        .select(*MIX.names)
    )


def _lazy(frame: AnyFrame) -> nw.LazyFrame[Any]:
    given: nw.LazyFrame[Any] = nw.from_native(frame).lazy()
    return given


def _with_account(lines: AnyFrame) -> nw.LazyFrame[Any]:
    return _lazy(lines).filter(~nw.col("account_key").is_null())


def _total(name: str) -> nw.Expr:
    return nw.col(name).sum().cast(_SUM).alias(name)


def _revenue_with_cost() -> nw.Expr:
    """Revenue of the lines whose cost is known."""
    known = nw.when(~nw.col("cost").is_null()).then(nw.col("revenue"))
    return known.sum().cast(_SUM).alias("revenue_with_cost")


def _revenue_with_cost() -> nw.Expr:
    known = nw.when(~nw.col("cost").is_null()).then(nw.col("revenue"))
    return known.sum().cast(_SUM).alias("revenue_with_cost")


def _count() -> nw.Expr:
    return nw.len().cast(nw.Int64).alias("lines")


def _missing(name: str) -> nw.Expr:
    return nw.col(name).is_null().cast(nw.Int64).sum().cast(nw.Int64)


def _is_sale() -> nw.Expr:
    """1 for a line that makes its day an order, else 0."""
    quantity = nw.col("quantity")
    sold = nw.when(quantity.is_null()).then(nw.col("revenue")).otherwise(quantity) > 0
    return sold.cast(nw.Int32)


def _unless_all_missing(name: str, missing: str) -> nw.Expr:
    """Empty a sum of nothing, which engines give as 0."""
    return nw.when(nw.col(missing) < nw.col("lines")).then(nw.col(name)).alias(name)
