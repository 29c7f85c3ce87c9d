"""Demand of every series in the next months: method by rolling origins, intervals, and why."""

from __future__ import annotations

import os
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Literal

import numpy as np

from kamstats.demand.intermittent import PATTERNS, demand_pattern
from kamstats.demand.judging import rolling_origins
from kamstats.demand.matrix import History, history
from kamstats.demand.pool import OwnPool, Pool
from kamstats.demand.running import Blocks, Outcome, Runner, Season
from kamstats.demand.season import season_factors
from kamstats.demand.sharing import segment_totals
from kamstats.errors import Declined, Invalid
from kamstats.reasons import Reason, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Progress = Callable[[int, int], None]

TOO_FEW_MONTHS = sentence(
    "too_few_months_for_forecast",
    "Only {have} whole months of sales; a forecast needs at least {need}. Load a longer history.",
)
NO_DEMAND = sentence("no_demand", "No month with demand in the history: there is nothing to forecast.")
SHARED = sentence(
    "forecast_shared",
    "Only {months} months and {active} of them with demand: this is a part of the "
    "segment's forecast, by size. From {need_months} months and {need_active} with demand on, a series is "
    "forecast alone.",
)
HORIZON = sentence("horizon_not_positive", "A horizon of {have} months is none; give 1 or more.")
SEGMENT_ROWS = sentence(
    "demand_segments_differ", "There are {have} segments for {need} series. Give one for each series."
)

OWN, SEGMENT, NONE = "own", "segment", ""


@dataclass(frozen=True, slots=True)
class DemandRules:
    """The limits of the forecast; months are whole months since the first demand."""

    least_months: int = 12
    least_active: int = 6
    coverage: float = 0.80
    least_total_months: int = 7  # a segment's total needs one judged origin
    origins: int = 12


DEFAULT = DemandRules()


@dataclass(frozen=True, slots=True)
class Demand:
    """Forecasts of n series for the next months, all in the unit of the input.

    expected, low, high : (n, horizon) float64, never negative; NaN where there is no forecast.
    method : (n,) text, code of the method; that of the segment's total where shared.
    basis : (n,) text, "own", "segment" or "" (no forecast).
    pattern : (n,) text, smooth, erratic, intermittent, lumpy or "".
    history_months, active_months, clipped_months : (n,) int64.
    rmse, bias : (n,) float64, rolling-origin errors (actual minus forecast) of what is given; NaN where no
        origin could be judged.
    mean_demand : (n,) float64, mean month since the first.
    """

    expected: Floats
    low: Floats
    high: Floats
    method: NDArray[np.str_]
    basis: NDArray[np.str_]
    pattern: NDArray[np.str_]
    history_months: Ints
    active_months: Ints
    clipped_months: Ints
    rmse: Floats
    bias: Floats
    mean_demand: Floats
    rules: DemandRules

    def reason_codes(self) -> NDArray[np.str_]:
        """Give why a series is not forecast alone, as a code; "" where it is."""
        codes = np.where(self.basis == SEGMENT, SHARED.code, NO_DEMAND.code)
        return np.where(self.basis == OWN, "", codes)

    def reason(self, series: int) -> Reason | None:
        """Say why this series is not forecast alone; None where it is."""
        if self.basis[series] == OWN:
            return None
        if self.basis[series] == NONE:
            return NO_DEMAND()
        return SHARED(
            months=int(self.history_months[series]),
            active=int(self.active_months[series]),
            need_months=self.rules.least_months,
            need_active=self.rules.least_active,
        )


def forecast(
    matrix: ArrayLike,
    *,
    horizon: int = 3,
    segment: ArrayLike | None = None,
    engine: Literal["kamerton", "statsforecast"] = "kamerton",
    rules: DemandRules = DEFAULT,
    threads: int | None = None,
    block: int = 2048,
    progress: Progress | None = None,
) -> Demand:
    """Forecast every series, each with the method that its rolling origins speak for.

    matrix : (n, months) float64, demand per whole month, the months consecutive; NaN before the first
        demand of a series (`pivot` makes it). Months below zero count as zero.
    horizon : months ahead, 1 or more.
    segment : (n,) text or int, whose total a short series shares. Default: all in one.
    engine : "statsforecast" judges the models of that library instead; Declined where it is missing.
    threads : at most so many blocks at once; default one per core. block : series per block.
    progress : called with (series done, series in all) after each block, one call at a time.
    Series with at least 12 months since the first and 6 with demand are forecast alone; the others share.
    Raises Declined where all months together are too few, Invalid where shapes do not fit.
    Sources: the methods' own; rolling origins: Tashman, International Journal of Forecasting 16 (2000).

    >>> line = 100.0 + np.arange(24) % 2
    >>> told = forecast([line], horizon=2)
    >>> told.expected.round(0).tolist(), str(told.basis[0]), str(told.pattern[0])
    ([[100.0, 101.0]], 'own', 'smooth')
    """
    past = history(matrix)
    groups, segments = _segments(segment, past.start.size)
    _check(past, horizon, rules)
    steps = _Steps(progress, int((past.active > 0).sum()))
    pool = _pool(engine)
    runner = Runner(pool, rolling_origins(past.months, rules.origins), horizon, rules.coverage)
    pattern = demand_pattern(past)
    old = (past.lengths >= rules.least_months) & (past.active >= rules.least_active)
    alone, rest = np.flatnonzero(old), np.flatnonzero(~old & (past.active > 0))
    totals = segment_totals(past, groups, segments)
    owner = np.where(totals.lengths[groups] >= rules.least_total_months, groups, segments)
    parts = []
    if alone.size:
        blocks = Blocks(threads or os.cpu_count() or 1, block, steps.done)
        season = Season(season_factors(totals, runner.origins), owner[alone])
        parts.append((alone, OWN, runner.alone(past.of(alone), _numbers(pattern[alone]), season, blocks)))
    if rest.size:
        shares = runner.shared(past, totals, owner, _short(past, runner.origins, rules))
        parts.append((rest, SEGMENT, shares.of(rest)))
        steps.done(rest.size)
    return _together(past, pattern, parts, (pool.methods, horizon, rules))


def _together(
    past: History,
    pattern: NDArray[np.str_],
    parts: list[tuple[Ints, str, Outcome]],
    of: tuple[tuple[str, ...], int, DemandRules],
) -> Demand:
    """Put the outcomes at their series."""
    methods, horizon, rules = of
    size = past.start.size
    paths = np.full((3, size, horizon), np.nan)
    errors = np.full((2, size), np.nan)
    codes, basis = np.zeros(size, np.int64), np.full(size, NONE, "<U7")
    for where, name, told in parts:
        paths[:, where] = told.expected.T, told.low.T, told.high.T
        errors[:, where] = np.sqrt(told.mean_square), told.bias
        codes[where], basis[where] = told.method, name
    return Demand(
        expected=paths[0],
        low=paths[1],
        high=paths[2],
        method=np.where(basis == NONE, "", np.asarray(methods)[codes]),
        basis=basis,
        pattern=pattern,
        history_months=past.lengths,
        active_months=past.active,
        clipped_months=past.clipped,
        rmse=errors[0],
        bias=errors[1],
        mean_demand=past.demand.sum(axis=0) / np.maximum(past.lengths, 1),
        rules=rules,
    )


def _short(past: History, origins: Sequence[int], rules: DemandRules) -> NDArray[np.bool_]:
    """Say which series had begun, but had too little to be forecast alone, at each origin."""
    known = np.asarray(origins)
    active = np.vstack([np.zeros(past.start.size), np.cumsum(past.demand > 0, axis=0)])[known]
    length = known[:, None] - past.start
    short: NDArray[np.bool_] = (active > 0) & ((length < rules.least_months) | (active < rules.least_active))
    return short


def _numbers(pattern: NDArray[np.str_]) -> Ints:
    """Number the patterns."""
    return np.searchsorted(PATTERNS, pattern).astype(np.int64)


def _check(past: History, horizon: int, rules: DemandRules) -> None:
    if horizon < 1:
        raise Invalid(HORIZON(have=horizon))
    longest = int(past.lengths.max(initial=0))
    if past.start.size and longest < rules.least_total_months:
        raise Declined(TOO_FEW_MONTHS(have=longest, need=rules.least_total_months))


def _segments(segment: ArrayLike | None, size: int) -> tuple[Ints, int]:
    if segment is None:
        return np.zeros(size, np.int64), 1
    names, codes = np.unique(np.asarray(segment), return_inverse=True)
    if codes.size != size:
        raise Invalid(SEGMENT_ROWS(have=codes.size, need=size))
    return codes.astype(np.int64).reshape(-1), max(names.size, 1)


def _pool(engine: str) -> Pool:
    if engine == "kamerton":
        return OwnPool()
    from kamstats.demand.peer import StatsForecastPool  # noqa: PLC0415 - an optional and heavy library

    return StatsForecastPool()


class _Steps:
    """Count the series done and tell the caller."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0
        self._lock = Lock()

    def done(self, series: int) -> None:
        """Tell that so many more series are forecast; blocks finish in several threads."""
        with self._lock:
            self._done += series
            if self._progress is not None:
                self._progress(self._done, self._total)
