"""Demand of 5,000 series: the simple methods, and the whole choice with intervals, against statsforecast."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measuring import Row, in_own_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SERIES, MONTHS, HORIZON = 5_000, 36, 3
SAMPLE = 250  # series on which AutoETS is timed; it works through them one by one, so time is proportional


def invented(series: int = SERIES, months: int = MONTHS + HORIZON, seed: int = 7) -> np.ndarray:
    """Give demand as companies have it: steady, seasonal, rare, every few months, growing, stopping."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(5, (series, 1), p=[0.3, 0.25, 0.25, 0.1, 0.1])
    month = np.arange(months)
    level = np.exp(rng.normal(4, 1, (series, 1)))
    spread = rng.uniform(0.1, 0.7, (series, 1))
    noise = rng.gamma(1 / spread**2, spread**2, (series, months))
    season = 1 + np.where(kind == 1, 0.4, 0.0) * np.cos(2 * np.pi * month / 12)
    comes = np.where(kind == 2, rng.random((series, months)) < rng.uniform(0.2, 0.8, (series, 1)), 1)
    every, phase = rng.integers(2, 5, (series, 1)), rng.integers(0, 4, (series, 1))
    comes = np.where(kind == 3, (month + phase) % every == 0, comes)
    growth = np.where(kind == 4, rng.uniform(-0.02, 0.03, (series, 1)), 0.0)
    stops = np.where((kind == 4) & (rng.random((series, 1)) < 0.3), months - 8, months)
    return level * season * noise * comes * np.exp(growth * month) * (month < stops)


def simple_ours() -> Callable[[], list[float]]:
    """Seasonal naive, Croston-SBA and TSB, vectorised over series."""
    from kamstats.demand import croston_sba, history, seasonal_naive, tsb

    matrix = invented()[:, :MONTHS]
    history(matrix[:10])  # modules are loaded before the clock starts, on either side

    def job() -> list[float]:
        past = history(matrix)
        told = (
            seasonal_naive(past, origins=[MONTHS], horizon=HORIZON),
            croston_sba(past, origins=[MONTHS], horizon=HORIZON),
            tsb(past, origins=[MONTHS], horizon=HORIZON, rates=[(0.1, 0.1)]),
        )
        return [round(float(each.sum()), 3) for each in told]

    return job


def simple_peer() -> Callable[[], list[float]]:
    """The same by statsforecast, warm."""
    warnings.simplefilter("ignore")
    import pandas as pd
    from statsforecast import StatsForecast
    from statsforecast.models import TSB, CrostonSBA, SeasonalNaive

    matrix = invented()[:, :MONTHS]
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(SERIES), MONTHS),
            "ds": np.tile(np.arange(MONTHS), SERIES),
            "y": matrix.ravel(),
        }
    )
    models = StatsForecast(models=[SeasonalNaive(12), CrostonSBA(), TSB(0.1, 0.1)], freq=1)
    models.forecast(df=frame.head(10 * MONTHS), h=HORIZON)

    def job() -> list[float]:
        told = models.forecast(df=frame, h=HORIZON)
        return [round(float(told[name].sum()), 3) for name in ("SeasonalNaive", "CrostonSBA", "TSB")]

    return job


def choice_ours() -> Callable[[], int]:
    """Choice by rolling origins with intervals, all series."""
    from kamstats.demand import forecast

    matrix = invented()[:, :MONTHS]
    forecast(matrix[:10], horizon=HORIZON)

    def job() -> int:
        return int((forecast(matrix, horizon=HORIZON).basis == "own").sum())

    return job


def choice_errors() -> Callable[[], dict[str, float]]:
    """What the choice and the best single method missed by, relative to the mean month of each series."""
    from kamstats.demand import forecast, history
    from kamstats.demand.pool import OwnPool
    from kamstats.demand.season import season_factors
    from kamstats.demand.sharing import segment_totals

    matrix = invented()
    told, past = forecast(matrix[:, :MONTHS], horizon=HORIZON), history(matrix[:, :MONTHS])
    owner = np.zeros(SERIES, np.int64)
    factors = season_factors(segment_totals(past, owner, 1), [MONTHS])[:, :, owner]
    paths = OwnPool().paths(past, [MONTHS], HORIZON, factors)[:, 0]
    own, actual = told.basis == "own", matrix[:, MONTHS:]

    def error(path: np.ndarray) -> float:
        return float(np.sqrt(np.mean(((actual - path)[own] / told.mean_demand[own, None]) ** 2)))

    def job() -> dict[str, float]:
        return {
            "chosen": error(told.expected),
            "best": float(np.nanmin([error(path.T) for path in paths])),
            "sample": float(np.sqrt(np.mean((actual - told.expected)[:SAMPLE] ** 2))),
            "coverage": float(((actual >= told.low) & (actual <= told.high))[own].mean()),
        }

    return job


def auto_ets() -> Callable[[], float]:
    """AutoETS of statsforecast on a sample, on all cores as its users run it; gives its error."""
    warnings.simplefilter("ignore")
    import pandas as pd
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS

    matrix = invented()[:SAMPLE]
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(SAMPLE), MONTHS),
            "ds": np.tile(np.arange(MONTHS), SAMPLE),
            "y": matrix[:, :MONTHS].ravel(),
        }
    )
    models = StatsForecast(models=[AutoETS(12)], freq=1, n_jobs=-1)
    models.forecast(df=frame.head(4 * MONTHS), h=HORIZON, level=[80])

    def job() -> float:
        told = models.forecast(df=frame, h=HORIZON, level=[80])["AutoETS"].to_numpy()
        missed = matrix[:, MONTHS:].ravel() - told
        return float(np.sqrt(np.mean(missed**2)))

    return job


def rows(*, big: bool = False) -> Iterator[Row]:  # noqa: ARG001 - there is no larger size here
    """Give the rows of the budgets on forecasts."""
    mine, peer = (
        in_own_process("benchmarks.forecast:simple_ours"),
        in_own_process("benchmarks.forecast:simple_peer"),
    )
    if not np.allclose(mine.answer, peer.answer, rtol=1e-9):
        msg = f"The forecasts differ: {mine.answer} and {peer.answer}."
        raise AssertionError(msg)
    yield Row(
        name="seasonal naive + TSB + Croston-SBA, 5,000 series × 36 months, same numbers",
        ours_s=mine.median,
        peer="statsforecast, warm",
        peer_s=peer.median,
        budget="≥ 20 × faster",
        kept=peer.median >= 20 * mine.median,
        peak_mib=mine.peak_mib,
        spread=mine.spread,
    )
    yield _choice()


def _choice() -> Row:
    mine = in_own_process("benchmarks.forecast:choice_ours")
    errors = in_own_process("benchmarks.forecast:choice_errors", repeats=1).answer
    peer = in_own_process("benchmarks.forecast:auto_ets", repeats=1)
    whole = peer.median * SERIES / SAMPLE
    ratio, beside = errors["chosen"] / errors["best"], errors["sample"] / peer.answer
    return Row(
        name="choice by rolling origin with intervals, 5,000 series "
        f"(error {ratio:.2f} × the best single method, {beside:.2f} × AutoETS; "
        f"{errors['coverage']:.0%} inside the 80 % interval)",
        ours_s=mine.median,
        peer=f"AutoETS, from {SAMPLE} series",
        peer_s=whole,
        budget="≥ 3 × faster, error ≤ 1 × the best single method",
        kept=whole >= 3 * mine.median and ratio <= 1,
        peak_mib=mine.peak_mib,
        spread=mine.spread,
    )
