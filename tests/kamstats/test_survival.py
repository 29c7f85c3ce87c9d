"""The survival curve reproduces the published one and the definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamstats.errors import Declined, Invalid
from kamstats.survival import kaplan_meier, log_rank

# Freireich et al. 1963: weeks of remission of leukaemia, 21 children on 6-MP and 21 on placebo.
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSE = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_the_published_remission_curve_is_reproduced():
    curve = kaplan_meier(WEEKS, RELAPSE)

    ends = curve.events > 0
    assert curve.time[ends].tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk[ends].tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.survival[ends].round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    published = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert curve.standard_error[ends] == pytest.approx(published, abs=5e-5)
    assert curve.median == 23
    assert curve.censored.sum() == 12


def test_the_log_log_interval_contains_the_curve_and_stays_inside_zero_and_one():
    curve = kaplan_meier(WEEKS, RELAPSE)

    assert ((curve.low < curve.survival) & (curve.survival < curve.high)).all()
    assert curve.low.min() > 0
    assert curve.high.max() < 1
    low, high = curve.median_interval
    assert (low, math.isnan(high)) == (13, True)


def test_the_greenwood_interval_is_the_symmetric_one():
    curve = kaplan_meier(WEEKS, RELAPSE, interval="greenwood")

    assert curve.survival - curve.low == pytest.approx(1.959964 * curve.standard_error, rel=1e-6)
    assert curve.high[0] == 1.0
    assert curve.high[-1] == pytest.approx(0.448 + 1.96 * 0.1346, abs=1e-3)


def test_without_censoring_the_restricted_mean_is_the_mean():
    curve = kaplan_meier(PLACEBO, np.ones(21))

    assert curve.restricted_mean().mean == pytest.approx(sum(PLACEBO) / 21)
    assert curve.median == 8
    assert curve.at(100) == 0
    assert curve.restricted_mean(5).mean == pytest.approx(sum(min(t, 5) for t in PLACEBO) / 21)


def test_the_restricted_mean_has_the_error_of_the_mean_where_nothing_is_censored():
    values = np.array(PLACEBO, dtype=float)

    found = kaplan_meier(values, np.ones(21)).restricted_mean()

    assert found.standard_error == pytest.approx(values.std() / math.sqrt(21), rel=1e-9)


def test_the_published_log_rank_test_is_reproduced():
    lifetime, ended = WEEKS + PLACEBO, RELAPSE + [1] * 21

    found = log_rank(lifetime, ended, ["6-MP"] * 21 + ["placebo"] * 21)

    assert found.statistic == pytest.approx(16.79, abs=5e-3)
    assert found.degrees_of_freedom == 1
    assert found.p_value < 1e-4


def test_a_lifetime_beyond_the_last_observation_is_not_known():
    curve = kaplan_meier(WEEKS, RELAPSE)

    assert curve.at(0) == 1
    assert math.isnan(curve.at(36))
    assert curve.at(35) == pytest.approx(0.448, abs=5e-4)


def test_too_little_is_declined_and_nonsense_refused():
    with pytest.raises(Declined, match="at least one"):
        kaplan_meier([], [])
    with pytest.raises(Invalid, match="-1"):
        kaplan_meier([-1.0], [True])
    with pytest.raises(Invalid, match="nan"):
        kaplan_meier([math.nan], [True])
    with pytest.raises(Invalid, match="equal lengths"):
        kaplan_meier([1.0], [True, False])
    with pytest.raises(Declined, match="two groups"):
        log_rank([1, 2], [1, 1], ["a", "a"])
    with pytest.raises(Declined, match="two groups"):
        log_rank([1, 2], [0, 0], ["a", "b"])


@pytest.mark.parametrize("ended", [True, False])
def test_one_account_makes_a_curve(ended):
    curve = kaplan_meier([5], [ended])

    assert curve.survival.tolist() == [0.0 if ended else 1.0]
    assert math.isnan(curve.low[0])
    assert curve.restricted_mean().mean == 5


lifetimes = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30)


def oracle(rows: list[tuple[int, bool]], time: int) -> tuple[float, float]:
    """Survival and Greenwood's sum by the definition."""
    share, spread = 1.0, 0.0
    for moment in sorted({t for t, ended in rows if ended and t <= time}):
        n = sum(t >= moment for t, _ in rows)
        d = sum(t == moment and ended for t, ended in rows)
        share *= (n - d) / n
        spread += d / (n * (n - d)) if n > d else 0.0
    return share, spread


@given(lifetimes)
def test_the_curve_equals_the_definition(rows: list[tuple[int, bool]]):
    curve = kaplan_meier(*zip(*rows, strict=True))

    for i, time in enumerate(curve.time):
        share, spread = oracle(rows, int(time))
        assert curve.survival[i] == pytest.approx(share)
        assert curve.standard_error[i] == pytest.approx(share * math.sqrt(spread))
    assert (np.diff(curve.survival) <= 0).all()
    assert curve.events.sum() + curve.censored.sum() == len(rows)


@given(lifetimes)
def test_without_censoring_the_curve_is_the_share_that_lasts_longer(rows: list[tuple[int, bool]]):
    values = np.array([time for time, _ in rows])
    curve = kaplan_meier(values, np.ones(values.size))

    for time in range(13):
        assert curve.at(time) == pytest.approx((values > time).mean())
