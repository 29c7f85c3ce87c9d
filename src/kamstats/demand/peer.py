"""The models of statsforecast, judged by the same rolling origins: heavier, for the few series that pay."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from kamstats.errors import Declined
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kamstats.demand.matrix import History

    Floats = NDArray[np.float64]

NOT_INSTALLED = sentence(
    "statsforecast_not_installed",
    "The engine statsforecast is not installed. Install it with: pip install 'kamerton[forecast]', "
    "or use the engine kamerton.",
)
SEASON = 12
LEAST_FITTED = 6  # months below which its models refuse or warn


class StatsForecastPool:
    """Seasonal naive, Croston-SBA, TSB, AutoTheta and AutoETS of statsforecast, one series at a time.

    Meant for the background: AutoETS alone takes about 10 ms for each series and origin.
    Raises Declined where the library is not installed.
    """

    methods = ("seasonal_naive", "croston_sba", "tsb", "auto_theta", "auto_ets")

    def __init__(self) -> None:
        try:
            models = importlib.import_module("statsforecast.models")
        except ImportError as why:
            raise Declined(NOT_INSTALLED()) from why
        self._models = (
            models.SeasonalNaive(SEASON),
            models.CrostonSBA(),
            models.TSB(0.1, 0.1),
            models.AutoTheta(SEASON),
            models.AutoETS(SEASON),
        )

    def paths(self, past: History, origins: Sequence[int], horizon: int, factors: Floats) -> Floats:  # noqa: ARG002
        """Fit every model at every origin of every series; see `kamstats.demand.pool.Pool`."""
        told = np.full((len(self.methods), len(origins), horizon, past.start.size), np.nan)
        for series, start in enumerate(past.start):
            for place, known in enumerate(origins):
                values = past.demand[start:known, series]
                if values.size >= LEAST_FITTED:
                    told[:, place, :, series] = [_path(model, values, horizon) for model in self._models]
        paths: Floats = np.maximum(told, 0)
        return paths


def _path(model: Any, values: Floats, horizon: int) -> Floats:  # noqa: ANN401 - a model of an untyped library
    if values.size < SEASON and type(model).__name__ == "SeasonalNaive":
        return np.full(horizon, np.nan)
    told: Floats = np.asarray(model.forecast(y=values, h=horizon)["mean"], np.float64)
    return told
