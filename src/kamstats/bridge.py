"""Bridge between two periods: why the sales of an account changed, exact to the last decimal place.

Each account's change is taken apart into six causes that add up to it, without a remainder:

    after − before = new + lost + assortment + volume + mix + price
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from kamstats.columns import (
    LIMIT,
    MONEY_TOO_LARGE,
    UNIT,
    arrow,
    as_decimal,
    as_decimals,
    codes,
    exact_sum,
    missing,
    taken,
    ten_thousandths,
)
from kamstats.errors import Declined, Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from decimal import Decimal

    from numpy.typing import NDArray

    from kamstats.frames import AnyFrame
    from kamstats.reasons import Reason

NOTHING_TO_BRIDGE = sentence(
    "nothing_to_bridge",
    "There are no sales in either of the two periods, so there is no change to explain. Choose other "
    "periods.",
)
BRIDGE_PRECISION = sentence(
    "bridge_without_quantity",
    "{share:.0%} of the sales of accounts that bought in both periods have no quantity or no product; their "
    "whole change counts as volume, since without a quantity a price cannot be told.",
)

CAUSES = ("new", "lost", "assortment", "volume", "mix", "price")


@dataclass(frozen=True, slots=True)
class Bridge:
    """The bridge of every account, in the order of their keys.

    accounts : keys; before, after and the six causes : (n,) int64 counts of 0.0001 of the currency.
    unpriced : (n,) int64, how much of `after` has no quantity or product (see `bridge`).
    """

    accounts: tuple[str, ...]
    before: NDArray[np.int64]
    new: NDArray[np.int64]
    lost: NDArray[np.int64]
    assortment: NDArray[np.int64]
    volume: NDArray[np.int64]
    mix: NDArray[np.int64]
    price: NDArray[np.int64]
    after: NDArray[np.int64]
    unpriced: NDArray[np.int64]

    def money(self, name: str) -> list[Decimal]:
        """One column ("before", "price", …) as exact Decimals with four places."""
        return as_decimals(getattr(self, name))

    def totals(self) -> dict[str, Decimal]:
        """Sums over all accounts; they too add up exactly."""
        return {name: as_decimal(exact_sum(getattr(self, name))) for name in ("before", *CAUSES, "after")}


def bridge(before: AnyFrame, after: AnyFrame, *, unit: str | None = "product_line") -> Bridge:
    """Take the change of every account between two periods apart.

    before, after : frames of any engine, one or more rows per account × product, with the columns
        `account_key`, `product_key` (missing: an unnamed sale), `quantity` (decimal or integer; missing where
        the ledger has none) and `revenue` (decimal or integer).
    unit : column within which quantities may be added (pieces with pieces, m³ with m³); where the frames
        have no such column, all products of an account count as one.

    An account with rows in one period only is `new` or `lost`. In an account with both, a product with rows
    in one period only is `assortment`. For the other products of an account and unit, with revenue R,
    quantity Q and the sums over them,

        volume = R₀ (Q₁/Q₀ − 1)            more or less of the same basket at the old prices
        mix    = Σ R₀ᵢ q₁ᵢ/q₀ᵢ − R₀ Q₁/Q₀   dearer or cheaper products in the basket
        price  = R₁ − Σ R₀ᵢ q₁ᵢ/q₀ᵢ         the same products at other prices

    A product whose quantity is missing, zero or negative (more returned than bought) in either period has no
    price, nor has an unnamed sale: its whole change is `volume`. The two inner boundaries, Σ R₀ᵢ q₁ᵢ/q₀ᵢ
    (each product) and R₀ Q₁/Q₀, are rounded half away from zero to four places; the causes are differences
    between neighbouring boundaries, so that the sum is exact by construction.

    Raises Declined when both frames are empty.
    Source: the textbook price-volume-mix analysis (variances of sales price, quantity and mix); the
    telescoping form is ours.

    >>> import pyarrow as pa
    >>> columns = ["account_key", "product_key", "quantity", "revenue"]
    >>> goods = ["board", "film", "film"]
    >>> old = pa.table([["a", "a", "b"], goods, [10, 5, 1], [1000, 1000, 200]], names=columns)
    >>> new = pa.table([["a", "a", "c"], goods, [12, 9, 1], [1260, 1800, 210]], names=columns)
    >>> for cause, value in bridge(old, new).totals().items():
    ...     print(cause, value)
    before 2200.0000
    new 210.0000
    lost -200.0000
    assortment 0.0000
    volume 800.0000
    mix 200.0000
    price 60.0000
    after 3270.0000
    """
    cells = _cells(before, after, unit)
    if cells.account.size == 0:
        raise Declined(NOTHING_TO_BRIDGE())
    return _assemble(cells)


@dataclass(frozen=True, slots=True)
class _Cells:
    """One row per account × unit × product, with both periods beside each other."""

    keys: tuple[str, ...]
    account: NDArray[np.int64]
    group: NDArray[np.int64]  # account × unit, the grain in which quantities are added
    revenue: tuple[NDArray[np.int64], NDArray[np.int64]]
    quantity: tuple[NDArray[np.int64], NDArray[np.int64]]
    present: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    priced: NDArray[np.bool_]


def _cells(before: AnyFrame, after: AnyFrame, unit: str | None) -> _Cells:
    tables = [_summed(frame, unit) for frame in (before, after)]
    return _side_by_side(*(_columns_of(table, unit) for table in tables))


def _summed(frame: AnyFrame, unit: str | None) -> Any:  # noqa: ANN401 - a pyarrow.Table
    """Add up the rows of each account × product on the engine the frame came from."""
    lines = taken(frame, "account_key", "product_key", "quantity", "revenue")
    keys = ["account_key", "product_key"]
    if unit is not None and unit in lines.collect_schema().names():
        keys.append(unit)
    unknown = nw.col("quantity").is_null().cast(nw.Int64).alias("unknown")
    rows = lines.filter(~nw.col("account_key").is_null()).with_columns(unknown).group_by(keys)
    return arrow(rows.agg(nw.col("quantity", "revenue").sum(), nw.col("unknown").max()))


def _columns_of(table: Any, unit: str | None) -> dict[str, Any]:  # noqa: ANN401 - a pyarrow.Table
    rows = table.num_rows
    unknown = table["unknown"].to_numpy() > 0 if rows else np.zeros(0, dtype=bool)
    return {
        "account": codes(table["account_key"]),
        "product": codes(table["product_key"]),
        "unit": codes(table[unit]) if unit in table.column_names else (np.zeros(rows, dtype=np.int64), [""]),
        "revenue": ten_thousandths(table["revenue"], "revenue"),
        "quantity": np.where(unknown, 0, ten_thousandths(table["quantity"], "quantity")),
        "unnamed": missing(table["product_key"]),
    }


def _side_by_side(first: dict[str, Any], second: dict[str, Any]) -> _Cells:
    account, accounts = _joined(first["account"], second["account"])
    product, products = _joined(first["product"], second["product"])
    line, lines = _joined(first["unit"], second["unit"])
    group = account * (len(lines) + 1) + line + 1
    cell, position = np.unique(group * (len(products) + 1) + product + 1, return_inverse=True)
    split = first["revenue"].size
    sides = (position[:split], position[split:])
    spread = [_spread(side, where, cell.size) for side, where in zip((first, second), sides, strict=True)]
    (revenue_0, quantity_0, present_0), (revenue_1, quantity_1, present_1) = spread
    cell_group = cell // (len(products) + 1)
    named = cell % (len(products) + 1) > 0
    return _Cells(
        keys=tuple(accounts),
        account=cell_group // (len(lines) + 1),
        group=np.unique(cell_group, return_inverse=True)[1],
        revenue=(revenue_0, revenue_1),
        quantity=(quantity_0, quantity_1),
        present=(present_0, present_1),
        priced=(quantity_0 > 0) & (quantity_1 > 0) & named,
    )


def _joined(
    first: tuple[NDArray[np.int64], list[Any]], second: tuple[NDArray[np.int64], list[Any]]
) -> tuple[NDArray[np.int64], list[Any]]:
    """Number the keys of both tables alike, in the order of the keys."""
    keys = sorted({*first[1], *second[1]})
    number = {key: i for i, key in enumerate(keys)}
    parts = []
    for rows, own in (first, second):
        table = np.array([*(number[key] for key in own), -1], dtype=np.int64)
        parts.append(table[rows])
    return np.concatenate(parts), keys


def _spread(
    side: dict[str, Any], where: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Put the rows of one period into the cells that they belong to (each cell is hit once at most)."""
    revenue, quantity = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    present = np.zeros(size, dtype=bool)
    revenue[where], quantity[where], present[where] = side["revenue"], side["quantity"], True
    return revenue, quantity, present


def _assemble(cells: _Cells) -> Bridge:
    size = len(cells.keys)
    revenue_0, revenue_1 = cells.revenue
    change = revenue_1 - revenue_0
    active = [_added(here.astype(np.int64), cells.account, size)[cells.account] > 0 for here in cells.present]
    both = active[0] & active[1]
    shared = both & cells.present[0] & cells.present[1]
    split = shared & cells.priced
    volume, mix, price = _price_volume_mix(cells, split)
    as_it_is = shared & ~split

    def account_sum(values: NDArray[np.int64], rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        return _added(np.where(rows, values, 0), cells.account, size)

    return Bridge(
        accounts=cells.keys,
        before=_added(revenue_0, cells.account, size),
        new=account_sum(change, ~active[0]),
        lost=account_sum(change, ~active[1]),
        assortment=account_sum(change, both & ~shared),
        volume=volume + account_sum(change, as_it_is),
        mix=mix,
        price=price,
        after=_added(revenue_1, cells.account, size),
        unpriced=account_sum(revenue_1, as_it_is),
    )


def _price_volume_mix(
    cells: _Cells, split: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Sum the three causes of the products with a price, per account."""
    group, number = np.unique(cells.group[split], return_inverse=True)
    (revenue_0, revenue_1), (quantity_0, quantity_1) = (
        [values[split] for values in pair] for pair in (cells.revenue, cells.quantity)
    )
    at_old_prices = scaled_ratio(revenue_0, quantity_1, quantity_0)
    basket_0, basket_1, basket_new = (
        _added(values, number, group.size) for values in (revenue_0, revenue_1, at_old_prices)
    )
    amount_0, amount_1 = (_added(values, number, group.size) for values in (quantity_0, quantity_1))
    same_basket = scaled_ratio(basket_0, amount_1, amount_0)
    owner = np.zeros(group.size, dtype=np.int64)
    owner[number] = cells.account[split]
    causes = (same_basket - basket_0, basket_new - same_basket, basket_1 - basket_new)
    volume, mix, price = (_added(cause, owner, len(cells.keys)) for cause in causes)
    return volume, mix, price


def scaled_ratio(
    value: NDArray[np.int64], numerator: NDArray[np.int64], denominator: NDArray[np.int64]
) -> NDArray[np.int64]:
    """value · numerator / denominator in whole numbers, rounded half away from zero; denominator > 0.

    Products beyond int64 are computed in unbounded whole numbers, so that the result is exact in any case
    whose result fits.

    >>> scaled_ratio(np.array([10, -10, 2**61]), np.array([1, 1, 2**40]), np.array([4, 4, 2**41]))
    array([                  3,                  -3, 1152921504606846976])
    """
    common = np.gcd(numerator, denominator)
    top, bottom = numerator // common, denominator // common
    safe = np.abs(value.astype(np.float64)) * np.abs(top.astype(np.float64)) < 2.0**61
    safe &= bottom < 2**61
    with np.errstate(over="ignore"):
        product = np.abs(value * top)
    result: NDArray[np.int64] = np.sign(value) * np.sign(top) * ((product + bottom // 2) // bottom)
    for row in np.flatnonzero(~safe):
        exact = 2 * abs(int(value[row]) * int(top[row])) + int(bottom[row])
        rounded = exact // (2 * int(bottom[row]))
        if rounded > LIMIT:
            raise Invalid(MONEY_TOO_LARGE(column="revenue", value=rounded // UNIT, limit=LIMIT // UNIT))
        result[row] = -rounded if (value[row] < 0) != (top[row] < 0) else rounded
    return result


def _added(values: NDArray[np.int64], where: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Sum whole numbers per group exactly (bincount with weights would pass through floats)."""
    sums: NDArray[np.int64] = np.zeros(size, dtype=np.int64)
    np.add.at(sums, where, values)
    return sums


def unpriced_share(found: Bridge) -> float:
    """Share of the sales after that could not be split into price and volume.

    Returns a fraction of the gross of both signs, 0 where nothing was sold.
    """
    gross = float(np.abs(found.after).sum())
    return float(np.abs(found.unpriced).sum()) / gross if gross else 0.0


def unpriced_warning(found: Bridge, *, above: float = 0.02) -> Reason | None:
    """Say so where more than a small share of the sales has no price; else None."""
    share = unpriced_share(found)
    return BRIDGE_PRECISION(share=share) if share > above else None
