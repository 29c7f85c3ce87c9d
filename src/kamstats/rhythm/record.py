"""How often the alarms of the past year were false."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from kamstats.rhythm import calendar
from kamstats.rhythm.law import peer_groups
from kamstats.rhythm.rhythm import Rhythm, rhythm
from kamstats.rhythm.rules import Alarm, RhythmRules

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from kamstats.rhythm.account_days import AccountDays

DEFAULT = RhythmRules()
MONTHS = 12


@dataclass(frozen=True, slots=True)
class AlarmRecord:
    """What one rule would have done in the past year.

    fired : alarms that can be judged by now.
    false_alarms : those after which the account ordered within one usual interval.
    pending : alarms too young to judge.
    base_share : the share of all accounts with a rhythm that ordered within one usual interval: what
        alarms drawn by lot would have had as false share; NaN without any.
    """

    rule: Alarm
    fired: int
    false_alarms: int
    pending: int
    base_share: float

    @property
    def false_share(self) -> float:
        """Give the share of false alarms; NaN when none fired."""
        return self.false_alarms / self.fired if self.fired else float("nan")


@dataclass(frozen=True, slots=True)
class _Judged:
    """One past month end: which alarms began, and what the accounts did afterwards."""

    began: dict[Alarm, NDArray[np.bool_]]
    ordered: NDArray[np.bool_]  # within one usual interval
    known: NDArray[np.bool_]  # that interval is over, or the order has come


def alarm_record(
    orders: AccountDays,
    days: AccountDays | None = None,
    *,
    as_of: int,
    segment: ArrayLike | None = None,
    rules: RhythmRules = DEFAULT,
) -> tuple[AlarmRecord, ...]:
    """Run the rules again at the last twelve month ends before `as_of` and count the false alarms.

    Each month end sees only the days before it. An alarm counts once, at the month end at which it begins,
    and is false when the account orders within one usual interval after that (its own; for an account
    without a rhythm, the mean of those that have one). Arguments as for `rhythm`.

    >>> from kamstats.rhythm import account_days
    >>> regular = list(range(0, 720, 30))
    >>> orders, _ = account_days([0] * 24 + [1] * 15, regular + regular[:15])
    >>> for told in alarm_record(orders, as_of=719):
    ...     print(told.rule, told.fired, told.false_alarms)
    drifting 1 0
    lost 1 0
    decline 0 0
    """
    ends = calendar.month_ends_before(as_of, MONTHS + 1)
    groups = peer_groups(segment, orders.accounts)
    told = [rhythm(orders, days, as_of=end, segment=groups, rules=rules) for end in ends]
    judged = [_judge(before, now, orders.until(as_of), as_of) for before, now in pairwise(told)]
    base = _share([each.ordered for each in judged], [each.known for each in judged], told[1:])
    return tuple(_record(rule, judged, base) for rule in Alarm)


def _judge(before: Rhythm, now: Rhythm, orders: AccountDays, as_of: int) -> _Judged:
    usual = now.usual_interval_days
    common = np.nanmean(usual) if np.isfinite(usual).any() else np.inf
    deadline = now.as_of + np.where(np.isfinite(usual), usual, common)
    ordered = orders.next_after(now.as_of) <= deadline
    old, new = before.alarms(), now.alarms()
    began = {rule: new[rule] & ~old[rule] for rule in Alarm}
    return _Judged(began, ordered, ordered | (deadline <= as_of))


def _record(rule: Alarm, judged: list[_Judged], base: float) -> AlarmRecord:
    fired = sum(int((each.began[rule] & each.known).sum()) for each in judged)
    false = sum(int((each.began[rule] & each.ordered).sum()) for each in judged)
    pending = sum(int((each.began[rule] & ~each.known).sum()) for each in judged)
    return AlarmRecord(rule, fired, false, pending, base)


def _share(ordered: list[NDArray[np.bool_]], known: list[NDArray[np.bool_]], told: list[Rhythm]) -> float:
    """Share of account-months with a rhythm, and judged, that ordered in time."""
    having = [np.isfinite(each.usual_interval_days) & sure for each, sure in zip(told, known, strict=True)]
    cases = sum(int(mask.sum()) for mask in having)
    hits = sum(int((mask & hit).sum()) for mask, hit in zip(having, ordered, strict=True))
    return hits / cases if cases else float("nan")
