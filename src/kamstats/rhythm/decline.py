"""Bought less than its own rhythm says: money of a window against the law of orders and amounts.

In a window of L days that does not begin at an order, the number of orders N of a renewal process in
equilibrium has (Cox, Renewal Theory, 1962, sections 4.1 and 4.2)

    P(N >= n + 1) = (1 / mean interval) * integral over the window of K_n(u) - K_{n+1}(u),

K_n the distribution of the sum of n intervals. With Gamma(k, rate r) intervals and r ~ Gamma(A, rate B)
the integral is closed: P(N >= n + 1) = (J_n - J_{n+1}) / k where, with x = L / (B + L),

    J_n = L (A / B) I_x(n k, A + 1) - n k I_x(n k + 1, A).

The money of N orders is then a sum of N compound Gamma amounts. No simulation is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc

from kamstats.reasons import Reason, sentence
from kamstats.rhythm import calendar
from kamstats.rhythm.account_days import added
from kamstats.rhythm.law import GammaLaw, Spells, amount_law, interval_law

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kamstats.rhythm.account_days import AccountDays
    from kamstats.rhythm.rules import RhythmRules

    Floats = NDArray[np.float64]

NO_MONEY_FOR_DECLINE = sentence(
    "no_money_for_decline", "The decline alarm needs the money of each day; none was given."
)
TOO_SHORT_FOR_DECLINE = sentence(
    "too_short_for_decline",
    "The decline alarm compares {months} whole months with the time before them; the ledger begins on "
    "{first_day} and is read up to {as_of}. Load a longer history.",
)
NEGLIGIBLE = 1e-7
LEAST_NET_SHARE = 0.01  # of the gross money of orders, when credit notes took back nearly all


def _expected_beyond(law: GammaLaw, window: float, n: int) -> Floats:
    """Give J_n of the module's formula."""
    k, a, b = law.shape, law.concentration, law.scale
    part = window / (b + window)
    if n == 0:
        return window * a / b
    tail: Floats = window * (a / b) * betainc(n * k, a + 1, part) - n * k * betainc(n * k + 1, a, part)
    return tail


@dataclass(slots=True)
class _Sum:
    """The running sum over the number of orders, for the accounts still in doubt."""

    index: NDArray[np.int64]
    intervals: GammaLaw
    amounts: GammaLaw
    money: Floats
    at_least: Floats  # P(N >= n)
    beyond: Floats  # J_n
    reached: Floats  # P(money at most what came) so far

    def add(self, n: int, window: float) -> Floats:
        """Add the term of n orders; give a bound of what may still come."""
        beyond = _expected_beyond(self.intervals, window, n + 1)
        more = np.clip((self.beyond - beyond) / self.intervals.shape, 0, self.at_least)
        below = self.amounts.sum_at_most(n, self.money) if n else np.ones_like(self.money)
        self.reached = self.reached + (self.at_least - more) * below
        self.at_least, self.beyond = more, beyond
        bound: Floats = more * below
        return bound

    def keep(self, mask: NDArray[np.bool_]) -> None:
        """Forget the accounts that are decided."""
        self.index, self.money = self.index[mask], self.money[mask]
        self.intervals, self.amounts = self.intervals.where(mask), self.amounts.where(mask)
        self.at_least, self.beyond, self.reached = (
            values[mask] for values in (self.at_least, self.beyond, self.reached)
        )


def money_probability(
    intervals: GammaLaw, amounts: GammaLaw, *, window_days: float, money: Floats, stop_above: float = 1.0
) -> Floats:
    """Probability that an account of this rhythm brings at most `money` in a window of days.

    intervals, amounts : laws of n accounts; NaN where an account has none.
    money : (n,) float64; sums below zero count as zero.
    stop_above : once the probability is known to be above, it is not worked out further, and what is
        returned there is only a lower bound above `stop_above`.
    Returns (n,) float64 in [0, 1]; NaN where a law is missing.

    >>> from kamstats.rhythm.law import GammaLaw
    >>> one = np.array([1.0])
    >>> monthly = GammaLaw(one * 9, one * 900, one * 3000)
    >>> hundreds = GammaLaw(one * 4, one * 400, one * 10000)
    >>> money_probability(monthly, hundreds, window_days=91, money=np.array([90.0])).round(3).tolist()
    [0.01]
    """
    known = np.isfinite(intervals.scale) & np.isfinite(amounts.scale)
    result = np.where(known, 0.0, np.nan)
    index = np.flatnonzero(known)
    mine, theirs = intervals.where(index), amounts.where(index)
    start = _expected_beyond(mine, window_days, 0)
    paid = np.maximum(money[index], 0)
    state = _Sum(index, mine, theirs, paid, np.ones(index.size), start, np.zeros(index.size))
    for n in count():
        bound = state.add(n, window_days)
        result[state.index] = np.minimum(state.reached, 1)
        state.keep((state.reached <= stop_above) & (bound > NEGLIGIBLE))
        if state.index.size == 0:
            return result
    raise AssertionError  # pragma: no cover - the loop above only returns


def expected_money(intervals: GammaLaw, amounts: GammaLaw, *, window_days: float) -> Floats:
    """Expected money of an account in a window of days, by its own rhythm; NaN where a law is missing."""
    orders = window_days * intervals.concentration / (intervals.scale * intervals.shape)
    return np.where(amounts.concentration > 1, orders * amounts.mean(), np.nan)


@dataclass(frozen=True, slots=True)
class Decline:
    """The decline alarm of n accounts: money of the last whole months against the rhythm before them.

    fired : (n,) bool.
    expected, money : (n,) float64, what the rhythm predicts and what came; NaN where the alarm is impossible.
    first_day, last_day : the window, day numbers.
    declined : why no account could be judged, or None.
    """

    fired: NDArray[np.bool_]
    expected: Floats
    money: Floats
    first_day: int | None = None
    last_day: int | None = None
    declined: Reason | None = None


def decline(
    orders: AccountDays,
    days: AccountDays | None,
    *,
    as_of: int,
    groups: NDArray[np.int64],
    rules: RhythmRules,
) -> Decline:
    """Find the accounts whose money of the last whole months is below the quantile of their own rhythm.

    orders, days : up to `as_of`, as `account_days` gives them; `days` carries all money, None: declined.
    groups : (n,) int, the segment of each account.
    The rhythm is that of the days before the window, so that the decline does not hide itself.
    """
    window = _window(days, as_of, rules)
    if days is None or isinstance(window, Reason):
        nothing = np.full(orders.accounts, np.nan)
        why = window if isinstance(window, Reason) else None
        return Decline(np.zeros(orders.accounts, bool), nothing, nothing, declined=why)
    first, last = window
    law, amounts = _laws_before(first, orders, days, groups, rules)
    money = days.money_between(first, last)
    length = last - first + 1
    expected = expected_money(law, amounts, window_days=length)
    fired = np.zeros(orders.accounts, bool)
    doubtful = np.flatnonzero(~(money >= expected))  # at its mean, no such law is below its 5 % quantile
    limit = rules.decline_quantile
    fired[doubtful] = (
        money_probability(
            law.where(doubtful),
            amounts.where(doubtful),
            window_days=length,
            money=money[doubtful],
            stop_above=limit,
        )
        < limit
    )
    return Decline(fired, expected, money, first, last)


def _window(days: AccountDays | None, as_of: int, rules: RhythmRules) -> tuple[int, int] | Reason:
    """Give the first and the last day of the last whole months."""
    if days is None:
        return NO_MONEY_FOR_DECLINE()
    begin = int(days.day.min(initial=as_of))
    month = calendar.last_whole_month(as_of)
    first = calendar.month_start(month - rules.decline_months + 1)
    if begin >= first:
        return TOO_SHORT_FOR_DECLINE(
            months=rules.decline_months, first_day=calendar.to_date(begin), as_of=calendar.to_date(as_of)
        )
    return first, min(calendar.month_start(month + 1) - 1, as_of)


def _laws_before(
    first: int, orders: AccountDays, days: AccountDays, groups: NDArray[np.int64], rules: RhythmRules
) -> tuple[GammaLaw, GammaLaw]:
    """Fit intervals and amounts on the days before `first`."""
    before = orders.until(first - 1)
    law = interval_law(
        Spells.intervals(before),
        groups=groups,
        weight=rules.shrinkage_weight,
        least=rules.least_orders - 1,
        least_peers=rules.least_peers,
    )
    spells = _net_amounts(before, days.until(first - 1))
    return law, amount_law(spells, groups=groups, least=rules.least_orders, least_peers=rules.least_peers)


def _net_amounts(orders: AccountDays, days: AccountDays) -> Spells:
    """Sum up the money of orders, scaled so that credit notes on other days are taken off."""
    paid = orders.money > 0
    gross = Spells.of(orders.account[paid], orders.money[paid], orders.accounts)
    net = added(days.account, days.money, days.accounts)
    known = gross.total > 0
    kept = np.divide(net, gross.total, out=np.ones_like(net), where=known)
    kept = np.clip(kept, LEAST_NET_SHARE, 1)
    return Spells(gross.count, gross.total * kept, gross.log_total + gross.count * np.log(kept))
