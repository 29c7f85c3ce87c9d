"""Money of a window against the law of orders and amounts."""

from __future__ import annotations

import numpy as np
import pytest

from kamstats.rhythm import GammaLaw, account_days, rhythm
from kamstats.rhythm.decline import expected_money, money_probability


def law(*rows):
    return GammaLaw(*(np.array(column) for column in zip(*rows, strict=True)))


INTERVALS = law((2.0, 12.0, 200.0), (1.0, 5.0, 300.0), (9.0, 900.0, 3000.0))
AMOUNTS = law((1.5, 9.0, 600.0), (2.0, 20.0, 900.0), (4.0, 400.0, 10000.0))


def simulated_money(rng, row, window, runs):
    """The slow oracle: lives of one account, order by order, looked at through the window."""
    totals = []
    for _ in range(runs):
        rate = rng.gamma(INTERVALS.concentration[row], 1 / INTERVALS.scale[row])
        worth = rng.gamma(AMOUNTS.concentration[row], 1 / AMOUNTS.scale[row])
        # the window begins anywhere: inside an interval drawn by its length
        day = rng.gamma(INTERVALS.shape[row] + 1, 1 / rate) * rng.random()
        money = 0.0
        while day < window:
            money += rng.gamma(AMOUNTS.shape[row], 1 / worth)
            day += rng.gamma(INTERVALS.shape[row], 1 / rate)
        totals.append(money)
    return np.array(totals)


@pytest.mark.parametrize("row", [0, 1, 2])
def test_the_probability_is_that_of_simulated_lives(row):
    rng = np.random.default_rng(row)
    lives = simulated_money(rng, row, 91, 20_000)
    limits = np.quantile(lives, [0.03, 0.2, 0.6, 0.9])

    for limit in limits:
        ours = money_probability(INTERVALS, AMOUNTS, window_days=91, money=np.full(3, limit))[row]
        assert ours == pytest.approx((lives <= limit).mean(), abs=0.012)
    ours = expected_money(INTERVALS, AMOUNTS, window_days=91)[row]
    assert ours == pytest.approx(lives.mean(), rel=0.04)


def test_no_money_at_all_has_the_probability_of_no_order():
    money = np.zeros(3)

    ours = money_probability(INTERVALS, AMOUNTS, window_days=91, money=money)
    below = money_probability(INTERVALS, AMOUNTS, window_days=91, money=money - 50)

    assert ours[1] == pytest.approx(0.266, abs=0.002)
    assert below.tolist() == ours.tolist()


def test_all_the_money_in_the_world_has_probability_one():
    assert money_probability(
        INTERVALS, AMOUNTS, window_days=91, money=np.full(3, 1e12)
    ).tolist() == pytest.approx([1, 1, 1], abs=1e-5)


def test_stopping_early_changes_no_decision():
    money = np.array([60.0, 20.0, 150.0])

    whole = money_probability(INTERVALS, AMOUNTS, window_days=91, money=money)
    early = money_probability(INTERVALS, AMOUNTS, window_days=91, money=money, stop_above=0.05)

    assert (early < 0.05).tolist() == (whole < 0.05).tolist()
    assert np.all(early <= whole + 1e-12)


def test_without_a_law_there_is_no_probability():
    missing = law((2.0, np.nan, np.nan))

    assert np.isnan(money_probability(missing, missing, window_days=91, money=np.array([5.0]))[0])
    assert np.isnan(expected_money(missing, missing, window_days=91)[0])


def test_one_account_in_twenty_falls_below_its_five_percent_quantile_when_nothing_happened():
    rng = np.random.default_rng(0)
    rate, worth = rng.gamma(7, 1 / 70, 3000), rng.gamma(3, 1 / 300, 3000)
    days = np.ceil(np.cumsum(rng.gamma(3, 1 / rate[:, None], (3000, 150)), axis=1)).astype(int)
    money = rng.gamma(2, 1 / worth[:, None], days.shape)
    owner = np.repeat(np.arange(3000), 150)
    as_of = int(days[:, -1].min())
    known = days.ravel() <= as_of

    told = rhythm(*account_days(owner[known], days.ravel()[known], money=money.ravel()[known]), as_of=as_of)

    assert told.decline.fired.mean() == pytest.approx(0.05, abs=0.012)
    assert np.nansum(told.decline.money) == pytest.approx(np.nansum(told.decline.expected), rel=0.04)
