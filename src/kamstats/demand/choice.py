"""Which method forecasts which series, and how wide its interval is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from kamstats.demand.judging import Judged

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CHOICE_WEIGHT = 12.0  # origins that the series of the same pattern count for in the choice
WORST = 10.0  # times the average method: beyond it a score tells no more
LEAST_GROUP = 20  # series a pattern must have to be judged by itself


def score(told: Judged) -> Floats:
    """Give each method's loss on each series: mean square error + squared bias, over the mean of methods.

    The bias is counted once more than the square error holds already, since a plan that is wrong always on
    the same side fills or empties the store. 1 is the average method; NaN where it cannot be told.
    """
    loss = told.mean_square + told.bias**2
    relative = np.divide(loss, told.typical, out=np.ones_like(loss), where=told.typical > 0)
    return np.where(told.eligible & np.isfinite(loss), np.minimum(relative, WORST), np.nan)


@dataclass(frozen=True, slots=True)
class GroupScores:
    """Sums of scores by pattern, (groups, m), and how many series each sum has."""

    sums: Floats
    counts: Ints

    @classmethod
    def of(cls, scores: Floats, group: Ints, groups: int) -> GroupScores:
        """Sum the scores (m, n) of the series by their group."""
        sums, counts = np.zeros((groups, scores.shape[0])), np.zeros((groups, scores.shape[0]), np.int64)
        for number in range(groups):
            mine = scores[:, group == number]
            sums[number], counts[number] = np.nansum(mine, axis=1), np.isfinite(mine).sum(axis=1)
        return cls(sums, counts)

    @classmethod
    def together(cls, parts: Iterable[GroupScores]) -> GroupScores:
        """Add up the sums of several blocks."""
        parts = list(parts)
        return cls(
            np.sum([part.sums for part in parts], axis=0), np.sum([part.counts for part in parts], axis=0)
        )

    def means(self) -> Floats:
        """Give the mean score of each method in each group; of all series where it is small."""
        everyone = _mean(self.sums.sum(axis=0), self.counts.sum(axis=0))
        return np.where(self.counts >= LEAST_GROUP, _mean(self.sums, self.counts), everyone)


def _mean(sums: Floats, counts: Ints) -> Floats:
    return np.where(counts > 0, sums / np.maximum(counts, 1), 1.0)


def choose(told: Judged, pooled: Floats, group: Ints, *, weight: float = CHOICE_WEIGHT) -> Ints:
    """Choose each series' method: its own scores, shrunk to those of series of the same pattern.

    pooled : (groups, m) mean scores; group : (n,).
    With few origins the own scores are mostly luck; choosing by them alone is worse than the best single
    method. Returns (n,) int64; -1 where no method is eligible.
    """
    own = score(told)
    number = np.where(np.isfinite(own), told.origins, 0)
    both = (number * np.nan_to_num(own) + weight * pooled[group].T) / (number + weight)
    both = np.where(told.eligible, both, np.inf)
    return np.where(told.eligible.any(axis=0), both.argmin(axis=0), -1)
