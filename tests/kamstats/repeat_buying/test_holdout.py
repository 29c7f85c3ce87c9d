"""Judging predictions on the part of the history that the fit has not seen."""

from __future__ import annotations

import numpy as np
import pytest

from kamstats.repeat_buying import Nbd, Prediction, Summary, judge, predict

SAID = Prediction(
    p_alive=np.array([0.9, 0.2, 0.6, 0.6]),
    expected_purchases=np.array([2.0, 0.5, 1.0, 1.5]),
    p_purchase=np.array([0.8, 0.3, 0.5, 0.6]),
)
ACTUAL = np.array([3, 0, 0, 1])


def test_errors_are_expected_minus_actual_per_account():
    judged = judge(SAID, ACTUAL)

    assert judged.bias == pytest.approx((-1 + 0.5 + 1 + 0.5) / 4)
    assert judged.mae == pytest.approx(3 / 4)
    assert judged.rmse == pytest.approx(np.sqrt((1 + 0.25 + 1 + 0.25) / 4))
    assert (judged.expected, judged.actual, judged.accounts) == (5.0, 4, 4)


def test_alive_ranks_and_the_chance_to_buy_is_scored():
    judged = judge(SAID, ACTUAL)

    assert judged.auc_alive == pytest.approx((1 + 1 + 1 + 0.5) / 4)
    assert judged.brier == pytest.approx((0.04 + 0.09 + 0.25 + 0.16) / 4)


def test_a_model_without_drop_out_has_no_ranking_by_alive():
    assert judge(SAID, ACTUAL, has_drop_out=False).auc_alive is None


def test_where_everybody_bought_there_is_no_ranking():
    assert judge(SAID, ACTUAL + 1).auc_alive is None


def test_one_account_is_predicted_and_judged():
    said = predict(Nbd(1.0, 10.0), Summary(np.array([1]), np.array([7]), np.array([70])), 20.0)

    assert judge(said, np.array([2])).rmse == 0.0
