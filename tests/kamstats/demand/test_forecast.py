"""The forecast as a whole: choice, intervals, sharing, reasons."""

from __future__ import annotations

import importlib
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kamstats.demand import DemandRules, error_by_length, forecast, history, pivot
from kamstats.demand.judging import EDGES, Scaled, histogram, judge, rolling_origins
from kamstats.demand.pool import OwnPool
from kamstats.demand.season import season_factors
from kamstats.demand.sharing import MEMORY, TRUST, realised, segment_totals, shared_paths
from kamstats.errors import Declined, Invalid


def company(seed=0, series=400, months=39):
    """Invent series with levels, noise, a season for some, gaps, late starts and stops."""
    rng = np.random.default_rng(seed)
    level = np.exp(rng.normal(4, 1, (series, 1)))
    season = 1 + rng.choice([0, 0.4], (series, 1)) * np.cos(2 * np.pi * np.arange(months) / 12)
    cv = rng.uniform(0.1, 0.7, (series, 1))
    noise = rng.gamma(1 / cv**2, cv**2, (series, months))
    gaps = rng.random((series, months)) < np.where(rng.random((series, 1)) < 0.6, 1, 0.5)
    values = level * season * noise * gaps
    starts = rng.integers(0, months - 3, series) * (rng.random(series) < 0.3)
    return np.where(np.arange(months) < starts[:, None], np.nan, values)


def test_each_series_has_the_forecast_of_its_method_and_it_never_goes_below_zero():
    matrix = company()

    told = forecast(matrix, horizon=3)

    past = history(matrix)
    totals = segment_totals(past, np.zeros(400, np.int64), 1)
    factors = season_factors(totals, [39])[:, :, np.zeros(400, np.int64)]
    paths = OwnPool().paths(past, [39], 3, factors)[:, 0]
    own = np.flatnonzero(told.basis == "own")
    chosen = [paths[OwnPool.methods.index(told.method[number]), :, number] for number in own]
    assert told.expected[own] == pytest.approx(np.array(chosen))
    known = np.isfinite(told.expected)
    assert np.all((told.low[known] >= 0) & (told.low[known] <= told.expected[known]))
    assert np.all(told.expected[known] <= told.high[known])


@pytest.fixture(scope="module")
def held_out():
    """Forecasts of four companies at four times of the year, with what came and what each method said."""
    told = []
    for seed, cut in enumerate((3, 6, 9, 12)):
        matrix = company(seed, series=500)
        months = matrix.shape[1] - cut
        train, actual = matrix[:, :months], np.nan_to_num(matrix[:, months : months + 3])
        past = history(train)
        totals = segment_totals(past, np.zeros(500, np.int64), 1)
        factors = season_factors(totals, [months])[:, :, np.zeros(500, np.int64)]
        told.append((forecast(train, horizon=3), actual, OwnPool().paths(past, [months], 3, factors)[:, 0]))
    return told


def test_the_choice_is_about_as_good_as_the_single_method_that_hindsight_would_take(held_out):
    def error(number):
        squares = []
        for told, actual, paths in held_out:
            old = (told.basis == "own") & (told.history_months >= 12)
            path = told.expected if number is None else paths[number].T
            squares.append((((actual - path)[old] / told.mean_demand[old, None]) ** 2).ravel())
        return np.sqrt(np.mean(np.concatenate(squares)))

    singles = [error(number) for number in range(len(OwnPool.methods))]

    assert error(None) <= np.nanmin(singles) * 1.02  # the best in hindsight, where all series are alike


def test_four_in_five_outcomes_lie_in_the_interval_of_eighty_percent(held_out):
    inside, above = [], []
    for told, actual, _ in held_out:
        smooth = (told.basis == "own") & (told.pattern == "smooth")
        inside.append(((actual >= told.low) & (actual <= told.high))[smooth].ravel())
        above.append((actual > told.high)[smooth].ravel())

    assert 0.76 <= np.concatenate(inside).mean() <= 0.86
    assert 0.06 <= np.concatenate(above).mean() <= 0.14


def test_wider_coverage_gives_wider_intervals():
    matrix = company(series=100)

    narrow, wide = (forecast(matrix, rules=DemandRules(coverage=share)) for share in (0.5, 0.95))

    known = np.isfinite(narrow.high)
    assert np.all(wide.high[known] >= narrow.high[known])
    assert np.nansum(wide.high - wide.low) > 1.5 * np.nansum(narrow.high - narrow.low)


def test_short_series_share_the_forecast_of_their_segment_by_size_and_say_so():
    steady = np.full((2, 24), 60.0)
    young = np.where(np.arange(24) < 16, np.nan, [[20.0], [40.0]])
    never = np.full((1, 24), np.nan)

    told = forecast(np.vstack([steady, young, never]), horizon=2)

    assert told.basis.tolist() == ["own", "own", "segment", "segment", ""]
    assert told.expected[3] == pytest.approx(2 * told.expected[2])
    assert told.expected[2] == pytest.approx([20, 20], rel=0.25)
    assert np.isnan(told.expected[4]).all()
    assert told.reason(0) is None
    assert told.reason(2).english.startswith("Only 8 months and 8 of them with demand: this is a part of")
    assert told.reason(4).code == "no_demand"
    assert told.reason_codes().tolist() == ["", "", "forecast_shared", "forecast_shared", "no_demand"]
    assert told.method[4] == ""


def test_a_segment_shares_only_with_its_own():
    busy, calm = np.full((3, 24), 100.0), np.full((3, 24), 10.0)
    young = np.where(np.arange(24) < 14, np.nan, 10.0)

    told = forecast(np.vstack([busy, calm, [young]]), segment=["busy"] * 3 + ["calm"] * 4, horizon=1)

    assert told.expected[6, 0] == pytest.approx(10, rel=0.2)


def test_a_segment_too_young_to_forecast_shares_with_everyone():
    young = np.where(np.arange(24) < 20, np.nan, 10.0)

    told = forecast([np.full(24, 90.0), young], segment=["old", "young"], horizon=1)

    assert told.basis[1] == "segment"
    assert told.expected[1, 0] == pytest.approx(10 * 4 / 6, rel=0.25)


def test_parts_are_the_fading_sums_since_the_first_month():
    rng = np.random.default_rng(0)
    matrix = np.where(np.arange(12) < [[0], [8], [11]], np.nan, rng.random((3, 12)))
    past = history(matrix)
    totals = segment_totals(past, np.zeros(3, np.int64), 1)

    told = shared_paths(past, totals, np.zeros(3, np.int64), np.full((1, 2, 2), 100.0), [12])[0]

    whole = past.demand.sum(axis=1)
    for number, since in enumerate((0, 6, 6)):
        weights = MEMORY ** np.arange(11 - since, -1, -1)
        part = weights @ past.demand[since:, number] / (weights @ whole[since:])
        assert told[:, number] == pytest.approx([100 * part] * 2)


def test_parts_are_corrected_by_what_parts_of_that_age_turned_into():
    rng = np.random.default_rng(2)
    parts = rng.gamma(2.0, 5.0, (4, 3, 200))
    came = parts * np.where(np.arange(200) < 100, 0.5, 1.5)  # the young half as much, the old half more
    age = np.where(np.arange(200) < 100, 1, 20) * np.ones((4, 1), int)
    counted = rng.random((4, 200)) < 0.8

    factors = realised(parts, came, counted, age)

    told = parts.sum(axis=1)[counted & (age == 1)]
    usual = TRUST * told.sum() / told.size / 3
    assert factors[0] == pytest.approx((0.5 * told.sum() + usual) / (told.sum() + usual))
    assert factors[3] == pytest.approx(1.5, abs=0.03)
    assert factors[1:3].tolist() == [1.0, 1.0]


def test_a_trade_of_single_orders_expects_little_of_a_first_order():
    first = np.arange(200) % 36
    once = np.where(
        np.arange(36) < first[:, None], np.nan, np.where(np.arange(36) == first[:, None], 50.0, 0)
    )
    again = np.where(np.arange(36) < first[:, None], np.nan, 50.0)

    told, steady = (forecast(matrix, horizon=1) for matrix in (once, again))

    young = first == 34
    assert told.expected[young].max() < 0.5 * steady.expected[young].min()


def test_too_short_a_ledger_is_declined_with_the_months_it_needs():
    with pytest.raises(Declined, match="Only 6 whole months of sales; a forecast needs at least 7"):
        forecast(np.ones((3, 6)))


def test_input_that_does_not_fit_is_refused():
    with pytest.raises(Invalid, match="2 segments for 1 series"):
        forecast(np.ones((1, 24)), segment=["a", "b"])
    with pytest.raises(Invalid, match="horizon of 0 months"):
        forecast(np.ones((1, 24)), horizon=0)


def test_no_series_and_silent_series_give_no_forecast():
    nobody = forecast(np.empty((0, 24)))
    silent = forecast(np.zeros((2, 24)))

    assert nobody.expected.shape == (0, 3)
    assert silent.basis.tolist() == ["", ""]
    assert np.isnan(silent.expected).all()
    assert error_by_length(nobody) == ()


def test_one_series_is_forecast():
    told = forecast([10.0 + np.arange(24) % 3], horizon=12)

    assert told.expected.shape == (1, 12)
    assert told.rmse[0] < 1.5


@hypothesis_settings(max_examples=15)
@given(st.integers(0, 100), st.floats(0.01, 100))
def test_the_unit_and_the_order_of_series_change_nothing(seed, factor):
    matrix = company(seed, series=30)
    segment = np.arange(30) % 3
    order = np.random.default_rng(seed).permutation(30)

    told = forecast(matrix, segment=segment)
    moved = forecast(matrix[order] * factor, segment=segment[order], block=7, threads=2)

    for ours, theirs in ((told.expected, moved.expected), (told.low, moved.low), (told.high, moved.high)):
        assert theirs == pytest.approx(ours[order] * factor, rel=1e-6, abs=1e-9, nan_ok=True)
    assert moved.method.tolist() == told.method[order].tolist()


def test_progress_is_told_for_every_block():
    heard = []

    forecast(
        company(series=50), block=20, threads=1, progress=lambda done, total: heard.append((done, total))
    )

    assert heard[-1] == (50, 50)
    assert len(heard) >= 3


def test_errors_are_those_of_a_slow_rolling_origin():
    matrix = company(3, series=8)
    past = history(matrix)
    origins = rolling_origins(39)
    paths = OwnPool().paths(past, origins, 3, season_factors(past, origins))

    told, scaled = judge(past, paths, origins)

    for method in range(paths.shape[0]):
        for number in range(8):
            errors = [
                past.demand[known + step, number] - paths[method, place, step, number]
                for place, known in enumerate(origins[:-1])
                for step in range(3)
                if known + step < 39
                and known - past.start[number] >= 6
                and np.isfinite(paths[method, place, step, number])
            ]
            if errors:
                assert told.mean_square[method, number] == pytest.approx(np.mean(np.square(errors)))
                assert told.bias[method, number] == pytest.approx(np.mean(errors))
            else:
                assert np.isnan(told.mean_square[method, number])
    assert np.isfinite(scaled).sum() > 0


def test_quantiles_of_scaled_errors_are_those_of_the_numbers():
    rng = np.random.default_rng(1)
    scaled = rng.normal(0, 1, (1, 40, 2, 100))

    told = histogram(scaled, np.zeros(100, np.int64), 1)

    for step in range(2):
        slow = np.quantile(scaled[0, :, step], [0.1, 0.9])
        assert [told.quantile(share)[0, 0, step] for share in (0.1, 0.9)] == pytest.approx(slow, abs=0.03)


def test_groups_with_few_errors_take_the_quantile_of_all():
    counts = np.zeros((2, 1, 1, EDGES.size - 1), np.int64)
    counts[0, 0, 0, 400] = 1000
    counts[1, 0, 0, 300] = 5

    told = Scaled(counts).quantile(0.9)

    assert told[1, 0, 0] == pytest.approx(told[0, 0, 0], abs=0.001)


def test_the_error_is_told_by_length_of_history():
    told = forecast(company(series=300), horizon=3)

    rows = error_by_length(told)

    assert [row.from_months for row in rows] == sorted({row.from_months for row in rows})
    assert sum(row.series for row in rows) == int(np.isfinite(told.rmse).sum())
    longest = told.history_months >= 36
    slow = np.sqrt(np.sum(told.rmse[longest] ** 2) / np.sum(told.mean_demand[longest] ** 2))
    assert rows[-1].rmse_share == pytest.approx(slow)


@pytest.mark.filterwarnings("ignore")
def test_the_models_of_statsforecast_are_an_engine_too():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("statsforecast.models", reason="the extra forecast is not installed")
    matrix = company(5, series=4, months=30)

    told = forecast(matrix, engine="statsforecast", rules=DemandRules(origins=3))

    own = told.basis == "own"
    assert own.any()
    assert np.isfinite(told.expected[own]).all()
    assert set(told.method[own]) <= {"seasonal_naive", "croston_sba", "tsb", "auto_theta", "auto_ets"}


def test_a_missing_statsforecast_is_declined_with_the_remedy(monkeypatch):
    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)

    with pytest.raises(Declined, match=r"pip install 'kamerton\[forecast\]'"):
        forecast(np.ones((1, 24)), engine="statsforecast")


def test_a_pivot_of_whole_months_goes_straight_into_the_forecast():
    months = [202301 + 100 * (k // 12) + k % 12 for k in range(24)]

    told = forecast(pivot([0] * 24, months, [5.0] * 24, first_month=202301, last_month=202412))

    assert told.expected.ravel() == pytest.approx([5, 5, 5])
