"""The season that the series of a segment have in common, and smoothing beneath it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from kamstats.demand.simple import SEASON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kamstats.demand.matrix import History

    Floats = NDArray[np.float64]

CANDIDATES = tuple(product((0.02, 0.05, 0.1, 0.2, 0.4), (0.5, 1.0, 1.5)))
LEAST_FACTOR = 0.1  # a month's factor is not taken below: dividing by nothing invents demand


def season_factors(totals: History, origins: Sequence[int]) -> Floats:
    """Give the factor of each month of the year at each origin, from the totals before that origin.

    Returns (origins, 12, n) float64 of mean 1; the first is the month of row 0. All 1 with less than two
    years. One series has too little of its own to tell a season from chance; a total has more.
    Source: ratio to the centred moving average, Hyndman & Athanasopoulos, Forecasting: Principles and
    Practice (3rd ed.), section 3.4, multiplicative.

    >>> from kamstats.demand.matrix import history
    >>> told = season_factors(history([[2.0] * 6 + [4.0] * 6 + [2.0] * 6 + [4.0] * 6]), [24])
    >>> told[0, :, 0].round(2).tolist()[4:8]
    [0.67, 0.67, 1.33, 1.33]
    """
    return np.stack([_factors(totals, known) for known in origins])


def _factors(totals: History, known: int) -> Floats:
    flat = np.ones((SEASON, totals.start.size))
    if known < 2 * SEASON:
        return flat
    demand = totals.demand[:known]
    running = np.vstack([np.zeros(totals.start.size), np.cumsum(demand, axis=0)])
    year = running[SEASON:] - running[:-SEASON]
    centred = (year[1:] + year[:-1]) / (2 * SEASON)
    rows = np.arange(SEASON // 2, SEASON // 2 + centred.shape[0])
    ratio = np.divide(demand[rows], centred, out=np.ones_like(centred), where=centred > 0)
    sums = np.zeros_like(flat)
    np.add.at(sums, rows % SEASON, ratio)
    factors = np.maximum(sums / np.bincount(rows % SEASON, minlength=SEASON)[:, None], LEAST_FACTOR)
    factors /= factors.mean(axis=0)
    return np.where(totals.start <= known - 2 * SEASON, factors, flat)


def seasonal_smoothing(
    past: History,
    *,
    origins: Sequence[int],
    horizon: int,
    factors: Floats,
    candidates: Sequence[tuple[float, float]] = CANDIDATES,
) -> Floats:
    """Simple exponential smoothing of demand over its season's factor, raised to a power of its own.

    factors : (origins, 12, n), as `season_factors` gives them. Returns (origins, horizon, n).
    candidates : (alpha, power); a power of 1 takes the season of the segment as it is, 2 doubles its swing.
        At each origin a series takes the one with the smallest squared one-step errors so far.

    >>> from kamstats.demand.matrix import history
    >>> line = history([[1.0, 3.0] * 12])
    >>> told = seasonal_smoothing(line, origins=[24], horizon=2, factors=season_factors(line, [24]))
    >>> told.round(6).ravel().tolist()
    [1.0, 3.0]
    """
    return np.stack(
        [
            _seasonal_path(past, known, horizon, factors[place], candidates)
            for place, known in enumerate(origins)
        ]
    )


def _seasonal_path(
    past: History, known: int, horizon: int, factors: Floats, candidates: Sequence[tuple[float, float]]
) -> Floats:
    alphas, powers = (np.unique(values) for values in zip(*candidates, strict=True))
    swing = factors[None] ** powers[:, None, None]  # (powers, 12, n)
    level, squares = np.zeros((2, alphas.size, powers.size, past.start.size))
    alpha = alphas[:, None, None]
    for row in range(known):
        month = swing[:, row % SEASON]
        error = past.demand[row] / month - level
        squares += (error * month) ** 2
        level += alpha * error
        fresh = past.start == row
        if fresh.any():
            level[:, :, fresh] = (past.demand[row] / month)[:, fresh]
            squares[:, :, fresh] = 0
    flat = (alphas.size * powers.size, past.start.size)
    best = squares.reshape(flat).argmin(axis=0)
    each = np.arange(past.start.size)
    ahead = (known + np.arange(horizon)) % SEASON
    chosen: Floats = swing[best % powers.size, :, each].T[ahead]
    base: Floats = level.reshape(flat)[best, each]
    return base * chosen
