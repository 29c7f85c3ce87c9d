"""How often the alarms were false."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from kamstats.rhythm import account_days, alarm_record, rhythm
from kamstats.rhythm.calendar import month_ends_before, to_day

AS_OF = to_day(date(2025, 6, 30))


def ledger(rng, accounts=60):
    """Give orders of accounts of which some pause and come back, some stop."""
    owner, when = [], []
    for account in range(accounts):
        day = AS_OF - 1100 + rng.integers(0, 60)
        stop = AS_OF - rng.integers(0, 400) if account % 4 == 0 else AS_OF
        while day < stop:
            owner.append(account)
            when.append(day)
            day += max(1, round(rng.gamma(3.0, 12.0) + (90 if rng.random() < 0.03 else 0)))
    return np.array(owner), np.array(when)


def slow_record(owner, when, rule):
    """Count month by month and account by account, in plain Python."""
    ends = month_ends_before(AS_OF, 13)
    states = [rhythm(account_days(owner, when)[0], as_of=end) for end in ends]
    fired = false = pending = 0
    for before, now in pairwise(states):
        for account in range(now.orders.size):
            if now.status[account] != rule or before.status[account] == rule:
                continue
            usual = now.usual_interval_days[account]
            usual = np.nanmean(now.usual_interval_days) if np.isnan(usual) else usual
            days = [
                day
                for who, day in zip(owner, when, strict=True)
                if who == account and now.as_of < day <= min(now.as_of + usual, AS_OF)
            ]
            if days:
                false, fired = false + 1, fired + 1
            elif now.as_of + usual <= AS_OF:
                fired += 1
            else:
                pending += 1
    return fired, false, pending


@pytest.mark.parametrize("rule", ["drifting", "lost"])
def test_the_record_is_that_of_the_slow_count(rule):
    owner, when = ledger(np.random.default_rng(3))

    told = {row.rule: row for row in alarm_record(account_days(owner, when)[0], as_of=AS_OF)}[rule]

    assert (told.fired, told.false_alarms, told.pending) == slow_record(owner, when, rule)
    assert told.fired > 3


def test_on_regular_accounts_hardly_any_alarm_is_false():
    rng = np.random.default_rng(4)
    owner = np.repeat(np.arange(50), 30)
    when = (AS_OF - 900 + np.cumsum(rng.normal(30, 2, (50, 30)).round().astype(int), axis=1)).ravel()
    stopped = (owner < 15) & (when > AS_OF - 200 - owner)

    told = alarm_record(account_days(owner[~stopped], when[~stopped])[0], as_of=AS_OF)

    assert [row.fired for row in told][1] == 15
    assert sum(row.false_alarms for row in told) <= 1
    assert told[0].base_share > 0.3


def test_a_decline_is_recorded_too_when_there_is_money():
    owner, when = ledger(np.random.default_rng(5))
    money = np.where((owner % 7 == 0) & (when > AS_OF - 200), 1.0, 100.0)

    told = alarm_record(*account_days(owner, when, money=money), as_of=AS_OF)

    assert told[2].rule == "decline"
    assert told[2].fired >= 5


def test_an_empty_ledger_has_an_empty_record():
    told = alarm_record(*account_days([], []), as_of=AS_OF)

    assert [row.fired for row in told] == [0, 0, 0]
    assert np.isnan(told[0].false_share)
    assert np.isnan(told[0].base_share)
