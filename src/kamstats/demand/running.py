"""Run the pool over blocks of series and take, for each series, the forecast that its errors speak for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from kamstats.demand.choice import CHOICE_WEIGHT, GroupScores, choose, score
from kamstats.demand.intermittent import PATTERNS, demand_pattern
from kamstats.demand.judging import Judged, Scaled, histogram, judge, outcomes
from kamstats.demand.season import season_factors
from kamstats.demand.sharing import AGES, realised, shared_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from kamstats.demand.matrix import History
    from kamstats.demand.pool import Pool

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

LEAST_KNOWN_SHARED = 1  # months a short series must have before an origin for its error to count


@dataclass(frozen=True, slots=True)
class Outcome:
    """The chosen forecasts, (horizon, n), with their method and rolling-origin errors, (n,)."""

    expected: Floats
    low: Floats
    high: Floats
    method: Ints
    mean_square: Floats
    bias: Floats

    def of(self, series: Ints) -> Outcome:
        """Give some of the series."""
        return Outcome(*(getattr(self, field.name)[..., series] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Blocks:
    """How the series are dealt out: at most `threads` blocks of `size` series at once."""

    threads: int
    size: int
    done: Callable[[int], None]  # told the number of series after each block


@dataclass(frozen=True, slots=True)
class Season:
    """The season's factors of the totals, (origins, 12, totals), and the total of each series, (n,)."""

    factors: Floats
    owner: Ints

    def of(self, part: slice) -> Floats:
        """Give the factors of some series: (origins, 12, series)."""
        return self.factors[:, :, self.owner[part]]


@dataclass(frozen=True, slots=True)
class Runner:
    """The pool with its origins, horizon and the coverage of its intervals."""

    pool: Pool
    origins: Sequence[int]
    horizon: int
    coverage: float

    def alone(self, past: History, group: Ints, season: Season, blocks: Blocks) -> Outcome:
        """Forecast each series by its own history; `group` is its pattern, (n,)."""
        slices = [slice(first, first + blocks.size) for first in range(0, group.size, blocks.size)]

        def run(part: slice) -> tuple[Judged, Scaled, GroupScores]:
            told = self._block(past.of(part), group[part], season.of(part))
            blocks.done(told[0].spread.size)
            return told

        with ThreadPoolExecutor(blocks.threads) as executor:
            told, scaled, scores = zip(*executor.map(run, slices), strict=True)
        judged = Judged.together(told)
        usual = GroupScores.together(scores).means()
        method = choose(judged, usual, group)
        scale = judged.scale(usual[group].T, CHOICE_WEIGHT)
        return self._outcome(judged, scale, method, group, Scaled.together(scaled))

    def shared(self, past: History, totals: History, owner: Ints, short: Flags) -> Outcome:
        """Forecast each series as a part of its total; `owner` is the number of the total, (n,).

        short : (origins, n), series that at that origin had too little for a forecast of their own. Errors
            are counted there, whatever became of the series later: else only those that stayed small count.
        """
        paths, method = self._totals(totals)
        parts = shared_paths(past, totals, owner, paths, self.origins)
        parts *= self._realised(past, parts, short)
        told, scaled = judge(
            past,
            parts[None],
            self.origins,
            least_known=LEAST_KNOWN_SHARED,
            about_zero=True,
            only=short[:-1],
        )
        only = np.zeros(owner.size, np.int64)
        outcome = self._outcome(told, told.scale(np.ones(1), 0), only, only, histogram(scaled, only, 1))
        return replace(outcome, method=method[owner])

    def _totals(self, totals: History) -> tuple[Floats, Ints]:
        """Forecast the totals at every origin, (origins, horizon, totals), each by its own method."""
        factors = season_factors(totals, self.origins)
        paths = self.pool.paths(totals, self.origins, self.horizon, factors)
        judged, _ = judge(totals, paths, self.origins)
        group = _pattern_numbers(totals)
        scores = GroupScores.of(score(judged), group, len(PATTERNS))
        method = np.maximum(choose(judged, scores.means(), group), 0)
        chosen = np.moveaxis(paths[method, :, :, np.arange(method.size)], 0, -1)
        return np.where(np.isnan(chosen), paths[0], chosen), method

    def _realised(self, past: History, parts: Floats, short: Flags) -> Floats:
        """Give the factor of each origin and series, (origins, 1, n), by which parts of its age came true."""
        known = np.asarray(self.origins)[:, None]
        age = known - past.start
        came = outcomes(past, self.origins, self.horizon)
        counted = short[:-1] & (known[:-1] + self.horizon <= past.months)
        factor = realised(parts[:-1], came, counted, age[:-1])
        told: Floats = factor[np.digitize(age, AGES)][:, None, :]
        return told

    def _block(self, past: History, group: Ints, factors: Floats) -> tuple[Judged, Scaled, GroupScores]:
        paths = self.pool.paths(past, self.origins, self.horizon, factors)
        told, scaled = judge(past, paths, self.origins)
        groups = len(PATTERNS)
        return told, histogram(scaled, group, groups), GroupScores.of(score(told), group, groups)

    def _outcome(self, told: Judged, scales: Floats, method: Ints, group: Ints, scaled: Scaled) -> Outcome:
        """Take the chosen forecasts and their intervals: quantiles of scaled errors times the own scale."""
        each = np.arange(method.size)
        expected = told.expected[method, :, each].T
        scale = scales[method, each]
        tail = (1 - self.coverage) / 2
        low, high = (scaled.quantile(share)[group, method].T * scale for share in (tail, 1 - tail))
        return Outcome(
            expected=expected,
            low=np.maximum(expected + np.minimum(low, 0), 0),
            high=expected + np.maximum(high, 0),
            method=method,
            mean_square=told.mean_square[method, each],
            bias=told.bias[method, each],
        )


def _pattern_numbers(past: History) -> Ints:
    return np.searchsorted(PATTERNS, demand_pattern(past)).astype(np.int64)
