"""Maximum likelihood: published figures, exact derivatives, oracles, recovery."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import betaln, gammaln, hyp2f1

from kamstats.errors import Declined, Invalid
from kamstats.repeat_buying import Summary, fit_bgnbd, fit_mbgcnbdk, fit_mbgnbd, fit_nbd, fit_paretonbd
from kamstats.repeat_buying.fitting import estimate
from kamstats.repeat_buying.geometric import GeometricLikelihood
from kamstats.repeat_buying.lifetime_integral import ParetoLikelihood
from kamstats.repeat_buying.nbd import SEARCH as NBD_SEARCH
from kamstats.repeat_buying.summary import group

ALL_FITS = (fit_nbd, fit_bgnbd, fit_mbgnbd, fit_mbgcnbdk, fit_paretonbd)
POINT = np.array([0.6, 0.7, 0.9, 1.7])
LIKELIHOODS = {
    "NBD": (NBD_SEARCH.likelihood, POINT[:2]),
    "BG/NBD": (lambda groups: GeometricLikelihood(groups, leaves_at_start=False), POINT),
    "MBG/NBD": (lambda groups: GeometricLikelihood(groups, leaves_at_start=True), POINT),
    "MBG/CNBD-4": (lambda groups: GeometricLikelihood(groups, k=4, leaves_at_start=True), POINT),
    "Pareto/NBD": (ParetoLikelihood, POINT),
    "Pareto/NBD, beta below alpha": (ParetoLikelihood, np.array([0.6, 2.0, 0.4, 0.02])),
}


def random_summary(seed, rows=40, most=12):
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 400, rows)
    x = rng.integers(0, most, rows) * (rng.random(rows) < 0.7)
    t_x = np.where(x > 0, rng.integers(1, age), 0)
    gaps = x * np.log(np.maximum(t_x, 1) / np.maximum(x, 1)) - 0.3 * np.maximum(x - 1, 0)
    return Summary(x, t_x, age, 7.0, gaps)


# --- published figures


def test_bgnbd_on_cdnow_has_the_figures_of_fader_hardie_and_lee(cdnow):
    fit = fit_bgnbd(cdnow)

    assert list(fit.model.parameters.values()) == pytest.approx([0.2426, 4.4136, 0.7929, 2.4259], abs=6e-5)
    assert fit.log_likelihood == pytest.approx(-9582.429, abs=5e-4)
    assert fit.converged


def test_paretonbd_on_cdnow_has_the_published_figures(cdnow):
    fit = fit_paretonbd(cdnow)

    assert list(fit.model.parameters.values()) == pytest.approx([0.553, 10.578, 0.606, 11.669], abs=6e-4)
    assert fit.log_likelihood == pytest.approx(-9595.0, abs=0.05)
    assert fit.converged


def test_no_regularity_is_found_in_cdnow(cdnow):
    fit = fit_mbgcnbdk(cdnow)

    assert fit.model.k == 1
    assert fit.log_likelihood == pytest.approx(fit_mbgnbd(cdnow).log_likelihood, abs=1e-6)


# --- derivatives


@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("seed", range(3))
def test_gradient_and_hessian_are_exact(name, seed):
    make, point = LIKELIHOODS[name]
    likelihood = make(group(random_summary(seed)))
    surface = likelihood(point)

    gradient, hessian = np.empty(len(point)), np.empty((len(point),) * 2)
    for place, value in enumerate(point):
        step = np.zeros(len(point))
        step[place] = 1e-5 * value
        up, down = likelihood(point + step), likelihood(point - step)
        gradient[place] = (up.value - down.value) / (2 * step[place])
        hessian[place] = (up.gradient - down.gradient) / (2 * step[place])
    size = np.abs(surface.hessian).max()

    assert surface.gradient == pytest.approx(gradient, rel=1e-6, abs=1e-5)
    assert surface.hessian == pytest.approx(hessian, rel=1e-6, abs=1e-7 * size)


# --- slow oracles


def geometric_oracle(summary, k, parameters, *, at_start):
    """Sum over the rows of the log-likelihood, term by term as in the papers, times in units."""
    total, (r, alpha, a, b) = 0.0, parameters
    for x, t_x, age in zip(summary.x, summary.recency, summary.age, strict=True):
        rho = r + k * x
        front = r * np.log(alpha) - gammaln(r)
        alive = [
            gammaln(rho + j)
            - gammaln(j + 1)
            + (j * np.log(age - t_x) if j else 0)
            - (rho + j) * np.log(alpha + age)
            for j in range(k)
        ]
        terms = [betaln(a, b + x + at_start) - betaln(a, b) + value for value in alive]
        if x or at_start:
            gone = gammaln(rho) - rho * np.log(alpha + t_x)
            terms.append(betaln(a + 1, b + x + at_start - 1) - betaln(a, b) + gone)
        total += front + np.logaddexp.reduce(terms)
    purchases = summary.x.sum()
    gaps = summary.log_gaps.sum() - purchases * np.log(summary.unit_days)
    return total + (k - 1) * gaps - purchases * gammaln(k)


@pytest.mark.parametrize(("fit_one", "at_start"), [(fit_bgnbd, False), (fit_mbgnbd, True)])
def test_the_log_likelihood_at_the_fit_is_that_of_the_paper(fit_one, at_start):
    summary = random_summary(7)
    fit = fit_one(summary)

    oracle = geometric_oracle(summary, 1, fit.model.parameters.values(), at_start=at_start)

    assert fit.log_likelihood == pytest.approx(oracle, abs=1e-8)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_log_likelihood_of_regular_buyers_counts_their_intervals(k):
    summary = random_summary(8)
    fit = fit_mbgcnbdk(summary, k=k)
    _, *rest = fit.model.parameters.values()

    assert fit.log_likelihood == pytest.approx(geometric_oracle(summary, k, rest, at_start=True), abs=1e-8)


def pareto_oracle(summary, r, alpha, s, beta):
    """Fader & Hardie's form with two 2F1, times in units; beta above alpha."""
    x, t_x, age = summary.x, summary.recency, summary.age
    total = r + s + x

    def part(time):
        return hyp2f1(total, r + x, total + 1, (beta - alpha) / (beta + time)) / (beta + time) ** total

    alive = (alpha + age) ** -(r + x) * (beta + age) ** -s
    front = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    return float(np.sum(front + np.log(alive + s / total * (part(t_x) - part(age)))))


def test_the_pareto_likelihood_agrees_with_the_hypergeometric_form(cdnow):
    fit = fit_paretonbd(cdnow)

    oracle = pareto_oracle(cdnow, *fit.model.parameters.values())

    assert fit.log_likelihood == pytest.approx(oracle, abs=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_lifetimes_finds_the_same_maximum_of_bgnbd(cdnow):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter

        peer = BetaGeoFitter().fit(cdnow.x, cdnow.recency, cdnow.age)

    ours = fit_bgnbd(cdnow).model.parameters
    assert list(ours.values()) == pytest.approx([peer.params_[name] for name in ours], rel=1e-3)


# --- properties


@pytest.mark.parametrize("fit_one", ALL_FITS)
def test_the_unit_of_time_changes_rates_and_nothing_else(fit_one, cdnow):
    weeks, days = fit_one(cdnow), fit_one(replace(cdnow, unit_days=1.0))

    for name, value in weeks.model.parameters.items():
        times = 7.0 if name in {"alpha", "beta"} else 1.0
        assert days.model.parameters[name] == pytest.approx(value * times, rel=1e-6)
    purchases = cdnow.x.sum()
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - purchases * np.log(7), abs=1e-5)


@pytest.mark.parametrize("fit_one", ALL_FITS)
def test_grouped_rows_give_the_same_fit_as_single_ones(fit_one, cdnow):
    five = Summary(
        *(np.tile(column, 5) for column in (cdnow.x, cdnow.t_x, cdnow.T)), 7.0, np.tile(cdnow.log_gaps, 5)
    )

    one, many = fit_one(cdnow), fit_one(five)

    assert many.log_likelihood == pytest.approx(5 * one.log_likelihood, abs=1e-5)
    assert list(many.model.parameters.values()) == pytest.approx(
        list(one.model.parameters.values()), rel=1e-4
    )


@pytest.mark.parametrize("fit_one", ALL_FITS)
def test_a_fit_is_a_maximum(fit_one, cdnow):
    fit = fit_one(cdnow)

    assert fit.converged
    assert fit.on_bound == ()
    assert np.linalg.eigvalsh(fit.covariance).min() > 0
    errors = [error for name, error in fit.standard_errors.items() if name != "k"]
    assert all(error > 0 for error in errors)


def test_standard_errors_cover_the_truth_of_simulated_accounts(simulated):
    truth = {"k": 3, "r": 0.85, "alpha": 10.15, "a": 0.79, "b": 2.42}  # alpha in days
    summary = simulated(1, 6000, **truth, days=(84, 672))

    fit = fit_mbgcnbdk(summary)

    assert fit.model.k == 3
    for name in ("r", "a", "b"):
        assert abs(fit.model.parameters[name] - truth[name]) < 3.5 * fit.standard_errors[name]
    assert fit.model.alpha * 7 == pytest.approx(10.15, rel=0.1)
    assert fit.standard_errors["k"] is None


def test_bgnbd_recovers_simulated_parameters(simulated):
    summary = simulated(2, 8000, k=1, r=0.8, alpha=40.0, a=0.9, b=2.5, at_start=False)

    fit = fit_bgnbd(summary)

    for name, value in {"r": 0.8, "a": 0.9, "b": 2.5}.items():
        assert abs(fit.model.parameters[name] - value) < 4 * fit.standard_errors[name]


def test_regular_buyers_at_most_k_are_reported_on_the_bound():
    rng = np.random.default_rng(3)
    x = rng.integers(2, 9, 60)
    t_x = x * 30
    summary = Summary(x, t_x, t_x + rng.integers(1, 25, 60), 7.0, x * np.log(30.0))

    fit = fit_mbgcnbdk(summary)

    assert fit.model.k == 12
    assert fit.on_bound[0] == "k"


def test_a_start_that_fails_on_all_rows_is_followed_by_the_others(cdnow):
    class Stubborn:
        """The NBD, but on many rows it is known only near the usual start."""

        def __init__(self, groups):
            self.true, self.all_rows = NBD_SEARCH.likelihood(groups), len(groups.x) > 1000

        def __call__(self, parameters):
            surface = self.true(parameters)
            lost = self.all_rows and Stubborn.visits == 0
            Stubborn.visits += self.all_rows
            return replace(surface, value=np.inf, hessian=np.zeros((2, 2))) if lost else surface

    Stubborn.visits = 0

    found = estimate(replace(NBD_SEARCH, likelihood=Stubborn), cdnow)

    assert found.converged
    assert found.log_likelihood == pytest.approx(fit_nbd(cdnow).log_likelihood, abs=1e-6)


# --- too little, and wrong input


@pytest.mark.parametrize("fit_one", ALL_FITS)
def test_four_repeat_buyers_are_too_few_and_five_are_enough(fit_one):
    t_x, age = np.array([0, 0, 9, 40, 90, 70, 20]), np.full(7, 100)

    def summary(x):
        return Summary(np.array(x), np.where(np.array(x) > 0, t_x, 0), age, 7.0, np.zeros(7))

    with pytest.raises(Declined, match="4 of 7 accounts"):
        fit_one(summary([0, 0, 0, 1, 2, 3, 1]))
    assert fit_one(summary([0, 0, 1, 1, 2, 3, 1])).accounts == 7


def test_regular_rhythm_needs_the_intervals(cdnow):
    with pytest.raises(Invalid, match="log_gaps"):
        fit_mbgcnbdk(replace(cdnow, log_gaps=None))
