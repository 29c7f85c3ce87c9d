"""Every method of the pool against statsforecast, a published table, or a slow loop."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamstats.demand import (
    croston_sba,
    damped_smoothing,
    demand_measures,
    demand_pattern,
    history,
    mean_of_year,
    seasonal_naive,
    simple_smoothing,
    theta,
    tsb,
)
from kamstats.demand.pool import OwnPool
from kamstats.demand.season import season_factors, seasonal_smoothing

MONTHS = 36


def ledger(seed=1, series=60, months=MONTHS):
    rng = np.random.default_rng(seed)
    values = rng.gamma(2.0, 40.0, (series, months))
    return values * (rng.random((series, months)) < rng.uniform(0.15, 1, (series, 1)))


def begun_later(matrix):
    """Let every third series begin in its fifth month."""
    later = matrix.copy()
    later[::3, :4] = np.nan
    return later


def pool_of(matrix, origins, horizon=3):
    past = history(matrix)
    return OwnPool().paths(past, origins, horizon, season_factors(past, origins))


@pytest.fixture(scope="module")
def peer():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("statsforecast.models", reason="the extra forecast is not installed")


@pytest.mark.parametrize("name", ["seasonal_naive", "croston_sba", "tsb", "simple_smoothing"])
@pytest.mark.filterwarnings("ignore")
def test_the_numbers_are_those_of_statsforecast(peer, name):
    ours, theirs = {
        "seasonal_naive": (seasonal_naive, peer.SeasonalNaive(12)),
        "croston_sba": (croston_sba, peer.CrostonSBA()),
        "tsb": (lambda *a, **k: tsb(*a, rates=[(0.2, 0.3)], **k), peer.TSB(0.2, 0.3)),
        "simple_smoothing": (
            lambda *a, **k: simple_smoothing(*a, alphas=[0.3], **k),
            peer.SimpleExponentialSmoothing(0.3),
        ),
    }[name]
    matrix = begun_later(ledger())
    matrix[5] = 0

    got = ours(history(matrix), origins=[30, MONTHS], horizon=14)

    for row, known in ((0, 30), (1, MONTHS)):
        for number, line in enumerate(matrix[:, :known]):
            told = theirs.forecast(y=line[~np.isnan(line)], h=14)["mean"]
            assert got[row, :, number] == pytest.approx(told, rel=1e-12, abs=1e-12)


def slow_theta(values, alpha, horizon):
    """The two theta lines themselves: the straight one, and SES on the one of doubled curvature."""
    steps = np.arange(len(values))
    slope, base = np.polyfit(steps, values, 1)
    doubled = 2 * values - (base + slope * steps)
    level = doubled[0]
    for value in doubled[1:]:
        level = alpha * value + (1 - alpha) * level
    ahead = len(values) - 1 + np.arange(1, horizon + 1)
    return (level + base + slope * ahead) / 2


@given(st.lists(st.floats(50, 100), min_size=5, max_size=30), st.sampled_from([0.1, 0.4, 0.9]))
def test_theta_is_the_mean_of_its_two_lines(values, alpha):
    line = np.array(values)

    ours = theta(history([line]), origins=[line.size], horizon=4, alphas=[alpha])[0, :, 0]

    assert ours == pytest.approx(slow_theta(line, alpha, 4), rel=1e-6)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=20))
def test_damped_smoothing_is_the_plain_recursion(values):
    alpha, beta, phi = 0.3, 0.4, 0.9
    level, trend = values[0], 0.0
    for value in values[1:]:
        error = value - (level + phi * trend)
        level, trend = level + phi * trend + alpha * error, phi * trend + alpha * beta * error
    slow = [max(level + sum(phi**k for k in range(1, h + 1)) * trend, 0) for h in (1, 2, 3)]

    ours = damped_smoothing(
        history([values]), origins=[len(values)], horizon=3, candidates=[(alpha, beta, phi)]
    )

    assert ours.ravel() == pytest.approx(slow, rel=1e-9, abs=1e-9)


def test_the_candidate_is_the_one_with_the_smallest_one_step_errors_so_far():
    line = ledger(seed=3, series=1)[0]
    alphas = (0.1, 0.5, 0.9)

    def squares(alpha, known):
        level, total = line[0], 0.0
        for value in line[1:known]:
            total += (value - level) ** 2
            level += alpha * (value - level)
        return total, level

    for known in (10, 20, 36):
        best = min((squares(alpha, known) for alpha in alphas), key=lambda told: told[0])
        ours = simple_smoothing(history([line]), origins=[known], horizon=1, alphas=alphas)
        assert ours.ravel() == pytest.approx([best[1]])


def test_season_factors_are_those_of_the_slow_decomposition():
    totals = ledger(seed=4, series=3) + 20

    ours = season_factors(history(totals), [30])[0]

    for number, line in enumerate(totals[:, :30]):
        ratios = {month: [] for month in range(12)}
        for row in range(6, 24):
            centred = (line[row - 6] / 2 + line[row - 5 : row + 6].sum() + line[row + 6] / 2) / 12
            ratios[row % 12].append(line[row] / centred)
        means = np.array([np.mean(ratios[month]) for month in range(12)])
        assert ours[:, number] == pytest.approx(means / means.mean())


def test_with_less_than_two_years_there_is_no_season():
    past = history(begun_later(ledger(series=3)))

    assert season_factors(past, [23]).tolist() == np.ones((1, 12, 3)).tolist()
    assert season_factors(past, [26])[0, :, 0].tolist() == [1.0] * 12  # began in month 5
    assert season_factors(past, [26])[0, :, 1].tolist() != [1.0] * 12


def test_seasonal_smoothing_follows_the_season_of_its_total():
    season = np.tile([2.0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5], 3)
    past = history([100 * season, 10 * season])
    factors = season_factors(past, [36])

    told = seasonal_smoothing(past, origins=[36], horizon=3, factors=factors)

    assert told[0, :, 0] == pytest.approx([200, 100, 100])
    assert told[0, :, 1] == pytest.approx([20, 10, 10])


@given(st.floats(0.001, 1000), st.integers(0, 50))
def test_forecasts_grow_with_the_unit(factor, seed):
    matrix = begun_later(ledger(seed=seed, series=5))

    plain, scaled = pool_of(matrix, [30, 36]), pool_of(matrix * factor, [30, 36])

    assert scaled == pytest.approx(plain * factor, rel=1e-7, nan_ok=True)


def test_every_method_forecasts_a_constant_exactly_once_it_is_judged():
    told = pool_of(np.full((2, MONTHS), 7.0), [24, 36])

    others = [number for number, name in enumerate(OwnPool.methods) if name != "croston_sba"]
    assert told[others] == pytest.approx(np.full_like(told[others], 7.0))
    assert told[OwnPool.methods.index("croston_sba")] == pytest.approx(7 * 0.95)


def test_no_method_forecasts_less_than_nothing():
    falling = np.maximum(100 - 4.0 * np.arange(36), 0)

    told = pool_of([falling, falling[::-1]], [12, 24, 36], horizon=12)

    assert np.nanmin(told) >= 0


def test_seasonal_naive_needs_a_year_and_the_mean_takes_what_there_is():
    past = history([[np.nan] * 3 + [6.0] * 8 + [3.0] * 4])

    naive = seasonal_naive(past, origins=[14, 15], horizon=2)
    mean = mean_of_year(past, origins=[4, 15], horizon=1)

    assert np.isnan(naive[0]).all()
    assert naive[1].ravel().tolist() == [6, 6]
    assert mean.ravel().tolist() == [6, 5]


def test_the_categories_are_those_of_the_limits():
    # months between demands and spread of the demands, on both sides of ADI 1.32 and CV² 0.49
    lines = [[10, 10, 10, 0, 10], [10, 10, 0, 10], [10, 43, 10, 10], [10, 0, 49, 10], [0, 0, 0, 0]]
    lines = [line + [0] * (5 - len(line)) if len(line) == 3 else line for line in lines]

    patterns = [str(demand_pattern(history([line]))[0]) for line in lines]
    adi, cv2 = demand_measures(history([lines[2]]))

    assert patterns == ["smooth", "intermittent", "erratic", "lumpy", ""]
    assert (adi[0], cv2[0]) == pytest.approx((1.0, np.var(lines[2]) / np.mean(lines[2]) ** 2))


def test_an_empty_pool_forecasts_nothing():
    assert pool_of(np.empty((0, 24)), [12, 24]).shape == (9, 2, 3, 0)
