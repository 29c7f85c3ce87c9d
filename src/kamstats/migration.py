"""Who moved between classes from one period to the next, with the money that moved.

The classes of both periods are made by one rule; the sums of the movements add up to both totals exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw

from kamstats import frames

if TYPE_CHECKING:
    from kamstats.frames import AnyFrame

Movement = Literal["up", "down", "same", "new", "returned", "lost", "unranked"]
MOVEMENTS: tuple[Movement, ...] = ("new", "returned", "up", "same", "down", "lost", "unranked")


def migration(
    before: AnyFrame,
    after: AnyFrame,
    *,
    key: str = "account_key",
    value: str = "revenue",
    abc: str = "abc",
    xyz: str | None = None,
    earlier: AnyFrame | None = None,
) -> nw.LazyFrame[Any]:
    """Join two classified periods and name each account's movement.

    Parameters
    ----------
    before, after : one row per account with its exact amount and class (:func:`kamstats.abc.abc_classes`),
        null where unranked.
    xyz : name of a second class to carry along.
    earlier : accounts (`key`) that had ordered before the first period; of them an account that comes back is
        `returned`, as one is that stood unranked in the first period. All others are `new`.

    Returns
    -------
    One row per account of either period: `movement`, `abc_before`, `abc_after` (and `xyz_…`),
    `revenue_before`, `revenue_after`, `change`; an amount is 0, never null. `up`, `down` and `same` compare
    the classes; `new` and `returned` are ranked only after, `lost` only before, `unranked` in neither.

    >>> import pyarrow as pa
    >>> old = pa.table({"account_key": ["a", "b"], "revenue": [9, 1], "abc": ["A", "C"]})
    >>> new = pa.table({"account_key": ["a", "c"], "revenue": [2, 8], "abc": ["B", "A"]})
    >>> moved = migration(old, new).sort("account_key").collect()
    >>> moved.select("account_key", "movement").rows()
    [('a', 'down'), ('b', 'lost'), ('c', 'new')]
    """
    names = {"abc": abc} | ({"xyz": xyz} if xyz else {})
    first = _side(before, key, value, names, "before")
    then = _side(after, key, value, names, "after")
    paired = (
        first.join(then, left_on="_before_key", right_on="_after_key", how="full")
        .with_columns(nw.coalesce("_before_key", "_after_key").alias(key))
        .with_columns(nw.col("revenue_before", "revenue_after").fill_null(0))
    )
    known = ~nw.col("_before_key").is_null()
    if earlier is not None:
        paired = paired.join(_keys(earlier, key), left_on=key, right_on="_known_key", how="left")
        known |= ~nw.col("_known").is_null()
    shown = [f"{name}_{side}" for name in names for side in ("before", "after")]
    return paired.select(
        key,
        *shown,
        "revenue_before",
        "revenue_after",
        movement=_movement(came_back=known),
        change=nw.col("revenue_after") - nw.col("revenue_before"),
    )


def _side(frame: AnyFrame, key: str, value: str, names: dict[str, str], side: str) -> nw.LazyFrame[Any]:
    given = frames.lazy(frame)
    frames.require(given, key, *names.values(), exact=(value,))
    return given.select(
        nw.col(key).alias(f"_{side}_key"),
        nw.col(value).alias(f"revenue_{side}"),
        *(nw.col(column).alias(f"{name}_{side}") for name, column in names.items()),
    )


def _keys(frame: AnyFrame, key: str) -> nw.LazyFrame[Any]:
    given = frames.lazy(frame)
    frames.require(given, key)
    return given.select(_known_key=nw.col(key)).unique().with_columns(_known=nw.lit(1))


def _movement(came_back: nw.Expr) -> nw.Expr:
    was, now = nw.col("abc_before"), nw.col("abc_after")
    # "A" < "B" < "C": the letters sort as the classes do.
    moved = (
        nw.when(now < was)
        .then(nw.lit("up"))
        .otherwise(nw.when(now > was).then(nw.lit("down")).otherwise(nw.lit("same")))
    )
    arrived = nw.when(came_back).then(nw.lit("returned")).otherwise(nw.lit("new"))
    gone = nw.when(now.is_null()).then(nw.lit("lost")).otherwise(moved)
    absent = nw.when(now.is_null()).then(nw.lit("unranked")).otherwise(arrived)
    return nw.when(was.is_null()).then(absent).otherwise(gone)


@dataclass(frozen=True, slots=True)
class Flow:
    """All accounts that moved from one class to another; None is the class of those not ranked."""

    class_before: str | None
    class_after: str | None
    accounts: int
    revenue_before: Decimal
    revenue_after: Decimal


def migration_matrix(moved: AnyFrame, *, of: Literal["abc", "xyz"] = "abc") -> tuple[Flow, ...]:
    """Count the accounts and add the money per pair of classes; only pairs that occur.

    The sums of all flows are the totals of both periods, exactly.

    >>> import pyarrow as pa
    >>> moved = pa.table({"abc_before": ["A", "A"], "abc_after": ["B", "B"], "revenue_before": [9, 8],
    ...                   "revenue_after": [2, 1]})
    >>> flow, = migration_matrix(moved)
    >>> flow.accounts, int(flow.revenue_before), int(flow.revenue_after)
    (2, 17, 3)
    """
    found = _summed(moved, f"{of}_before", f"{of}_after")
    flows = [Flow(row[f"{of}_before"] or None, row[f"{of}_after"] or None, *_sums(row)) for row in found]
    return tuple(sorted(flows, key=lambda flow: (flow.class_before or "~", flow.class_after or "~")))


@dataclass(frozen=True, slots=True)
class MovementSum:
    """All accounts with one movement."""

    movement: Movement
    accounts: int
    revenue_before: Decimal
    revenue_after: Decimal


def movement_sums(moved: AnyFrame) -> tuple[MovementSum, ...]:
    """Count the accounts and add the money per movement, all seven in a fixed order.

    >>> import pyarrow as pa
    >>> moved = pa.table({"movement": ["lost"], "revenue_before": [9], "revenue_after": [0]})
    >>> [(row.movement, row.accounts) for row in movement_sums(moved) if row.accounts]
    [('lost', 1)]
    """
    found = {row["movement"]: _sums(row) for row in _summed(moved, "movement")}
    nothing = (0, Decimal(0), Decimal(0))
    return tuple(MovementSum(movement, *found.get(movement, nothing)) for movement in MOVEMENTS)


def _summed(moved: AnyFrame, *columns: str) -> list[dict[str, Any]]:
    given = frames.lazy(moved)
    frames.require(given, *columns, exact=("revenue_before", "revenue_after"))
    money = nw.col("revenue_before", "revenue_after").sum()
    return frames.rows(given.group_by(*columns).agg(nw.len().alias("accounts"), money))


def _sums(row: dict[str, Any]) -> tuple[int, Decimal, Decimal]:
    return int(row["accounts"]), Decimal(row["revenue_before"] or 0), Decimal(row["revenue_after"] or 0)
