"""What the repeat-buying models know of an account: x repeat purchases, the last at t_x, watched until T."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

    from kamstats.repeat_buying.newton import Floats

Integers = NDArray[np.int64]

UNIT_DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12}
GROUPING_PAYS_FROM = 10_000  # rows; below, sorting costs more than it saves

SUMMARY_SHAPES_DIFFER = sentence(
    "summary_shapes_differ",
    "The columns x, t_x and T have {x}, {t_x} and {T} rows; one row per account is expected in each. "
    "Give columns of one length.",
)
SUMMARY_OUT_OF_RANGE = sentence(
    "summary_out_of_range",
    "{rows} rows break 0 ≤ t_x ≤ T, x ≥ 0, or t_x = 0 where x = 0. Count x without the first order and "
    "measure t_x and T in whole days from it.",
)
UNKNOWN_TIME_UNIT = sentence(
    "unknown_time_unit", 'The time unit "{unit}" is unknown. Use "day", "week" or "month".'
)


@dataclass(frozen=True, slots=True)
class Summary:
    """One row per account, each of shape (n,).

    `x` counts the order days after the first. `t_x` (first to last order) and `T` (first order to the end
    of the watch) are whole days and become units only by division with `unit_days`, never by rounding.
    `log_gaps` is the sum of the logarithms of the intervals between orders, in days; only MBG/CNBD-k
    with k > 1 uses it.
    """

    x: Integers
    t_x: Integers
    T: Integers
    unit_days: float = 7.0
    log_gaps: Floats | None = None

    def __post_init__(self) -> None:
        rows = len(self.x), len(self.t_x), len(self.T)
        if len(set(rows)) > 1:
            raise Invalid(SUMMARY_SHAPES_DIFFER(x=rows[0], t_x=rows[1], T=rows[2]))
        wrong = (self.t_x < 0) | (self.t_x > self.T) | (self.x < 0) | ((self.x == 0) & (self.t_x != 0))
        if wrong.any():
            raise Invalid(SUMMARY_OUT_OF_RANGE(rows=int(wrong.sum())))

    def __len__(self) -> int:
        return len(self.x)

    @property
    def recency(self) -> Floats:
        """t_x in units, (n,)."""
        return np.asarray(self.t_x / self.unit_days)

    @property
    def age(self) -> Floats:
        """T in units, (n,)."""
        return np.asarray(self.T / self.unit_days)


@dataclass(frozen=True, slots=True)
class Groups:
    """Distinct rows of a summary with their weights; time in whole days.

    `scale_days` is the mean age: fits in multiples of it do not depend on the unit, and their parameters are
    of the order of one.
    """

    x: Integers
    t_x: Integers
    T: Integers
    weight: Floats
    scale_days: float

    def take(self, rows: Integers) -> Groups:
        """Give some of the rows."""
        return Groups(self.x[rows], self.t_x[rows], self.T[rows], self.weight[rows], self.scale_days)

    def thinned(self, rows: int) -> Groups:
        """Give about `rows` rows drawn evenly over the accounts, to find a starting point."""
        if len(self.x) <= rows:
            return self
        reached = np.cumsum(self.weight)
        at = np.searchsorted(reached, (np.arange(rows) + 0.5) * (reached[-1] / rows))
        index, count = np.unique(at, return_counts=True)
        return replace(self.take(index), weight=count.astype(np.float64))


def group(summary: Summary) -> Groups:
    """Collapse equal (x, t_x, T): exact, as time is whole days. Small summaries stay as they are.

    >>> groups = group(Summary(np.array([0, 2]), np.array([0, 9]), np.array([10, 30])))
    >>> groups.T.tolist(), groups.scale_days
    ([10, 30], 20.0)
    """
    scale = max(float(summary.T.mean()), 1e-9) if len(summary) else 1.0
    if len(summary) < GROUPING_PAYS_FROM:
        return Groups(summary.x, summary.t_x, summary.T, np.ones(len(summary)), scale)
    again = np.flatnonzero(summary.x)
    single = np.bincount(summary.T) - np.bincount(summary.T[again], minlength=int(summary.T.max()) + 1)
    ages = np.flatnonzero(single)
    zero = np.zeros_like(ages)
    columns, weight = _distinct(summary.x[again], summary.t_x[again], summary.T[again])
    x, t_x, age = (np.concatenate(pair) for pair in zip((zero, zero, ages), columns, strict=True))
    return Groups(x, t_x, age, np.concatenate((single[ages], weight)), scale)


def _distinct(x: Integers, t_x: Integers, age: Integers) -> tuple[tuple[Integers, ...], Floats]:
    days = int(age.max(initial=0)) + 1
    key = _sorted_keys(x, t_x, age, days)
    first = np.flatnonzero(np.concatenate((np.ones(min(len(key), 1), bool), key[1:] != key[:-1])))
    weight = np.diff(first, append=len(key)).astype(np.float64)
    rest, last = np.divmod(key[first], key.dtype.type(days))
    head, middle = np.divmod(rest, key.dtype.type(days))
    return tuple(column.astype(np.int64) for column in (head, middle, last)), weight


def _sorted_keys(x: Integers, t_x: Integers, age: Integers, days: int) -> NDArray[np.integer[Any]]:
    """Pack each row into one number; half the width sorts twice as fast."""
    narrow = (int(x.max(initial=0)) + 1) * days * days < 2**32
    kind: type[np.integer[Any]] = np.uint32 if narrow else np.int64
    key: NDArray[np.integer[Any]] = ((x * days + t_x) * days + age).astype(kind)
    key.sort()
    return key


@dataclass(frozen=True)
class OrderDays:
    """Every order day of every account: `account` (n,) keys, `day_no` (m,) ascending inside an account.

    `code` (m,) says whose day it is. Days are distinct inside an account.
    """

    account: NDArray[np.object_]
    code: Integers
    day_no: Integers

    @cached_property
    def first(self) -> Integers:
        """The first order day of each account, (n,)."""
        starts = np.flatnonzero(np.diff(self.code, prepend=-1))
        return self.day_no[starts]

    @cached_property
    def _log_gap(self) -> Floats:
        """The logarithm of the interval before each order, 0 for the first of an account, (m,)."""
        gap = np.diff(self.day_no, prepend=0)
        gap[np.diff(self.code, prepend=-1) != 0] = 1
        return np.log(gap)

    def until(self, day_no: int) -> NDArray[np.bool_]:
        """Which accounts have ordered by this day, it included, (n,)."""
        return np.asarray(self.first <= day_no)

    def summary(self, day_no: int, unit_days: float) -> Summary:
        """Summarise the accounts of :meth:`until` as they stood at the end of `day_no`."""
        seen, kept = self.until(day_no), self.day_no <= day_no
        code, accounts = self.code[kept], len(self.account)
        last = np.zeros(accounts, np.int64)
        last[code] = self.day_no[kept]  # ascending: the last assignment wins
        gaps = np.bincount(code, self._log_gap[kept], accounts).astype(np.float64)
        orders = np.bincount(code, minlength=accounts)
        first = self.first[seen]
        return Summary(orders[seen] - 1, last[seen] - first, day_no - first, unit_days, gaps[seen])

    def orders_between(self, after: int, until: int) -> Integers:
        """Count the orders of each account after `after`, up to and including `until`, (n,)."""
        kept = (self.day_no > after) & (self.day_no <= until)
        return np.bincount(self.code[kept], minlength=len(self.account))


def order_days(orders: IntoFrame) -> OrderDays:
    """Read `account_key`, `day_no` and, where there is one, `is_order` from any frame.

    Rows without an account and rows that are no order are passed over; several rows of one account on one
    day are one order.

    >>> import pyarrow as pa
    >>> days = order_days(pa.table({"account_key": ["b", "a", "a", "a"], "day_no": [5, 9, 2, 9]}))
    >>> days.account.tolist(), days.code.tolist(), days.day_no.tolist()
    (['a', 'b'], [0, 0, 1], [2, 9, 5])
    """
    frame = nw.from_native(orders).lazy()
    if "is_order" in frame.collect_schema().names():
        frame = frame.filter(nw.col("is_order"))
    frame = frame.filter(~nw.col("account_key").is_null()).select("account_key", "day_no").unique()
    rows = frame.sort("account_key", "day_no").collect()
    key = rows.get_column("account_key")
    begins = (key != key.shift(1)).fill_null(value=True).to_numpy().astype(bool)
    account = np.asarray(key[np.flatnonzero(begins).tolist()].to_list(), object)
    return OrderDays(account, np.cumsum(begins) - 1, rows.get_column("day_no").to_numpy().astype(np.int64))


def unit_days(unit: str) -> float:
    """Give the days of a time unit: 1, 7 or a twelfth of 365.25."""
    if unit not in UNIT_DAYS:
        raise Invalid(UNKNOWN_TIME_UNIT(unit=unit))
    return UNIT_DAYS[unit]
