"""Silence, due dates, status and alarms."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kamstats.errors import Invalid
from kamstats.rhythm import RhythmRules, account_days, rhythm
from kamstats.rhythm.calendar import to_day

AS_OF = to_day(date(2025, 6, 30))


def on_days(*accounts, money=None):
    """Lay out the order days of accounts, given as days before AS_OF."""
    owner = [number for number, days in enumerate(accounts) for _ in days]
    return account_days(owner, [AS_OF - day for days in accounts for day in days], money=money)


def status_of(*days, others=()):
    orders, _ = on_days(days, *others)
    return str(rhythm(orders, as_of=AS_OF).status[0])


MONTHLY = range(600, 0, -30)


def test_status_takes_the_first_rule_that_fits():
    assert status_of(*MONTHLY) == "active"
    assert status_of(*(day + 200 for day in MONTHLY)) == "lost"
    assert status_of(90, 60, 30) == "new"
    assert status_of(10) == "new"
    assert status_of(300) == "one_off"
    assert status_of(500) == "lost"
    assert status_of(500, 450) == "lost"
    assert status_of(300, 250) == "active"


def test_an_account_is_drifting_before_it_is_lost():
    rng = np.random.default_rng(1)
    peers = [np.cumsum(rng.gamma(4.0, 7.5, 20)).round().astype(int) for _ in range(20)]
    own = range(1, 400, 30)

    states = [status_of(*(day + silent for day in own), others=peers) for silent in (0, 65, 200)]

    assert states == ["active", "drifting", "lost"]


def test_new_means_the_first_order_lies_within_six_calendar_months():
    edge = AS_OF - to_day(date(2024, 12, 30))

    assert status_of(edge, edge - 20) == "new"
    assert status_of(edge + 1, edge - 20) == "active"


def test_lost_needs_more_than_two_usual_intervals_of_silence():
    clock = range(600, 0, -30)

    assert status_of(*(day + 25 for day in clock)) == "drifting"
    assert status_of(*(day + 35 for day in clock)) == "lost"


def test_below_three_orders_there_is_no_rhythm_and_the_reason_says_so():
    orders, _ = on_days([300, 200, 100], [30, 10], [])
    told = rhythm(orders, as_of=AS_OF)
    silent = rhythm(on_days([9], [300])[0].until(AS_OF - 20), as_of=AS_OF)

    assert told.reason_codes().tolist() == ["", "too_few_orders"]
    assert told.reason(0) is None
    assert told.reason(1).english == "Only 2 orders; a rhythm needs at least 3."
    assert np.isnan(told.usual_interval_days).tolist() == [False, True]
    assert np.isnan(told.next_order_due).tolist() == [False, True]
    assert silent.reason_codes()[0] == "no_order"
    assert "2025-06-30" in silent.reason(0).english
    assert silent.status[0] == ""


def test_the_next_order_is_due_after_the_median_interval():
    orders, _ = on_days(list(MONTHLY))

    told = rhythm(orders, as_of=AS_OF)

    assert told.next_order_due[0] == AS_OF - 30 + 30
    assert told.days_silent[0] == 30
    assert (told.first_order[0], told.last_order[0], told.orders[0]) == (AS_OF - 600, AS_OF - 30, 20)


def test_days_after_the_day_of_the_analysis_are_not_looked_at():
    orders, days = on_days(list(MONTHLY), [400, 300, 20, 10], money=np.ones(24))
    past, _ = on_days(list(MONTHLY)[:16], [400, 300])

    early = rhythm(orders, days, as_of=AS_OF - 150)
    told = rhythm(past, as_of=AS_OF - 150)

    assert early.silence_probability.tolist() == pytest.approx(told.silence_probability, nan_ok=True)
    assert early.status.tolist() == told.status.tolist()


@given(
    days=st.lists(st.lists(st.integers(0, 900), min_size=0, max_size=9), min_size=2, max_size=8),
    data=st.data(),
)
def test_the_order_of_accounts_and_rows_changes_nothing(days, data):
    owner = np.repeat(np.arange(len(days)), [len(each) for each in days])
    when = np.array([day for each in days for day in each], np.int64)
    rows = data.draw(st.permutations(range(owner.size)))
    names = np.array(data.draw(st.permutations(range(len(days)))))
    segment = np.array([number % 2 for number in range(len(days))])

    told = rhythm(account_days(owner, when, accounts=len(days))[0], as_of=950, segment=segment)
    moved_days, _ = account_days(names[owner[rows]], when[rows], accounts=len(days))
    moved = rhythm(moved_days, as_of=950, segment=segment[np.argsort(names)])

    assert moved.silence_probability[names] == pytest.approx(told.silence_probability, nan_ok=True)
    assert moved.usual_interval_days[names] == pytest.approx(told.usual_interval_days, nan_ok=True)
    assert moved.status[names].tolist() == told.status.tolist()


@given(
    gaps=st.lists(st.integers(1, 60), min_size=2, max_size=10),
    factor=st.integers(2, 9),
    silent=st.integers(0, 200),
)
def test_time_measured_in_other_days_stretches_the_rhythm_and_keeps_the_probability(gaps, factor, silent):
    days = np.cumsum([0, *gaps])

    told = rhythm(account_days(np.zeros_like(days), days)[0], as_of=int(days[-1]) + silent)
    longer, _ = account_days(np.zeros_like(days), days * factor)
    stretched = rhythm(longer, as_of=int(days[-1] + silent) * factor)

    assert stretched.usual_interval_days[0] == pytest.approx(told.usual_interval_days[0] * factor)
    assert stretched.silence_probability[0] == pytest.approx(told.silence_probability[0], abs=1e-9)


@given(gaps=st.lists(st.integers(1, 90), min_size=2, max_size=10))
def test_the_longer_the_silence_the_less_probable(gaps):
    days = np.cumsum([0, *gaps])
    orders, _ = account_days(np.zeros_like(days), days)

    chances = [
        float(rhythm(orders, as_of=int(days[-1]) + silent).silence_probability[0])
        for silent in (0, 1, 5, 30, 100, 1000)
    ]

    assert chances[0] == 1
    assert all(early >= late for early, late in pairwise(chances))


def test_the_silence_probability_is_uniform_at_the_end_of_an_interval_of_the_simulated_law():
    rng = np.random.default_rng(2)
    accounts, count, shape, weight = 4000, 7, 2.0, 2.0
    rate = rng.gamma(weight * shape + 1, 1 / (weight * 300.0), accounts)  # the prior of the model
    gaps = np.maximum(rng.gamma(shape, 1 / rate[:, None], (accounts, count)).round(), 1)
    days = np.cumsum(gaps, axis=1).astype(int)
    owner = np.repeat(np.arange(accounts), count - 1)
    orders, _ = account_days(owner, days[:, :-1].ravel())
    law = rhythm(orders, as_of=int(days.max())).law

    chance = law.survival(gaps[:, -1])

    assert stats.kstest(chance, "uniform").statistic < 0.03
    assert np.mean(chance < 0.05) == pytest.approx(0.05, abs=0.015)


def uneven(accounts=12, silent=0):
    """Lay out orders about every ten days, of about 100 each; the first account silent for some days."""
    rng = np.random.default_rng(2)
    days = np.cumsum(rng.gamma(4.0, 2.5, (accounts, 70)).round().astype(int) + 1, axis=1)
    days -= rng.integers(0, days[:, :1])  # the day of the analysis lies anywhere in an interval
    return on_days(days[0] + silent, *days[1:], money=rng.gamma(9.0, 11.0, days.size))


def test_an_account_that_buys_far_less_than_its_rhythm_raises_the_decline_alarm():
    orders, all_days = uneven()
    window = (all_days.account == 0) & (all_days.day > AS_OF - 91)
    less = account_days(all_days.account, all_days.day, money=all_days.money * np.where(window, 0.1, 1))

    even = rhythm(orders, all_days, as_of=AS_OF)
    fallen = rhythm(*less, as_of=AS_OF)

    assert not even.decline.fired.any()
    assert fallen.decline.fired.tolist() == [True] + [False] * 11
    assert fallen.alarm_codes().tolist() == ["decline"] + [""] * 11
    assert fallen.decline.money[0] == pytest.approx(even.decline.money[0] / 10)
    assert fallen.decline.expected[0] == pytest.approx(91 / 11 * 99, rel=0.15)


def test_several_alarms_are_joined_by_a_semicolon():
    told = rhythm(*uneven(silent=200), as_of=AS_OF)

    assert told.alarm_codes().tolist() == ["lost;decline"] + [""] * 11
    assert told.alarms()["lost"].tolist() == [True] + [False] * 11


def test_credit_notes_change_money_but_no_order():
    days = [AS_OF - day for day in range(720, 0, -10)]
    with_notes = account_days(
        [0] * 74,
        [*days, AS_OF - 15, AS_OF - 400],
        money=[100.0] * 72 + [-850.0, -5.0],
        is_order=[True] * 72 + [False] * 2,
    )

    told = rhythm(*with_notes, as_of=AS_OF)

    assert told.orders[0] == 72
    assert told.decline.money[0] == pytest.approx(50)
    assert told.decline.fired[0]


def test_without_money_or_history_the_decline_alarm_says_why():
    orders, days = on_days([80, 60, 40, 20])

    assert rhythm(orders, as_of=AS_OF).decline.declined.code == "no_money_for_decline"
    short = rhythm(orders, days, as_of=AS_OF).decline
    assert "2025-04-11" in short.declined.english
    assert not short.fired.any()


def test_the_window_is_the_last_three_whole_months_with_three_days_of_grace():
    orders, days = on_days([*range(720, 0, -10)], money=[1.0] * 72)

    def windows(day):
        told = rhythm(orders, days, as_of=to_day(day)).decline
        return told.first_day, told.last_day

    assert windows(date(2025, 6, 30)) == (to_day(date(2025, 4, 1)), to_day(date(2025, 6, 30)))
    assert windows(date(2025, 6, 27)) == (to_day(date(2025, 4, 1)), to_day(date(2025, 6, 27)))
    assert windows(date(2025, 6, 26)) == (to_day(date(2025, 3, 1)), to_day(date(2025, 5, 31)))


def test_rules_are_settings():
    orders, _ = on_days(list(MONTHLY), [400, 300])

    told = rhythm(orders, as_of=AS_OF + 45, rules=RhythmRules(drifting_below=1.0, lost_below=0.0))

    assert told.status[0] == "drifting"


def test_arrays_that_do_not_belong_together_are_refused():
    with pytest.raises(Invalid, match="segment has 1 rows"):
        rhythm(on_days([1], [2])[0], as_of=AS_OF, segment=["a"])
    with pytest.raises(Invalid, match="money has 1 rows"):
        account_days([0, 0], [1, 2], money=[1.0])
    with pytest.raises(Invalid, match="run from -1 to 0"):
        account_days([0, -1], [1, 2])
    with pytest.raises(Invalid, match="run from 0 to 5, but 3"):
        account_days([0, 5], [1, 2], accounts=3)


def test_no_rows_at_all_give_empty_answers():
    orders, days = account_days([], [], accounts=2, money=[])
    told = rhythm(orders, days, as_of=AS_OF)
    nobody = rhythm(*account_days([], []), as_of=AS_OF)

    assert told.reason_codes().tolist() == ["no_order", "no_order"]
    assert told.status.tolist() == ["", ""]
    assert nobody.status.size == 0
    assert nobody.alarm_codes().size == 0


def test_equal_days_of_an_account_are_one_order():
    orders, days = account_days([0, 0, 0], [5, 5, 5], money=[1.0, 2.0, 4.0], is_order=[True, False, True])

    assert orders.counts().tolist() == [1]
    assert (orders.money.tolist(), days.money.tolist()) == ([5.0], [7.0])
