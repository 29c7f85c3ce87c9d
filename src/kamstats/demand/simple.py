"""The simplest forecasts: the same month of last year, and the mean of the last twelve months."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kamstats.demand.matrix import History

    Floats = NDArray[np.float64]

SEASON = 12


def seasonal_naive(past: History, *, origins: Sequence[int], horizon: int) -> Floats:
    """Forecast the value of the same month one year before the origin.

    origins : numbers of months known, ascending; a forecast at origin t sees the rows before t.
    Returns (origins, horizon, series) float64; NaN for a series with less than a year before the origin.
    Source: Hyndman & Athanasopoulos, Forecasting: Principles and Practice (3rd ed.), section 5.2.

    >>> from kamstats.demand.matrix import history
    >>> seasonal_naive(history([range(1, 15)]), origins=[14], horizon=2).ravel().tolist()
    [3.0, 4.0]
    """
    steps = np.arange(horizon) % SEASON
    rows = np.asarray(origins)[:, None] - SEASON + steps
    told = past.demand[np.maximum(rows, 0)]
    enough = np.asarray(origins)[:, None] - past.start >= SEASON
    return np.where(enough[:, None, :], told, np.nan)


def mean_of_year(past: History, *, origins: Sequence[int], horizon: int) -> Floats:
    """Forecast the mean of the last twelve months, or of as many as there are. Shapes as above.

    >>> from kamstats.demand.matrix import history
    >>> mean_of_year(history([[9.0, 1.0, 2.0]]), origins=[3], horizon=2).ravel().tolist()
    [4.0, 4.0]
    """
    ends = np.asarray(origins)
    total = np.vstack([np.zeros(past.start.size), np.cumsum(past.demand, axis=0)])
    known = np.clip(ends[:, None] - past.start, 1, SEASON)
    level = (total[ends] - total[np.maximum(ends - SEASON, 0)]) / known
    return np.repeat(level[:, None, :], horizon, axis=1)
