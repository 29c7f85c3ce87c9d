"""Are probabilities honest? Reliability table, Brier score, area under the ROC curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kamstats.errors import Declined, Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Floats = NDArray[np.float64]
Z_95 = 1.959963984540054  # two-sided 95 % of the normal law

NOTHING_PREDICTED = sentence(
    "nothing_predicted", "There are no predictions; the score needs at least one. Give a longer history."
)
ONE_OUTCOME_ONLY = sentence(
    "one_outcome_only",
    "The event happened {happened} times in {rows} cases; a ranking can be judged only where it happened "
    "to some and not to others. Give a longer hold-out.",
)
PROBABILITY_OUT_OF_RANGE = sentence(
    "probability_out_of_range",
    "{rows} predictions are missing or outside 0 to 1. Give one probability for each outcome.",
)
PREDICTIONS_AND_OUTCOMES_DIFFER = sentence(
    "predictions_and_outcomes_differ",
    "There are {predictions} predictions and {outcomes} outcomes. Give one prediction for each outcome.",
)


@dataclass(frozen=True, slots=True)
class Reliability:
    """One row per class of probability, each (bins,): what was said, and what came.

    `low` and `high` are the 95 % Wilson interval of the share observed: a class whose `predicted` lies
    outside was not honest.
    """

    count: NDArray[np.int64]
    predicted: Floats
    observed: Floats
    low: Floats
    high: Floats


def reliability(probability: ArrayLike, happened: ArrayLike, *, bins: int = 10) -> Reliability:
    """Compare probabilities with outcomes in classes of about equal size.

    `probability` (n,) in 0 to 1, `happened` (n,) true or false. Equal probabilities stay in one class, so
    that there may be fewer classes than `bins`. Raises `Declined` without rows, `Invalid` outside 0 to 1.

    >>> table = reliability([0.1, 0.1, 0.8, 0.9], [False, False, True, True], bins=2)
    >>> table.count.tolist(), table.predicted.round(2).tolist(), table.observed.tolist()
    ([2, 2], [0.1, 0.85], [0.0, 1.0])
    """
    said, came = _checked(probability, happened)
    edges = np.unique(np.quantile(said, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf"))
    place = np.searchsorted(edges, said, side="left")
    count = np.bincount(place, minlength=len(edges) + 1)
    filled = count > 0
    n = count[filled]
    predicted = np.bincount(place, said, len(count))[filled] / n
    observed = np.bincount(place, came, len(count))[filled] / n
    low, high = wilson(observed, n)
    return Reliability(n, predicted, observed, low, high)


def wilson(share: Floats, n: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Give the 95 % interval of a share observed in n cases (Wilson, 1927, JASA 22), each of the shape of n.

    >>> low, high = wilson(np.array([0.0, 0.5]), np.array([10, 10]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.237], [0.278, 0.763])
    """
    weight = 1 + Z_95**2 / n
    centre = (share + Z_95**2 / (2 * n)) / weight
    half = Z_95 * np.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2)) / weight
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def brier(probability: ArrayLike, happened: ArrayLike) -> float:
    """Mean squared difference of probability and outcome, 0 (perfect) to 1 (Brier, 1950).

    Shapes and errors as in :func:`reliability`.

    >>> round(brier([0.9, 0.2], [True, False]), 3)
    0.025
    """
    said, came = _checked(probability, happened)
    return float(np.mean((said - came) ** 2))


def area_under_curve(score: ArrayLike, happened: ArrayLike) -> float:
    """Probability that a case where it happened has the higher score; ties count half.

    `score` (n,) of any scale, finite; `happened` (n,). 0.5 is chance. The Mann-Whitney statistic (Hanley &
    McNeil, 1982, Radiology 143). Raises `Declined` where all outcomes are alike.

    >>> area_under_curve([3.0, 1.0, 1.0, 0.0], [True, True, False, False])
    0.875
    """
    values, came = _paired(score, happened)
    positives = float(came.sum())
    negatives = len(came) - positives
    if not positives or not negatives:
        raise Declined(ONE_OUTCOME_ONLY(happened=int(positives), rows=len(came)))
    _, place = np.unique(values, return_inverse=True)
    ups = np.bincount(place, came)
    downs = np.bincount(place) - ups
    below = np.cumsum(downs) - downs
    return float(ups @ (below + downs / 2) / (positives * negatives))


def _paired(values: ArrayLike, happened: ArrayLike) -> tuple[Floats, Floats]:
    said, came = np.asarray(values, np.float64), np.asarray(happened, np.float64)
    if said.shape != came.shape:
        raise Invalid(PREDICTIONS_AND_OUTCOMES_DIFFER(predictions=said.size, outcomes=came.size))
    return said, came


def _checked(probability: ArrayLike, happened: ArrayLike) -> tuple[Floats, Floats]:
    said, came = _paired(probability, happened)
    if not said.size:
        raise Declined(NOTHING_PREDICTED())
    wrong = ~((said >= 0) & (said <= 1))
    if wrong.any():
        raise Invalid(PROBABILITY_OUT_OF_RANGE(rows=int(wrong.sum())))
    return said, came
