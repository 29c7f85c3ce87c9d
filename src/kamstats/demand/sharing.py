"""Series too short for a forecast of their own take part in their segment's, by size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kamstats.demand.matrix import History

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MEMORY = 0.85  # so that a series that stopped fades: half is forgotten in about four months
AGES = (3, 6, 12)  # months: the classes begin here
TRUST = 30  # cells (origin, month ahead, series)
LEAST_WINDOW = 6  # months over which a size is measured, so that one first order is not a monthly habit


def segment_totals(past: History, segment: Ints, segments: int) -> History:
    """Add up the series of each segment; the last row is everyone.

    >>> from kamstats.demand.matrix import history
    >>> told = segment_totals(history([[1.0, 2.0], [np.nan, 4.0]]), np.array([0, 1]), 2)
    >>> told.demand.T.tolist(), told.start.tolist()
    ([[1.0, 2.0], [0.0, 4.0], [1.0, 6.0]], [0, 1, 0])
    """
    demand = np.zeros((past.months, segments + 1))
    for row in range(past.months):
        demand[row, :segments] = np.bincount(segment, past.demand[row], segments)
    demand[:, segments] = past.demand.sum(axis=1)
    start = np.full(segments + 1, past.months, np.int64)
    np.minimum.at(start, segment, past.start)
    start[segments] = past.start.min(initial=past.months)
    return History(demand, start, np.zeros(segments + 1, np.int64))


def shared_paths(
    past: History, totals: History, owner: Ints, paths: Floats, origins: Sequence[int]
) -> Floats:
    """Split the forecasts of the totals among their series.

    totals : the totals; owner : (n,) int, which of them each series belongs to.
    paths : (origins, horizon, totals) forecasts of the totals.
    Returns (origins, horizon, n). A series' part at an origin is its demand over that of the total in the
    months since its first, at least six of them, each month counting `MEMORY` times the one after it.
    """
    own, whole = (_remembered(each.demand) for each in (past, totals))
    told = np.empty((len(origins), paths.shape[1], past.start.size))
    for place, known in enumerate(origins):
        since = np.clip(past.start, 0, max(known - LEAST_WINDOW, 0))
        theirs = whole[known, owner] - MEMORY ** (known - since) * whole[since, owner]
        part = np.divide(own[known], theirs, out=np.zeros_like(theirs), where=theirs > 0)
        told[place] = part * paths[place][:, owner]
    return told


def realised(parts: Floats, came: Floats, counted: Flags, age: Ints) -> Floats:
    """Give what parts of a total turned into, by the age of the series: the sum that came over the sum told.

    parts, came : (origins, horizon, n); counted : (origins, n), the series that shared at that origin.
    age : (origins, n) months since the first. Returns one factor per class of `AGES`, between a quarter and
    four, drawn towards 1 with the weight of `TRUST` cells: whether a first order is a beginning or the end is
    a matter of the trade, and only the ledger can tell.
    """
    group = np.digitize(age, AGES)
    told, found, cells = (
        np.bincount(group[counted], values.sum(axis=1)[counted], len(AGES) + 1)
        for values in (parts, came, np.ones_like(parts))
    )
    usual = TRUST * np.divide(told, cells, out=np.zeros_like(told), where=cells > 0)
    known = told + usual > 0
    factor = np.divide(found + usual, told + usual, out=np.ones_like(told), where=known)
    bounded: Floats = np.clip(factor, 0.25, 4)
    return bounded


def _remembered(demand: Floats) -> Floats:
    """Give the fading sums of the months before each row."""
    sums = np.zeros((demand.shape[0] + 1, demand.shape[1]))
    for row, month in enumerate(demand):
        sums[row + 1] = MEMORY * sums[row] + month
    return sums
