"""NBD: accounts buy at their own steady rates for ever; there is no drop-out.

Source: Ehrenberg (1959), The pattern of consumer purchases, Applied Statistics 8; in the form with order
times of Schmittlein, Morrison & Colombo (1987), Management Science 33, without the death process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import digamma, gammaln, zeta

from kamstats.repeat_buying.fitting import Fit, Search, estimate, fitted
from kamstats.repeat_buying.newton import Surface

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kamstats.repeat_buying.newton import Floats
    from kamstats.repeat_buying.summary import Groups, Integers, Summary

NAME = "NBD"


@dataclass(frozen=True, slots=True)
class Nbd:
    """Rates of purchase are Gamma with shape `r` and rate `alpha` (in units) over the accounts.

    >>> law = Nbd(r=1.0, alpha=10.0)
    >>> law.expected_of_new(5.0)
    0.5
    >>> law.expected_purchases(10.0, np.array([3.0]), np.array([20.0]), np.array([30.0])).tolist()
    [1.0]
    """

    r: float
    alpha: float

    @property
    def parameters(self) -> Mapping[str, float]:
        """r, alpha."""
        return {"r": self.r, "alpha": self.alpha}

    @property
    def free_parameters(self) -> int:
        """Two."""
        return 2

    def p_alive(self, x: Floats, t_x: Floats, age: Floats) -> Floats:  # noqa: ARG002 - all models alike
        """Everybody is alive for ever in this model: 1."""
        return np.ones(len(x))

    def expected_purchases(
        self,
        horizon: float,
        x: Floats,
        t_x: Floats,  # noqa: ARG002 - all models alike
        age: Floats,
    ) -> Floats:
        """Posterior mean of the rate times the horizon."""
        return np.asarray(horizon * (self.r + x) / (self.alpha + age))

    def p_purchase(self, horizon: float, x: Floats, t_x: Floats, age: Floats) -> Floats:  # noqa: ARG002
        """Probability of at least one purchase within the horizon."""
        return np.asarray(-np.expm1(-(self.r + x) * np.log1p(horizon / (self.alpha + age))))

    def expected_of_new(self, horizon: float) -> float:
        """Expected repeat purchases of a new account."""
        return horizon * self.r / self.alpha

    def draw_purchases(
        self,
        rng: np.random.Generator,
        horizon: float,
        x: Floats,
        t_x: Floats,  # noqa: ARG002 - all models alike
        age: Floats,
    ) -> tuple[Floats, Floats]:
        """Draw purchases within the horizon."""
        rate = rng.gamma(self.r + x) / (self.alpha + age)
        return rng.poisson(rate * horizon).astype(np.float64), np.full(len(x), horizon)


class _Likelihood:
    """Needs x only through its histogram, and each distinct age with its weight and sum of x."""

    def __init__(self, groups: Groups) -> None:
        self.x, self.count = histogram(groups.x, groups.weight)
        weight = np.bincount(groups.T, groups.weight)
        days = np.flatnonzero(weight)
        self.age, self.weight = days / groups.scale_days, weight[days]
        self.bought = np.bincount(groups.T, groups.weight * groups.x)[days]

    def __call__(self, parameters: Floats) -> Surface:
        r, alpha = parameters
        n, until = float(self.count.sum()), alpha + self.age
        logs, shape = np.log(until), r * self.weight + self.bought
        value = self.count @ gammaln(r + self.x) - n * gammaln(r) + n * r * np.log(alpha) - shape @ logs
        by_r = self.count @ digamma(r + self.x) - n * digamma(r) + n * np.log(alpha) - self.weight @ logs
        by_alpha = n * r / alpha - shape @ (1 / until)
        mixed = n / alpha - self.weight @ (1 / until)
        twice_r = self.count @ zeta(2, r + self.x) - n * zeta(2, r)
        twice_alpha = -n * r / alpha**2 + shape @ (1 / until**2)
        hessian = np.array([[twice_r, mixed], [mixed, twice_alpha]])
        return Surface(float(value), np.array([by_r, by_alpha]), hessian)


def histogram(x: Integers, weight: Floats) -> tuple[Floats, Floats]:
    """Give the distinct whole numbers of `x` and their weights."""
    counts = np.bincount(x, weight)
    distinct = np.flatnonzero(counts)
    return distinct.astype(np.float64), counts[distinct].astype(np.float64)


def _starts(mean: float) -> tuple[tuple[float, float], ...]:
    return ((0.5, 0.5 / mean), (3.0, 3.0 / mean))


SEARCH = Search(("r", "alpha"), (False, True), _Likelihood, _starts)


def fit_nbd(summary: Summary, groups: Groups | None = None) -> Fit[Nbd]:
    """Fit the NBD by maximum likelihood.

    >>> from kamstats.repeat_buying.summary import Summary
    >>> x, age = np.array([0, 1, 1, 2, 3, 8]), np.full(6, 100)
    >>> fit = fit_nbd(Summary(x, np.where(x > 0, 90, 0), age, unit_days=1.0))
    >>> round(fit.model.r / fit.model.alpha * 100, 6)  # the mean of x
    2.5
    """
    found = estimate(SEARCH, summary, groups)
    return fitted(NAME, Nbd(*map(float, found.parameters)), found, SEARCH.names, summary)
