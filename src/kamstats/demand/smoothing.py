"""Exponential smoothing: simple, with a damped trend, and Theta, over grids of parameters.

All candidates of all series run together through the months, once. At each origin every series takes the
candidate with the smallest sum of squared one-step errors *so far*: what is judged later was chosen without
looking ahead.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kamstats.demand.matrix import History

    Floats = NDArray[np.float64]

ALPHAS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.95)
DAMPED = tuple(product((0.05, 0.1, 0.2, 0.4, 0.7), (0.05, 0.2, 0.5), (0.8, 0.9, 0.97)))


def _column(values: Sequence[float]) -> Floats:
    return np.asarray(values, np.float64)[:, None]


def _best(squares: Floats, states: Floats) -> Floats:
    """Take from each column of `states` the row that has the smallest sum of squares."""
    chosen: Floats = np.take_along_axis(states, squares.argmin(axis=0)[None], axis=0)[0]
    return chosen


def simple_smoothing(
    past: History, *, origins: Sequence[int], horizon: int, alphas: Sequence[float] = ALPHAS
) -> Floats:
    """Simple exponential smoothing; the level starts at the first month.

    origins, result : as in `kamstats.demand.simple`: (origins, horizon, series).
    Source: Hyndman, Koehler, Ord & Snyder, Forecasting with Exponential Smoothing (2008), section 2.3.

    >>> from kamstats.demand.matrix import history
    >>> simple_smoothing(history([[10.0, 20.0]]), origins=[2], horizon=1, alphas=[0.1]).ravel().tolist()
    [11.0]
    """
    alpha, wanted = _column(alphas), set(origins)
    level, squares = np.zeros((2, alpha.size, past.start.size))
    told = []
    for row in range(past.months + 1):
        if row in wanted:
            told.append(_best(squares, level))
        if row == past.months:
            break
        error = past.demand[row] - level
        squares += error * error
        level += alpha * error
        fresh = past.start == row
        level[:, fresh], squares[:, fresh] = past.demand[row, fresh], 0
    return np.repeat(np.stack(told)[:, None, :], horizon, axis=1)


def damped_smoothing(
    past: History,
    *,
    origins: Sequence[int],
    horizon: int,
    candidates: Sequence[tuple[float, float, float]] = DAMPED,
) -> Floats:
    """Exponential smoothing with a damped additive trend that starts at zero.

    candidates : (alpha, beta, phi); beta is the share of alpha that moves the trend.
    Returns (origins, horizon, series), never negative.
    Source: Gardner & McKenzie 1985; in error-correction form, Hyndman et al. 2008, table 2.2, row (A_d, N).

    >>> from kamstats.demand.matrix import history
    >>> line = history([[10.0, 20.0]])
    >>> told = damped_smoothing(line, origins=[2], horizon=2, candidates=[(0.5, 0.5, 0.8)])
    >>> told.round(6).ravel().tolist()  # level 15, trend 2.5
    [17.0, 18.6]
    """
    alpha, beta, phi = (_column(values) for values in zip(*candidates, strict=True))
    wanted = set(origins)
    level, trend, squares = np.zeros((3, alpha.size, past.start.size))
    told = []
    for row in range(past.months + 1):
        if row in wanted:
            told.append(_damped_path(squares, level, trend, phi, horizon))
        if row == past.months:
            break
        trend *= phi
        level += trend
        error = past.demand[row] - level
        squares += error * error
        error *= alpha
        level += error
        error *= beta
        trend += error
        fresh = past.start == row
        level[:, fresh], trend[:, fresh], squares[:, fresh] = past.demand[row, fresh], 0, 0
    return np.maximum(np.stack(told), 0)


def _damped_path(squares: Floats, level: Floats, trend: Floats, phi: Floats, horizon: int) -> Floats:
    best = squares.argmin(axis=0)[None]
    base, slope = (np.take_along_axis(state, best, axis=0) for state in (level, trend))
    steps = np.cumsum(phi[best[0]].T ** np.arange(1, horizon + 1)[:, None], axis=0)
    return np.asarray(base + slope * steps, np.float64)


def theta(past: History, *, origins: Sequence[int], horizon: int, alphas: Sequence[float] = ALPHAS) -> Floats:
    """The Theta method: simple smoothing that drifts by half the slope of the least-squares line.

    Returns (origins, horizon, series), never negative.
    Source: Assimakopoulos & Nikolopoulos 2000, in the form of Hyndman & Billah, "Unmasking the Theta
    method", International Journal of Forecasting 19 (2003), equation 9: the forecast is
    level + b/2 * (h - 1 + (1 - (1 - alpha)^n) / alpha).

    >>> from kamstats.demand.matrix import history
    >>> line = history([[1.0, 2.0, 3.0, 4.0]])
    >>> theta(line, origins=[4], horizon=2, alphas=[0.95]).round(2).ravel().tolist()
    [4.47, 4.97]
    """
    alpha, wanted = _column(alphas), set(origins)
    level, squares = np.zeros((2, alpha.size, past.start.size))
    ahead = np.arange(horizon)[:, None]
    told = []
    for row in range(past.months + 1):
        known = np.maximum(row - past.start, 0)
        drift = _half_slope(past, row)
        first = level + drift * (1 - (1 - alpha) ** known) / alpha
        if row in wanted:
            told.append(_best(squares, first) + drift * ahead)
        if row == past.months:
            break
        error = past.demand[row] - first
        squares += error * error
        level += alpha * (past.demand[row] - level)
        fresh = past.start == row
        level[:, fresh], squares[:, fresh] = past.demand[row, fresh], 0
    return np.maximum(np.stack(told), 0)


def _half_slope(past: History, row: int) -> Floats:
    """Half the slope of the least-squares line through the months before `row`; 0 below three months."""
    known = np.maximum(row - past.start, 0).astype(np.float64)
    place = np.arange(row)[:, None] - past.start
    middle = (known - 1) / 2
    product_sum = ((place - middle) * past.demand[:row]).sum(axis=0)
    spread = known * (known * known - 1) / 12
    return np.where(known >= 3, product_sum / np.maximum(spread, 1) / 2, 0.0)
