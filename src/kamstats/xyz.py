"""XYZ: how evenly an account buys, by variation and by frequency; and the nine cells with ABC.

Source of the classes: the XYZ analysis of materials management (H. Hartmann, Materialwirtschaft, 2002),
used on accounts. On account-months the textbook limits of 10 and 25 % put nearly everybody into Z, so the
defaults are wider and every result says which limits were used.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import numpy as np

from kamstats import frames
from kamstats.errors import Declined, Invalid
from kamstats.periods import MONTHS_IN, Months, Unit, month_index, month_index_of, whole_quarters
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from kamstats.frames import AnyFrame, Limit

TOO_FEW_PERIODS = sentence(
    "too_few_periods",
    "The period holds {quarters} whole quarters and {months} whole months; variation needs at least "
    "{need_quarters} quarters or {need_months} months. Choose a longer period.",
)
STARTS_DO_NOT_FIT = sentence(
    "starts_do_not_fit",
    "There are {starts} first periods for {accounts} accounts. Give one per account, from 0 to {periods}.",
)

TEXTBOOK = (0.10, 0.25)
QUARTERS = (0.25, 0.50)
MIDDLE = (0.20, 0.60)
MONTHS = (0.50, 1.00)
DEFAULT_LIMITS: dict[Unit, tuple[float, float]] = {"quarter": QUARTERS, "month": MONTHS}
DUST = 1e-14
LEAST: dict[Unit, int] = {"quarter": 4, "month": 6}


@dataclass(frozen=True, slots=True)
class Window:
    """The whole periods over which variation is measured, and the limits that go with their length."""

    unit: Unit
    months: Months
    periods: int
    limits: tuple[float, float]

    @property
    def season(self) -> int:
        """Periods in a year."""
        return 12 // MONTHS_IN[self.unit]

    @property
    def phase(self) -> int:
        """Position of the first period in its year, from 0."""
        return month_index(self.months.first) % 12 // MONTHS_IN[self.unit]


def choose_window(
    months: Months | None,
    *,
    unit: Literal["auto", "month", "quarter"] = "auto",
    limits: tuple[float, float] | None = None,
) -> Window:
    """Choose quarters where at least 4 lie wholly inside, else months where there are 6, else decline.

    `months` are the whole months of the period (:func:`kamstats.periods.whole_months`).

    >>> choose_window(Months(202402, 202501)).unit
    'month'
    """
    quarters = whole_quarters(months) if months else None
    candidates: dict[Unit, Months | None] = {"quarter": quarters, "month": months}
    for name, span in candidates.items():
        count = len(span) // MONTHS_IN[name] if span else 0
        if span and unit in ("auto", name) and count >= LEAST[name]:
            return Window(name, span, count, limits or DEFAULT_LIMITS[name])
    raise Declined(
        TOO_FEW_PERIODS(
            quarters=len(quarters) // 3 if quarters else 0,
            months=len(months) if months else 0,
            need_quarters=LEAST["quarter"],
            need_months=LEAST["month"],
        )
    )


def variation(values: ArrayLike, first: ArrayLike | None = None, *, least: int = 1) -> NDArray[np.float64]:
    """Measure the coefficient of variation of each account: population standard deviation / mean.

    Parameters
    ----------
    values : (accounts, periods) float; a period without a booking is 0, never missing.
    first : (accounts,) int, the period of the first order: earlier periods do not count. Default 0.
    least : with fewer periods there is no answer. An account of one period varies by 0 and is X; 2 leaves
        such newcomers out.

    Returns
    -------
    (accounts,) float, >= 0; NaN where the mean is not above zero or fewer than `least` periods count.

    >>> variation([[1, 1, 1, 1], [0, 0, 4, 4], [0, 0, 0, 0]]).tolist()
    [0.0, 1.0, nan]
    >>> variation([[0, 0, 4, 4]], first=[2]).tolist()
    [0.0]
    """
    table, counts = _matrix(values, first)
    return _ratio_to_mean(table, counts, _sum_of_squares(table, counts), counts, least)


def adjusted_variation(
    values: ArrayLike, first: ArrayLike | None = None, *, season: int = 12, phase: int = 0, least: int = 1
) -> NDArray[np.float64]:
    """Measure variation with trend and season removed, so that steady growth or a yearly rhythm is not Z.

    Each account's periods from its first order are regressed on a straight line (at least 4 periods) and on
    the season as dummies (at least two whole seasons); the residual sum of squares is divided by the number
    of periods less the parameters beyond the mean, so that the raw measure is the case without any.

    Parameters
    ----------
    values, first, least : as in :func:`variation`.
    season : periods in a year, 12 or 4.
    phase : position in the year of the first column, 0 for January or the first quarter.

    Source: least-squares decomposition by a linear trend and seasonal dummies, R. J. Hyndman and
    G. Athanasopoulos, Forecasting: Principles and Practice, 3rd ed. 2021, sections 7.1 and 7.4; classifying
    by what a forecast leaves unexplained after B. Scholz-Reiter et al., "Integration of demand forecasts in
    ABC-XYZ analysis", Int. J. of Productivity and Performance Management 61(4), 2012.

    >>> adjusted_variation([[10, 20, 30, 40, 50, 60]]).round(9).tolist()
    [0.0]
    """
    table, counts = _matrix(values, first)
    periods = table.shape[1]
    squares, freedom = np.zeros(len(table)), counts.astype(np.float64)
    for count in np.unique(counts[counts > 0]):
        chosen = counts == count
        basis = _basis(int(count), season, phase + periods - int(count))
        part = table[chosen, periods - int(count) :]
        squares[chosen] = np.square(part - (part @ basis) @ basis.T).sum(axis=1)
        freedom[chosen] = count - basis.shape[1] + 1
    return _ratio_to_mean(table, counts, squares, freedom, least)


def _basis(count: int, season: int, phase: int) -> NDArray[np.float64]:
    """Span the mean, the trend and the season over `count` periods by orthonormal columns."""
    position = np.arange(count)
    columns = [np.ones(count)]
    if count >= LEAST["quarter"]:
        columns.append(position - position.mean())
    if count >= 2 * season:
        columns += [((position + phase) % season == part).astype(float) for part in range(1, season)]
    return np.linalg.qr(np.column_stack(columns))[0]


def _matrix(values: ArrayLike, first: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    table = np.array(values, dtype=np.float64, ndmin=2)
    accounts, periods = table.shape
    starts = np.zeros(accounts, np.int64) if first is None else np.asarray(first, np.int64)
    if starts.shape != (accounts,) or (accounts and (starts.min() < 0 or starts.max() > periods)):
        raise Invalid(STARTS_DO_NOT_FIT(starts=starts.size, accounts=accounts, periods=periods))
    table[np.arange(periods) < starts[:, None]] = 0.0
    return table, periods - starts


def _sum_of_squares(table: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sum the squared distances from the mean over the periods that count."""
    mean = table.sum(axis=1) / np.maximum(counts, 1)
    counted = np.arange(table.shape[1]) >= table.shape[1] - counts[:, None]
    squares: NDArray[np.float64] = np.square(np.where(counted, table - mean[:, None], 0.0)).sum(axis=1)
    return squares


def _ratio_to_mean(
    table: NDArray[np.float64],
    counts: NDArray[np.int64],
    squares: NDArray[np.float64],
    freedom: NDArray[np.float64] | NDArray[np.int64],
    least: int,
) -> NDArray[np.float64]:
    mean = table.sum(axis=1) / np.maximum(counts, 1)
    cv = np.full(len(table), np.nan)
    # Returns that cancel purchases leave dust in floats; it is no mean above zero.
    counted = (counts >= max(least, 1)) & (mean > DUST * np.abs(table).sum(axis=1))
    cv[counted] = np.sqrt(squares[counted] / freedom[counted]) / mean[counted]
    return cv


def quantile_limits(cv: ArrayLike, at: tuple[float, float] = (1 / 3, 2 / 3)) -> tuple[float, float]:
    """Take the limits from the book itself: the steadiest third is X, the next Y (type-7 quantiles).

    NaN are left out. Declined when no account has a variation.

    >>> quantile_limits([0.1, 0.2, 0.3, 0.4])
    (0.2, 0.3)
    """
    known = np.asarray(cv, np.float64)
    known = known[~np.isnan(known)]
    if not known.size:
        raise Declined(NO_VARIATION())
    low, high = np.quantile(known, at)
    return float(low), float(high)


NO_VARIATION = sentence(
    "no_variation",
    "No account has a variation: none has a mean above zero in the period. Choose a longer period.",
)


def xyz_classes(cv: ArrayLike, limits: tuple[float, float]) -> NDArray[np.str_]:
    """Divide by variation: X up to the first limit, Y up to the second, else Z; NaN gives an empty text.

    >>> xyz_classes([0.10, 0.25, 0.26, float("nan")], (0.10, 0.25)).tolist()
    ['X', 'Y', 'Z', '']
    """
    frames.require_rising(limits, example="0.25, 0.50")
    known = np.asarray(cv, np.float64)
    letters = np.where(known <= limits[0], "X", np.where(known <= limits[1], "Y", "Z"))
    return np.where(np.isnan(known), "", letters)


def xyz_from_months(
    months: AnyFrame,
    window: Window,
    *,
    key: str = "account_key",
    month: str = "month",
    value: str = "revenue",
    first_month: str | None = None,
    least: int = 1,
    by: Sequence[str] = (),
) -> nw.LazyFrame[Any]:
    """Classify accounts straight from the table of months, on any engine.

    Parameters
    ----------
    months : rows of account (and level) and month with an amount, the whole history; several rows of one
        account and month are added.
    window : from :func:`choose_window`.
    first_month : column with the month of the account's first order. Without it the first month with a
        value above zero is taken.
    least : as in :func:`variation`.

    Returns
    -------
    One row per account (and level) that ordered before the end of the window: `mean` per period, `cv` (null
    where the mean is not above zero or the periods are too few), `xyz`, and the number of `periods`.

    >>> import pyarrow as pa
    >>> months = pa.table({"account_key": ["a"] * 6, "month": range(202401, 202407), "revenue": [5] * 6})
    >>> xyz_from_months(months, choose_window(Months(202401, 202406))).collect().rows()
    [('a', 5.0, 0.0, 'X', 6)]
    """
    given, identity = frames.lazy(months), (*by, key)
    frames.require(given, *identity, month, exact=(value,))
    start, end = month_index(window.months.first), month_index(window.months.last)
    at, opened, size = nw.col("_at"), nw.col("_opened"), MONTHS_IN[window.unit]
    opens = nw.col("_opens") if first_month else nw.when(nw.col("_amount") > 0).then(at)
    placed = (
        given.select(
            *identity,
            _amount=nw.col(value),
            _at=month_index_of(nw.col(month).cast(nw.Int64)),
            _opens=month_index_of(nw.col(first_month or month).cast(nw.Int64)),
        )
        .with_columns(_opens=opens)
        .with_columns(_opened=nw.col("_opens").min().over(*identity))
        .filter(~opened.is_null() & (opened <= end))
        .with_columns(
            _first=nw.when(opened > start).then((opened - start) // size).otherwise(0),
            _period=nw.when(at.is_between(start, end)).then((at - start) // size),
        )
        .with_columns(_period=nw.when(nw.col("_period") >= nw.col("_first")).then(nw.col("_period")))
    )
    return _classes_of(placed, window, identity, least)


def _classes_of(
    placed: nw.LazyFrame[Any], window: Window, identity: Sequence[str], least: int
) -> nw.LazyFrame[Any]:
    """From bookings with their period (null where it does not count) to one row per account."""
    amount, mean, cv = nw.col("_amount"), nw.col("mean"), nw.col("cv")
    counts = ~nw.col("_period").is_null()
    active = (
        placed.group_by(*identity, "_first", "_period")
        .agg(amount.sum())
        .with_columns(_amount=nw.when(counts).then(amount), _real=nw.when(counts).then(1.0).otherwise(0.0))
        .with_columns(_length=(window.periods - nw.col("_first")).cast(nw.Float64))
        .with_columns(_whole=amount.sum().over(*identity))
        .with_columns(
            mean=nw.col("_whole").cast(nw.Float64) / nw.col("_length"), _amount=amount.cast(nw.Float64)
        )
        .with_columns(_square=(amount - mean) * (amount - mean))
    )
    sums = active.group_by(*identity).agg(
        nw.col("_length", "mean", "_whole").max(), nw.col("_square", "_real").sum()
    )
    spread = (nw.col("_square") + (nw.col("_length") - nw.col("_real")) * mean * mean) / nw.col("_length")
    x, y = window.limits
    beyond_x = nw.when(cv <= y).then(nw.lit("Y")).otherwise(nw.lit("Z"))
    letter = nw.when(cv <= x).then(nw.lit("X")).otherwise(beyond_x)
    known = (nw.col("_whole") > 0) & (nw.col("_length") >= least)
    return sums.with_columns(cv=nw.when(known).then(spread.sqrt() / mean)).select(
        *identity,
        "mean",
        "cv",
        xyz=nw.when(cv.is_null()).then(nw.lit(None, dtype=nw.String)).otherwise(letter),
        periods=nw.col("_length").cast(nw.Int64),
    )


def frequency_classes(
    orders: AnyFrame,
    window: Months,
    *,
    key: str = "account_key",
    month: str = "month",
    is_order: str | None = None,
    often: Limit = Decimal("0.80"),
    regular: Limit = Decimal("0.40"),
) -> nw.LazyFrame[Any]:
    """Classify by how regularly orders come: the XYZ by purchase frequency.

    Parameters
    ----------
    orders : one row per order (or per account and month with one); `is_order` names a column of flags
        where other account-days are in the table too.
    window : the months of the period; an account counts from the month of its first order.

    Returns
    -------
    One row per account with an order up to the end of the window: `months` that count, `active_months` with
    an order, and `frequency_class`: `often` (at least 80 % of the months), `regular` (40 %), `irregular`.

    >>> import pyarrow as pa
    >>> orders = pa.table({"account_key": ["a", "a", "b"], "month": [202401, 202402, 202401]})
    >>> frequency_classes(orders, Months(202401, 202403)).sort("account_key").collect().rows()
    [('a', 3, 2, 'regular'), ('b', 3, 1, 'irregular')]
    """
    given = frames.lazy(orders)
    frames.require(given, key, month)
    if is_order:
        given = given.filter(nw.col(is_order))
    start, end = month_index(window.first), month_index(window.last)
    at, first, months = nw.col("_at"), nw.col("_first"), nw.col("months")
    found = (
        given.select(key, _at=month_index_of(nw.col(month).cast(nw.Int64)))
        .filter(at <= end)
        .group_by(key, "_at")
        .agg(nw.len().alias("_orders"))
        .with_columns(_active=nw.when(at >= start).then(1).otherwise(0))
        .group_by(key)
        .agg(at.min().alias("_first"), nw.col("_active").sum().cast(nw.Int64).alias("active_months"))
        .with_columns(months=(end + 1 - nw.when(first > start).then(first).otherwise(start)).cast(nw.Int64))
    )
    seldom = (
        nw.when(frames.at_least(nw.col("active_months"), regular, months))
        .then(nw.lit("regular"))
        .otherwise(nw.lit("irregular"))
    )
    is_often = frames.at_least(nw.col("active_months"), often, months)
    return found.select(
        key,
        "months",
        "active_months",
        frequency_class=nw.when(is_often).then(nw.lit("often")).otherwise(seldom),
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the ABC-XYZ matrix; a missing class is None."""

    abc: str | None
    xyz: str | None
    accounts: int
    value: Decimal
    share: float  # of the value of all cells


def abc_xyz_matrix(
    frame: AnyFrame, *, abc: str = "abc", xyz: str = "xyz", value: str = "revenue"
) -> tuple[Cell, ...]:
    """Count the nine cells with their money; cells of accounts without a class follow, if there are any.

    The cells add up to all rows exactly.

    >>> import pyarrow as pa
    >>> book = pa.table({"abc": ["A", "B"], "xyz": ["X", None], "revenue": [3, 1]})
    >>> [(cell.abc, cell.xyz, int(cell.value)) for cell in abc_xyz_matrix(book) if cell.accounts]
    [('A', 'X', 3), ('B', None, 1)]
    """
    given = frames.lazy(frame)
    frames.require(given, abc, xyz, exact=(value,))
    grouped = given.group_by(abc, xyz).agg(nw.len().alias("accounts"), nw.col(value).sum().alias("value"))
    found = {
        (row[abc] or None, row[xyz] or None): (int(row["accounts"]), Decimal(str(row["value"] or 0)))
        for row in frames.rows(grouped)
    }
    whole = sum((money for _, money in found.values()), Decimal(0))
    nine: list[tuple[str | None, str | None]] = [(a, x) for a in "ABC" for x in "XYZ"]
    rest = sorted(found.keys() - set(nine), key=lambda cell: (cell[0] or "Z", cell[1] or "Z"))
    return tuple(_cell(place, *found.get(place, (0, Decimal(0))), whole) for place in nine + rest)


def _cell(place: tuple[str | None, str | None], accounts: int, value: Decimal, whole: Decimal) -> Cell:
    return Cell(*place, accounts, value, float(value / whole) if whole else 0.0)
