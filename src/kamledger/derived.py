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
    sums = ["revenue", "cost", "list_revenue", "revenue_with_cost"]
    counts = ["lines_without_cost", "_no_list_revenue"]
    grouped = _prepared(lines).group_by(*keys).agg(*_sums(sums + counts), nw.len().alias("lines"))
    return (
        grouped.with_columns(*_money(sums), *_counts(["lines", *counts]))
        .with_columns(*_EMPTY_COSTS, _unless_all_missing("list_revenue", "_no_list_revenue"))
        .select(*MONTHS.names)
    )


def orders_of(lines: AnyFrame) -> nw.LazyFrame[Any]:
    """Give one row per account and day (schema ORDERS).

    `is_order`: the day has a line of positive quantity (of positive revenue where the quantity is empty).
    """
    keys = ["source", "account_key", "day_no", "month"]
    sums = ["revenue", "cost", "revenue_with_cost"]
    counts = ["lines_without_cost"]
    grouped = (
        _prepared(lines)
        .group_by(*keys)
        .agg(*_sums(sums + counts), nw.len().alias("lines"), nw.col("_sale").max())
    )
    return (
        grouped.with_columns(*_money(sums), *_counts(["lines", *counts]))
        .with_columns(*_EMPTY_COSTS, (nw.col("_sale") > 0).alias("is_order"))
        .select(*ORDERS.names)
    )


def mix_of(lines: AnyFrame) -> nw.LazyFrame[Any]:
    """Give one row per account, product and month (schema MIX).

    `order_days` counts the days with a line of this product that is an order, see :func:`orders_of`.
    """
    keys = ["source", "account_key", "product_key", "month"]
    sums = ["quantity", "revenue", "cost", "revenue_with_cost"]
    counts = ["lines_without_cost", "lines_without_quantity"]
    by_day = (
        _prepared(lines)
        .group_by(*keys, "day_no")
        .agg(*_sums(sums + counts), nw.len().alias("lines"), nw.col("_sale").max())
        .with_columns(
            *_money(sums), nw.col("day_no").alias("first_day_no"), nw.col("day_no").alias("last_day_no")
        )
    )
    grouped = by_day.group_by(*keys).agg(
        *_sums([*sums, *counts, "lines"]),
        nw.col("first_day_no").min(),
        nw.col("last_day_no").max(),
        nw.col("_sale").sum().alias("order_days"),
    )
    return (
        grouped.with_columns(*_money(sums), *_counts(["lines", "order_days", *counts]))
        .with_columns(*_EMPTY_COSTS, _unless_all_missing("quantity", "lines_without_quantity"))
        .select(*MIX.names)
    )


def mix_on_duckdb(lines: AnyFrame) -> str:
    """Write :func:`mix_of` as SQL for DuckDB, in one pass instead of two: a bit for each day of the month."""
    prepared = nw.to_native(_prepared(lines)).sql_query()
    sums = ("revenue", "quantity", "cost", "revenue_with_cost")
    money = {name: f'sum("{name}")::DECIMAL(38, 4)' for name in sums}
    day = """1::BIGINT << (day(DATE '1970-01-01' + day_no) - 1)"""
    measures = {
        **money,
        "lines": "count(*)",
        "lines_without_cost": "sum(lines_without_cost)::BIGINT",
        "lines_without_quantity": "sum(lines_without_quantity)::BIGINT",
        "first_day_no": "min(day_no)",
        "last_day_no": "max(day_no)",
        "order_days": f"bit_count(bit_or(CASE WHEN _sale = 1 THEN {day} ELSE 0 END))::BIGINT",
    }
    keys = [name for name in MIX.names if name not in measures]
    chosen = ", ".join(f'{measures[name]} AS "{name}"' if name in measures else name for name in MIX.names)
    return f"SELECT {chosen} FROM ({prepared}) GROUP BY {', '.join(keys)}"  # noqa: S608 - names are our own


def _lazy(frame: AnyFrame) -> nw.LazyFrame[Any]:
    given: nw.LazyFrame[Any] = nw.from_native(frame).lazy()
    return given


def _prepared(lines: AnyFrame) -> nw.LazyFrame[Any]:
    """Keep the lines with an account and say per line what is then only summed: not all engines do more."""
    cost, revenue, quantity = nw.col("cost"), nw.col("revenue"), nw.col("quantity")
    sold = nw.when(quantity.is_null()).then(revenue).otherwise(quantity) > 0
    return (
        _lazy(lines)
        .filter(~nw.col("account_key").is_null())
        .with_columns(
            nw.when(~cost.is_null()).then(revenue).alias("revenue_with_cost"),
            cost.is_null().cast(nw.Int32).alias("lines_without_cost"),
            quantity.is_null().cast(nw.Int32).alias("lines_without_quantity"),
            nw.col("list_revenue").is_null().cast(nw.Int32).alias("_no_list_revenue"),
            sold.cast(nw.Int32).alias("_sale"),
        )
    )


def _sums(names: list[str]) -> list[nw.Expr]:
    return [nw.col(name).sum() for name in names]


def _money(names: list[str]) -> list[nw.Expr]:
    return [nw.col(name).cast(_SUM) for name in names]


def _counts(names: list[str]) -> list[nw.Expr]:
    return [nw.col(name).cast(nw.Int64) for name in names]


def _unless_all_missing(name: str, missing: str) -> nw.Expr:
    """Empty a sum of nothing, which engines give as 0."""
    return nw.when(nw.col(missing) < nw.col("lines")).then(nw.col(name)).alias(name)


_EMPTY_COSTS = [_unless_all_missing(name, "lines_without_cost") for name in ("cost", "revenue_with_cost")]
