"""The chance that a silent account has gone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamstats.calibration import brier, reliability
from kamstats.rhythm import GammaLaw, account_days, rhythm
from kamstats.rhythm.lapse import lapse_share, order_probability


def law(accounts, mean=30.0):
    """Give accounts that all order about every `mean` days."""
    return GammaLaw(*(np.full(accounts, value) for value in (4.0, 4001.0, 1000.0 * mean)))


def lives(rng, lapse, accounts=1500, until=900):
    """Simulate accounts that order about monthly and leave after an order with the probability `lapse`."""
    owner, when = [], []
    for account in range(accounts):
        day = rng.integers(0, 300)
        while day <= until + 200:
            owner.append(account)
            when.append(day)
            if rng.random() < lapse:
                break
            day += max(1, round(rng.gamma(4.0, 7.5)))
    return account_days(owner, when)[0]


@pytest.mark.parametrize("lapse", [0.0, 0.02, 0.1])
def test_the_share_of_last_orders_is_found(lapse):
    orders = lives(np.random.default_rng(1), lapse).until(900)
    told = rhythm(orders, as_of=900)

    found = lapse_share(told.law, np.maximum(told.orders - 3.0, 0), told.days_silent)

    assert found == pytest.approx(lapse, abs=0.006)


def test_the_probability_of_an_order_is_honest_where_accounts_leave():
    orders = lives(np.random.default_rng(2), 0.03)
    told = rhythm(orders, as_of=900)
    known = np.isfinite(told.silence_probability)

    said = told.order_probability(60)[known]
    came = (orders.next_after(900) <= 960)[known]

    table = reliability(said, came)
    assert np.average(np.abs(table.predicted - table.observed), weights=table.count) < 0.03
    assert brier(said, came) < 0.5 * came.mean() * (1 - came.mean())


def test_the_share_has_the_largest_likelihood():
    rng = np.random.default_rng(3)
    silent, ended = rng.integers(0, 200, 60).astype(float), rng.integers(2, 9, 60).astype(float)

    def log_likelihood(q):
        return ended.sum() * np.log(1 - q) + np.log((1 - q) * law(60).survival(silent) + q).sum()

    found = lapse_share(law(60), ended, silent)

    grid = np.linspace(0.001, 0.5, 500)
    assert found == pytest.approx(grid[np.argmax([log_likelihood(q) for q in grid])], abs=0.001)


@given(st.floats(0, 400), st.floats(1, 100), st.floats(0, 0.9))
def test_the_probability_grows_with_the_days_given_and_falls_with_lapse(silent, days, lapse):
    where = np.array([silent])

    said = order_probability(law(1), where, days, lapse)[0]

    assert 0 <= said <= 1
    assert order_probability(law(1), where, days + 10, lapse)[0] >= said
    assert order_probability(law(1), where, days, lapse + 0.05)[0] <= said + 1e-12


def test_without_a_rhythm_nothing_is_known():
    orders, _ = account_days([0, 0], [1, 5])

    assert np.isnan(rhythm(orders, as_of=9).order_probability(30)).tolist() == [True]
