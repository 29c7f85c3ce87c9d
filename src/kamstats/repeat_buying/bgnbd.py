"""BG/NBD: Poisson purchases; an account may leave after each repeat purchase.

It gives P(alive) = 1 to everybody who has bought once only, as nobody can have left: a ranking by it says
nothing there.

Source: Fader, Hardie & Lee (2005), "Counting your customers" the easy way, Marketing Science 24, 275-284.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kamstats.repeat_buying.dropout import DropOutAfterPurchase
from kamstats.repeat_buying.fitting import Fit, Search, estimate, fitted
from kamstats.repeat_buying.geometric import GeometricLikelihood, starts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kamstats.repeat_buying.summary import Groups, Summary

NAME = "BG/NBD"


@dataclass(frozen=True, slots=True)
class BgNbd(DropOutAfterPurchase):
    """Rates are Gamma(r, alpha) and chances to leave Beta(a, b) over the accounts; alpha is in units.

    >>> import numpy as np
    >>> law = BgNbd(r=0.2426, alpha=4.4136, a=0.7929, b=2.4259)  # CDNOW, weeks
    >>> x, t_x, age = np.array([2.0]), np.array([30.43]), np.array([38.86])
    >>> law.expected_purchases(39.0, x, t_x, age).round(3).tolist()  # the paper, section 4.3
    [1.226]
    >>> round(law.expected_of_new(32.0), 4)
    1.0438
    """

    r: float
    alpha: float
    a: float
    b: float

    @property
    def parameters(self) -> Mapping[str, float]:
        """r, alpha, a, b."""
        return {"r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b}

    @property
    def free_parameters(self) -> int:
        """Four."""
        return 4

    @property
    def chances(self) -> int:
        """Nobody leaves before the first repeat purchase."""
        return 0


def _likelihood(groups: Groups) -> GeometricLikelihood:
    return GeometricLikelihood(groups, leaves_at_start=False)


SEARCH = Search(("r", "alpha", "a", "b"), (False, True, False, False), _likelihood, starts)


def fit_bgnbd(summary: Summary, groups: Groups | None = None) -> Fit[BgNbd]:
    """Fit the BG/NBD by maximum likelihood.

    Raises `Declined` with fewer than five repeat buyers.

    >>> import numpy as np
    >>> from kamstats.repeat_buying.summary import Summary
    >>> x, age = np.array([0, 0, 0, 1, 2, 3, 8, 1]), np.full(8, 100)
    >>> fit = fit_bgnbd(Summary(x, np.array([0, 0, 0, 20, 70, 90, 95, 9]), age))
    >>> fit.converged, list(fit.model.parameters)
    (True, ['r', 'alpha', 'a', 'b'])
    """
    found = estimate(SEARCH, summary, groups)
    return fitted(NAME, BgNbd(*map(float, found.parameters)), found, SEARCH.names, summary)
