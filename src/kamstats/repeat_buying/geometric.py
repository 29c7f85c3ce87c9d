"""What BG/NBD, MBG/NBD and MBG/CNBD-k share: an account may drop out after a purchase, and only then.

An account buys in an Erlang-k rhythm (k = 1: Poisson) whose stage rate is Gamma(r, alpha) over the
accounts, and leaves after a purchase with a probability that is Beta(a, b) over the accounts. The modified
models (MBG) let it leave after the very first purchase too; BG/NBD does not. Sources: Fader, Hardie & Lee
(2005), Marketing Science 24, eq. 3 to 10; Batislam, Denizel & Filiztekin (2007), IJRM 24; Platzer &
Reutterer (2016), Marketing Science 35; Reutterer, Platzer & Schröder (2021), IJRM 38.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import digamma, gammaln, zeta

from kamstats.repeat_buying.newton import Surface, plus

if TYPE_CHECKING:
    from kamstats.repeat_buying.newton import Floats
    from kamstats.repeat_buying.summary import Groups

R, ALPHA, A, B = range(4)
OTHERS = [R, ALPHA, B]
ALL_BUT_A = np.ix_(OTHERS, OTHERS)
BLOCK_ROWS = 8192  # they stay in the cache, and BLAS does not spread so few over threads


@dataclass(frozen=True, slots=True)
class Stages:
    """The chance, alive, of fewer than k stages since the last purchase: sum over j of (rho)_j / j! z^j.

    `log_sum` (n,) and, under the weights of its terms, the means of the derivatives of their logarithms.
    """

    log_sum: Floats
    by_r: Floats
    stage: Floats
    by_r_twice: Floats
    by_r_and_stage: Floats
    stage_variance: Floats


def stages(k: int, rho: Floats, z: Floats) -> Stages:
    """Sum the k terms; all are positive, so that nothing cancels."""
    term, slope, bend = np.ones_like(z), np.zeros_like(z), np.zeros_like(z)
    total = term.copy()
    sums = [np.zeros_like(z) for _ in range(5)]
    for j in range(1, k):
        factor = rho + (j - 1)
        term = term * factor * z / j
        slope, bend = slope + 1 / factor, bend - 1 / factor**2
        total += term
        moments = slope, np.full_like(z, j), slope * slope + bend, slope * j, np.full_like(z, j * j)
        sums = [so_far + term * moment for so_far, moment in zip(sums, moments, strict=True)]
    by_r, stage, twice, mixed, square = (entry / total for entry in sums)
    return Stages(np.log(total), by_r, stage, twice - by_r**2, mixed - by_r * stage, square - stage**2)


class GeometricLikelihood:
    """Log-likelihood of (r, alpha, a, b) with exact gradient and Hessian, times in mean ages.

    Logarithms are taken once per distinct day and count. The factor of MBG/CNBD-k that holds no parameter,
    the product of the intervals, is left to the caller.
    """

    def __init__(self, groups: Groups, k: int = 1, *, leaves_at_start: bool) -> None:
        self.k, self.chances = k, int(leaves_at_start)
        self.counts = np.arange(float(groups.x.max(initial=0)) + 1)
        self.count = np.bincount(groups.x, groups.weight, len(self.counts))
        self.times = np.arange(float(groups.T.max(initial=0)) + 1) / groups.scale_days
        sure = np.flatnonzero((groups.x == 0) & (not leaves_at_start))
        self.sure = np.bincount(groups.T[sure], groups.weight[sure], len(self.times))
        rows = np.flatnonzero((groups.x > 0) | leaves_at_start)
        self.blocks = [
            groups.take(rows[start : start + BLOCK_ROWS]) for start in range(0, len(rows), BLOCK_ROWS)
        ]

    def __call__(self, parameters: Floats) -> Surface:
        """Evaluate at (r, alpha, a, b)."""
        table = _Table.of(parameters, self)
        total = plus(self._gamma_terms(parameters), self._sure(table))
        for block in self.blocks:
            total = plus(total, _mixture(table, block, self.k))
        return total

    def _gamma_terms(self, parameters: Floats) -> Surface:
        """Terms that see x only: from its histogram."""
        r, alpha, a, b = parameters
        n, seen = float(self.count.sum()), self.count > 0
        count, counts = self.count[seen], self.counts[seen]
        rho, stay = r + self.k * counts, b + counts + self.chances
        value = n * (r * np.log(alpha) - gammaln(r) + gammaln(a + b) - gammaln(b)) + count @ (
            gammaln(rho) + gammaln(stay) - gammaln(a + stay)
        )
        both = n * digamma(a + b) - count @ digamma(a + stay)
        gradient = np.array(
            [
                count @ digamma(rho) - n * digamma(r) + n * np.log(alpha),
                n * r / alpha,
                both,
                both - n * digamma(b) + count @ digamma(stay),
            ]
        )
        hessian = np.zeros((4, 4))
        hessian[R, R] = count @ zeta(2, rho) - n * zeta(2, r)
        hessian[R, ALPHA] = hessian[ALPHA, R] = n / alpha
        hessian[ALPHA, ALPHA] = -n * r / alpha**2
        hessian[A:, A:] = n * zeta(2, a + b) - count @ zeta(2, a + stay)
        hessian[B, B] += count @ zeta(2, stay) - n * zeta(2, b)
        return Surface(float(value), gradient, hessian)

    def _sure(self, table: _Table) -> Surface:
        """Accounts that cannot have left yet: x = 0 where nobody leaves at the start."""
        logs = float(np.sum(self.sure * table.log_until))
        inverse = float(np.sum(self.sure / table.until))
        gradient, hessian = np.array([-logs, -table.r * inverse, 0.0, 0.0]), np.zeros((4, 4))
        hessian[R, ALPHA] = hessian[ALPHA, R] = -inverse
        hessian[ALPHA, ALPHA] = table.r * float(np.sum(self.sure / table.until**2))
        return Surface(-table.r * logs, gradient, hessian)


@dataclass(frozen=True, slots=True)
class _Table:
    """What a row looks up by its days (`until`, `log_until`, `per_until`) and by its count (the rest)."""

    r: float
    a: float
    until: Floats
    log_until: Floats
    per_until: Floats
    rho: Floats
    log_stay: Floats  # less log a
    per_stay: Floats

    @classmethod
    def of(cls, parameters: Floats, likelihood: GeometricLikelihood) -> _Table:
        r, alpha, a, b = map(float, parameters)
        until = alpha + likelihood.times
        rho = r + likelihood.k * likelihood.counts
        stay = np.maximum(b + likelihood.counts + (likelihood.chances - 1), 1e-300)
        return cls(r, a, until, np.log(until), 1 / until, rho, np.log(stay) - np.log(a), 1 / stay)


def _mixture(table: _Table, rows: Groups, k: int) -> Surface:
    """Accounts that are alive or have left after their last purchase: a mixture of the two."""
    weight, rho, a = rows.weight, table.rho[rows.x], table.a
    log_until, log_since = table.log_until[rows.T], table.log_until[rows.t_x]
    per_until, per_since = table.per_until[rows.T], table.per_until[rows.t_x]
    log_odds = rho * (log_until - log_since) - table.log_stay[rows.x]
    by_r, by_alpha, log_alive = -log_until, -rho * per_until, -rho * log_until
    second = _Second(-per_until, -by_alpha * per_until, None)
    if k > 1:
        sum_of = stages(k, rho, (table.until[rows.T] - table.until[rows.t_x]) * per_until)
        log_odds, log_alive = log_odds - sum_of.log_sum, log_alive + sum_of.log_sum
        by_r, by_alpha = by_r + sum_of.by_r, by_alpha - sum_of.stage * per_until
        second = _second(sum_of, rho, per_until)
    tail = np.exp(-np.abs(log_odds))
    left = np.where(log_odds > 0, 1.0, tail) / (1.0 + tail)
    value = weight @ (log_alive + np.maximum(log_odds, 0) + np.log1p(tail))
    apart = np.stack((by_r + log_since, by_alpha + rho * per_since, table.per_stay[rows.x]))
    gone = weight * left
    all_gone = float(gone.sum())
    moved = apart @ gone
    gradient = np.array([weight @ by_r - moved[0], weight @ by_alpha - moved[1], all_gone / a, -moved[2]])
    hessian = _spread(gone * (1 - left), apart, a)
    here, gone_since = weight - gone, gone * per_since
    mixed = here @ second.mixed - gone_since.sum()
    hessian[R, ALPHA] += mixed
    hessian[ALPHA, R] += mixed
    hessian[ALPHA, ALPHA] += here @ second.alpha + gone_since @ (rho * per_since)
    hessian[A, A] -= all_gone / a**2
    hessian[B, B] += gone @ (apart[2] * apart[2])
    if second.r is not None:
        hessian[R, R] += here @ second.r
    return Surface(float(value), gradient, hessian)


def _spread(weight: Floats, apart: Floats, a: float) -> Floats:
    """Variance of the slope between the two parts: weight is w (1 - w) of each row."""
    weighted = apart * weight
    hessian = np.empty((4, 4))
    hessian[ALL_BUT_A] = weighted @ apart.T
    hessian[A, OTHERS] = hessian[OTHERS, A] = -weighted.sum(axis=1) / a
    hessian[A, A] = weight.sum() / a**2
    return hessian


@dataclass(frozen=True, slots=True)
class _Second:
    """Second derivatives of the log-density of those alive, each (n,)."""

    mixed: Floats
    alpha: Floats
    r: Floats | None


def _second(sum_of: Stages, rho: Floats, per_until: Floats) -> _Second:
    return _Second(
        -(1 + sum_of.by_r_and_stage) * per_until,
        (rho + sum_of.stage + sum_of.stage_variance) * per_until**2,
        sum_of.by_r_twice,
    )


def starts(mean: float) -> tuple[tuple[float, float, float, float], ...]:
    """Points from which the search begins: uneven buyers who leave, even buyers who stay."""
    return (0.4, 0.3 / mean, 0.7, 2.0), (2.0, 1.6 / mean, 0.3, 3.0)
