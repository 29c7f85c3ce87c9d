"""Spend per order and customer lifetime value."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln

from kamstats.errors import Declined, Invalid
from kamstats.repeat_buying import (
    MbgCnbdK,
    Summary,
    fit_bgnbd,
    fit_mbgcnbdk,
    fit_nbd,
    fit_paretonbd,
    order_days,
)
from kamstats.value import (
    GammaGamma,
    _Likelihood,
    discounted_orders,
    fit_gamma_gamma,
    lifetime_value,
    order_values,
)

CDNOW_END = 10134  # 1997-09-30


@pytest.fixture(scope="module")
def cdnow(shared_data):
    """Account-days of CDNOW with their amounts, accounts in the order of the file."""
    lines = pyarrow.csv.read_csv(shared_data / "cdnow" / "cdnow_sample.csv")
    days = pa.table(
        {
            "account_key": lines["sample_id"],
            "day_no": lines["date"].cast(pa.int32()),
            "revenue": lines["amount"],
        }
    )
    summed = days.group_by(["account_key", "day_no"]).aggregate([("revenue", "sum")])
    return summed.rename_columns(["account_key", "day_no", "revenue"])


@pytest.fixture(scope="module")
def cdnow_values(cdnow):
    accounts = order_days(cdnow).account
    return order_values(cdnow, value="revenue", until=CDNOW_END).aligned(accounts)


def made_values(seed, accounts, p=6.0, q=4.0, gamma=15.0):
    rng = np.random.default_rng(seed)
    orders = rng.integers(1, 12, accounts)
    return orders, rng.gamma(p * orders) / (rng.gamma(q, 1 / gamma, accounts) * orders)


# --- Gamma-Gamma


def test_cdnow_has_the_published_parameters_and_likelihood(cdnow_values):
    fit = fit_gamma_gamma(cdnow_values.orders, cdnow_values.mean_value)

    assert (fit.model.p, fit.model.q, fit.model.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=6e-3)
    assert fit.log_likelihood == pytest.approx(-4055.92, abs=6e-3)
    assert fit.model.mean == pytest.approx(35.17, abs=6e-3)
    assert (fit.accounts, fit.left_out) == (946, 0)
    assert fit.converged


def test_the_first_ten_customers_spend_as_published(cdnow_values):
    fit = fit_gamma_gamma(cdnow_values.orders, cdnow_values.mean_value)

    expected = fit.model.expected_spend(cdnow_values.orders[:10], cdnow_values.mean_value[:10])

    published = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert expected == pytest.approx(published, abs=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_and_hessian_are_exact(seed):
    orders, value = made_values(seed, 30)
    likelihood, point = _Likelihood(orders.astype(float), value), np.array([4.0, 3.0, 10.0])
    surface = likelihood(point)

    for place in range(3):
        step = np.zeros(3)
        step[place] = 1e-5 * point[place]
        up, down = likelihood(point + step), likelihood(point - step)
        assert surface.gradient[place] == pytest.approx((up.value - down.value) / (2 * step[place]), rel=1e-5)
        slope = (up.gradient - down.gradient) / (2 * step[place])
        assert surface.hessian[place] == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_the_likelihood_is_that_of_the_paper_and_money_may_be_in_cents():
    orders, value = made_values(4, 5000)
    fit, cents = fit_gamma_gamma(orders, value), fit_gamma_gamma(orders, value * 100)
    p, q, gamma = fit.model.p, fit.model.q, fit.model.gamma

    oracle = (
        gammaln(p * orders + q)
        - gammaln(p * orders)
        - gammaln(q)
        + q * np.log(gamma)
        + (p * orders - 1) * np.log(value)
        + p * orders * np.log(orders)
        - (p * orders + q) * np.log(gamma + orders * value)
    ).sum()

    assert fit.log_likelihood == pytest.approx(oracle, abs=1e-7)
    assert cents.model.gamma == pytest.approx(100 * gamma, rel=1e-3)
    assert (cents.model.p, cents.model.q) == pytest.approx((p, q), rel=1e-3)


def test_the_truth_lies_within_the_standard_errors():
    fit = fit_gamma_gamma(*made_values(5, 20_000))

    for name, truth in {"p": 6.0, "q": 4.0, "gamma": 15.0}.items():
        assert abs(getattr(fit.model, name) - truth) < 4 * fit.standard_errors[name]


@given(st.integers(0, 500), st.floats(0.01, 1e6))
def test_the_expected_spend_lies_between_own_and_general_mean(orders, own):
    law = GammaGamma(6.25, 3.74, 15.44)

    expected = law.expected_spend([orders], [own])[0]

    low, high = sorted((own, law.mean)) if orders else (law.mean, law.mean)
    assert low * (1 - 1e-9) <= expected <= high * (1 + 1e-9)


def test_values_of_nought_and_below_are_left_out_and_counted():
    orders, value = made_values(6, 100)
    value[:3], orders[3] = (-5.0, 0.0, np.nan), 0

    fit = fit_gamma_gamma(orders, value)

    assert (fit.accounts, fit.left_out) == (96, 3)
    expected = fit.model.expected_spend(orders, value)
    assert np.isnan(expected[:3]).all()
    assert expected[3] == pytest.approx(fit.model.mean)


def test_nine_accounts_are_too_few_and_ten_are_enough():
    orders, value = made_values(7, 10)

    with pytest.raises(Declined, match="9 accounts"):
        fit_gamma_gamma(orders[:9], value[:9])
    assert fit_gamma_gamma(orders, value).accounts == 10


def test_few_accounts_may_not_tell_their_own_spread_and_end_on_the_bound():
    fit = fit_gamma_gamma(*made_values(4, 200))

    assert fit.converged
    assert fit.model.p == pytest.approx(1e4)
    assert fit.covariance is None


def test_equal_values_end_on_a_bound_without_standard_errors():
    fit = fit_gamma_gamma(np.full(20, 3), np.full(20, 50.0))

    assert fit.covariance is None
    assert set(fit.standard_errors.values()) == {None}
    assert fit.correlation == 0.0


def test_a_mean_without_limit_is_not_given():
    law = GammaGamma(2.0, 0.8, 5.0)

    assert law.mean == float("inf")
    assert np.isnan(law.expected_spend([0], [np.nan])[0])
    assert law.expected_spend([2], [10.0])[0] == pytest.approx(2 * 25 / 3.8)


def test_columns_of_different_length_are_refused():
    with pytest.raises(Invalid, match="3 rows and the values 2"):
        fit_gamma_gamma([1, 2, 3], [5.0, 6.0])


# --- money per order

DAYS = pa.table(
    {
        "account_key": ["a", "a", "a", "a", "b", "b", None, "c"],
        "day_no": pa.array([1, 5, 9, 30, 2, 8, 3, 4], pa.int32()),
        "revenue": pa.array(
            [Decimal(text) for text in ("10", "40.10", "-10.05", "99", "7", "20", "5", "-3")],
            pa.decimal128(38, 4),
        ),
        "cost": pa.array(
            [Decimal(6), Decimal(20), Decimal(-5), Decimal(1), Decimal(2), None, None, None],
            pa.decimal128(38, 4),
        ),
        "lines_without_cost": [0, 0, 0, 0, 0, 2, 1, 1],
        "is_order": [True, True, False, True, True, True, True, False],
    }
)


@pytest.mark.parametrize("engine", ["pyarrow", "polars", "duckdb"])
def test_income_per_order_leaves_the_first_out_and_takes_credit_notes_off(engine):
    frame = {"pyarrow": DAYS, "polars": pl.from_arrow(DAYS), "duckdb": duckdb.from_arrow(DAYS)}[engine]

    values = order_values(frame, until=9)

    assert values.account.tolist() == ["a", "b"]
    assert values.orders.tolist() == [1, 1]
    assert values.mean_value[0] == 15.05
    assert np.isnan(values.mean_value[1])


def test_revenue_needs_no_cost_and_the_first_order_may_count():
    values = order_values(DAYS, value="revenue", until=9, count_first=True)

    assert values.orders.tolist() == [2, 2]
    assert values.mean_value == pytest.approx([(10 + 40.10 - 10.05) / 2, 13.5])


def test_returns_that_cancel_everything_leave_exactly_nothing():
    money = pa.array([Decimal(text) for text in ("5", "0.1", "0.2", "-0.3")], pa.decimal128(38, 4))
    days = pa.table({"account_key": ["a"] * 4, "day_no": [1, 2, 3, 4], "revenue": money})

    values = order_values(days, value="revenue")

    assert values.mean_value.tolist() == [0.0]


@pytest.mark.parametrize(
    ("left", "unknown"), [(["cost", "lines_without_cost"], True), (["lines_without_cost"], False)]
)
def test_without_the_columns_of_cost_income_is_unknown(left, unknown):
    values = order_values(DAYS.drop_columns(left).filter([True] * 4 + [False] * 4))

    assert np.isnan(values.mean_value[0]) == unknown


def test_accounts_without_values_are_aligned_as_empty():
    none = order_values(DAYS.slice(0, 0), value="revenue")
    some = order_values(DAYS, value="revenue").aligned(np.array(["z", "a"], object))

    assert len(none.account) == 0
    assert none.aligned(np.array(["z"], object)).orders.tolist() == [0]
    assert some.orders.tolist() == [0, 2]
    assert np.isnan(some.mean_value[0])


# --- lifetime value


@pytest.fixture(scope="module")
def cdnow_summary(cdnow):
    return order_days(cdnow).summary(CDNOW_END, 7.0)


def value_of(fit, summary, values, **options):
    spend = fit_gamma_gamma(values.orders, values.mean_value)
    asked = {"horizon_months": 12, "discount_rate": 0.1, "rng": np.random.default_rng(3), **options}
    return lifetime_value(fit, summary, spend, (values.orders, values.mean_value), **asked)


def test_without_discount_the_value_is_orders_times_spend(cdnow_summary, cdnow_values):
    fit = fit_paretonbd(cdnow_summary)
    rows = cdnow_summary.x.astype(float), cdnow_summary.recency, cdnow_summary.age

    found = value_of(fit, cdnow_summary, cdnow_values, discount_rate=0.0, draws=2, parameter_draws=1)

    expected = fit.model.expected_purchases(365.25 / 7, *rows)
    assert found.discounted_orders == pytest.approx(expected)
    assert found.value == pytest.approx(expected * found.expected_spend)


def test_discounting_agrees_with_a_fine_sum(cdnow_summary):
    model = fit_bgnbd(cdnow_summary).model
    rows = np.array([0.0, 2, 9]), np.array([0.0, 30, 37]), np.array([38.0, 38, 38])
    force, times = np.log(1.1) / 52.18, np.linspace(0, 156.5, 2001)
    reached = np.array([np.zeros(3), *(model.expected_purchases(t, *rows) for t in times[1:])])
    middle = np.exp(-force * (times[1:] + times[:-1]) / 2)

    ours = discounted_orders(model, rows, 156.5, force)

    assert ours == pytest.approx(middle @ np.diff(reached, axis=0), rel=1e-5)


@pytest.mark.parametrize("fit_one", [fit_nbd, fit_bgnbd, fit_mbgcnbdk, fit_paretonbd])
def test_intervals_hold_the_mean_of_many_accounts(fit_one, cdnow_summary, cdnow_values):
    found = value_of(fit_one(cdnow_summary), cdnow_summary, cdnow_values, draws=60, parameter_draws=6)

    assert np.all(found.low <= found.high)
    assert np.mean((found.low <= found.value) & (found.value <= found.high)) > 0.8


def test_intervals_cover_what_simulated_accounts_bring():
    rng = np.random.default_rng(9)
    n, age, ahead = 3000, 500, 365
    rate, nu = rng.gamma(1.5, 1 / 60.0, n), rng.gamma(4.0, 1 / 15.0, n)
    x = rng.poisson(rate * age)
    summary = Summary(x, np.where(x > 0, age - 1, 0), np.full(n, age))
    mean = np.where(x > 0, rng.gamma(np.maximum(6.0 * x, 1e-9)) / (nu * np.maximum(x, 1)), np.nan)
    made = rng.poisson(rate * ahead)
    brought = np.where(made > 0, rng.gamma(np.maximum(6.0 * made, 1e-9)) / nu, 0.0)

    found = lifetime_value(
        fit_nbd(summary),
        summary,
        fit_gamma_gamma(x, mean),
        (x, mean),
        horizon_months=12 * ahead / 365.25,
        discount_rate=0.0,
        rng=np.random.default_rng(1),
    )

    assert 0.86 < np.mean((found.low <= brought) & (brought <= found.high)) < 0.96
    assert found.value.sum() == pytest.approx(brought.sum(), rel=0.06)


def test_the_same_seed_gives_the_same_interval(cdnow_summary, cdnow_values):
    fit = fit_nbd(cdnow_summary)
    one, two = (value_of(fit, cdnow_summary, cdnow_values, draws=20) for _ in range(2))

    assert np.array_equal(one.high, two.high)


def test_each_missing_value_has_its_reason():
    orders, value = made_values(11, 40)
    orders[0], value[0], value[1] = 3, -2.0, np.nan
    summary = Summary(orders, np.full(40, 300), np.full(40, 330), 7.0, orders * np.log(300 / orders))

    found = lifetime_value(
        fit_mbgcnbdk(summary, k=2),
        summary,
        fit_gamma_gamma(orders, value),
        (orders, value),
        horizon_months=6,
        discount_rate=0.05,
        rng=np.random.default_rng(1),
        draws=10,
    )

    assert found.why[:3].tolist() == ["value_not_positive", "value_unknown", ""]
    assert "zero or below" in found.reasons["value_not_positive"].english
    assert np.isnan(found.value[:2]).all()
    assert np.isnan(found.high[:2]).all()


@settings(max_examples=5)
@given(st.sampled_from([0.0, -3.0]))
def test_a_horizon_must_be_ahead(months):
    orders, value = made_values(12, 20)
    summary = Summary(orders, np.full(20, 300), np.full(20, 330))

    with pytest.raises(Invalid, match="above 0"):
        lifetime_value(
            fit_nbd(summary),
            summary,
            fit_gamma_gamma(orders, value),
            (orders, value),
            horizon_months=months,
            discount_rate=0.1,
            rng=np.random.default_rng(1),
        )


def test_values_must_be_those_of_the_accounts():
    orders, value = made_values(13, 20)
    summary = Summary(orders, np.full(20, 300), np.full(20, 330))

    with pytest.raises(Invalid, match="20 rows and the values 19"):
        lifetime_value(
            fit_nbd(summary),
            summary,
            fit_gamma_gamma(orders, value),
            (orders[1:], value[1:]),
            horizon_months=12,
            discount_rate=0.1,
            rng=np.random.default_rng(1),
        )


def test_regular_buyers_keep_their_k_in_the_draws():
    model = MbgCnbdK(4, 3.0, 10.0, 0.4, 6.0)
    rows = np.full(500, 6.0), np.full(500, 40.0), np.full(500, 42.0)

    made, _ = model.draw_purchases(np.random.default_rng(1), 7.0, *rows)

    assert made.max() <= 8
