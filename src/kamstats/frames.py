"""What the relational methods share: any frame becomes lazy, money stays exact, accounts get ranks."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import narwhals as nw

from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from narwhals.typing import Frame, IntoFrame

COLUMN_MISSING = sentence(
    "frame_column_missing",
    'The table has no column "{column}". It has: {columns}. Rename a column or name another one.',
)
NOT_EXACT = sentence(
    "amounts_not_exact",
    'The column "{column}" holds floating-point numbers, and limits of classes need exact amounts. '
    "Give it as decimals or whole numbers.",
)
LIMITS_OUT_OF_ORDER = sentence(
    "limits_out_of_order",
    "The limits {limits} do not rise. Give them in rising order, for example {example}.",
)

Limit: TypeAlias = Decimal | float | str
AnyFrame: TypeAlias = "IntoFrame | Frame"  # native or Narwhals, eager or lazy


def lazy(frame: AnyFrame) -> nw.LazyFrame[Any]:
    """Make any native or Narwhals frame a lazy one.

    Eager tables without window functions of their own (pyarrow, pandas) are handed to DuckDB unchanged.

    >>> import pyarrow as pa
    >>> lazy(pa.table({"account_key": ["a"]})).collect().rows()
    [('a',)]
    """
    given = nw.from_native(frame)
    if isinstance(given, nw.LazyFrame):
        return given
    return given.lazy() if given.implementation.is_polars() else given.lazy("duckdb")


def rows(frame: nw.LazyFrame[Any]) -> list[dict[str, Any]]:
    """Give the few rows of a small result as dictionaries."""
    return list(frame.collect().iter_rows(named=True))


def ratio(limit: Limit) -> tuple[int, int]:
    """Read a limit by its shortest decimal text, as numerator and denominator of a fraction.

    >>> ratio(0.8), ratio(Decimal("0.95"))
    ((4, 5), (19, 20))
    """
    return Decimal(str(limit)).as_integer_ratio()


def require(frame: nw.LazyFrame[Any], *columns: str, exact: Sequence[str] = ()) -> None:
    """Refuse a frame without `columns`, or with floats where amounts decide a class."""
    schema = frame.collect_schema()
    for column in (*columns, *exact):
        if column not in schema:
            raise Invalid(COLUMN_MISSING(column=column, columns=", ".join(schema)))
    for column in exact:
        if schema[column].is_float():
            raise Invalid(NOT_EXACT(column=column))


def require_rising(limits: Sequence[Limit], example: str) -> None:
    """Refuse limits that do not rise."""
    found = [Decimal(str(limit)) for limit in limits]
    if any(low > high for low, high in pairwise(found)):
        raise Invalid(LIMITS_OUT_OF_ORDER(limits=", ".join(map(str, found)), example=example))


def ranked(frame: nw.LazyFrame[Any], *, key: str, value: str, by: Sequence[str] = ()) -> nw.LazyFrame[Any]:
    """Rank accounts by value descending, ties by key, within each level of `by`.

    Only an exact value above zero is ranked. Adds, null where unranked (`total` never is):

    - `rank` (1 is the largest), `total` (sum of the ranked values of the level), `cumulative` (sum down to
      and including this row): exact;
    - `_before`: what lies strictly above this value, equal for accounts of equal value: exact;
    - `share`, `cumulative_share`: floats, for showing, never for comparing with a limit.
    """
    require(frame, key, *by, exact=(value,))
    amount, order = nw.col("_ranked"), ["_descending", key]
    over_level = amount.sum().over(*by) if by else amount.sum()
    listed = (
        frame.with_columns(_ranked=nw.when(nw.col(value) > 0).then(nw.col(value)))
        .with_columns(_descending=0 - amount)
        .with_columns(
            rank=nw.when(~amount.is_null()).then(1).cum_sum().over(*by, order_by=order),
            cumulative=amount.cum_sum().over(*by, order_by=order),
            _above=amount.shift(1).over(*by, order_by=order),
            total=over_level,
        )
    )
    # The first of equal values knows what lies above them all; the others, at 0, take it over as the maximum.
    starts = nw.col("_above").is_null() | (nw.col("_above") > amount)
    whole = nw.col("total").cast(nw.Float64)
    return (
        listed.with_columns(_start=nw.when(starts).then(nw.col("cumulative")).otherwise(amount) - amount)
        .with_columns(
            _before=nw.col("_start").cum_max().over(*by, order_by="rank"),
            share=amount.cast(nw.Float64) / whole,
            cumulative_share=nw.col("cumulative").cast(nw.Float64) / whole,
            rank=nw.col("rank").cast(nw.Int64),
        )
        .with_columns(_before=nw.when(~amount.is_null()).then(nw.col("_before")))
        .drop("_ranked", "_descending", "_above", "_start")
    )


def at_least(value: nw.Expr, share: Limit, total: nw.Expr) -> nw.Expr:
    """Whether value / total >= share, without a division: exact on every engine."""
    numerator, denominator = ratio(share)
    return value * denominator >= total * numerator


def above(value: nw.Expr, share: Limit, total: nw.Expr) -> nw.Expr:
    """Whether value / total > share, exact on every engine."""
    numerator, denominator = ratio(share)
    return value * denominator > total * numerator
