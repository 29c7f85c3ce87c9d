"""What the models say of an account: alive, purchases to come, at least one purchase."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import hyp2f1

from kamstats.repeat_buying import BgNbd, MbgCnbdK, MbgNbd, Nbd, ParetoNbd

CDNOW_BG = BgNbd(0.2426, 4.4136, 0.7929, 2.4259)
CDNOW_PARETO = ParetoNbd(0.553, 10.578, 0.606, 11.669)
MODELS = {
    "NBD": Nbd(0.5, 8.0),
    "BG/NBD": CDNOW_BG,
    "MBG/NBD": MbgNbd(0.52, 6.2, 0.9, 1.6),
    "MBG/CNBD-3": MbgCnbdK(3, 0.9, 4.0, 0.7, 2.0),
    "Pareto/NBD": CDNOW_PARETO,
}


def account(x, t_x, age):
    return np.array([float(x)]), np.array([float(t_x)]), np.array([float(age)])


# --- published figures


def test_a_new_customer_of_cdnow_buys_as_often_as_published():
    expected = [CDNOW_BG.expected_of_new(weeks) for weeks in (1, 3, 32)]

    assert expected == pytest.approx([0.0532, 0.1506, 1.0437], abs=1e-4)
    # The source gives 1.8576, from a series cut short; the closed form gives 1.8580.
    assert CDNOW_BG.expected_of_new(78) == pytest.approx(1.8576, abs=5e-4)


def test_the_customer_of_the_paper_buys_1_226_times():
    assert CDNOW_BG.expected_purchases(39, *account(2, 30.43, 38.86)) == pytest.approx(1.226, abs=1e-3)


def test_customer_1516_has_the_published_figures():
    row = account(26, 30.857, 31)

    assert CDNOW_PARETO.expected_purchases(52, *row) == pytest.approx(25.456, abs=2e-3)
    assert CDNOW_PARETO.p_alive(*row) == pytest.approx(0.9979, abs=5e-5)
    assert CDNOW_BG.expected_purchases(52, *row) == pytest.approx(25.757, abs=2e-3)
    assert CDNOW_BG.p_alive(*row) == pytest.approx(0.9689, abs=5e-5)


# --- trap 1


def test_bgnbd_calls_every_one_timer_alive_and_the_others_do_not():
    silent = account(0, 0, 200)

    assert CDNOW_BG.p_alive(*silent) == 1.0
    assert MODELS["MBG/NBD"].p_alive(*silent) < 0.5
    assert CDNOW_PARETO.p_alive(*silent) < 0.5


# --- trap 7


def test_alive_is_not_the_same_as_buying_in_the_period():
    slow = account(1, 60, 60)

    for model in MODELS.values():
        assert model.p_purchase(1.0, *slow) < 0.1 < model.p_alive(*slow)


# --- slow oracles


def bg_oracle(model, horizon, rows, chances):
    """Equation 10 of Fader, Hardie & Lee and its kin for the modified model."""
    x, t_x, age = rows
    r, alpha, a, b = model.parameters.values()
    c, stay = b + x + chances, b + x + chances - 1
    ratio = (alpha + age) / (alpha + age + horizon)
    series = hyp2f1(r + x, c, a + c - 1, horizon / (alpha + age + horizon))
    alive = 1 / (1 + (x + chances > 0) * a / stay * ((alpha + age) / (alpha + t_x)) ** (r + x))
    return alive * (a + c - 1) / (a - 1) * (1 - ratio ** (r + x) * series)


@pytest.mark.parametrize(("name", "chances"), [("BG/NBD", 0), ("MBG/NBD", 1)])
@pytest.mark.parametrize("horizon", [0.1, 5.0, 39.0, 200.0])
def test_expected_purchases_are_those_of_the_hypergeometric_form(name, chances, horizon):
    x, t_x, age = (
        np.array([0.0, 1, 2, 7, 30]),
        np.array([0.0, 3, 30, 38, 39]),
        np.array([2.0, 20, 38.9, 39, 39]),
    )

    ours = MODELS[name].expected_purchases(horizon, x, t_x, age)

    assert ours == pytest.approx(bg_oracle(MODELS[name], horizon, (x, t_x, age), chances), rel=1e-8)


def test_many_purchases_before_leaving_are_neither_lost_nor_overflow():
    rows = account(2000, 699, 700)

    expected = MbgNbd(0.5, 1.0, 0.02, 40.0).expected_purchases(365, *rows)

    assert expected == pytest.approx(2000.5 / 701 * 365, rel=0.01)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("row", [(0, 0, 30), (3, 25, 30), (6, 12, 30), (12, 29, 30)])
def test_draws_have_the_mean_and_the_chance_that_the_model_says(name, row):
    model, draws = MODELS[name], 40_000
    rows = tuple(np.repeat(column, draws) for column in account(*row))

    made, span = model.draw_purchases(np.random.default_rng(5), 20.0, *rows)

    error = 5 * made.std() / np.sqrt(draws) + 1e-3
    assert made.mean() == pytest.approx(model.expected_purchases(20.0, *account(*row))[0], abs=error)
    assert (made > 0).mean() == pytest.approx(model.p_purchase(20.0, *account(*row))[0], abs=0.012)
    assert np.all((span >= 0) & (span <= 20.0))


def test_new_accounts_of_a_regular_rhythm_buy_as_drawn(simulated):
    model = MbgCnbdK(3, 0.9, 28.0, 0.7, 2.0)  # days
    drawn = simulated(4, 20_000, **model.parameters, days=(300, 301))

    assert model.expected_of_new(300.0) == pytest.approx(drawn.x.mean(), rel=0.03)


# --- properties


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=40)
@given(st.integers(0, 5000), st.floats(0, 1), st.floats(0.5, 500), st.floats(0.1, 300))
def test_figures_stay_in_their_range_whatever_the_account(name, x, share, age, horizon):
    model, row = MODELS[name], account(x, share * age if x else 0, age)

    alive, bought = model.p_alive(*row), model.p_purchase(horizon, *row)
    expected = model.expected_purchases(horizon, *row)

    assert 0 <= alive[0] <= 1
    assert 0 <= bought[0] <= alive[0] + 1e-12
    assert np.isfinite(expected[0])
    assert bought[0] <= expected[0] * (1 + 1e-9) + 1e-12


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=40)
@given(st.integers(1, 3000), st.floats(1, 400))
def test_a_later_last_purchase_makes_alive_more_probable(name, x, age):
    t_x = np.linspace(0, age, 30)

    alive = MODELS[name].p_alive(np.full(30, float(x)), t_x, np.full(30, age))

    assert np.all(np.diff(alive) >= -1e-12)


@settings(max_examples=25)
@given(st.integers(0, 400), st.floats(0, 1), st.floats(1, 200), st.floats(0.5, 80))
def test_one_stage_is_the_modified_model(x, share, age, horizon):
    row = account(x, share * age if x else 0, age)
    one, modified = MbgCnbdK(1, 0.52, 6.2, 0.9, 1.6), MODELS["MBG/NBD"]

    assert one.p_alive(*row) == pytest.approx(modified.p_alive(*row))
    assert one.p_purchase(horizon, *row) == pytest.approx(modified.p_purchase(horizon, *row))
    assert one.expected_purchases(horizon, *row) == pytest.approx(modified.expected_purchases(horizon, *row))


@pytest.mark.parametrize("name", MODELS)
def test_longer_horizons_bring_more_purchases(name):
    horizons = [0.5, 2.0, 8.0, 30.0, 120.0]
    row = account(4, 20, 30)

    expected = [float(MODELS[name].expected_purchases(horizon, *row)[0]) for horizon in horizons]
    new = [MODELS[name].expected_of_new(horizon) for horizon in horizons]

    assert np.all(np.diff(expected) > 0)
    assert np.all(np.diff(new) > 0)


@pytest.mark.parametrize("name", MODELS)
def test_no_accounts_give_no_figures(name):
    none = np.zeros(0), np.zeros(0), np.zeros(0)

    assert len(MODELS[name].p_alive(*none)) == 0
    assert len(MODELS[name].expected_purchases(5.0, *none)) == 0
    assert len(MODELS[name].p_purchase(5.0, *none)) == 0


def test_the_lifetime_of_pareto_buyers_is_smooth_where_s_is_one():
    near = [ParetoNbd(0.5, 10, s, 12).expected_of_new(40.0) for s in (1 - 1e-7, 1.0, 1 + 1e-7)]

    assert near[0] == pytest.approx(near[1], rel=1e-6)
    assert near[2] == pytest.approx(near[1], rel=1e-6)
