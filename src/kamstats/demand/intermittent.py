"""Demand that does not come every month: Croston-SBA, TSB, and the four categories."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kamstats.demand.matrix import History

    Floats = NDArray[np.float64]

PATTERNS = ("", "erratic", "intermittent", "lumpy", "smooth")  # sorted
ADI_LIMIT = 1.32
CV2_LIMIT = 0.49
CROSTON_ALPHA = 0.1
SBA = 0.95
RATES = tuple(product((0.1, 0.3), (0.05, 0.1, 0.2, 0.35)))


def demand_pattern(past: History) -> NDArray[np.str_]:
    """Name each series smooth, erratic, intermittent or lumpy; "" where it has no demand.

    ADI is the number of months since the first per month with demand; CV² the squared coefficient of
    variation (population) of the demands. The limits are ADI 1.32 and CV² 0.49; a value on the limit
    belongs to the upper side.
    Source: Syntetos, Boylan & Croston, "On the categorization of demand patterns", Journal of the
    Operational Research Society 56 (2005), figure 5.

    >>> from kamstats.demand.matrix import history
    >>> demand_pattern(history([[5, 6, 5, 6], [5, 0, 0, 5], [1, 9, 1, 1], [1, 0, 0, 9]])).tolist()
    ['smooth', 'intermittent', 'erratic', 'lumpy']
    """
    adi, cv2 = demand_measures(past)
    rare, uneven = adi >= ADI_LIMIT, cv2 >= CV2_LIMIT
    names = [np.str_(name) for name in ("", "lumpy", "intermittent", "erratic")]
    return np.select([np.isnan(adi), rare & uneven, rare, uneven], names, default=np.str_("smooth"))


def demand_measures(past: History) -> tuple[Floats, Floats]:
    """Give ADI (months per demand) and CV² of the demands of each series; NaN without demand."""
    active = past.active
    times = np.where(active > 0, active, np.nan)
    mean = past.demand.sum(axis=0) / times
    square = (past.demand**2).sum(axis=0) / times
    return past.lengths / times, np.maximum(square / mean**2 - 1, 0)


def croston_sba(
    past: History, *, origins: Sequence[int], horizon: int, alpha: float = CROSTON_ALPHA
) -> Floats:
    """Croston's method with the factor 0.95 of Syntetos and Boylan; zero before the first demand.

    Returns (origins, horizon, series).
    Source: Croston, Operational Research Quarterly 23 (1972), pages 291-293; Syntetos & Boylan,
    International Journal of Forecasting 21 (2005), equation 7 with alpha = 0.1.

    >>> from kamstats.demand.matrix import history
    >>> croston_sba(history([[4.0, 0.0, 4.0, 0.0]]), origins=[4], horizon=1).round(4).ravel().tolist()
    [3.4545]
    """
    wanted = set(origins)
    size, gap, waited = np.zeros((3, past.start.size))
    told = []
    for row in range(past.months + 1):
        if row in wanted:
            told.append(SBA * size / np.where(gap > 0, gap, 1))
        if row == past.months:
            break
        demand = past.demand[row]
        waited += past.start <= row
        came, first = demand > 0, gap == 0
        rate = np.where(first, 1.0, alpha) * came
        size += rate * (demand - size)
        gap += rate * (waited - gap)
        waited *= ~came
    return np.repeat(np.stack(told)[:, None, :], horizon, axis=1)


def tsb(
    past: History, *, origins: Sequence[int], horizon: int, rates: Sequence[tuple[float, float]] = RATES
) -> Floats:
    """The method of Teunter, Syntetos and Babai: size of a demand × probability of one, both smoothed.

    Unlike Croston's, it comes down when demand stops. rates : candidates (of the size, of the probability);
    at each origin a series takes the one with the smallest squared one-step errors so far.
    Returns (origins, horizon, series).
    Source: Teunter, Syntetos & Babai, European Journal of Operational Research 214 (2011), section 2.2.

    >>> from kamstats.demand.matrix import history
    >>> line = history([[4.0, 0.0, 4.0, 0.0]])
    >>> tsb(line, origins=[4], horizon=1, rates=[(0.1, 0.1)]).round(4).ravel().tolist()
    [3.276]
    """
    of_size, of_chance = (np.asarray(values)[:, None] for values in zip(*rates, strict=True))
    wanted = set(origins)
    size, chance, squares = np.zeros((3, of_size.size, past.start.size))
    told = []
    for row in range(past.months + 1):
        if row in wanted:
            best = squares.argmin(axis=0)[None]
            told.append(np.take_along_axis(size * chance, best, axis=0)[0])
        if row == past.months:
            break
        demand = past.demand[row]
        came = demand > 0
        squares += (demand - size * chance) ** 2
        first = came & (size[0] == 0)
        size += np.where(first, 1.0, of_size) * came * (demand - size)
        chance += of_chance * (came - chance)
        fresh = past.start == row
        chance[:, fresh], squares[:, fresh] = came[fresh], 0
    return np.repeat(np.stack(told)[:, None, :], horizon, axis=1)
