"""The figures per account that BG/NBD, MBG/NBD and MBG/CNBD-k have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from kamstats.repeat_buying.expectation import Living, expected_purchases
from kamstats.repeat_buying.geometric import stages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kamstats.repeat_buying.newton import Floats


class DropOutAfterPurchase:
    """Mixin of the models in which an account leaves only after a purchase.

    The class that takes it holds r, alpha, a, b in units; `k` is the shape of the intervals, and `chances`
    is 1 where the account may leave after its very first purchase too, else 0.
    """

    __slots__ = ()
    r: float
    alpha: float
    a: float
    b: float

    @property
    def k(self) -> int:
        """Shape of the intervals: 1, a Poisson process."""
        return 1

    @property
    def chances(self) -> int:
        """Chances to leave before the first repeat purchase: 1 in the modified models."""
        return 1

    def p_alive(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Probability that the account has not left, (n,), 0 to 1."""
        can_leave = (x > 0) | (self.chances == 1)
        stay = np.where(can_leave, self.b + x + (self.chances - 1), 1.0)
        since = np.log1p((age - t_x) / (self.alpha + t_x))
        log_odds = (self.r + self.k * x) * since + np.log(self.a) - np.log(stay)
        log_odds -= self._log_stages(x, age - t_x, self.alpha + age)
        return np.where(can_leave, np.exp(-np.logaddexp(0.0, log_odds)), 1.0)

    def expected_purchases(self, horizon: float, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Expected purchases within `horizon` from now on, (n,)."""
        living = Living(self.r + self.k * x, self.alpha + age, age - t_x, self.a, self.b + x + self.chances)
        return self.p_alive(x, t_x, age) * expected_purchases(self.k, horizon, living)

    def p_purchase(self, horizon: float, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Probability of at least one purchase within `horizon` from now on, (n,), 0 to 1."""
        until = self.alpha + age
        log_none = -(self.r + self.k * x) * np.log1p(horizon / until)
        log_none += self._log_stages(x, age - t_x + horizon, until + horizon)
        log_none -= self._log_stages(x, age - t_x, until)
        return np.asarray(self.p_alive(x, t_x, age) * -np.expm1(np.minimum(log_none, 0.0)))

    def expected_of_new(self, horizon: float) -> float:
        """Expected repeat purchases of a new account within `horizon` of its first purchase."""
        zero = np.zeros(1)
        stays = self.b / (self.a + self.b) if self.chances else 1.0
        living = Living(self.r + zero, self.alpha + zero, zero, self.a, self.b + self.chances + zero)
        return stays * float(expected_purchases(self.k, horizon, living)[0])

    def draw_purchases(
        self, rng: np.random.Generator, horizon: float, x: Floats, t_x: Floats, age: Floats
    ) -> tuple[Floats, Floats]:
        """Draw purchases within `horizon` and the time over which they are spread, each (n,)."""
        alive = rng.random(len(x)) < self.p_alive(x, t_x, age)
        stage = self._draw_stage(rng, x, age - t_x, self.alpha + age)
        rate = rng.gamma(self.r + self.k * x + stage) / (self.alpha + age)
        chances = (stage + rng.poisson(rate * horizon)) // self.k
        leaves = np.maximum(rng.beta(self.a, self.b + x + self.chances), 1e-12)
        made = np.minimum(chances, rng.geometric(leaves))
        span = np.where(made < chances, horizon * made / (chances + 1.0), horizon)
        return np.where(alive, made, 0.0), span

    def _log_stages(self, x: Floats, silent: Floats, until: Floats) -> Floats:
        if self.k == 1:
            return np.zeros(len(x))
        return stages(self.k, self.r + self.k * x, silent / until).log_sum

    def _draw_stage(
        self, rng: np.random.Generator, x: Floats, silent: Floats, until: Floats
    ) -> NDArray[np.int64]:
        """Draw how many stages an account that is alive has behind it since its last purchase."""
        j, rho = np.arange(float(self.k)), (self.r + self.k * x)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            log_weight = (
                gammaln(rho + j) - gammaln(j + 1) + np.where(j > 0, j * np.log(silent / until)[:, None], 0)
            )
        weight = np.cumsum(np.exp(log_weight - log_weight.max(axis=1, keepdims=True)), axis=1)
        return np.asarray((weight < (rng.random(len(x)) * weight[:, -1])[:, None]).sum(axis=1))
