"""MBG/CNBD-k: as MBG/NBD, but the intervals are Erlang-k: accounts that buy in a regular rhythm.

Source: Platzer & Reutterer (2016), Ticking away the moments, Marketing Science 35; Reutterer, Platzer &
Schröder (2021), Leveraging purchase regularity for predicting customer behavior the easy way, IJRM 38.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from kamstats.errors import Invalid
from kamstats.reasons import sentence
from kamstats.repeat_buying.dropout import DropOutAfterPurchase
from kamstats.repeat_buying.fitting import Estimate, Fit, Search, check_repeat_buyers, estimate, fitted
from kamstats.repeat_buying.geometric import GeometricLikelihood, starts
from kamstats.repeat_buying.summary import group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kamstats.repeat_buying.summary import Groups, Summary

NAME = "MBG/CNBD-k"
SHAPES = range(1, 13)  # the search over k stops where two more stages in a row have not helped

INTERVALS_MISSING = sentence(
    "intervals_missing",
    "The summary has no log_gaps; MBG/CNBD-k needs the intervals between orders. Summarise from order days.",
)


@dataclass(frozen=True, slots=True)
class MbgCnbdK(DropOutAfterPurchase):
    """Each interval is the sum of `shape` exponential stages of one rate, Gamma(r, alpha) over the accounts.

    >>> law = MbgCnbdK(shape=3, r=1.4, alpha=9.0, a=0.5, b=2.5)
    >>> x, t_x = np.array([9.0, 9.0]), np.array([45.0, 45.0])
    >>> law.p_alive(x, t_x, np.array([48.0, 80.0])).round(3).tolist()  # every 5 weeks, then silence
    [0.948, 0.001]
    """

    shape: int
    r: float
    alpha: float
    a: float
    b: float

    @property
    def k(self) -> int:
        """Shape of the intervals."""
        return self.shape

    @property
    def parameters(self) -> Mapping[str, float]:
        """k, r, alpha, a, b."""
        return {"k": self.shape, "r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b}

    @property
    def free_parameters(self) -> int:
        """Five; k counts."""
        return 5


NAMES = ("r", "alpha", "a", "b")


Start = tuple[float, float, float, float]


def _search(k: int, near: Start | None) -> Search:
    def from_here(mean: float) -> tuple[Start, ...]:
        usual = tuple((r, alpha * k, a, b) for r, alpha, a, b in starts(mean))
        return usual if near is None else (near, usual[0])

    likelihood = partial(GeometricLikelihood, k=k, leaves_at_start=True)
    return Search(NAMES, (False, True, False, False), likelihood, from_here, stages=k)


def fit_mbgcnbdk(summary: Summary, groups: Groups | None = None, *, k: int | None = None) -> Fit[MbgCnbdK]:
    """Fit by maximum likelihood; `k` is the best of 1 to 12 where it is not given.

    Raises `Declined` with fewer than five repeat buyers, `Invalid` where `summary.log_gaps` is missing.

    >>> from kamstats.repeat_buying.summary import Summary
    >>> x, t_x = np.array([0, 0, 0, 4, 5, 3, 8, 6]), np.array([0, 0, 0, 80, 95, 50, 99, 99])
    >>> gaps = x * np.log(np.maximum(t_x, 1) / np.maximum(x, 1))  # as even as can be
    >>> fit_mbgcnbdk(Summary(x, t_x, np.full(8, 100), 1.0, gaps)).model.k
    12
    """
    if summary.log_gaps is None:
        raise Invalid(INTERVALS_MISSING())
    check_repeat_buyers(summary)
    groups = groups or group(summary)
    shape, best = _chosen(summary, groups, SHAPES) if k is None else (k, _at(k, summary, groups, None))
    at_most = ("k",) if k is None and shape == SHAPES[-1] else ()
    best = replace(best, on_bound=(*at_most, *best.on_bound))
    fit = fitted(NAME, MbgCnbdK(shape, *map(float, best.parameters)), best, NAMES, summary)
    return replace(fit, standard_errors={"k": None, **fit.standard_errors})


def _chosen(summary: Summary, groups: Groups, shapes: Iterable[int]) -> tuple[int, Estimate]:
    """Try one k after the other, each from where the last one ended."""
    tried: dict[int, Estimate] = {}
    near: Start | None = None
    for shape in shapes:
        tried[shape] = _at(shape, summary, groups, near)
        values = [found.log_likelihood for found in tried.values()]
        if len(values) > 2 and max(values[-2:]) < max(values[:-2]):
            break
        r, alpha, a, b = map(float, tried[shape].parameters)
        near = (r, alpha * (shape + 1) / shape * summary.unit_days / groups.scale_days, a, b)
    return max(tried.items(), key=lambda entry: entry[1].log_likelihood)


def _at(k: int, summary: Summary, groups: Groups, near: Start | None) -> Estimate:
    found = estimate(_search(k, near), summary, groups)
    return replace(found, log_likelihood=found.log_likelihood + _of_the_intervals(summary, k))


def _of_the_intervals(summary: Summary, k: int) -> float:
    """Give the factor of the likelihood that holds no parameter but k: the product of t^(k-1) / (k-1)!."""
    purchases = float(summary.x.sum())
    gaps = float(np.sum(np.asarray(summary.log_gaps))) - purchases * float(np.log(summary.unit_days))
    return (k - 1) * gaps - purchases * float(gammaln(k))
