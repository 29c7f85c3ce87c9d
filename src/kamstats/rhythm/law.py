"""A Gamma law for each account, shrunk to its peers.

Intervals (and amounts) of one account are independent Gamma(k, rate r). The shape k, the regularity, is
common to the account's segment; the rate r is the account's own and itself Gamma(a, rate b) among its peers.
After n intervals of sum s the rate is Gamma(A = a + n k, B = b + s), and the next interval x follows the
compound Gamma (beta prime) law

    P(x > t) = I_{B / (B + t)}(A, k),      E x = k B / (A - 1),      median = B q / (1 - q)

with I the regularised incomplete beta function and q the median of Beta(k, A): Johnson, Kotz &
Balakrishnan, Continuous Univariate Distributions 2 (1995), chapter 27, formulas of the beta prime. Taking the
law of the *next* interval, not the Gamma with its parameters put in, is what keeps an account with three
orders from looking certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc, betaincinv, polygamma, psi

from kamstats.rhythm.account_days import added

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from kamstats.rhythm.account_days import AccountDays

    Floats = NDArray[np.float64]
    Groups = NDArray[np.int64]

SHAPES = (0.05, 200.0)  # the search bounds of k: beyond them a rhythm is chaos, or a clock
SPREADS = (0.3, 1e4)  # the search bounds of a
HALVINGS = 50


@dataclass(frozen=True, slots=True)
class GammaLaw:
    """The compound Gamma law of each account's next interval or amount; NaN where it has none.

    shape, concentration, scale : (n,) float64, k, A and B of the module's formulas.
    """

    shape: Floats
    concentration: Floats
    scale: Floats

    def mean(self) -> Floats:
        """Give the expected next value."""
        return self.shape * self.scale / (self.concentration - 1)

    def median(self) -> Floats:
        """Give the value that the next one passes with probability one half."""
        half: Floats = betaincinv(self.shape, self.concentration, 0.5)
        return self.scale * half / (1 - half)

    def survival(self, value: Floats | float) -> Floats:
        """Give the probability that the next value is at least `value`."""
        rest: Floats = betainc(self.concentration, self.shape, self.scale / (self.scale + value))
        return rest

    def sum_at_most(self, times: float, value: Floats | float) -> Floats:
        """Give the probability that the sum of the next `times` values is at most `value`."""
        part = value / (self.scale + value)
        return np.asarray(betainc(times * self.shape, self.concentration, part), np.float64)

    def where(self, mask: NDArray[np.bool_] | NDArray[np.int64]) -> GammaLaw:
        """Give the laws of some accounts."""
        return GammaLaw(self.shape[mask], self.concentration[mask], self.scale[mask])


@dataclass(frozen=True, slots=True)
class Spells:
    """What a Gamma law needs to know of positive values, per account.

    count, total, log_total : (n,) float64, number, sum and sum of logarithms.
    """

    count: Floats
    total: Floats
    log_total: Floats

    @classmethod
    def intervals(cls, orders: AccountDays) -> Spells:
        """Sum up the days between one order and the next."""
        same = orders.account[1:] == orders.account[:-1]
        owner = orders.account[1:][same]
        return cls.of(owner, np.diff(orders.day)[same].astype(np.float64), orders.accounts)

    @classmethod
    def of(cls, owner: NDArray[np.int64], values: Floats, accounts: int) -> Spells:
        """Sum up positive values by their owner."""
        return cls(
            np.bincount(owner, minlength=accounts).astype(np.float64),
            added(owner, values, accounts),
            added(owner, np.log(values), accounts),
        )

    def log_gap(self) -> Floats:
        """Give log(mean) - mean(log): zero for a clock, large for chaos; NaN without values."""
        count = np.where(self.count > 0, self.count, np.nan)
        total = np.where(self.total > 0, self.total, np.nan)
        return np.log(total / count) - self.log_total / count


def peer_groups(segment: ArrayLike | None, accounts: int) -> Groups:
    """Number the segments; without segments everyone is in one."""
    if segment is None:
        return np.zeros(accounts, np.int64)
    _, codes = np.unique(np.asarray(segment), return_inverse=True)
    return codes.astype(np.int64).reshape(-1)


def pooled_shape(spells: Spells, groups: Groups, used: NDArray[np.bool_]) -> Floats:
    """Estimate the common shape of each group by conditional maximum likelihood.

    Given its sum, an account's values no longer depend on its rate; the score of what remains is
    sum of n (psi(n k) - log n - psi(k)) - n (log mean - mean log), summed over accounts with n values
    (Cox & Hinkley, Theoretical Statistics, 1974, section 9.2 on conditioning). Unlike the plain maximum
    likelihood it is not biased by having one unknown rate per account.
    """
    size = int(groups.max(initial=0)) + 1
    count = np.where(used, spells.count, 0).astype(np.int64)
    informative = count >= 2
    pair = groups[informative] * (count.max(initial=0) + 1) + count[informative]
    key, weight = np.unique(pair, return_counts=True)
    owner, n = np.divmod(key, count.max(initial=0) + 1)
    gap = np.maximum(spells.log_gap()[informative], 0)
    repeats = count[informative].astype(np.float64)
    target = added(groups[informative], repeats * gap, size)
    low, high = (np.full(size, np.log(bound)) for bound in SHAPES)
    for _ in range(HALVINGS):
        k = np.exp((low + high) / 2)[owner]
        score = added(owner, weight * n * (psi(n * k) - np.log(n) - psi(k)), size)
        low, high = _halved(low, high, too_low=score > target)
    shape: Floats = np.exp((low + high) / 2)
    return np.where(np.bincount(owner, minlength=size) > 0, shape, 1.0)


def _halved(low: Floats, high: Floats, *, too_low: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    middle = (low + high) / 2
    return np.where(too_low, middle, low), np.where(too_low, high, middle)


def interval_law(
    spells: Spells, *, groups: Groups | None = None, weight: float = 2.0, least: int = 2, least_peers: int = 5
) -> GammaLaw:
    """Fit the law of the next interval, shrunk to the peers with the weight of `weight` intervals.

    With a = weight * k + 1 and b = weight * m, m the mean over the peers of their mean interval, the
    posterior mean is exactly (s + weight * m) / (n + weight).

    groups : (n,) int, the account's segment from 0 on. A segment with fewer than `least_peers` accounts of
    at least `least` intervals takes everyone as peers.

    >>> spells = Spells(np.array([2.0]), np.array([60.0]), np.array([6.8]))
    >>> float(interval_law(spells).mean()[0])
    30.0
    """
    groups = np.zeros(spells.count.size, np.int64) if groups is None else groups
    used = spells.count >= least
    shape = _of_peers(lambda g: pooled_shape(spells, g, used), groups, used, least_peers)
    mean = np.divide(spells.total, spells.count, out=np.zeros_like(spells.total), where=used)
    peer_mean = _of_peers(lambda g: _mean_by(g, mean, used), groups, used, least_peers)
    law = GammaLaw(shape, weight * shape + 1 + spells.count * shape, weight * peer_mean + spells.total)
    return _only(law, used)


def amount_law(
    spells: Spells, *, groups: Groups | None = None, least: int = 2, least_peers: int = 5
) -> GammaLaw:
    """Fit the law of the money of the next order, shrunk as far as the peers are alike.

    Amounts of accounts differ by orders of magnitude, so the weight of the peers is estimated, by moments
    of logarithms: Var(log mean) = psi'(a) + E psi'(n k) gives a, and E(log s - psi(n k)) = log b - psi(a)
    gives b (Minka, Estimating a Gamma distribution, 2002, for psi; the rest follows from the model).
    """
    groups = np.zeros(spells.count.size, np.int64) if groups is None else groups
    used = (spells.count >= least) & (spells.total > 0)
    shape = _of_peers(lambda g: pooled_shape(spells, g, used), groups, used, least_peers)
    n_k = np.where(used, spells.count * shape, 1.0)
    log_total = np.log(np.where(used, spells.total, 1.0))
    log_mean = log_total - np.log(np.where(used, spells.count, 1.0))
    noise = polygamma(1, n_k)
    a = _of_peers(lambda g: _spread(g, log_mean, noise, used), groups, used, least_peers)
    level = _of_peers(lambda g: _mean_by(g, log_total - psi(n_k), used), groups, used, least_peers)
    return _only(GammaLaw(shape, a + spells.count * shape, np.exp(level + psi(a)) + spells.total), used)


def _of_peers(
    estimate: Callable[[Groups], Floats], groups: Groups, used: NDArray[np.bool_], least_peers: int
) -> Floats:
    """Estimate per segment, and from everyone where a segment has too few; spread to accounts."""
    own: Floats = estimate(groups)
    everyone: Floats = estimate(np.zeros_like(groups))
    enough = np.bincount(groups[used], minlength=own.size) >= least_peers
    chosen = np.where(enough, own, everyone[0] if everyone.size else np.nan)
    return np.asarray(chosen[groups], np.float64)


def _mean_by(groups: Groups, values: Floats, used: NDArray[np.bool_]) -> Floats:
    size = int(groups.max(initial=0)) + 1
    counts = np.bincount(groups[used], minlength=size)
    return added(groups[used], values[used], size) / np.maximum(counts, 1)


def _spread(groups: Groups, log_mean: Floats, noise: Floats, used: NDArray[np.bool_]) -> Floats:
    """Solve psi'(a) = the variance of log means that chance leaves over, by halving."""
    centre = _mean_by(groups, log_mean, used)[groups]
    left_over = _mean_by(groups, (log_mean - centre) ** 2 - noise, used)
    low, high = (np.full(left_over.size, np.log(bound)) for bound in SPREADS)
    for _ in range(HALVINGS):
        too_low = polygamma(1, np.exp((low + high) / 2)) > left_over
        low, high = _halved(low, high, too_low=too_low)
    return np.asarray(np.exp((low + high) / 2), np.float64)


def _only(law: GammaLaw, used: NDArray[np.bool_]) -> GammaLaw:
    return GammaLaw(*(np.where(used, values, np.nan) for values in (law.shape, law.concentration, law.scale)))
