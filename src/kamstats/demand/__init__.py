"""Demand per series and month: what the next months will bring, with intervals."""

from __future__ import annotations

from kamstats.demand.forecast import Demand, DemandRules, forecast
from kamstats.demand.intermittent import croston_sba, demand_measures, demand_pattern, tsb
from kamstats.demand.lengths import LengthError, error_by_length
from kamstats.demand.matrix import History, history, month_number, pivot
from kamstats.demand.simple import mean_of_year, seasonal_naive
from kamstats.demand.smoothing import damped_smoothing, simple_smoothing, theta

__all__ = [
    "Demand",
    "DemandRules",
    "History",
    "LengthError",
    "croston_sba",
    "damped_smoothing",
    "demand_measures",
    "demand_pattern",
    "error_by_length",
    "forecast",
    "history",
    "mean_of_year",
    "month_number",
    "pivot",
    "seasonal_naive",
    "simple_smoothing",
    "theta",
    "tsb",
]
