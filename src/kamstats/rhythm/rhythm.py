"""The rhythm of every account on one day: interval, silence, due date, status and alarms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kamstats.errors import Invalid
from kamstats.reasons import TOO_FEW_ORDERS, Reason, sentence
from kamstats.rhythm import calendar
from kamstats.rhythm.account_days import ROWS_DIFFER, AccountDays
from kamstats.rhythm.decline import Decline, decline
from kamstats.rhythm.lapse import lapse_share, order_probability
from kamstats.rhythm.law import GammaLaw, Spells, interval_law, peer_groups
from kamstats.rhythm.rules import Alarm, RhythmRules, Status

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Counts = NDArray[np.int64]

NO_ORDER = sentence(
    "no_order",
    "No day with an order up to {as_of}: only credit notes, returns or later lines. "
    "There is no rhythm to tell.",
)
DEFAULT = RhythmRules()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The rhythm of n accounts at the end of day `as_of`; all arrays are (n,).

    orders : int64, days with an order.
    first_order, last_order : float64 day numbers; NaN where there is none.
    days_silent : float64, days since the last order; NaN without an order.
    usual_interval_days : float64, posterior mean of the interval; NaN below three orders.
    silence_probability : float64 in [0, 1], small is alarming; NaN below three orders.
    status : text, a `Status`, "" without an order.
    decline : the money of the last whole months against the rhythm before them.
    law : the Gamma law of each account's next interval.
    """

    as_of: int
    orders: Counts
    first_order: Floats
    last_order: Floats
    days_silent: Floats
    usual_interval_days: Floats
    silence_probability: Floats
    status: NDArray[np.str_]
    decline: Decline
    law: GammaLaw
    rules: RhythmRules

    @property
    def next_order_due(self) -> Floats:
        """Day number of the next order: the last and the median interval; NaN below three orders."""
        return self.last_order + np.floor(self.law.median() + 0.5)

    def order_probability(self, days: float) -> Floats:
        """Probability of an order within `days` after `as_of`, (n,); NaN below three orders.

        Unlike `silence_probability`, which asks how odd the silence is for an account that goes on buying,
        this weighs in the chance that the account has gone (`kamstats.rhythm.lapse`).
        """
        further = self.orders - float(self.rules.least_orders)
        lapse = lapse_share(self.law, np.maximum(further, 0), self.days_silent)
        return order_probability(self.law, self.days_silent, days, lapse)

    def alarms(self) -> dict[Alarm, Flags]:
        """Give the accounts of each alarm."""
        return {
            Alarm.DRIFTING: self.status == Status.DRIFTING,
            Alarm.LOST: self.status == Status.LOST,
            Alarm.DECLINE: self.decline.fired,
        }

    def alarm_codes(self) -> NDArray[np.str_]:
        """Give each account's alarms as one text, joined by semicolons."""
        state = np.where(np.isin(self.status, (Status.DRIFTING, Status.LOST)), self.status, "")
        both = (state != "") & self.decline.fired
        text = np.char.add(state, np.where(both, ";", ""))
        return np.char.add(text, np.where(self.decline.fired, Alarm.DECLINE.value, ""))

    def reason_codes(self) -> NDArray[np.str_]:
        """Give why an account has no rhythm, as a code; "" where it has one."""
        few = self.orders < self.rules.least_orders
        return np.where(self.orders == 0, NO_ORDER.code, np.where(few, TOO_FEW_ORDERS.code, ""))

    def reason(self, account: int) -> Reason | None:
        """Say why this account has no rhythm; None where it has one."""
        orders = int(self.orders[account])
        if orders == 0:
            return NO_ORDER(as_of=calendar.to_date(self.as_of))
        if orders < self.rules.least_orders:
            return TOO_FEW_ORDERS(have=orders, need=self.rules.least_orders)
        return None


def rhythm(
    orders: AccountDays,
    days: AccountDays | None = None,
    *,
    as_of: int,
    segment: ArrayLike | None = None,
    rules: RhythmRules = DEFAULT,
) -> Rhythm:
    """Tell every account's rhythm on the day `as_of`.

    orders, days : as `account_days` gives them; days after `as_of` are not looked at. Without `days` there
        is no decline alarm.
    as_of : day number on which silence is measured.
    segment : (accounts,) text or int; the peers an account is shrunk to. Default: all accounts are peers.
    Raises Invalid when `segment` has another length.
    Source: the law is that of `kamstats.rhythm.law`, the decline alarm that of `kamstats.rhythm.decline`.

    >>> from kamstats.rhythm import account_days
    >>> orders, _ = account_days([0] * 5, [0, 30, 61, 89, 120])
    >>> told = rhythm(orders, as_of=125)
    >>> round(float(told.usual_interval_days[0]), 3), float(told.next_order_due[0]), str(told.status[0])
    (30.0, 150.0, 'new')
    >>> str(rhythm(orders, as_of=200).status[0])
    'lost'
    """
    groups = peer_groups(segment, orders.accounts)
    if groups.size != orders.accounts:
        raise Invalid(ROWS_DIFFER(name="segment", have=groups.size, need=orders.accounts))
    past = orders.until(as_of)
    law = interval_law(
        Spells.intervals(past),
        groups=groups,
        weight=rules.shrinkage_weight,
        least=rules.least_orders - 1,
        least_peers=rules.least_peers,
    )
    first, last = past.edges()
    shrunk = decline(past, days, as_of=as_of, groups=groups, rules=rules)
    told = Rhythm(
        as_of=as_of,
        orders=past.counts(),
        first_order=first,
        last_order=last,
        days_silent=as_of - last,
        usual_interval_days=law.mean(),
        silence_probability=law.survival(as_of - last),
        status=np.empty(0, str),
        decline=shrunk,
        law=law,
        rules=rules,
    )
    return replace(told, status=_status(told))


def _status(told: Rhythm) -> NDArray[np.str_]:
    """Take the first status that fits; comparisons with NaN are false."""
    rules, silence = told.rules, told.silence_probability
    long_ago = told.last_order < calendar.months_before(told.as_of, rules.lost_months_without_rhythm)
    silent_long = told.days_silent > rules.lost_after_intervals * told.usual_interval_days
    is_lost = np.where(np.isnan(silence), long_ago, (silence < rules.lost_below) & silent_long)
    is_new = told.first_order >= calendar.months_before(told.as_of, rules.new_months)
    tests = [told.orders == 0, is_lost, silence < rules.drifting_below, is_new, told.orders == 1]
    names = ["", *(status.value for status in (Status.LOST, Status.DRIFTING, Status.NEW, Status.ONE_OFF))]
    return np.select(tests, [np.str_(name) for name in names], default=np.str_(Status.ACTIVE.value))
