"""Will the account order soon? Its rhythm, together with the chance that it has gone for good.

The law of intervals speaks of accounts that go on buying. After each order a share q of accounts never
orders again; what the account does not show itself is learned from all of them together. With S the
survival function of the next interval and d days of silence,

    P(gone | silent d) = q / ((1 - q) S(d) + q)
    P(order within h | silent d) = (1 - q) (S(d) - S(d + h)) / ((1 - q) S(d) + q)

and q has the largest likelihood of (1 - q) per interval that ended times (1 - q) S(d) + q per account now
silent: a cure model (Boag, Journal of the Royal Statistical Society B 11, 1949) whose law of intervals is
already known. The first intervals, without which an account would have no law and not be counted, ended for
certain and say nothing about q.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kamstats.rhythm.law import GammaLaw

    Floats = NDArray[np.float64]

HALVINGS = 50


def lapse_share(law: GammaLaw, intervals: Floats, silent: Floats) -> float:
    """Estimate the share of accounts that an order is the last of, from n accounts; 0 without any rhythm.

    law : the laws of the next interval. intervals : (n,) number of intervals that ended after those that the
    law needs. silent : (n,) days since the last order. Accounts without a law are passed over.

    >>> from kamstats.rhythm.law import GammaLaw
    >>> law = GammaLaw(*(np.full(10, value) for value in (4.0, 400.0, 3000.0)))
    >>> round(lapse_share(law, np.full(10, 9.0), np.repeat([5.0, 500.0], 5)), 3)
    0.053
    """
    known = np.isfinite(law.scale)
    survival = law.where(known).survival(silent[known])
    ended = float(intervals[known].sum())
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        q = (low + high) / 2
        score = float(((1 - survival) / ((1 - q) * survival + q)).sum()) - ended / (1 - q)
        low, high = (q, high) if score > 0 else (low, q)
    return (low + high) / 2 if known.any() else 0.0


def order_probability(law: GammaLaw, silent: Floats, days: float, lapse: float) -> Floats:
    """Probability of an order within `days`, after `silent` days without; (n,) in [0, 1], NaN without a law.

    >>> from kamstats.rhythm.law import GammaLaw
    >>> law = GammaLaw(*(np.full(2, value) for value in (4.0, 400.0, 3000.0)))
    >>> order_probability(law, np.array([10.0, 120.0]), 30, lapse=0.05).round(2).tolist()
    [0.73, 0.0]
    """
    now, later = law.survival(silent), law.survival(silent + days)
    return (1 - lapse) * (now - later) / np.maximum((1 - lapse) * now + lapse, np.finfo(float).tiny)
