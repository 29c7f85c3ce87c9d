"""The Gamma law of intervals and amounts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from kamstats.rhythm import GammaLaw, Spells, account_days, amount_law, interval_law
from kamstats.rhythm.law import peer_groups, pooled_shape


def one(shape, concentration, scale):
    return GammaLaw(np.array([shape]), np.array([concentration]), np.array([scale]))


def simulated(rng, accounts, shape, count, mean=30.0):
    """Give the spells of accounts whose mean intervals differ among them."""
    scale = mean / shape * np.exp(rng.normal(0, 0.7, accounts))
    owner = np.repeat(np.arange(accounts), count)
    return Spells.of(owner, rng.gamma(shape, scale[owner]), accounts), scale * shape


def test_the_survival_function_is_that_of_the_beta_prime_distribution():
    law = one(1.7, 9.0, 200.0)
    days = np.array([0.0, 1, 10, 50, 400])

    ours = [law.survival(day)[0] for day in days]

    assert ours == pytest.approx(stats.betaprime(1.7, 9.0, scale=200.0).sf(days), rel=1e-12)
    assert law.median()[0] == pytest.approx(stats.betaprime(1.7, 9.0, scale=200.0).median(), rel=1e-9)
    assert law.mean()[0] == pytest.approx(stats.betaprime(1.7, 9.0, scale=200.0).mean(), rel=1e-12)


def test_the_survival_function_is_the_gamma_law_averaged_over_the_posterior_of_the_rate():
    law = one(2.0, 7.0, 150.0)

    def integrand(rate):
        return stats.gamma(2.0, scale=1 / rate).sf(60) * stats.gamma(7.0, scale=1 / 150.0).pdf(rate)

    slow = integrate.quad(integrand, 0, 1)[0]

    assert law.survival(60.0)[0] == pytest.approx(slow, rel=1e-6)


def test_sums_of_intervals_follow_the_same_average():
    law = one(2.0, 7.0, 150.0)

    def integrand(rate):
        return stats.gamma(6.0, scale=1 / rate).cdf(100) * stats.gamma(7.0, scale=1 / 150.0).pdf(rate)

    assert law.sum_at_most(3, 100.0)[0] == pytest.approx(integrate.quad(integrand, 0, 1)[0], rel=1e-6)


def test_with_many_own_intervals_the_law_is_the_plain_gamma():
    law = one(3.0, 3e6, 3e6 * 10.0)  # a million intervals of mean 30

    assert law.survival(50.0)[0] == pytest.approx(stats.gamma(3.0, scale=10.0).sf(50), rel=1e-4)


@given(
    own=st.lists(st.integers(1, 400), min_size=2, max_size=8),
    peers=st.lists(st.lists(st.integers(1, 400), min_size=2, max_size=4), min_size=5, max_size=6),
    weight=st.floats(0.5, 10),
)
def test_the_posterior_mean_is_the_own_sum_and_the_peer_mean_with_its_weight(own, peers, weight):
    everyone = [own, *peers]
    owner = np.repeat(np.arange(len(everyone)), [len(values) for values in everyone])
    spells = Spells.of(owner, np.concatenate(everyone).astype(float), len(everyone))

    law = interval_law(spells, weight=weight)

    peer_mean = np.mean([np.mean(values) for values in everyone])
    slow = (sum(own) + weight * peer_mean) / (len(own) + weight)
    assert law.mean()[0] == pytest.approx(slow, rel=1e-9)


@pytest.mark.parametrize("shape", [0.7, 1.0, 2.5, 9.0])
def test_the_common_shape_is_found_although_every_account_has_its_own_mean(shape):
    rng = np.random.default_rng(4)
    spells, _ = simulated(rng, 4000, shape, 4)

    found = pooled_shape(spells, np.zeros(4000, np.int64), spells.count >= 2)

    assert found == pytest.approx([shape], rel=0.05)


def test_the_common_shape_solves_the_conditional_likelihood():
    rng = np.random.default_rng(5)
    owner = np.repeat(np.arange(30), rng.integers(2, 7, 30))
    values = rng.gamma(2.0, 15.0, owner.size)
    spells = Spells.of(owner, values, 30)

    def log_likelihood(k):  # of the shares x / sum, Dirichlet(k, ..., k), account by account
        return sum(
            stats.dirichlet.logpdf(
                values[owner == one] / values[owner == one].sum(), [k] * (owner == one).sum()
            )
            for one in range(30)
        )

    found = pooled_shape(spells, np.zeros(30, np.int64), spells.count >= 2)[0]

    assert log_likelihood(found) > max(log_likelihood(found * 1.001), log_likelihood(found / 1.001))


def test_a_small_segment_takes_everyone_as_peers():
    spells = Spells.of(np.repeat(np.arange(7), 2), np.array([10.0] * 12 + [90, 90]), 7)

    law = interval_law(spells, groups=np.array([0] * 6 + [1]))

    peer_mean = (6 * 10 + 90) / 7
    assert law.mean()[6] == pytest.approx((180 + 2 * peer_mean) / 4)
    assert law.mean()[0] == pytest.approx(10)


def test_accounts_without_enough_intervals_have_no_law():
    spells = Spells.of(np.array([0, 1, 1]), np.array([5.0, 5, 6]), 3)

    law = interval_law(spells)

    assert np.isnan(law.mean()).tolist() == [True, False, True]


def test_no_accounts_give_no_law():
    spells = Spells.of(np.array([], np.int64), np.array([]), 0)

    assert interval_law(spells, groups=np.array([], np.int64)).mean().size == 0
    assert amount_law(spells).mean().size == 0


def test_one_account_alone_is_its_own_peer():
    orders, _ = account_days([0, 0, 0], [0, 10, 40])

    assert interval_law(Spells.intervals(orders)).mean().tolist() == pytest.approx([20.0])


def test_amounts_that_differ_widely_are_hardly_shrunk_and_alike_ones_are():
    rng = np.random.default_rng(6)
    owner = np.repeat(np.arange(400), 5)
    alike = Spells.of(owner, rng.gamma(4.0, 25.0, owner.size), 400)
    wide = Spells.of(owner, rng.gamma(4.0, 25.0 * np.exp(rng.normal(0, 2, 400))[owner]), 400)

    kept_alike, kept_wide = (
        np.corrcoef(np.log(amount_law(each).mean()), np.log(each.total / 5))[0, 1] for each in (alike, wide)
    )
    spread_alike, spread_wide = (
        np.log(amount_law(each).mean()).std() / np.log(each.total / 5).std() for each in (alike, wide)
    )

    assert kept_alike > 0.95
    assert kept_wide > 0.99
    assert spread_alike < 0.3
    assert spread_wide > 0.9


def test_the_amount_law_is_calibrated_on_its_own_model():
    rng = np.random.default_rng(7)
    rate = rng.gamma(2.0, 1 / 300.0, 5000)
    owner = np.repeat(np.arange(5000), 5)
    spells = Spells.of(owner, rng.gamma(3.0, 1 / rate[owner]), 5000)

    chance = amount_law(spells).survival(rng.gamma(3.0, 1 / rate))

    assert stats.kstest(chance, "uniform").statistic < 0.025


def test_segments_may_have_any_names_and_none_means_one():
    assert peer_groups(["b", "a", "b"], 3).tolist() == [1, 0, 1]
    assert peer_groups(None, 2).tolist() == [0, 0]
