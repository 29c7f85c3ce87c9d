"""Rolling-origin errors of every method on every series, summed up in one pass over a block of series."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kamstats.demand.matrix import History

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

ORIGINS = 12  # a whole year is judged
LEAST_JUDGED = 3  # origins at which a method must have been there to be chosen
LEAST_KNOWN = 6  # months a series must have before an origin for its error to count
SPREAD_WEIGHT = 2  # origins that the spread of the history counts for in the scale of the errors
EDGES = np.linspace(-8, 8, 641)  # of the histogram of scaled errors


def rolling_origins(months: int, count: int = ORIGINS) -> range:
    """Give the origins: numbers of months known, the last being all of them (the forecast itself).

    >>> list(rolling_origins(36, 3))
    [33, 34, 35, 36]
    """
    return range(max(months - count, 1), months + 1)


@dataclass(frozen=True, slots=True)
class Judged:
    """What rolling origins say of m methods on n series.

    expected : (m, horizon, n), the forecasts of the last origin.
    mean_square, bias : (m, n), of actual minus forecast over origins and horizons; NaN where nothing counts.
    typical : (m, n), mean square + squared bias of the average method over the same origins and horizons.
    eligible : (m, n), the method can forecast now, and could at three origins or at all that count.
    origins : (m, n), origins that count.
    spread : (n,), variance of the months of the history.
    """

    expected: Floats
    mean_square: Floats
    typical: Floats
    bias: Floats
    eligible: Flags
    origins: NDArray[np.int64]
    spread: Floats

    @classmethod
    def together(cls, parts: Sequence[Judged]) -> Judged:
        """Put blocks of series side by side."""
        return cls(
            *(np.concatenate([getattr(part, field.name) for part in parts], axis=-1) for field in fields(cls))
        )

    def scale(self, usual: Floats, weight: float) -> Floats:
        """Give the scale of each method's errors, (m, n), steadied by the spread of the history.

        usual : (m, n), the score of the method on series of the same pattern; it counts `weight` origins,
            since the method with the smallest errors owes part of that to luck.
        """
        square = np.nan_to_num(self.mean_square)
        expected = np.where(self.origins > 0, usual * np.nan_to_num(self.typical), square)
        fair = (self.origins * square + weight * expected) / np.maximum(self.origins + weight, 1)
        return np.sqrt(_steadied(fair * self.origins, self.origins, self.spread))


@dataclass(frozen=True, slots=True)
class Scaled:
    """Histogram of errors, each over the scale of the other origins: (groups, m, horizon, bins)."""

    counts: NDArray[np.int64]

    @classmethod
    def together(cls, parts: Sequence[Scaled]) -> Scaled:
        """Add up the counts of several blocks."""
        return cls(np.sum([part.counts for part in parts], axis=0))

    def quantile(self, share: float, least: int = 200) -> Floats:
        """Give a quantile per group, method and horizon; below `least` errors, of all together."""
        counts = self.counts
        by_method = np.broadcast_to(counts.sum(axis=0), counts.shape)
        everything = np.broadcast_to(counts.sum(axis=(0, 1)), counts.shape)
        sizes = counts.sum(axis=-1, keepdims=True)
        enough = by_method.sum(axis=-1, keepdims=True) >= least
        chosen = np.where(sizes >= least, counts, np.where(enough, by_method, everything))
        return _quantile_of_bins(chosen, share)


def _quantile_of_bins(counts: NDArray[np.int64], share: float) -> Floats:
    """Interpolate inside the bin in which the share is reached; 0 where there are no errors."""
    total = np.cumsum(counts, axis=-1)
    wanted = share * total[..., -1:]
    place = (total < wanted).sum(axis=-1, keepdims=True)
    inside = np.take_along_axis(counts, place, axis=-1)
    before = np.take_along_axis(total, place, axis=-1) - inside
    part = np.divide(wanted - before, inside, out=np.zeros_like(wanted), where=inside > 0)
    value = EDGES[place] + part * (EDGES[1] - EDGES[0])
    return np.where(total[..., -1] > 0, value[..., 0], 0.0)


def judge(
    past: History,
    paths: Floats,
    origins: Sequence[int],
    *,
    least_known: int = LEAST_KNOWN,
    about_zero: bool = False,
    only: Flags | None = None,
) -> tuple[Judged, Floats]:
    """Compare forecasts with what came.

    paths : (m, origins, horizon, n) float64, forecasts; NaN where a method cannot.
    origins : as `rolling_origins` gives them; the last is the forecast and is not judged.
    only : (origins - 1, n) bool, where an error counts besides.
    about_zero : the spread is the mean square, not the variance: for series so short that they know none.
    Returns the sums and the scaled errors, (m, origins - 1, horizon, n) with NaN where nothing counts.
    """
    counted = _counted(past, origins, paths.shape[2], least_known)
    if only is not None:
        counted = counted & only[:, None, :]
    errors = np.where(counted, outcomes(past, origins, paths.shape[2]) - paths[:, :-1], np.nan)
    valid = np.isfinite(errors)
    errors = np.nan_to_num(errors)
    cells = valid.sum(axis=(1, 2))
    number = valid.any(axis=2).sum(axis=1)
    enough = number >= np.minimum(counted.any(axis=1).sum(axis=0), LEAST_JUDGED)
    told = Judged(
        expected=paths[:, -1],
        mean_square=_over((errors**2).sum(axis=(1, 2)), cells),
        typical=_typical(errors, valid, cells),
        bias=_over(errors.sum(axis=(1, 2)), cells),
        eligible=np.asarray(np.isfinite(paths[:, -1]).all(axis=1) & enough, bool),
        origins=number,
        spread=_spread(past, about_zero=about_zero),
    )
    return told, _scaled(errors, valid, told)


def _typical(errors: Floats, valid: Flags, cells: NDArray[np.int64]) -> Floats:
    """Mean loss of the methods that could forecast everywhere, over the cells of each method.

    A method that begins later (seasonal naive needs a year) is so compared on the months it was there.
    """
    everywhere = cells == cells.max(axis=0)
    squares, number = errors**2, np.maximum(everywhere.sum(axis=0), 1)
    told = np.empty(cells.shape)
    for method, mine in enumerate(valid):
        square = _over((squares * mine).sum(axis=(1, 2)), cells[method])
        bias = _over((errors * mine).sum(axis=(1, 2)), cells[method])
        told[method] = np.where(everywhere, square + bias**2, 0).sum(axis=0) / number
    return told


def _over(sums: Floats, cells: NDArray[np.int64]) -> Floats:
    return np.where(cells > 0, sums / np.maximum(cells, 1), np.nan)


def _counted(past: History, origins: Sequence[int], horizon: int, least_known: int) -> Flags:
    """Say which (origin, step, series) has a known outcome and enough history before it."""
    known = np.asarray(origins)[:-1, None]
    happened = known + np.arange(horizon) < past.months
    enough = known - past.start >= least_known
    counted: Flags = happened[:, :, None] & enough[:, None, :]
    return counted


def outcomes(past: History, origins: Sequence[int], horizon: int) -> Floats:
    """Give what came after each origin but the last, (origins - 1, horizon, n).

    Past the end of the history it repeats the last month: mask those cells.
    """
    rows = np.asarray(origins)[:-1, None] + np.arange(horizon)
    return past.demand[np.minimum(rows, past.months - 1)]


def _spread(past: History, *, about_zero: bool) -> Floats:
    known = np.maximum(past.lengths, 1)
    mean: Floats = past.demand.sum(axis=0) / known * (not about_zero)
    square: Floats = (past.demand**2).sum(axis=0) / known
    return np.maximum(square - mean**2, 0)


def _steadied(sums: Floats, weights: Floats | NDArray[np.int64], spread: Floats) -> Floats:
    return (sums + SPREAD_WEIGHT * spread) / (weights + SPREAD_WEIGHT)


def _scaled(errors: Floats, valid: Flags, told: Judged) -> Floats:
    """Divide the errors of each origin by the scale that the other origins give."""
    steps = valid.sum(axis=2)
    by_origin = (errors**2).sum(axis=2) / np.maximum(steps, 1)
    others = by_origin.sum(axis=1, keepdims=True) - by_origin
    number = np.maximum(told.origins - 1, 0)[:, None]
    scale = np.sqrt(_steadied(others, number, told.spread))[:, :, None]
    ratio = np.divide(errors, scale, out=np.zeros_like(errors), where=scale > 0)
    return np.where(valid & told.eligible[:, None, None, :], ratio, np.nan)


def histogram(scaled: Floats, group: NDArray[np.int64], groups: int) -> Scaled:
    """Count scaled errors, (m, origins, horizon, n), by group of series, method and step."""
    methods, _, horizon, _ = scaled.shape
    bins = EDGES.size - 1
    place = np.clip(np.searchsorted(EDGES, scaled) - 1, 0, bins - 1)
    where = (group * methods + np.arange(methods)[:, None])[:, None, None, :] * horizon
    where = (where + np.arange(horizon)[:, None]) * bins + place
    counts = np.bincount(where[np.isfinite(scaled)], minlength=groups * methods * horizon * bins)
    return Scaled(counts.reshape(groups, methods, horizon, bins).astype(np.int64))
