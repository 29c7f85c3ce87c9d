"""Pareto and ABC: which few accounts make most of the value.

Source of the method: V. Pareto, Cours d'économie politique, 1896, and H. F. Dickie, "ABC Inventory Analysis
Shoots for Dollars, not Pennies", Factory Management and Maintenance 109(7), 1951. The rule for the account
that crosses a limit is stated in :func:`abc_classes`, since sources differ on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw

from kamstats import frames
from kamstats.errors import Declined
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kamstats.frames import AnyFrame, Limit

NOTHING_RANKED = sentence(
    "nothing_ranked",
    "None of the {accounts} accounts has a {measure} above zero, so there is nothing to rank. "
    "Choose a longer period or the other measure.",
)

Counting = Literal["before", "including"]


def abc_classes(
    frame: AnyFrame,
    *,
    key: str = "account_key",
    value: str = "revenue",
    limits: tuple[Limit, Limit] = (Decimal("0.80"), Decimal("0.95")),
    by: Sequence[str] = (),
    counting: Counting = "before",
    into: str = "abc",
) -> nw.LazyFrame[Any]:
    """Divide accounts into A, B and C by their share of the value.

    Parameters
    ----------
    frame : one row per account (and level); `value` is decimal or whole, never a float, and may be null.
    limits : fractions of the ranked total of the level where A and B end, rising.
    by : columns of the level (`department_key`, `manager_key`); empty for the whole company.
    counting : "before": A while the share accumulated before the account is below the first limit, so the
        account that crosses a limit belongs above it. "including": A while the share including the account
        is at most the limit, as some published tools do. Equal values always get the same class.

    Returns
    -------
    The frame with `rank`, `total`, `cumulative` (exact), `share`, `cumulative_share` (float, 0 to 1] and the
    class. Rows whose exact value is not above zero, or null, are not ranked: all but `total` are null.

    Raises
    ------
    Invalid : a column is missing or holds floats; limits that fall.

    Notes
    -----
    Compared as cumulative * denominator < total * numerator, so that no rounding decides at a limit.

    Examples
    --------
    >>> import pyarrow as pa
    >>> book = pa.table({"account_key": ["a", "b", "c", "d"], "revenue": [80, 15, 5, -1]})
    >>> classes = abc_classes(book).sort("account_key").collect()
    >>> classes.select("account_key", "share", "abc").rows()
    [('a', 0.8, 'A'), ('b', 0.15, 'B'), ('c', 0.05, 'C'), ('d', None, None)]
    """
    frames.require_rising(limits, example="0.80, 0.95")
    listed = frames.ranked(frames.lazy(frame), key=key, value=value, by=by)
    return _with_class(listed, by, limits, counting, into).drop("_before")


def _with_class(
    listed: nw.LazyFrame[Any], by: Sequence[str], limits: tuple[Limit, Limit], counting: Counting, into: str
) -> nw.LazyFrame[Any]:
    total = nw.col("total")
    if counting == "before":
        inside = [~frames.at_least(nw.col("_before"), limit, total) for limit in limits]
    else:
        listed = listed.with_columns(_through=nw.col("cumulative").max().over("_before", *by))
        inside = [~frames.above(nw.col("_through"), limit, total) for limit in limits]
    letter = (
        nw.when(nw.col("rank").is_null())
        .then(nw.lit(None, dtype=nw.String))
        .otherwise(
            nw.when(inside[0])
            .then(nw.lit("A"))
            .otherwise(nw.when(inside[1]).then(nw.lit("B")).otherwise(nw.lit("C")))
        )
    )
    return listed.with_columns(letter.alias(into)).drop("_through", strict=False)


def abc_side_by_side(
    frame: AnyFrame,
    *,
    key: str = "account_key",
    revenue: str = "revenue",
    income: str = "income",
    limits: tuple[Limit, Limit] = (Decimal("0.80"), Decimal("0.95")),
    by: Sequence[str] = (),
) -> nw.LazyFrame[Any]:
    """Put ABC by revenue and ABC by income side by side: turnover can be bought with low prices.

    Returns the frame with `abc`, `abc_income`, `classes_differ` (null where a class is missing) and
    `loss_making` (revenue class A or B, and income below zero). Null income: no class by income.

    >>> import pyarrow as pa
    >>> book = pa.table({"account_key": ["a", "b"], "revenue": [90, 10], "income": [-5, 4]})
    >>> abc_side_by_side(book).sort("account_key").collect().rows()
    [('a', 90, -5, 'A', None, None, True), ('b', 10, 4, 'B', 'A', True, False)]
    """
    given = frames.lazy(frame)
    kept = [name for name in given.collect_schema().names() if name not in ("abc", "abc_income")]
    both = abc_classes(given, key=key, value=income, limits=limits, by=by, into="abc_income")
    both = abc_classes(both.select(*kept, "abc_income"), key=key, value=revenue, limits=limits, by=by).select(
        *kept, "abc", "abc_income"
    )
    in_loss = nw.col("abc").is_in(["A", "B"]) & (nw.col(income) < 0)
    return both.with_columns(
        classes_differ=nw.col("abc") != nw.col("abc_income"),
        loss_making=nw.when(in_loss).then(nw.lit(value=True)).otherwise(nw.lit(value=False)),
    )


def class_differences(side_by_side: AnyFrame) -> nw.LazyFrame[Any]:
    """Keep the accounts whose class by income is another one, or missing beside a class by revenue.

    >>> import pyarrow as pa
    >>> class_differences(pa.table({"account_key": ["a", "b"], "abc": ["A", "B"], "abc_income": ["A", "C"]})
    ...     ).collect().rows()
    [('b', 'B', 'C')]
    """
    first, second = nw.col("abc"), nw.col("abc_income")
    either_missing = first.is_null() != second.is_null()
    return frames.lazy(side_by_side).filter((first != second).fill_null(value=False) | either_missing)


def level_totals(frame: AnyFrame, *, value: str = "revenue", by: Sequence[str] = ()) -> nw.LazyFrame[Any]:
    """Sum each level exactly: `net` = `ranked` + `unranked`, with the number of accounts of each kind.

    Null values count as unranked accounts of nothing. One row per level; without `by` one row.

    >>> import pyarrow as pa
    >>> totals = level_totals(pa.table({"revenue": [7, 3, -2, 0]})).collect()
    >>> {name: int(total) for name, total in totals.rows(named=True)[0].items()}
    {'net': 8, 'ranked': 10, 'unranked': -2, 'ranked_accounts': 2, 'unranked_accounts': 2}
    """
    given = frames.lazy(frame)
    frames.require(given, *by, exact=(value,))
    amount, positive = nw.col(value), (nw.col(value) > 0).fill_null(value=False)
    parts = given.with_columns(
        _net=amount,
        _ranked=nw.when(positive).then(amount).otherwise(amount - amount),
        _unranked=nw.when(positive).then(amount - amount).otherwise(amount),
        _is_ranked=nw.when(positive).then(1).otherwise(0),
        _is_unranked=nw.when(positive).then(0).otherwise(1),
    )
    sums = [
        nw.col(f"_{name}").sum().alias(name)
        for name in ("net", "ranked", "unranked", "is_ranked", "is_unranked")
    ]
    summed = parts.group_by(*by).agg(*sums) if by else parts.select(*sums)
    counts = {"is_ranked": "ranked_accounts", "is_unranked": "unranked_accounts"}
    return summed.rename(counts).with_columns(nw.col(*counts.values()).cast(nw.Int64))


def pareto_curve(
    frame: AnyFrame, *, key: str = "account_key", value: str = "revenue", by: Sequence[str] = ()
) -> nw.LazyFrame[Any]:
    """Give the points of the Pareto curve: one row per ranked account of the level.

    Adds `rank`, `share_of_accounts` (rank / ranked accounts) and `cumulative_share`; sort by `rank` to draw.

    >>> import pyarrow as pa
    >>> curve = pareto_curve(pa.table({"account_key": ["a", "b"], "revenue": [3, 1]})).sort("rank")
    >>> curve.collect().select("share_of_accounts", "cumulative_share").rows()
    [(0.5, 0.75), (1.0, 1.0)]
    """
    listed = frames.ranked(frames.lazy(frame), key=key, value=value, by=by)
    position = nw.col("rank")
    accounts = position.max().over(*by) if by else position.max()
    return (
        listed.filter(~position.is_null())
        .with_columns(share_of_accounts=position.cast(nw.Float64) / accounts.cast(nw.Float64))
        .drop("_before")
    )


@dataclass(frozen=True, slots=True)
class Pareto:
    """How steep the book is: what the "20 % that bring 80 %" are here."""

    accounts: int  # ranked accounts
    accounts_for_share: int  # the Pareto group: how many together make the share asked for
    share_of_accounts: float  # the group as a fraction of the ranked accounts
    share_of_top: float  # what the first fifth (or the fraction asked for) brings


def pareto(
    frame: AnyFrame,
    *,
    key: str = "account_key",
    value: str = "revenue",
    share: Limit = Decimal("0.80"),
    top: Limit = Decimal("0.20"),
) -> Pareto:
    """Answer which part of the accounts makes `share` of the value, and what the first `top` of them make.

    The group holds the accounts whose share accumulated before them is below `share`, ties included; the top
    fraction is rounded up to whole accounts. Declined when no account has a value above zero.

    >>> import pyarrow as pa
    >>> pareto(pa.table({"account_key": list("abcde"), "revenue": [80, 5, 5, 5, 5]}))
    Pareto(accounts=5, accounts_for_share=1, share_of_accounts=0.2, share_of_top=0.8)
    """
    listed = frames.ranked(frames.lazy(frame), key=key, value=value)
    position, (numerator, denominator) = nw.col("rank"), frames.ratio(top)
    in_group = ~frames.at_least(nw.col("_before"), share, nw.col("total"))
    marked = listed.with_columns(_accounts=position.max()).with_columns(
        _group=nw.when(in_group).then(1),
        _top=nw.when((position - 1) * denominator < nw.col("_accounts") * numerator).then(
            nw.col("cumulative_share")
        ),
    )
    found = frames.rows(
        marked.select(
            nw.len().alias("all"),
            nw.col("_accounts").max().alias("accounts"),
            nw.col("_group").sum().alias("group"),
            nw.col("_top").max().alias("top"),
        )
    )[0]
    if not found["accounts"]:
        raise Declined(NOTHING_RANKED(accounts=found["all"], measure=value))
    group = int(found["group"])
    return Pareto(int(found["accounts"]), group, group / int(found["accounts"]), float(found["top"]))
