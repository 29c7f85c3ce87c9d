"""The integral over the unseen end of an account's life in the Pareto/NBD, and the likelihood built on it.

The integral of (alpha + t)^-rho (beta + t)^-(s + 1) from t_x to T is a difference of two 2F1 in the papers.
Over v = log(t + min(alpha, beta)) it is analytic in a strip of half-width pi, so that 20 Gauss-Legendre nodes
give twelve digits, without cancellation, and its derivatives with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import digamma, gammaln, zeta

from kamstats.repeat_buying.nbd import histogram
from kamstats.repeat_buying.newton import Surface, plus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from kamstats.repeat_buying.newton import Floats
    from kamstats.repeat_buying.summary import Groups

DEEPEST = 40.0  # the integrand is cut where it has fallen by this many logarithms
NODES = ((1.0, 8), (5.0, 14), (np.inf, 20))  # nodes by how far the integrand falls or the logarithm reaches
BLOCK_ROWS = 4096  # their nodes stay in the cache


@cache
def _legendre(nodes: int) -> tuple[Floats, Floats]:
    """Nodes and weights on 0 to 1."""
    at, weight = np.polynomial.legendre.leggauss(nodes)
    return (at + 1) / 2, weight / 2


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of the integral: each array (n,)."""

    rho: Floats
    alpha: Floats
    s: float
    beta: Floats
    low: Floats
    high: Floats

    def take(self, rows: NDArray[np.int64] | slice) -> _Rows:
        return _Rows(
            self.rho[rows], self.alpha[rows], self.s, self.beta[rows], self.low[rows], self.high[rows]
        )

    def reach(self) -> tuple[Floats, Floats]:
        """Give how far v has to go, and a measure of difficulty: the larger of that and of the fall."""
        nearest = np.minimum(self.alpha, self.beta)
        length = np.log1p((self.high - self.low) / (self.low + nearest))
        fall = self._fall(self.high, length)
        deep = np.flatnonzero(fall > DEEPEST)
        if len(deep):
            length[deep] = self.take(deep)._shortened(length[deep])  # noqa: SLF001 - its own kind
            fall[deep] = DEEPEST
        return length, np.maximum(length, np.abs(fall))

    def _fall(self, at: Floats, v: Floats) -> Floats:
        """By how many logarithms the integrand over v has fallen at a time."""
        by_alpha = self.rho * np.log1p((at - self.low) / (self.alpha + self.low))
        return np.asarray(by_alpha + (self.s + 1) * np.log1p((at - self.low) / (self.beta + self.low)) - v)

    def _shortened(self, length: Floats) -> Floats:
        """Newton from the right on a convex function: from above to where the fall is DEEPEST."""
        nearest = np.minimum(self.alpha, self.beta)
        for _ in range(6):
            away = (self.low + nearest) * np.exp(length)
            at = away - nearest
            rate = self.rho * away / (at + self.alpha) + (self.s + 1) * away / (at + self.beta) - 1
            over = self._fall(at, length) - DEEPEST
            length = length - np.where(rate > 0, over / np.where(rate > 0, rate, 1), 0)
        return length


def _batches(rows: _Rows) -> Iterator[tuple[NDArray[np.int64], Floats, int]]:
    """Sort the rows by the nodes they need and cut them into blocks: (rows, length, nodes)."""
    length, difficulty = rows.reach()
    easiest = 0.0
    for hardest, nodes in NODES:
        inside = np.flatnonzero((difficulty >= easiest) & (difficulty < hardest))
        for start in range(0, len(inside), BLOCK_ROWS):
            block = inside[start : start + BLOCK_ROWS]
            yield block, length[block], nodes
        easiest = hardest


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The nodes of a block, each (rows, nodes): logarithms of alpha + t and beta + t, and weights.

    The weights sum to the integral divided by exp(`top`).
    """

    to_alpha: Floats
    to_beta: Floats
    log_alpha: Floats
    log_beta: Floats
    weight: Floats
    top: Floats


def _nodes(rows: _Rows, length: Floats, count: int) -> _Nodes:
    at, weight = _legendre(count)
    nearest = np.minimum(rows.alpha, rows.beta)
    v = length[:, None] * at
    away = (rows.low + nearest)[:, None] * np.exp(v)
    to_alpha = away + (rows.alpha - nearest)[:, None]
    to_beta = away + (rows.beta - nearest)[:, None]
    log_alpha, log_beta = np.log(to_alpha), np.log(to_beta)
    first = -rows.rho * np.log(rows.alpha + rows.low) - (rows.s + 1) * np.log(rows.beta + rows.low)
    log_weight = v - rows.rho[:, None] * log_alpha - (rows.s + 1) * log_beta - first[:, None]
    top = first + np.log(rows.low + nearest)
    return _Nodes(
        to_alpha, to_beta, log_alpha, log_beta, np.exp(log_weight) * (weight * length[:, None]), top
    )


def log_integral(
    rho: Floats, alpha: Floats | float, s: float, beta: Floats | float, window: tuple[Floats, Floats]
) -> Floats:
    """Give the logarithm of the integral for each row of `rho`, (n,); -inf where the window is empty.

    >>> value = log_integral(np.array([2.0]), 1.0, 1.0, 1.0, (np.zeros(1), np.ones(1)))
    >>> bool(np.isclose(np.exp(value[0]), (1 - 2**-3) / 3))
    True
    """
    n = len(rho)
    rows = _Rows(rho, np.broadcast_to(alpha, n), s, np.broadcast_to(beta, n), *window)
    result = np.empty(n)
    for block, length, count in _batches(rows):
        nodes = _nodes(rows.take(block), length, count)
        with np.errstate(divide="ignore"):
            result[block] = np.log(nodes.weight.sum(axis=1)) + nodes.top
    return result


class ParetoLikelihood:
    """Log-likelihood of (r, alpha, s, beta) with exact gradient and Hessian, times in mean ages.

    A row is a mixture: alive at T, or gone at one of the nodes; its curvature is the mean of the parts'
    curvatures and the variance of their slopes.
    """

    def __init__(self, groups: Groups) -> None:
        self.groups = groups
        self.counted, self.count = histogram(groups.x, groups.weight)
        self.x = groups.x.astype(np.float64)
        self.low, self.high = groups.t_x / groups.scale_days, groups.T / groups.scale_days

    def __call__(self, parameters: Floats) -> Surface:
        """Evaluate at (r, alpha, s, beta)."""
        groups, n = self.groups, len(self.groups.x)
        r, alpha, s, beta = map(float, parameters)
        rows = _Rows(self.x + r, np.broadcast_to(alpha, n), s, np.broadcast_to(beta, n), self.low, self.high)
        total = self._gamma_terms(parameters)
        for block, length, count in _batches(rows):
            part = _mixture(rows.take(block), groups.weight[block], length, count)
            total = plus(total, part)
        return total

    def _gamma_terms(self, parameters: Floats) -> Surface:
        r, alpha, s, beta = parameters
        n, count, rho = float(self.count.sum()), self.count, r + self.counted
        value = count @ gammaln(rho) + n * (r * np.log(alpha) - gammaln(r) + s * np.log(beta))
        by_r = count @ digamma(rho) + n * (np.log(alpha) - digamma(r))
        gradient = np.array([by_r, n * r / alpha, n * np.log(beta), n * s / beta])
        hessian = np.diag([count @ zeta(2, rho) - n * zeta(2, r), -n * r / alpha**2, 0, -n * s / beta**2])
        hessian[0, 1] = hessian[1, 0] = n / alpha
        hessian[2, 3] = hessian[3, 2] = n / beta
        return Surface(float(value), gradient, hessian)


def _mixture(rows: _Rows, weight: Floats, length: Floats, count: int) -> Surface:
    """Add up the rows of a block."""
    s = rows.s
    nodes = _nodes(rows, length, count)
    end_alpha, end_beta = rows.alpha + rows.high, rows.beta + rows.high
    alive = np.exp(-rows.rho * np.log(end_alpha) - s * np.log(end_beta) - nodes.top)
    sums = alive + s * nodes.weight.sum(axis=1)
    value = weight @ (np.log(sums) + nodes.top)
    # the alive part becomes one more column beside the nodes
    share = np.column_stack((s * nodes.weight, alive)) / sums[:, None]
    log_alpha = np.column_stack((nodes.log_alpha, np.log(end_alpha)))
    log_beta = np.column_stack((nodes.log_beta, np.log(end_beta)))
    by_alpha = 1 / np.column_stack((nodes.to_alpha, end_alpha))
    by_beta = 1 / np.column_stack((nodes.to_beta, end_beta))
    gone = np.append(np.ones(count), 0.0)
    slopes = (-log_alpha, -rows.rho[:, None] * by_alpha, gone / s - log_beta, -(s + gone) * by_beta)
    means = np.stack([np.einsum("ij,ij->i", share, slope) for slope in slopes])
    share *= weight[:, None]
    hessian = np.array([[np.einsum("ij,ij->", share * one, other) for other in slopes] for one in slopes])
    hessian -= np.einsum("ai,bi,i->ab", means, means, weight)
    # and the second derivatives of each part
    hessian[[0, 1], [1, 0]] -= np.einsum("ij,ij->", share, by_alpha)
    hessian[[2, 3], [3, 2]] -= np.einsum("ij,ij->", share, by_beta)
    hessian[1, 1] -= np.einsum("ij,ij,ij->", share, by_alpha, slopes[1])
    hessian[2, 2] -= (share.sum() - share[:, -1].sum()) / s**2
    hessian[3, 3] -= np.einsum("ij,ij,ij->", share, by_beta, slopes[3])
    return Surface(float(value), means @ weight, hessian)
