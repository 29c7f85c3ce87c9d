"""XYZ by arrays: the quick way on one machine, with adjustment and with limits from the book itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import narwhals as nw
import numpy as np

from kamstats import columns, frames
from kamstats.periods import MONTHS_IN, month_index, month_index_of
from kamstats.xyz import Window, adjusted_variation, quantile_limits, variation, xyz_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kamstats.frames import AnyFrame


@dataclass(frozen=True, slots=True)
class PeriodMatrix:
    """Accounts by periods as arrays: those that ordered before the end of the window."""

    account_keys: tuple[str, ...]  # rising
    values: NDArray[np.float64]  # (accounts, periods), whole ten-thousandths: returns cancel exactly
    first: NDArray[np.int64]  # (accounts,) period of the first order


def period_matrix(
    months: AnyFrame,
    window: Window,
    *,
    key: str = "account_key",
    month: str = "month",
    value: str = "revenue",
    first_month: str | None = None,
) -> PeriodMatrix:
    """Spread the table of months over the periods of the window; the same accounts as xyz_from_months.

    The quick way on one machine, and the way to adjusted variation and to limits from quantiles.

    >>> import pyarrow as pa
    >>> from kamstats.periods import Months
    >>> from kamstats.xyz import choose_window
    >>> months = pa.table({"account_key": ["a", "a"], "month": [202402, 202406], "revenue": [5, 7]})
    >>> matrix = period_matrix(months, choose_window(Months(202401, 202406)))
    >>> (matrix.values / 10_000).tolist(), matrix.first.tolist()
    ([[0.0, 5.0, 0.0, 0.0, 0.0, 7.0]], [1])
    """
    given = frames.lazy(months)
    frames.require(given, key, month, exact=(value,))
    start, end = month_index(window.months.first), month_index(window.months.last)
    found = given.select(
        _key=nw.col(key),
        _amount=nw.col(value),
        _at=month_index_of(nw.col(month).cast(nw.Int64)),
        _opens=month_index_of(nw.col(first_month or month).cast(nw.Int64)),
    )
    table = columns.arrow(found)
    account, account_keys = columns.codes(table["_key"])
    amount, at = columns.ten_thousandths(table["_amount"], value), table["_at"].to_numpy()
    opened = np.full(len(account_keys), np.iinfo(np.int64).max)
    opens = amount > 0 if first_month is None else np.ones(len(account), np.bool_)
    np.minimum.at(opened, account[opens], table["_opens"].to_numpy()[opens])
    size, periods = MONTHS_IN[window.unit], window.periods
    first = np.maximum(opened - start, 0) // size
    period = (at - start) // size
    counted = (at >= start) & (at <= end) & (period >= first[account])
    place = account[counted] * periods + period[counted]
    sums = np.bincount(place, amount[counted], len(account_keys) * periods)
    kept = np.flatnonzero(opened <= end)
    values = sums.astype(np.float64).reshape(-1, periods)
    return PeriodMatrix(tuple(account_keys[row] for row in kept), values[kept], first[kept])


@dataclass(frozen=True, slots=True)
class Evenness:
    """Variation and class of each account, with the limits that were used."""

    account_keys: tuple[str, ...]
    cv: NDArray[np.float64]  # NaN where the mean is not above zero
    xyz: NDArray[np.str_]  # empty there
    limits: tuple[float, float]
    window: Window


def evenness(
    matrix: PeriodMatrix,
    window: Window,
    *,
    limits_by: Literal["limits", "quantiles"] = "limits",
    adjusted: bool = False,
    least: int = 1,
) -> Evenness:
    """Classify a matrix of periods: by the window's limits or the book's own thirds, raw or adjusted.

    Declined where quantiles are asked for and no account has a variation.

    >>> from kamstats.periods import Months
    >>> from kamstats.xyz import choose_window
    >>> window = choose_window(Months(202401, 202406))
    >>> matrix = PeriodMatrix(("a",), np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]), np.array([0]))
    >>> evenness(matrix, window).xyz.tolist(), evenness(matrix, window, adjusted=True).cv.round(9).tolist()
    (['X'], [0.0])
    """
    if adjusted:
        cv = adjusted_variation(
            matrix.values, matrix.first, season=window.season, phase=window.phase, least=least
        )
    else:
        cv = variation(matrix.values, matrix.first, least=least)
    limits = quantile_limits(cv) if limits_by == "quantiles" else window.limits
    return Evenness(matrix.account_keys, cv, xyz_classes(cv, limits), limits, window)
