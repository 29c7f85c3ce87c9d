"""From months in rows to a matrix of series by months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MATRIX_SHAPE = sentence(
    "demand_not_a_matrix",
    "Demand must be a matrix of series by months, at least one month; its shape is {shape}.",
)
PIVOT_ROWS = sentence(
    "demand_rows_differ", "The arrays differ in length: {series} series, {months} months, {values} values."
)
OUT_OF_RANGE = sentence(
    "demand_out_of_range",
    "The {what} {found} lies outside {low} to {high}. "
    "Number series from 0, and give the months of the period.",
)


def month_number(month: ArrayLike) -> Ints:
    """Number months given as year * 100 + month consecutively.

    >>> (month_number([202401]) - month_number([202312])).tolist()
    [1]
    """
    years, months = np.divmod(np.asarray(month, np.int64), 100)
    return np.asarray(years * 12 + months - 1, np.int64)


def pivot(
    series: ArrayLike,
    month: ArrayLike,
    value: ArrayLike,
    *,
    first_month: int,
    last_month: int,
    count: int | None = None,
) -> Floats:
    """Lay out rows (series, month, value) as a matrix of series by months.

    series : (n,) int from 0 on; month : (n,) int, year * 100 + month; value : (n,) float.
    first_month, last_month : year * 100 + month, inclusive; give whole months only.
    count : number of series; default the highest + 1.
    Returns (count, months) float64: the sum of the values of each month, 0 where none, NaN before the
        first month of the series that has a value above zero (a credit note is no beginning).
    Raises Invalid when lengths differ or a number lies outside.

    >>> pivot([0, 0, 1], [202401, 202403, 202402], [5, 7, 1], first_month=202401, last_month=202403).tolist()
    [[5.0, 0.0, 7.0], [nan, 1.0, 0.0]]
    """
    rows, worth = np.asarray(series, np.int64), np.asarray(value, np.float64)
    begin, end = (int(month_number(bound)) for bound in (first_month, last_month))
    column = month_number(month) - begin
    if not rows.shape == worth.shape == column.shape:
        raise Invalid(PIVOT_ROWS(series=rows.size, months=column.size, values=worth.size))
    size = int(rows.max(initial=-1)) + 1 if count is None else count
    _check_range("series", rows, size)
    _check_range("month", column, end - begin + 1)
    shape = (size, end - begin + 1)
    flat = np.ravel_multi_index((rows, column), shape)
    matrix = np.bincount(flat, worth, size * shape[1]).reshape(shape)
    begun = np.maximum.accumulate(matrix > 0, axis=1)
    return np.where(begun, matrix, np.nan)


def _check_range(what: str, numbers: Ints, size: int) -> None:
    outside = numbers[(numbers < 0) | (numbers >= size)]
    if outside.size:
        raise Invalid(OUT_OF_RANGE(what=what, found=int(outside[0]), low=0, high=size - 1))


@dataclass(frozen=True, slots=True)
class History:
    """Series made ready: time runs down the rows, so that one month of all series lies together.

    demand : (months, series) float64, never negative, no missing values.
    start : (series,) int64, the row of the first month; the number of months where there is none.
    clipped : (series,) int64, months whose credit notes exceeded the sales and count as zero.
    """

    demand: Floats
    start: Ints
    clipped: Ints

    @property
    def months(self) -> int:
        """Give the number of months."""
        return int(self.demand.shape[0])

    @property
    def lengths(self) -> Ints:
        """Give each series' months since its first."""
        return self.months - self.start

    @property
    def active(self) -> Ints:
        """Give each series' months with demand."""
        return np.asarray((self.demand > 0).sum(axis=0), np.int64)

    def of(self, series: slice | NDArray[np.bool_] | Ints) -> History:
        """Give some of the series."""
        return History(np.ascontiguousarray(self.demand[:, series]), self.start[series], self.clipped[series])


def history(matrix: ArrayLike) -> History:
    """Make a matrix of series by months ready: NaN before the first month, negatives clipped to zero.

    A month in which credit notes exceed sales has no demand to plan for; the goods came back earlier than
    any forecast could use. NaN after the first month counts as zero.

    >>> told = history([[np.nan, 4.0, -1.0]])
    >>> told.demand.T.tolist(), told.start.tolist(), told.clipped.tolist()
    ([[0.0, 4.0, 0.0]], [1], [1])
    """
    values = np.asarray(matrix, np.float64)
    if values.ndim != 2 or values.shape[1] == 0:
        raise Invalid(MATRIX_SHAPE(shape=" x ".join(str(size) for size in values.shape)))
    known = ~np.isnan(values)
    start = np.where(known.any(axis=1), known.argmax(axis=1), values.shape[1]).astype(np.int64)
    clipped = (values < 0).sum(axis=1).astype(np.int64)
    demand = np.where(known & (values > 0), values, 0.0)
    return History(np.ascontiguousarray(demand.T), start, clipped)
