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

from kamstats.repeat_buying.nbd import histogram
from kamstats.repeat_buying.newton import Surface

if TYPE_CHECKING:
    from kamstats.repeat_buying.newton import Floats
    from kamstats.repeat_buying.summary import Groups

R, ALPHA, A, B = range(4)


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

    The factor of MBG/CNBD-k that holds no parameter (the product of the intervals) is left to the caller.
    """

    def __init__(self, groups: Groups, k: int = 1, *, leaves_at_start: bool) -> None:
        self.k, self.chances = k, int(leaves_at_start)
        self.counted, self.count = histogram(groups.x, groups.weight)
        open_end = (groups.x > 0) | leaves_at_start
        self.sure_age, position = np.unique(groups.T[~open_end], return_inverse=True)
        self.sure_weight = np.bincount(position, groups.weight[~open_end], len(self.sure_age))
        self.x, self.t_x, self.age = groups.x[open_end], groups.t_x[open_end], groups.T[open_end]
        self.weight = groups.weight[open_end]
        self.stages_done = self.k * self.x
        self.offset = self.x + (self.chances - 1)

    def __call__(self, parameters: Floats) -> Surface:
        """Evaluate at (r, alpha, a, b)."""
        surfaces = [self._gamma_terms(parameters), self._sure(parameters), self._open(parameters)]
        return Surface(
            sum(part.value for part in surfaces),
            np.sum([part.gradient for part in surfaces], axis=0),
            np.sum([part.hessian for part in surfaces], axis=0),
        )

    def _gamma_terms(self, parameters: Floats) -> Surface:
        """Terms that see x only: from its histogram."""
        r, alpha, a, b = parameters
        n, count = float(self.count.sum()), self.count
        rho, stay = r + self.k * self.counted, b + self.counted + self.chances
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

    def _sure(self, parameters: Floats) -> Surface:
        """Accounts that cannot have left yet: x = 0 where nobody leaves at the start."""
        r, alpha = parameters[:2]
        until = alpha + self.sure_age
        logs = self.sure_weight @ np.log(until)
        inverse = self.sure_weight @ (1 / until)
        gradient, hessian = np.array([-logs, -r * inverse, 0.0, 0.0]), np.zeros((4, 4))
        hessian[R, ALPHA] = hessian[ALPHA, R] = -inverse
        hessian[ALPHA, ALPHA] = r * (self.sure_weight @ (1 / until**2))
        return Surface(float(-r * logs), gradient, hessian)

    def _open(self, parameters: Floats) -> Surface:
        """Accounts that are alive or have left after their last purchase: a mixture of the two."""
        r, alpha, a, b = parameters
        rho, until, since = r + self.stages_done, alpha + self.age, alpha + self.t_x
        log_until, log_since, stay = np.log(until), np.log(since), b + self.offset
        log_odds = np.log(a) - np.log(stay) + rho * (log_until - log_since)
        alive_r, alive_alpha = -log_until, -rho / until
        second = _Second(-1 / until, -alive_alpha / until, None)
        log_alive = rho * alive_r
        if self.k > 1:
            sum_of = stages(self.k, rho, (self.age - self.t_x) / until)
            log_odds, log_alive = log_odds - sum_of.log_sum, log_alive + sum_of.log_sum
            alive_r, alive_alpha = alive_r + sum_of.by_r, alive_alpha - sum_of.stage / until
            second = _second(sum_of, rho, until)
        tail = np.exp(-np.abs(log_odds))
        left = np.where(log_odds > 0, 1.0, tail) / (1.0 + tail)
        value = self.weight @ (log_alive + np.maximum(log_odds, 0) + np.log1p(tail))
        apart = (alive_r + log_since, alive_alpha + rho / since, 1 / stay)
        gone = self.weight * left
        gradient = np.array(
            [
                self.weight @ alive_r - gone @ apart[0],
                self.weight @ alive_alpha - gone @ apart[1],
                gone.sum() / a,
                -(gone @ apart[2]),
            ]
        )
        hessian = self._bends(second, gone, rho, since, stay)
        hessian[A, A] -= gone.sum() / a**2
        return Surface(float(value), gradient, hessian + self._spread(gone * (1 - left), apart, a))

    def _bends(self, second: _Second, gone: Floats, rho: Floats, since: Floats, stay: Floats) -> Floats:
        """Mean of the two parts' own curvatures."""
        here, hessian = self.weight - gone, np.zeros((4, 4))
        hessian[R, ALPHA] = hessian[ALPHA, R] = here @ second.mixed - gone @ (1 / since)
        hessian[ALPHA, ALPHA] = here @ second.alpha + gone @ (rho / since**2)
        hessian[B, B] = gone @ (1 / stay**2)
        if second.r is not None:
            hessian[R, R] = here @ second.r
        return hessian

    @staticmethod
    def _spread(weight: Floats, apart: tuple[Floats, Floats, Floats], a: float) -> Floats:
        """Variance of the slope between the two parts: weight is w (1 - w) of each row."""
        by_r, by_alpha, by_b = apart
        weighted = weight * by_r, weight * by_alpha, weight * by_b
        hessian = np.zeros((4, 4))
        hessian[R, R], hessian[R, ALPHA] = weighted[0] @ by_r, weighted[0] @ by_alpha
        hessian[ALPHA, ALPHA], hessian[A, A] = weighted[1] @ by_alpha, weight.sum() / a**2
        hessian[R, A], hessian[ALPHA, A] = -weighted[0].sum() / a, -weighted[1].sum() / a
        hessian[R, B], hessian[ALPHA, B] = weighted[0] @ by_b, weighted[1] @ by_b
        hessian[A, B], hessian[B, B] = -weighted[2].sum() / a, weighted[2] @ by_b
        return np.triu(hessian) + np.triu(hessian, 1).T


@dataclass(frozen=True, slots=True)
class _Second:
    """Second derivatives of the log-density of those alive, each (n,)."""

    mixed: Floats
    alpha: Floats
    r: Floats | None


def _second(sum_of: Stages, rho: Floats, until: Floats) -> _Second:
    return _Second(
        -(1 + sum_of.by_r_and_stage) / until,
        (rho + sum_of.stage + sum_of.stage_variance) / until**2,
        sum_of.by_r_twice,
    )


def starts(mean: float) -> tuple[tuple[float, float, float, float], ...]:
    """Points from which the search begins: uneven buyers, even buyers, hardly any drop-out."""
    return (
        (0.4, 0.3 / mean, 0.7, 2.0),
        (2.0, 1.5 / mean, 0.5, 1.5),
        (1.0, 0.9 / mean, 0.1, 3.0),
    )
