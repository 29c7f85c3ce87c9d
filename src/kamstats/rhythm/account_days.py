"""Days of accounts, sorted once and cut at any day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kamstats.errors import Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ROWS_DIFFER = sentence(
    "rhythm_rows_differ",
    "The array {name} has {have} rows, but there are {need} accounts or days to go with it. "
    "Give one value for each.",
)
ACCOUNT_OUT_OF_RANGE = sentence(
    "account_out_of_range",
    "Account numbers run from {low} to {high}, but {accounts} accounts were announced. "
    "Number the accounts from 0 on.",
)


def added(owner: NDArray[np.int64], values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Add up values by their owner, numbered from 0 to `size` - 1."""
    return np.bincount(owner, values, size).astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True)
class AccountDays:
    """One row per account and day, sorted by both, no pair twice.

    account : (n,) int64, from 0 to `accounts` - 1.
    day : (n,) int64, days since 1970-01-01.
    money : (n,) float64, net money of that day; zeros where none was given.
    """

    account: NDArray[np.int64]
    day: NDArray[np.int64]
    money: NDArray[np.float64]
    accounts: int

    def _where(self, mask: NDArray[np.bool_]) -> AccountDays:
        return AccountDays(self.account[mask], self.day[mask], self.money[mask], self.accounts)

    def until(self, day: int) -> AccountDays:
        """Give the rows up to `day`, inclusive."""
        return self._where(self.day <= day)

    def money_between(self, first: int, last: int) -> NDArray[np.float64]:
        """Give each account's net money from `first` to `last`, both inclusive."""
        inside = (self.day >= first) & (self.day <= last)
        return added(self.account[inside], self.money[inside], self.accounts)

    def counts(self) -> NDArray[np.int64]:
        """Give the number of days of each account."""
        return np.bincount(self.account, minlength=self.accounts).astype(np.int64)

    def edges(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give the first and the last day of each account; NaN where it has none."""
        first, last = np.full((2, self.accounts), np.nan)
        last[self.account] = self.day  # rows are sorted: the later assignment wins
        first[self.account[::-1]] = self.day[::-1]
        return first, last

    def next_after(self, day: int) -> NDArray[np.float64]:
        """Give each account's first day after `day`; infinity where there is none."""
        later = self._where(self.day > day)
        return np.where(later.counts() > 0, later.edges()[0], np.inf)


def account_days(
    account: ArrayLike,
    day_no: ArrayLike,
    *,
    accounts: int | None = None,
    money: ArrayLike | None = None,
    is_order: ArrayLike | None = None,
) -> tuple[AccountDays, AccountDays]:
    """Sort the days of all accounts and merge equal ones; give the order days, then all days.

    account : (n,) int, the account's number from 0 on, in any order.
    day_no : (n,) int, days since 1970-01-01.
    accounts : number of accounts; default the highest number + 1.
    money : (n,) float, net money; credit notes are negative. Default zeros.
    is_order : (n,) bool; rows that are not orders (credit notes, returns) only change money. Default all.
    Raises Invalid when the arrays do not belong together.

    >>> orders, _ = account_days([1, 0, 1, 1], [9, 4, 2, 9], money=[5, 1, 1, 5])
    >>> orders.account.tolist(), orders.day.tolist(), orders.money.tolist()
    ([0, 1, 1], [4, 2, 9], [1.0, 1.0, 10.0])
    """
    who = np.asarray(account, np.int64)
    when = np.asarray(day_no, np.int64)
    worth = np.zeros(who.size) if money is None else np.asarray(money, np.float64)
    ordered = np.ones(who.size, bool) if is_order is None else np.asarray(is_order, bool)
    size = _checked(who, when, worth, ordered, accounts)
    days = _merged(AccountDays(who, when, worth, size))
    if ordered.all():
        return days, days
    kept = np.flatnonzero(ordered)
    orders = _merged(AccountDays(who[kept], when[kept], worth[kept], size))
    return orders, days


def _checked(
    who: NDArray[np.int64],
    when: NDArray[np.int64],
    worth: NDArray[np.float64],
    ordered: NDArray[np.bool_],
    accounts: int | None,
) -> int:
    for name, rows in (("day_no", when), ("money", worth), ("is_order", ordered)):
        if rows.shape != who.shape:
            raise Invalid(ROWS_DIFFER(name=name, have=rows.size, need=who.size))
    low, high = (int(who.min()), int(who.max())) if who.size else (0, -1)
    size = high + 1 if accounts is None else accounts
    if low < 0 or high >= size:
        raise Invalid(ACCOUNT_OUT_OF_RANGE(low=low, high=high, accounts=size))
    return size


def _merged(days: AccountDays) -> AccountDays:
    """Sort by account and day and add up the money of equal pairs."""
    if days.account.size == 0:
        return days
    key = days.account * (np.ptp(days.day) + 1) + (days.day - days.day.min())
    if np.all(key[1:] > key[:-1]):
        return days
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=key[order[0]] - 1))
    rows = order[starts]
    money = np.add.reduceat(days.money[order], starts)
    return AccountDays(days.account[rows], days.day[rows], money, days.accounts)
