"""The backtest: every measure against a slow count, and what it says of invented companies."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from kamstats.backtest import (
    Backtest,
    Potential,
    Quality,
    Truth,
    backtest,
    coverage,
    judge_demand,
    judge_potential,
    judge_repeat_buying,
    judge_silence,
    judge_truth,
    recall_precision,
)
from kamstats.demand import forecast
from kamstats.errors import Declined
from kamstats.repeat_buying import repeat_buying
from kamstats.rhythm import account_days, rhythm

AS_OF = 1100


def company(seed=0, accounts=120):
    """Invent accounts with a monthly rhythm; every fifth stops in the last half year. Give also which."""
    rng = np.random.default_rng(seed)
    gaps = rng.gamma(5.0, 6.0, (accounts, 60)).round().astype(int) + 1
    days = np.cumsum(gaps, axis=1) - rng.integers(0, 60, (accounts, 1))
    stops = np.where(np.arange(accounts) % 5 == 0, AS_OF - rng.integers(90, 180, accounts), AS_OF)
    kept = (days >= 0) & (days <= stops[:, None])
    owner = np.repeat(np.arange(accounts), kept.sum(axis=1))
    money = rng.gamma(6.0, 20.0, owner.size)
    return (*account_days(owner, days[kept], money=money), stops < AS_OF)


def by_name(rows):
    return {(row.method, row.measure, row.baseline_method): row for row in rows}


def test_on_a_company_with_a_rhythm_the_alarms_are_seldom_false_and_find_who_drifts():
    orders, days, gone = company()

    told = backtest(orders, days, as_of=AS_OF, truth=Truth(gone))

    rows = by_name(told.rows)
    lost = rows["alarm_lost", "false_share", "by_lot"]
    assert lost.value < 0.1
    assert lost.baseline > 0.3
    assert rows["drifting", "recall", "by_lot"].value > 0.9
    assert rows["drifting", "precision", "by_lot"].value > 0.7
    assert rows["drifting", "precision", "by_lot"].baseline == pytest.approx(0.2)
    assert rows["rhythm", "brier", "base_rate"].value < rows["rhythm", "brier", "base_rate"].baseline
    assert told.silence.count.sum() == rows["rhythm", "brier", "base_rate"].cases
    assert told.declined == {}


def test_the_silence_is_judged_on_the_four_quarters_before_the_end():
    orders, _, _ = company(1, accounts=30)

    rows, _ = judge_silence(orders, as_of=AS_OF)

    said, came = [], []
    for cut in (AS_OF - 91, AS_OF - 182, AS_OF - 273, AS_OF - 364):
        told = rhythm(orders, as_of=cut)
        for account in range(30):
            chance = told.order_probability(91)[account]
            if not np.isnan(chance):
                mine = orders.day[orders.account == account]
                said.append(chance)
                came.append(bool(np.any((mine > cut) & (mine <= cut + 91))))
    slow = np.mean((np.array(said) - np.array(came)) ** 2)
    assert rows[0] == Quality(
        "rhythm",
        "brier",
        pytest.approx(slow),
        pytest.approx(np.mean(came) * (1 - np.mean(came))),
        "base_rate",
        len(said),
    )


def test_demand_is_judged_on_months_that_the_forecast_did_not_see():
    rng = np.random.default_rng(2)
    matrix = rng.gamma(9.0, 10.0, (40, 30)) * np.exp(rng.normal(3, 1, (40, 1)))

    rows = by_name(judge_demand(matrix, horizon=2, cuts=2))

    errors, naive, inside, total = [], [], [], []
    for known in (28, 26):
        told = forecast(matrix[:, :known], horizon=2)
        actual = matrix[:, known : known + 2]
        errors.append(actual - told.expected)
        naive.append(actual - matrix[:, known - 12 : known - 10])
        inside.append((actual >= told.low) & (actual <= told.high))
        total.append(actual)
    row = rows["demand_own", "rmse", "seasonal_naive"]
    assert row.value == pytest.approx(np.sqrt(np.mean(np.square(errors))) / np.mean(total))
    assert row.baseline == pytest.approx(np.sqrt(np.mean(np.square(naive))) / np.mean(total))
    assert row.cases == 160
    assert row.value < row.baseline
    assert rows["demand_own", "bias", "mean_of_year"].value == pytest.approx(np.sum(errors) / np.sum(total))
    assert rows["demand_own", "coverage", "nominal"].value == pytest.approx(np.mean(inside))
    assert rows["demand_own", "coverage", "nominal"].baseline == 0.8


def test_demand_of_a_short_history_uses_the_cuts_there_are_or_declines():
    told = judge_demand(np.full((4, 11), 5.0), horizon=2)

    assert {row.method for row in told} == {"demand_segment"}
    assert told[0].cases == 16
    with pytest.raises(Declined, match="9 months of demand and still be forecast; at least 10"):
        judge_demand(np.full((4, 9), 5.0), horizon=3)
    with pytest.raises(Declined):
        judge_demand(np.full((4, 12), np.nan), horizon=3)


def test_repeat_buying_is_put_beside_the_rate_of_each_account():
    rng = np.random.default_rng(3)
    days = [(f"A{i}", int(d)) for i in range(150) for d in np.cumsum(rng.exponential(20 + i, 12)) if d < 700]
    frame = pa.table({"account_key": [a for a, _ in days], "day_no": [d for _, d in days]})
    found = repeat_buying(frame)

    rows = by_name(judge_repeat_buying(found))

    model = found.models[found.chosen].holdout
    length = (found.as_of - found.calibration_end).days / 7
    rate = found.summary.x / found.summary.age * length
    rmse = rows["repeat_buying", "rmse", "own_rate"]
    assert rmse.value == model.rmse
    assert rmse.baseline == pytest.approx(np.sqrt(np.mean((rate - found.actual) ** 2)))
    share = np.mean(found.actual > 0)
    assert rows["repeat_buying", "brier", "base_rate"].baseline == pytest.approx(share * (1 - share))
    without = repeat_buying(frame, calibration_end=found.as_of)
    with pytest.raises(Declined, match="no hold-out"):
        judge_repeat_buying(without)


def test_a_model_without_alive_accounts_has_an_empty_measure():
    holdout = SimpleNamespace(brier=0.1, rmse=1.0, bias=0.0, auc_alive=None)
    found = SimpleNamespace(
        models={"NBD": SimpleNamespace(holdout=holdout)},
        chosen="NBD",
        actual=np.array([1, 2]),
        as_of=date(2025, 3, 1),
        calibration_end=date(2025, 1, 1),
        unit_days=7.0,
        summary=SimpleNamespace(x=np.array([1, 2]), recency=np.array([1.0, 2]), age=np.array([4.0, 0])),
    )

    row = by_name(judge_repeat_buying(found))["repeat_buying", "auc_alive", "last_order"]

    assert np.isnan(row.value)
    assert np.isnan(row.baseline)


def test_suggestions_count_only_where_the_account_never_bought_and_the_baseline_is_the_most_popular():
    before = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 0]])
    after = np.array([[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]])

    def rule(history):
        assert history is before
        return [0, 1, 2, 2, 3], [3, 2, 3, 0, -1]

    (row,) = judge_potential(Potential(rule, before, after))

    # fresh suggestions: (0, 3) hit, (1, 2) miss, (2, 3) hit; most popular new: (0, 1), (1, 2), (2, 3) hit
    assert row == Quality(
        "potential", "hit_rate", pytest.approx(2 / 3), pytest.approx(1 / 3), "most_popular_new", 3
    )
    with pytest.raises(Declined, match="suggested nothing"):
        judge_potential(Potential(lambda _: ([0], [0]), before, after))


def test_a_method_that_declines_is_named_with_its_reason_and_the_others_go_on():
    orders, days, _ = company(4, accounts=20)
    heard = []

    told = backtest(
        orders,
        days,
        as_of=AS_OF,
        demand=lambda: judge_demand(np.ones((2, 5))),
        repeat_buying=lambda: SimpleNamespace(
            models={"NBD": SimpleNamespace(holdout=None)}, chosen="NBD", actual=None
        ),
        potential={"potential": Potential(lambda _: ([], []), np.ones((1, 1)), np.ones((1, 1)))},
        progress=lambda done, total: heard.append((done, total)),
    )

    assert {name: reason.code for name, reason in told.declined.items()} == {
        "demand": "too_short_to_judge",
        "repeat_buying": "no_holdout_to_judge",
        "potential": "no_suggestion_to_judge",
    }
    assert {row.method for row in told.rows} >= {"alarm_lost", "rhythm"}
    assert heard == [(number, 5) for number in range(1, 6)]


def test_an_empty_ledger_declines_the_rhythm():
    told = backtest(*account_days([], []), as_of=AS_OF)

    assert isinstance(told, Backtest)
    assert told.silence is None
    assert told.declined["rhythm"].code == "no_rhythm_to_judge"


def test_when_all_accounts_order_a_ranking_has_no_value():
    orders, _ = account_days([0] * 200, range(0, 1200, 6))

    rows, _ = judge_silence(orders, as_of=AS_OF)

    assert np.isnan(by_name(rows)["rhythm", "auc", "by_lot"].value)


def test_shares_of_nothing_are_empty():
    assert np.isnan(recall_precision([False], [False])).all()
    assert np.isnan(coverage([], [], []))
    nobody = judge_truth(rhythm(*account_days([], []), as_of=1), Truth(np.zeros(0, bool)))
    assert np.isnan([row.value for row in nobody]).all()
