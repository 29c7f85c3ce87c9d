"""When the customers order: Erlang intervals of their own, slower after a drift, on working days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kamreport.demo import trade
from kamreport.demo.population import FOREVER, WINDOW_DAYS
from kamreport.demo.trade import HOUSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kamreport.demo.fates import Fates
    from kamreport.demo.population import Population

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

ACCOUNTS_AT_ONCE = 5_000
BURN_IN_DAYS = 120  # old customers begin before the ledger, so that their first interval is not special


@dataclass(frozen=True, slots=True)
class Orders:
    """One row per account-day, by day, then by account."""

    day: Integers
    account: Integers

    def __len__(self) -> int:
        return len(self.day)


def draw_orders(rng: np.random.Generator, people: Population, fates: Fates) -> Orders:
    """Draw the order days of all accounts inside the ledger's window."""
    blocks = [
        _draw_block(rng, people, fates, np.arange(first, min(first + ACCOUNTS_AT_ONCE, len(people))))
        for first in range(0, len(people), ACCOUNTS_AT_ONCE)
    ]
    day, owner = (np.concatenate(columns) for columns in zip(*blocks, strict=True))
    _settle_single_purchases(people, day, owner)
    by_day = np.lexsort((owner, day))
    return Orders(day[by_day], owner[by_day])


def _draw_block(
    rng: np.random.Generator, people: Population, fates: Fates, accounts: Integers
) -> tuple[Integers, Integers]:
    """Give day and account of the orders of some accounts, by account, then by day."""
    begin = np.where(people.start < 0, -BURN_IN_DAYS, people.start).astype(float)
    owner, steps = _intervals(rng, people, begin, accounts)
    passed = _running_sum(owner, steps)
    day = _on_working_days(_slowed(begin[owner] + passed, owner, fates))
    inside = (day >= 0) & (day < WINDOW_DAYS) & (day < people.end[owner])
    day, owner = day[inside], owner[inside]
    by_account = np.lexsort((day, owner))
    day, owner = day[by_account], owner[by_account]
    again = np.concatenate(([False], (owner[1:] == owner[:-1]) & (day[1:] == day[:-1])))
    day, owner = day[~again], owner[~again]
    kept = _ordinal(owner) < people.orders_at_most[owner]
    return day[kept], owner[kept]


def _intervals(
    rng: np.random.Generator, people: Population, begin: Floats, accounts: Integers
) -> tuple[Integers, Floats]:
    """Enough gamma intervals per account to pass the end; the first of a newcomer is nil."""
    expected = (WINDOW_DAYS - begin[accounts]) / people.interval[accounts]
    count = np.ceil(expected + 6 * np.sqrt(expected / people.shape[accounts]) + 8).astype(np.int64)
    owner = np.repeat(accounts, count)
    shape = people.shape[owner].astype(float)
    steps = rng.gamma(shape, people.interval[owner] / shape)
    first = np.concatenate(([0], np.cumsum(count)[:-1]))
    steps[first] = np.where(people.start[accounts] < 0, steps[first], 0.0)
    return owner, steps


def _running_sum(owner: Integers, steps: Floats) -> Floats:
    total = np.cumsum(steps)
    begins = np.concatenate(([True], owner[1:] != owner[:-1]))
    before = np.concatenate(([0.0], total[np.flatnonzero(begins)[1:] - 1]))
    return np.asarray(total - before[np.cumsum(begins) - 1])


def _slowed(time: Floats, owner: Integers, fates: Fates) -> Floats:
    since = fates.drift_from[owner].astype(float)
    return np.where(time > since, since + (time - since) * fates.slowdown[owner], time)


def _on_working_days(time: Floats) -> Integers:
    """Saturday and Sunday wait for Monday."""
    day = np.floor(time).astype(np.int64)
    weekday = (day + trade.FIRST_DAY.weekday()) % 7
    return day + np.where(weekday >= 5, 7 - weekday, 0)


def _ordinal(owner: Integers) -> Integers:
    """0, 1, 2 … within each account of sorted rows."""
    rows = np.arange(len(owner))
    first = np.concatenate(([True], owner[1:] != owner[:-1]))
    return rows - np.maximum.accumulate(np.where(first, rows, 0))


def _settle_single_purchases(people: Population, day: Integers, owner: Integers) -> None:
    """Turn "once" (chance −1) into the one order day on which the line is certain, or into never."""
    for account in np.flatnonzero(people.chance[:, HOUSES] < 0):
        low, high = np.searchsorted(owner, (account, account + 1))
        later = day[low:high][day[low:high] >= people.buys_from[account, HOUSES]]
        once = int(later[0]) if len(later) else FOREVER
        people.chance[account, HOUSES] = 1.0 if len(later) else 0.0
        people.buys_from[account, HOUSES] = once
        people.buys_to[account, HOUSES] = once + 1 if len(later) else -FOREVER
