"""The ledger as columns in memory: what every judgement of the run starts from.

Everything that grows with the lines is aggregated by the engine; what comes here grows with accounts, days
and months only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kamledger.derived import kept, mix_of, months_of
from kamreport.period import day_number, first_of, last_of, month_of
from kamreport.run.structure import Structure, spans_table, with_account

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from numpy.typing import NDArray

    from kamledger.engine import Engine
    from kamledger.schema import Flag
    from kamreport.results import Period

NARROWER = pa.decimal128(28, 4)  # leaves room for the carry of a sum
MONEY_COLUMNS = ("revenue", "cost", "revenue_with_cost")
SUMMED_BY_LINE = ("quantity", *MONEY_COLUMNS, "lines", "lines_without_cost", "lines_without_quantity")


@dataclass(frozen=True, slots=True)
class Orders:
    """Account-days with money, sorted by account and day; the whole history up to the day of looking."""

    account: NDArray[np.int32]  # index into Book.keys
    day_no: NDArray[np.int32]
    revenue: NDArray[np.float64]
    income: NDArray[np.float64]  # NaN where a cost is missing
    is_order: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Book:
    """All accounts with any used line up to the day of looking."""

    keys: tuple[str, ...]  # sorted
    names: tuple[str, ...]
    segments: tuple[str | None, ...]
    masters: Mapping[
        str, Mapping[str, str | None]
    ]  # "manager" and "department" of the master files, by account
    members: tuple[int, ...]  # feed keys behind the account
    days: pa.Table  # account, day_no, revenue, cost …, is_order: the orders below with exact money
    orders: Orders
    months: pa.Table  # account, manager, department, month, revenue, cost, lines_without_cost … of the period
    history: pa.Table  # account, month, revenue, cost, lines_without_cost of the whole history
    lines: pa.Table  # account, product_line, month, quantity, revenue, cost, lines_without_cost, order_days
    product_lines_known: bool  # else `product_line` holds products
    has_quantities: bool

    @property
    def index(self) -> dict[str, int]:
        """Give the position of each key."""
        return {key: position for position, key in enumerate(self.keys)}


@dataclass(frozen=True, slots=True)
class Extraction:
    """The engine with everything that decides which lines count, and for whom."""

    engine: Engine
    structure: Structure
    period: Period
    left_out: Flag
    assume_margin: Decimal | None
    booked_first: date
    booked_last: date

    def collect(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """Run an expression and bring its rows here."""
        return self.engine.collect(frame)

    def by_account(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Add the column `account`."""
        return with_account(frame, self.structure, self.engine.frame(spans_table(self.structure)))

    def lines(self, first: int, last: int) -> nw.LazyFrame[Any]:
        """Give the used lines of days `first` to `last`, the account in `account_key`."""
        used = kept(self.engine.lines(), self.left_out).filter(
            nw.col("day_no") >= first, nw.col("day_no") <= last
        )
        return self._renamed(used)

    def _renamed(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        named = self.by_account(frame)
        return named.with_columns(account_key=nw.col("account"), source=nw.lit("")).drop("account")

    @property
    def is_aligned(self) -> bool:
        """Whether the sums per month are enough: the period ends with months, or with the data."""
        return not self.structure.needs_days and self._first_is_start and self._last_is_end

    @property
    def _first_is_start(self) -> bool:
        first = self.period.first_day
        return first.day == 1 or first <= self.booked_first

    @property
    def _last_is_end(self) -> bool:
        last = self.period.last_day
        return last == last_of(month_of(last)) or last >= self.booked_last

    def months(self) -> nw.LazyFrame[Any]:
        """Give schema MONTHS of the period, per account."""
        first, last = self.period.first_day, self.period.last_day
        if not self.is_aligned:
            return months_of(self.lines(day_number(first), day_number(last)))
        months = self.engine.months(self.left_out).filter(
            nw.col("month") >= month_of(first), nw.col("month") <= month_of(last)
        )
        return self._renamed(months)

    def orders(self) -> nw.LazyFrame[Any]:
        """Give schema ORDERS of the whole history up to the day of looking, per account."""
        days = self.engine.orders(self.left_out).filter(nw.col("day_no") <= day_number(self.period.as_of))
        return self._renamed(days)

    def mix(self) -> nw.LazyFrame[Any]:
        """Give schema MIX of the whole history up to the day of looking, per account."""
        as_of = self.period.as_of
        if self.structure.needs_days or (as_of < last_of(month_of(as_of)) and as_of < self.booked_last):
            return mix_of(self.lines(day_number(first_of(month_of(self.booked_first))), day_number(as_of)))
        return self._renamed(self.engine.mix(self.left_out).filter(nw.col("month") <= month_of(as_of)))


def open_book(extraction: Extraction) -> Book:
    """Aggregate the ledger into columns."""
    orders = _orders(extraction)
    keys = tuple(pc.unique(orders["account"]).to_pylist())
    masters, members = _masters(extraction, set(keys)), _members(extraction)
    lines, known = _product_lines(extraction)
    months = extraction.collect(
        extraction.months()
        .group_by("account_key", "manager_key", "department_key", "month", drop_null_keys=False)
        .agg(
            *(
                nw.col(name).sum()
                for name in ("revenue", "cost", "list_revenue", "lines", "lines_without_cost")
            ),
            nw.col("revenue_with_cost").sum(),
        )
        .sort("account_key", "month", "manager_key", "department_key")
    )
    return Book(
        keys=keys,
        names=tuple(masters["name"].get(key) or key for key in keys),
        segments=tuple(masters["segment"].get(key) for key in keys),
        masters=masters,
        members=tuple(members.get(key, 1) for key in keys),
        days=orders,
        orders=_columns(orders, extraction.assume_margin),
        months=_named(months, manager_key="manager", department_key="department"),
        history=_history(extraction),
        lines=lines,
        product_lines_known=known,
        has_quantities=_has_quantities(lines),
    )


def _has_quantities(lines: pa.Table) -> bool:
    """Whether any line has a quantity; a sum of none is 0 on some engines, so lines are counted."""
    lacking = pc.sum(lines["lines_without_quantity"]).as_py() or 0
    return bool(lacking < (pc.sum(lines["lines"]).as_py() or 0))


def _named(table: pa.Table, **renamed: str) -> pa.Table:
    names = {"account_key": "account", **renamed}
    return table.rename_columns([names.get(name, name) for name in table.column_names])


def _orders(extraction: Extraction) -> pa.Table:
    days = (
        extraction.orders()
        .group_by("account_key", "day_no")
        .agg(
            *(nw.col(name).sum() for name in (*MONEY_COLUMNS, "lines_without_cost")),
            nw.col("is_order").max(),
        )
        .sort("account_key", "day_no")
    )
    return _named(extraction.collect(days))


def _columns(orders: pa.Table, margin: Decimal | None) -> Orders:
    account = orders["account"].combine_chunks().dictionary_encode()
    return Orders(
        account=account.indices.to_numpy().astype(np.int32),
        day_no=orders["day_no"].to_numpy().astype(np.int32),
        revenue=floats(orders["revenue"]),
        income=incomes(orders, margin),
        is_order=orders["is_order"].to_numpy().astype(bool),
    )


def floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Give decimals as floats, missing as NaN, for statistics only."""
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(), dtype=np.float64)


def incomes(table: pa.Table, margin: Decimal | None) -> NDArray[np.float64]:
    """Give income per row: NaN where a line has no cost, unless a margin is assumed for such lines."""
    revenue, covered = floats(table["revenue"]), np.nan_to_num(floats(table["revenue_with_cost"]))
    income = covered - np.nan_to_num(floats(table["cost"]))
    if margin is None:
        income[table["lines_without_cost"].to_numpy() > 0] = np.nan
        return income
    return income + (revenue - covered) * float(margin)


def exact_incomes(table: pa.Table, margin: Decimal | None) -> pa.ChunkedArray:
    """Give income per row exactly, by the rule of :func:`incomes`; null where it is not known."""
    nothing = pa.scalar(Decimal(0), NARROWER)
    revenue, covered, cost = (
        pc.fill_null(pc.cast(table[name], NARROWER), nothing)
        for name in ("revenue", "revenue_with_cost", "cost")
    )
    known = pc.subtract(covered, cost)
    if margin is None:
        lacking = pc.greater(table["lines_without_cost"], 0)
        return pc.if_else(lacking, pa.scalar(None, known.type), known)
    assumed = pc.multiply(pc.subtract(revenue, covered), pa.scalar(margin, pa.decimal128(5, 4)))
    rounded = pc.cast(pc.round(assumed, ndigits=4, round_mode="half_towards_infinity"), NARROWER)
    return pc.cast(pc.add(known, rounded), pa.decimal128(38, 4))


def _history(extraction: Extraction) -> pa.Table:
    days = (
        extraction.orders()
        .group_by("account_key", "month")
        .agg(*(nw.col(name).sum() for name in ("revenue", "cost", "lines", "lines_without_cost")))
    )
    return _named(extraction.collect(days.sort("account_key", "month")))


def _product_lines(extraction: Extraction) -> tuple[pa.Table, bool]:
    """Sum the mix by product line, or by product where no line is known."""
    products = extraction.engine.products()
    known = products.num_rows > 0 and products["product_line"].null_count < products.num_rows
    mix = extraction.mix()
    if known:
        lines = (
            products.select(["product_key", "product_line"])
            .group_by("product_key")
            .aggregate([("product_line", "min")])
        )
        lines = lines.rename_columns(["product_key", "product_line"])
        mix = mix.join(extraction.engine.frame(lines), on="product_key", how="left")
    else:
        mix = mix.with_columns(product_line=nw.col("product_key"))
    sums = mix.group_by("account_key", "product_line", "month", drop_null_keys=False).agg(
        *(nw.col(name).sum() for name in SUMMED_BY_LINE),
        nw.col("order_days").max(),
        nw.col("first_day_no").min(),
        nw.col("last_day_no").max(),
    )
    return _named(extraction.collect(sums.sort("account_key", "product_line", "month"))), known


def _members(extraction: Extraction) -> dict[str, int]:
    """Count the feed keys with lines behind each account."""
    keys = extraction.collect(
        extraction.engine.orders(extraction.left_out)
        .filter(nw.col("day_no") <= day_number(extraction.period.as_of))
        .select("source", "account_key")
        .unique()
    )
    columns = (keys[name].to_pylist() for name in ("source", "account_key"))
    return Counter(extraction.structure.account_of(key) for key in zip(*columns, strict=True))


def _masters(extraction: Extraction, accounts: set[str]) -> dict[str, dict[str, str | None]]:
    """Give name, segment, manager and department of each account; a group takes its first member's."""
    found: dict[str, dict[str, str | None]] = {
        field: {} for field in ("name", "segment", "manager", "department")
    }
    columns = {"segment": "segment", "manager": "manager_key", "department": "department_key"}
    for row in extraction.engine.accounts().to_pylist():
        key = (row["source"], row["account_key"])
        account = extraction.structure.account_of(key)
        if account not in accounts:
            continue
        for field, column in columns.items():
            found[field].setdefault(account, row[column])
        if account == extraction.structure.own(key):
            found["name"][account] = row["name"]
    return found
