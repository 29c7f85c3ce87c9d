"""MBG/NBD: as BG/NBD, but an account may leave after its very first purchase too.

Source: Batislam, Denizel & Filiztekin (2007), IJRM 24, 201-209; the same model as the CBG/NBD
of Hoppe & Wagner (2007), Marketing JRM 29.
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

NAME = "MBG/NBD"


@dataclass(frozen=True, slots=True)
class MbgNbd(DropOutAfterPurchase):
    """Rates are Gamma(r, alpha) and chances to leave Beta(a, b) over the accounts; alpha is in units.

    >>> import numpy as np
    >>> law = MbgNbd(r=0.5, alpha=6.0, a=0.9, b=1.6)
    >>> law.p_alive(np.zeros(2), np.zeros(2), np.array([1.0, 50.0])).round(3).tolist()  # one-off accounts
    [0.622, 0.368]
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


def _likelihood(groups: Groups) -> GeometricLikelihood:
    return GeometricLikelihood(groups, leaves_at_start=True)


SEARCH = Search(("r", "alpha", "a", "b"), (False, True, False, False), _likelihood, starts)


def fit_mbgnbd(summary: Summary, groups: Groups | None = None) -> Fit[MbgNbd]:
    """Fit the MBG/NBD by maximum likelihood.

    Raises `Declined` with fewer than five repeat buyers.

    >>> import numpy as np
    >>> from kamstats.repeat_buying.summary import Summary
    >>> x, age = np.array([0, 0, 0, 1, 2, 3, 8, 1]), np.full(8, 100)
    >>> fit = fit_mbgnbd(Summary(x, np.array([0, 0, 0, 20, 70, 90, 95, 9]), age))
    >>> fit.converged, list(fit.model.parameters)
    (True, ['r', 'alpha', 'a', 'b'])
    """
    found = estimate(SEARCH, summary, groups)
    return fitted(NAME, MbgNbd(*map(float, found.parameters)), found, SEARCH.names, summary)
