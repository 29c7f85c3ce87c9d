"""Pareto/NBD: Poisson purchases; an account may leave at any time, not only after a purchase.

Source: Schmittlein, Morrison & Colombo (1987), Counting your customers, Management Science 33; likelihood in
the integral form of Fader & Hardie (2005), A note on deriving the Pareto/NBD model, eq. 17 and before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kamstats.repeat_buying.fitting import Fit, Search, estimate, fitted
from kamstats.repeat_buying.lifetime_integral import ParetoLikelihood, log_integral

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kamstats.repeat_buying.newton import Floats
    from kamstats.repeat_buying.summary import Groups, Summary

NAME = "Pareto/NBD"
NAMES = ("r", "alpha", "s", "beta")


@dataclass(frozen=True, slots=True)
class ParetoNbd:
    """Rates of purchase are Gamma(r, alpha) and of leaving Gamma(s, beta) over the accounts, in units.

    >>> law = ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669)  # CDNOW, weeks
    >>> x, t_x, age = np.array([26.0]), np.array([30.857]), np.array([31.0])
    >>> law.p_alive(x, t_x, age).round(3).tolist()
    [0.998]
    >>> law.expected_purchases(52.0, x, t_x, age).round(2).tolist()  # published: 25.456
    [25.46]
    """

    r: float
    alpha: float
    s: float
    beta: float

    @property
    def parameters(self) -> Mapping[str, float]:
        """r, alpha, s, beta."""
        return {"r": self.r, "alpha": self.alpha, "s": self.s, "beta": self.beta}

    @property
    def free_parameters(self) -> int:
        """Four."""
        return 4

    def p_alive(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Probability that the account has not left by now, (n,), 0 to 1."""
        rho = self.r + x
        alive = -rho * np.log(self.alpha + age) - self.s * np.log(self.beta + age)
        gone = np.log(self.s) + log_integral(rho, self.alpha, self.s, self.beta, (t_x, age))
        return np.asarray(np.exp(-np.logaddexp(0.0, gone - alive)))

    def expected_purchases(self, horizon: float, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Expected purchases within `horizon` from now on, (n,)."""
        rate = (self.r + x) / (self.alpha + age)
        return self.p_alive(x, t_x, age) * rate * _mean_lifetime(horizon, self.s, self.beta + age)

    def p_purchase(self, horizon: float, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Probability of at least one purchase within `horizon` from now on, (n,), 0 to 1.

        An account that is alive is a new one with the parameters r + x, alpha + T, s, beta + T.
        """
        rho, until, end = self.r + x, self.alpha + age, self.beta + age
        stays = np.exp(-rho * np.log1p(horizon / until) - self.s * np.log1p(horizon / end))
        window = (np.zeros(len(x)), np.full(len(x), horizon))
        leaves = log_integral(rho, until, self.s, end, window) + rho * np.log(until) + self.s * np.log(end)
        none = stays + self.s * np.exp(leaves)
        return np.asarray(self.p_alive(x, t_x, age) * np.clip(1 - none, 0, 1))

    def expected_of_new(self, horizon: float) -> float:
        """Expected repeat purchases of a new account within `horizon` of its first purchase."""
        return self.r / self.alpha * float(_mean_lifetime(horizon, self.s, np.array([self.beta]))[0])

    def draw_purchases(
        self, rng: np.random.Generator, horizon: float, x: Floats, t_x: Floats, age: Floats
    ) -> tuple[Floats, Floats]:
        """Draw purchases within `horizon` and the time over which they are spread, each (n,)."""
        alive = rng.random(len(x)) < self.p_alive(x, t_x, age)
        rate = rng.gamma(self.r + x) / (self.alpha + age)
        leaving = np.maximum(rng.gamma(self.s, size=len(x)), 1e-300) / (self.beta + age)
        span = np.minimum(rng.exponential(size=len(x)) / leaving, horizon)
        return np.where(alive, rng.poisson(rate * span), 0.0), span


def _mean_lifetime(horizon: float, s: float, end: Floats) -> Floats:
    """Expected time alive within h: (end / (s - 1)) (1 - (end / (end + h))^(s - 1)), smooth at s = 1."""
    log_ratio = np.log1p(horizon / end)
    power = (1 - s) * log_ratio
    return np.asarray(
        end * log_ratio * np.where(power == 0, 1.0, np.expm1(power) / np.where(power == 0, 1, power))
    )


def _likelihood(groups: Groups) -> ParetoLikelihood:
    return ParetoLikelihood(groups)


def _starts(mean: float) -> tuple[tuple[float, float, float, float], ...]:
    return (0.5, 0.35 / mean, 0.5, 0.5), (2.0, 1.6 / mean, 0.5, 1.5)


SEARCH = Search(NAMES, (False, True, False, True), _likelihood, _starts)


def fit_paretonbd(summary: Summary, groups: Groups | None = None) -> Fit[ParetoNbd]:
    """Fit the Pareto/NBD by maximum likelihood.

    Raises `Declined` with fewer than five repeat buyers.

    >>> from kamstats.repeat_buying.summary import Summary
    >>> x, age = np.array([0, 0, 0, 1, 2, 3, 8, 1]), np.full(8, 100)
    >>> fit = fit_paretonbd(Summary(x, np.array([0, 0, 0, 20, 70, 90, 95, 9]), age))
    >>> fit.converged, list(fit.model.parameters)
    (True, ['r', 'alpha', 's', 'beta'])
    """
    found = estimate(SEARCH, summary, groups)
    return fitted(NAME, ParetoNbd(*map(float, found.parameters)), found, NAMES, summary)
