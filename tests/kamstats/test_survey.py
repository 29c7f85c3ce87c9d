"""The net promoter score with its interval, and what satisfaction depends on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kamstats.errors import Declined, Invalid
from kamstats.survey import (
    compare_estimates,
    find_drivers,
    net_promoter_score,
    relative_weights,
    role_weights,
    satisfaction_and_lifetime,
    spearman,
)


def test_six_answers_make_two_of_each_group_and_index_zero():
    found = net_promoter_score([9, 10, 8, 7, 6, 0])

    assert (found.promoters, found.passives, found.detractors, found.index) == (2, 2, 2, 0.0)
    assert found.low == pytest.approx(-found.high)


def test_fifty_answers_make_plus_thirty():
    found = net_promoter_score([10] * 25 + [8] * 15 + [3] * 10)

    assert found.index == pytest.approx(30)
    # Adjusted Wald by hand: (25.75 − 10.75) / 53, variance (36.5 / 53 − (15 / 53)²) / 53.
    half = 1.959964 * math.sqrt((36.5 / 53 - (15 / 53) ** 2) / 53)
    assert (found.low, found.high) == pytest.approx(
        (100 * (15 / 53 - half), 100 * (15 / 53 + half)), abs=1e-4
    )


@pytest.mark.parametrize(("answer", "index"), [(10, 100), (8, 0), (0, -100)])
def test_one_answer_says_little_and_the_interval_shows_it(answer: int, index: float):
    found = net_promoter_score([answer])

    assert found.index == index
    assert found.high - found.low > 60
    assert -100 <= found.low < found.high <= 100


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(5)
    answers = rng.choice([10, 8, 0], p=[0.5, 0.3, 0.2], size=(2000, 15))

    found = [net_promoter_score(row) for row in answers]

    covered = np.mean([nps.low <= 30 <= nps.high for nps in found])
    assert 0.93 <= covered <= 0.985


def test_the_word_of_who_decides_weighs_more():
    weights = role_weights(["decides", "uses", "uses"], {"decides": 3, "uses": 1})

    found = net_promoter_score([9, 0, 0], weights=weights)

    assert found.index == pytest.approx(100 * (3 - 2) / 5)
    assert found.detractors == 2


def test_equal_weights_change_nothing():
    answers = [9, 10, 8, 7, 6, 0, 9]

    assert net_promoter_score(answers, weights=[2.5] * 7) == net_promoter_score(answers)


def test_missing_answers_count_for_coverage_only():
    found = net_promoter_score([9, math.nan, 0], asked=3)

    assert found.answers == 2
    assert found.coverage == pytest.approx(2 / 3)


def test_below_the_floor_of_coverage_no_index_is_given():
    with pytest.raises(Declined, match="2 of 10 answered"):
        net_promoter_score([9, 0], asked=10)
    assert net_promoter_score([9, 0], asked=10, floor=0.2).coverage == 0.2


@pytest.mark.parametrize("wrong", [11, -1, 7.5])
def test_answers_are_whole_numbers_from_zero_to_ten(wrong: float):
    with pytest.raises(Invalid, match="from 0 to 10"):
        net_promoter_score([9, wrong])


def test_no_answers_are_declined_and_wrong_weights_refused():
    with pytest.raises(Declined, match="Nobody has answered"):
        net_promoter_score([])
    with pytest.raises(Declined, match="Nobody has answered"):
        net_promoter_score([math.nan])
    for weights in ([1], [1, -1], [0, 0], []):
        with pytest.raises(Invalid, match="each answer needs one"):
            net_promoter_score([9, 0], weights=weights)
    with pytest.raises(Invalid, match='"buys"'):
        role_weights(["buys"], {"decides": 3})


@given(st.lists(st.integers(0, 10), min_size=1, max_size=60))
def test_the_index_equals_its_definition_and_lies_between_the_groups(answers: list[int]):
    found = net_promoter_score(answers)

    promoters = sum(answer in (9, 10) for answer in answers)
    detractors = sum(answer <= 6 for answer in answers)
    assert found.promoters + found.passives + found.detractors == found.answers == len(answers)
    assert found.index == pytest.approx(100 * (promoters - detractors) / len(answers))
    assert -100 <= found.low <= found.high <= 100


def test_our_own_guess_is_compared_with_the_answer():
    found = compare_estimates([9, 6, 8, math.nan], [10, 9, 8, 5])

    assert (found.pairs, found.same_group) == (3, pytest.approx(2 / 3))
    assert found.mean_difference == pytest.approx(4 / 3)
    with pytest.raises(Declined, match="Nobody"):
        compare_estimates([math.nan], [9])


def test_the_textbook_rank_correlation_is_reproduced():
    # Hours of television per week against IQ, the example of many textbooks: −29/165.
    iq = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
    hours = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]

    assert spearman(iq, hours) == pytest.approx(-29 / 165)


def test_a_constant_side_has_no_rank_correlation():
    assert math.isnan(spearman([1, 1, 1], [1, 2, 3]))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=25))
def test_rank_correlation_with_ties_equals_scipy(pairs: list[tuple[int, int]]):
    first, second = np.array(pairs).T
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return

    assert spearman(first, second) == pytest.approx(stats.spearmanr(first, second).statistic)


def questionnaire(n: int = 80) -> tuple[dict[str, np.ndarray], np.ndarray]:
    rng = np.random.default_rng(11)
    quality, attention, price = rng.normal(size=(3, n))
    outcome = 2 * quality + attention + rng.normal(scale=0.5, size=n)
    return {"price": price, "quality": quality, "attention": attention}, outcome


def test_the_drivers_are_found_in_the_order_of_their_importance():
    ratings, outcome = questionnaire()

    found = find_drivers(ratings, outcome, rng=np.random.default_rng(1), resamples=300)

    assert [driver.factor for driver in found.drivers] == ["quality", "attention", "price"]
    assert sum(driver.importance for driver in found.drivers) == pytest.approx(1)
    quality, _, price = found.drivers
    assert 0 < quality.low < quality.correlation < quality.high <= 1
    assert price.low < 0 < price.high
    assert found.questionnaires == 80


def test_the_bootstrap_equals_one_that_draws_row_by_row():
    ratings, outcome = questionnaire(30)

    found = find_drivers(
        {"quality": ratings["quality"]}, outcome, rng=np.random.default_rng(1), resamples=200
    )

    drawn = np.random.default_rng(1).multinomial(30, np.full(30, 1 / 30), size=200)
    slow = [
        stats.spearmanr(np.repeat(ratings["quality"], row), np.repeat(outcome, row)).statistic
        for row in drawn
    ]
    assert (found.drivers[0].low, found.drivers[0].high) == pytest.approx(
        tuple(np.quantile(slow, [0.025, 0.975]))
    )


def test_incomplete_questionnaires_are_passed_over_and_too_few_declined():
    ratings, outcome = questionnaire(12)
    ratings["quality"][0] = np.nan
    outcome[1] = np.nan

    assert find_drivers(ratings, outcome, rng=np.random.default_rng(1), resamples=20).questionnaires == 10
    outcome[2] = np.nan
    with pytest.raises(Declined, match="Only 9 complete"):
        find_drivers(ratings, outcome, rng=np.random.default_rng(1))


def test_a_factor_that_never_varies_is_named():
    ratings, outcome = questionnaire()

    with pytest.raises(Invalid, match='"price"'):
        find_drivers({**ratings, "price": np.ones(80)}, outcome, rng=np.random.default_rng(1))


@given(st.integers(1, 5), st.integers(0, 10_000))
def test_relative_weights_share_out_the_explained_variance(factors: int, seed: int):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, factors)) @ rng.normal(size=(factors, factors))
    y = x.sum(axis=1) + rng.normal(size=40)

    weight, explained = relative_weights(x, y)

    design = np.column_stack([np.ones(40), x])
    residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    assert explained == pytest.approx(1 - residual.var() / y.var(), abs=1e-6)
    assert weight.sum() == pytest.approx(1)
    assert (weight >= -1e-12).all()


def test_two_copies_of_a_factor_share_its_weight():
    x = np.arange(12.0) % 5

    weight, explained = relative_weights(np.column_stack([x, x]), 3 * x)

    assert weight == pytest.approx([0.5, 0.5])
    assert explained == pytest.approx(1)


def test_where_nothing_is_explained_all_factors_weigh_alike():
    weight, explained = relative_weights([[1, 1], [1, -1], [-1, 1], [-1, -1]], [1, -1, -1, 1])

    assert explained == pytest.approx(0)
    assert weight.sum() == pytest.approx(1)


def concordance(score, lifetime, ended) -> float:
    """Harrell's index by its definition, pair by pair."""
    good = total = 0.0
    for i in range(len(score)):
        for j in range(len(score)):
            later = lifetime[j] > lifetime[i] or (lifetime[j] == lifetime[i] and not ended[j])
            if i != j and ended[i] and later:
                total += 1
                good += 1.0 if score[j] > score[i] else 0.5 if score[j] == score[i] else 0.0
    return good / total if total else math.nan


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(1, 9), st.booleans()), min_size=1, max_size=15))
def test_satisfaction_against_lifetime_equals_the_definition(rows: list[tuple[int, int, bool]]):
    score, lifetime, ended = zip(*rows, strict=True)
    expected = concordance(score, lifetime, ended)
    rng = np.random.default_rng(1)

    if math.isnan(expected):
        with pytest.raises(Declined, match="none has ended"):
            satisfaction_and_lifetime(score, lifetime, ended, rng=rng, resamples=20)
    else:
        found = satisfaction_and_lifetime(score, lifetime, ended, rng=rng, resamples=20)
        assert found.index == pytest.approx(expected)
        assert 0 <= found.low <= found.high <= 1 or math.isnan(found.low)
