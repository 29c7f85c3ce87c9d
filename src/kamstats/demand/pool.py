"""The pool of methods, run on a block of series at all origins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from kamstats.demand.intermittent import croston_sba, tsb
from kamstats.demand.season import seasonal_smoothing
from kamstats.demand.simple import mean_of_year, seasonal_naive
from kamstats.demand.smoothing import damped_smoothing, simple_smoothing, theta

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kamstats.demand.matrix import History

    Floats = NDArray[np.float64]


class Pool(Protocol):
    """Named methods that forecast a block of series at several origins."""

    @property
    def methods(self) -> tuple[str, ...]:
        """Give the codes of the methods, the simplest first: it wins a tie."""
        ...

    def paths(self, past: History, origins: Sequence[int], horizon: int, factors: Floats) -> Floats:
        """Give (methods, origins, horizon, series) forecasts; NaN where a method cannot.

        factors : (origins, 12, series), the season of each series' segment, as `season_factors` gives it.
        """
        ...


class OwnPool:
    """The everyday pool: nine methods, vectorised over series.

    The combination is the plain mean of five of them: what many competitions found hard to beat
    (Makridakis & Hibon, "The M3-Competition", International Journal of Forecasting 16, 2000, conclusion 3).
    """

    methods = (
        "mean_of_year",
        "seasonal_naive",
        "simple_smoothing",
        "croston_sba",
        "tsb",
        "seasonal_smoothing",
        "damped_smoothing",
        "theta",
        "combination",
    )

    def paths(self, past: History, origins: Sequence[int], horizon: int, factors: Floats) -> Floats:
        """Run every method; see `Pool`."""
        year = mean_of_year(past, origins=origins, horizon=horizon)
        simple = simple_smoothing(past, origins=origins, horizon=horizon)
        fading = tsb(past, origins=origins, horizon=horizon)
        seasonal = seasonal_smoothing(past, origins=origins, horizon=horizon, factors=factors)
        drifting = theta(past, origins=origins, horizon=horizon)
        return np.stack(
            [
                year,
                seasonal_naive(past, origins=origins, horizon=horizon),
                simple,
                croston_sba(past, origins=origins, horizon=horizon),
                fading,
                seasonal,
                damped_smoothing(past, origins=origins, horizon=horizon),
                drifting,
                (year + simple + fading + seasonal + drifting) / 5,
            ]
        )
