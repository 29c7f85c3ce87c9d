"""All models on one history, on real ledgers and on made ones."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from kamstats.errors import Declined, Invalid
from kamstats.repeat_buying import repeat_buying

FIVE = ["NBD", "BG/NBD", "MBG/NBD", "MBG/CNBD-k", "Pareto/NBD"]


@pytest.fixture(scope="module")
def cdnow_found(cdnow_orders):
    return repeat_buying(cdnow_orders, calibration_end=date(1997, 9, 30))


@pytest.fixture(scope="module")
def wholesaler(wholesaler_orders):
    return repeat_buying(wholesaler_orders)


@pytest.fixture(scope="module")
def resellers(resellers_orders):
    return repeat_buying(resellers_orders)


def made_orders(accounts=40, seed=1, until=300):
    rng = np.random.default_rng(seed)
    rows = [
        (f"A{account:03}", int(day))
        for account in range(accounts)
        for day in np.cumsum(rng.exponential(15 + account, 12)) + rng.integers(0, 30)
        if day < until
    ]
    return pa.table({"account_key": [key for key, _ in rows], "day_no": [day for _, day in rows]})


# --- CDNOW


def test_the_holdout_of_cdnow_has_the_published_purchases(cdnow_found):
    assert list(cdnow_found.models) == FIVE
    for fitted in cdnow_found.models.values():
        assert (fitted.holdout.accounts, fitted.holdout.actual) == (2357, 1882)
    assert cdnow_found.as_of == date(1998, 6, 30)


def test_every_model_with_drop_out_predicts_cdnow_better_than_nbd(cdnow_found):
    errors = {name: fitted.holdout.rmse for name, fitted in cdnow_found.models.items()}

    assert all(errors[name] < errors["NBD"] for name in FIVE[1:])
    assert cdnow_found.models[cdnow_found.chosen].holdout.rmse <= 1.01 * min(errors.values())
    assert all(fitted.identified for fitted in cdnow_found.models.values())


def test_ranking_one_timers_by_bgnbd_is_worse_than_chance(cdnow_found):
    area = {name: fitted.holdout.auc_alive for name, fitted in cdnow_found.models.items()}

    assert area["NBD"] is None
    assert area["BG/NBD"] < 0.5
    assert area["MBG/NBD"] > 0.65
    assert area["Pareto/NBD"] > 0.7


def test_the_chosen_model_is_fitted_again_on_everything(cdnow_found):
    refit = cdnow_found.refit

    assert refit.fit.name == cdnow_found.chosen
    assert len(refit.account) == len(refit.p_alive) == 2357
    assert refit.summary.T.max() == (date(1998, 6, 30) - date(1997, 1, 1)).days
    assert np.all((refit.p_alive >= 0) & (refit.p_alive <= 1))
    assert refit.why_no_p_alive is None


def test_the_answer_is_plain_json(cdnow_found):
    answer = json.loads(json.dumps(cdnow_found.as_dict(), allow_nan=False))

    assert list(answer["models"]) == FIVE
    assert list(answer["models"]["MBG/CNBD-k"]["parameters"]) == ["k", "r", "alpha", "a", "b"]
    assert answer["models"]["MBG/CNBD-k"]["standard_errors"]["k"] is None
    assert answer["models"]["NBD"]["holdout"]["auc_alive"] is None
    assert answer["chosen"] in FIVE
    assert answer["chosen"] in answer["reason"]["sentence"]


def test_each_account_has_its_figures_from_every_model(cdnow_found):
    columns = cdnow_found.per_account()

    assert {len(column) for column in columns.values()} == {2357}
    assert columns["actual_purchases"].sum() == 1882
    assert np.isnan(columns["NBD p_alive"]).all()
    assert columns["BG/NBD expected_purchases"].sum() == pytest.approx(
        cdnow_found.models["BG/NBD"].holdout.expected
    )


def test_the_probabilities_of_the_chosen_model_are_compared_with_what_came(cdnow_found):
    table = cdnow_found.reliability()

    assert table.count.sum() == 2357
    assert np.abs(table.predicted - table.observed).max() < 0.16
    assert cdnow_found.reliability("NBD", bins=4).count.sum() == 2357


# --- trap 2


def test_on_the_gift_wholesaler_drop_out_is_not_identified_and_said_so(wholesaler):
    for name in ("BG/NBD", "MBG/NBD", "Pareto/NBD"):
        fitted = wholesaler.models[name]
        assert not fitted.identified
        assert name in fitted.unidentified.english
        assert np.isnan(wholesaler.per_account()[f"{name} p_alive"]).all()


def test_the_wholesalers_accounts_order_more_regularly_than_poisson(wholesaler):
    poisson, regular = wholesaler.models["MBG/NBD"], wholesaler.models["MBG/CNBD-k"]

    assert regular.fit.model.k == 2
    assert regular.fit.log_likelihood > poisson.fit.log_likelihood + 100
    assert regular.holdout.rmse < poisson.holdout.rmse


# --- trap 3


def test_poisson_models_collapse_on_regular_resellers_and_the_holdout_says_so(resellers):
    for name in ("BG/NBD", "MBG/NBD", "Pareto/NBD"):
        assert not resellers.models[name].identified
    regular, poisson = resellers.models["MBG/CNBD-k"], resellers.models["NBD"]
    assert regular.holdout.rmse < 0.8 * poisson.holdout.rmse
    assert regular.holdout.brier < 0.6 * poisson.holdout.brier
    assert resellers.chosen == "MBG/CNBD-k"


def test_what_is_not_identified_has_no_p_alive_but_a_reason(resellers):
    refit = resellers.refit

    assert np.isnan(refit.p_alive).all()
    assert refit.why_no_p_alive.code == "drop_out_not_identified"
    assert np.all(refit.expected_purchases > 0)


# --- made histories


def test_the_calibration_ends_by_default_after_two_thirds_of_the_span():
    orders = made_orders()
    first, last = orders["day_no"].to_numpy().min(), orders["day_no"].to_numpy().max()

    found = repeat_buying(orders)

    assert (found.calibration_end - date(1970, 1, 1)).days == first + 2 * (last - first) // 3


def test_nbd_has_no_p_alive_and_says_why():
    rng = np.random.default_rng(2)
    rows = [
        (f"A{account}", day)
        for account in range(150)
        for day in np.flatnonzero(rng.random(900) < 1 / 40).tolist()
    ]

    found = repeat_buying(pa.table({"account_key": [a for a, _ in rows], "day_no": [d for _, d in rows]}))

    assert found.chosen == "NBD"
    assert found.refit.why_no_p_alive.code == "no_drop_out_in_chosen"
    assert np.isnan(found.refit.p_alive).all()


def test_a_calibration_to_the_end_leaves_no_holdout_and_the_bic_decides():
    found = repeat_buying(made_orders(), calibration_end=date(1999, 1, 1))

    assert found.calibration_end == found.as_of
    assert found.actual is None
    assert found.reliability() is None
    assert "actual_purchases" not in found.per_account()
    assert all(fitted.holdout is None for fitted in found.models.values())
    assert found.reason.code == "chosen_by_bic"
    assert found.as_dict()["models"]["NBD"]["holdout"] is None


def test_a_history_too_short_to_split_is_used_whole():
    rows = [(f"A{account}", day) for account in range(8) for day in (0, 28 + account)]

    found = repeat_buying(pa.table({"account_key": [a for a, _ in rows], "day_no": [d for _, d in rows]}))

    assert found.actual is None


def test_days_after_as_of_are_not_seen():
    orders = made_orders()

    cut = repeat_buying(orders, as_of=date(1970, 7, 1))
    same = repeat_buying(orders.filter(pa.compute.less_equal(orders["day_no"], 181)), as_of=date(1970, 7, 1))

    assert cut.as_dict() == same.as_dict()
    assert cut.as_of == date(1970, 7, 1)


def test_the_unit_changes_only_the_rates():
    orders = made_orders()

    weeks, months = repeat_buying(orders), repeat_buying(orders, unit="month")

    for name in FIVE:
        one, other = weeks.models[name].holdout, months.models[name].holdout
        assert other.rmse == pytest.approx(one.rmse, rel=1e-4)
    assert weeks.refit.expected_purchases == pytest.approx(months.refit.expected_purchases, rel=1e-3)


def test_no_orders_and_hardly_any_repeat_buyers_are_declined():
    none = made_orders().slice(0, 0)
    one = made_orders().slice(0, 1)

    with pytest.raises(Declined, match="no order"):
        repeat_buying(none)
    with pytest.raises(Declined, match="0 of 1 accounts"):
        repeat_buying(one)


def test_a_calibration_before_the_first_order_is_refused():
    with pytest.raises(Invalid, match="before the first order"):
        repeat_buying(made_orders(), calibration_end=date(1960, 1, 1))
