"""Honest probabilities: reliability, Brier score, area under the curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamstats.calibration import area_under_curve, brier, reliability, wilson
from kamstats.errors import Declined, Invalid

SCORED = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=60)


def test_ties_count_half_in_the_area():
    assert area_under_curve([1, 1, 1], [True, False, False]) == 0.5
    assert area_under_curve([2, 1, 0], [True, False, False]) == 1.0
    assert area_under_curve([0, 1, 2], [True, False, False]) == 0.0


@given(SCORED)
def test_the_area_is_the_share_of_pairs_ranked_right(rows):
    score, happened = (np.array(column) for column in zip(*rows, strict=True))
    if happened.all() or not happened.any():
        with pytest.raises(Declined, match=f"{happened.sum()} times in {len(rows)} cases"):
            area_under_curve(score, happened)
        return

    pairs = [np.sign(a - b) / 2 + 0.5 for a in score[happened] for b in score[~happened]]

    assert area_under_curve(score, happened) == pytest.approx(np.mean(pairs))


@given(SCORED)
def test_any_growing_transformation_leaves_the_area_alone(rows):
    score, happened = (np.array(column) for column in zip(*rows, strict=True))
    if happened.any() and not happened.all():
        assert area_under_curve(np.exp(score), happened) == pytest.approx(area_under_curve(score, happened))


def test_wilson_gives_the_published_interval():
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20, 1/29
    share, n = np.array([81 / 263, 15 / 148, 0.0, 1 / 29]), np.array([263, 148, 20, 29])

    low, high = wilson(share, n)

    assert low == pytest.approx([0.2553, 0.0624, 0.0, 0.0061], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)


def test_a_perfect_forecast_has_a_brier_score_of_nought_and_a_coin_a_quarter():
    assert brier([1.0, 0.0], [True, False]) == 0.0
    assert brier([0.5, 0.5], [True, False]) == 0.25


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=200), st.integers(1, 12))
def test_the_reliability_table_keeps_every_row_and_the_means(rows, bins):
    said, came = (np.array(column, float) for column in zip(*rows, strict=True))

    table = reliability(said, came, bins=bins)

    assert table.count.sum() == len(rows)
    assert len(table.count) <= bins
    assert table.count @ table.predicted == pytest.approx(said.sum())
    assert table.count @ table.observed == pytest.approx(came.sum())
    assert np.all((table.low <= table.observed + 1e-12) & (table.observed <= table.high + 1e-12))


def test_honest_probabilities_lie_in_their_intervals():
    rng = np.random.default_rng(1)
    said = rng.random(20_000)

    table = reliability(said, rng.random(20_000) < said)

    assert len(table.count) == 10
    assert np.sum((table.low <= table.predicted) & (table.predicted <= table.high)) >= 8


def test_equal_probabilities_make_one_class():
    table = reliability([0.3] * 7, [True] + [False] * 6)

    assert table.count.tolist() == [7]
    assert table.observed == pytest.approx([1 / 7])


def test_no_predictions_are_declined():
    with pytest.raises(Declined, match="no predictions"):
        brier([], [])


@pytest.mark.parametrize("wrong", [1.2, -0.1, float("nan")])
def test_what_is_no_probability_is_refused(wrong):
    with pytest.raises(Invalid, match="1 predictions"):
        brier([0.5, wrong], [True, False])


def test_each_outcome_needs_its_prediction():
    with pytest.raises(Invalid, match="2 predictions and 1 outcomes"):
        reliability([0.5, 0.4], [True])
