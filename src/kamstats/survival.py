"""How long relations last, when many of them still go on: Kaplan–Meier and the log-rank test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import special

from kamstats.errors import Declined, Invalid
from kamstats.reasons import sentence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Interval = Literal["log-log", "greenwood"]

NO_LIFETIMES = sentence(
    "no_lifetimes",
    "There is no account whose lifetime could be measured. A survival curve needs at least one.",
)
LIFETIME_NEGATIVE = sentence(
    "lifetime_negative",
    "A lifetime of {value} was given; lifetimes are zero or more and are not missing. Remove or mend the "
    "row.",
)
LIFETIME_LENGTHS = sentence(
    "lifetime_lengths",
    "{have} lifetimes came with {marks} marks; each lifetime needs one. Give equal lengths.",
)
ONE_GROUP = sentence(
    "log_rank_one_group",
    "All lifetimes belong to one group, or no relation has ended yet; a comparison needs two groups and an "
    "end.",
)


@dataclass(frozen=True, slots=True)
class Survival:
    """A Kaplan–Meier curve: one entry per distinct time at which a relation ended or was last observed.

    time, at_risk, events, censored : (k,) the table; `at_risk` counts those observed up to just before.
    survival : (k,) share of relations that last longer than `time`; low, high : (k,) pointwise interval, NaN
    where all or none have ended.
    """

    time: NDArray[np.float64]
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    censored: NDArray[np.int64]
    survival: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def at(self, time: float) -> float:
        """Share of relations that last longer than `time`; NaN beyond the last observation if some go on."""
        if time > self.time[-1] and self.survival[-1] > 0:
            return float("nan")
        before = int(np.searchsorted(self.time, time, side="right"))
        return float(self.survival[before - 1]) if before else 1.0

    @property
    def median(self) -> float:
        """First time at which at most half of the relations last longer; NaN where more than half go on."""
        return _first_below(self.time, self.survival)

    @property
    def median_interval(self) -> tuple[float, float]:
        """The times at which the interval crosses one half (Brookmeyer & Crowley 1982), or NaN."""
        return _first_below(self.time, self.low), _first_below(self.time, self.high)

    def restricted_mean(self, horizon: float | None = None) -> RestrictedMean:
        """Mean lifetime within the first `horizon` units of time (default: to the last observation).

        Source: area under the curve; variance Σ Aᵢ² dᵢ / (nᵢ (nᵢ − dᵢ)) with Aᵢ the area beyond timeᵢ
        (Klein & Moeschberger 2003, eq. 4.5.1–4.5.2).
        """
        end = float(self.time[-1]) if horizon is None else min(float(horizon), float(self.time[-1]))
        inside = self.time < end
        edges = np.concatenate([[0.0], self.time[inside], [end]])
        areas = np.diff(edges) * np.concatenate([[1.0], self.survival[inside]])
        beyond = areas[::-1].cumsum()[::-1][1:]
        variance = float((beyond**2 * _greenwood_terms(self.events, self.at_risk)[inside]).sum())
        return RestrictedMean(float(areas.sum()), float(np.sqrt(variance)), end)


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """Mean lifetime within `horizon`; what lies beyond was not observed and is not guessed."""

    mean: float
    standard_error: float
    horizon: float


def kaplan_meier(
    lifetime: ArrayLike, ended: ArrayLike, *, confidence: float = 0.95, interval: Interval = "log-log"
) -> Survival:
    """How long relations last, counting those that still go on for as long as they were observed.

    lifetime : (n,) float ≥ 0, any unit, n ≥ 1, no missing values.
    ended : (n,) bool; False where the relation still goes on (censored). Ends come before censorings of the
        same time.
    interval : "log-log" stays inside 0…1 (the default), "greenwood" is the plain symmetric one, cut at 0 and
        1.
    Raises Declined without rows, Invalid for negative or missing lifetimes or unequal lengths.
    Source: Kaplan & Meier 1958; variance by Greenwood 1926; log-log interval of Kalbfleisch & Prentice 1980.

    Remission in weeks of the children on 6-MP (Freireich et al. 1963):

    >>> weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    >>> relapse = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    >>> curve = kaplan_meier(weeks, relapse)
    >>> round(curve.at(6), 3), round(curve.at(10), 3), round(curve.at(23), 3), curve.median
    (0.857, 0.753, 0.448, 23.0)
    """
    duration, end = _checked(lifetime, ended)
    time, position = np.unique(duration, return_inverse=True)
    total = np.bincount(position, minlength=time.size)
    events = np.bincount(position[end], minlength=time.size)
    at_risk = total[::-1].cumsum()[::-1]
    survival = np.cumprod((at_risk - events) / at_risk)
    spread = np.sqrt(np.cumsum(_greenwood_terms(events, at_risk)))
    low, high = _interval(survival, spread, float(special.ndtri(0.5 + confidence / 2)), interval)
    return Survival(time, at_risk, events, total - events, survival, survival * spread, low, high)


@dataclass(frozen=True, slots=True)
class LogRank:
    """Whether groups differ in how long their relations last."""

    statistic: float  # chi-squared
    degrees_of_freedom: int
    p_value: float


def log_rank(lifetime: ArrayLike, ended: ArrayLike, group: ArrayLike) -> LogRank:
    """Compare the lifetimes of two or more groups.

    group : (n,) any labels that sort. Raises Declined where there is one group only, or no end.
    Source: Mantel 1966; Klein & Moeschberger 2003, eq. 7.3.2–7.3.5, weights 1.

    >>> log_rank([1, 2, 3, 4], [1, 1, 1, 1], ["old", "old", "new", "new"]).degrees_of_freedom
    1
    """
    duration, end = _checked(lifetime, ended)
    label, member = np.unique(np.asarray(group), return_inverse=True)
    if label.size < 2 or not end.any():
        raise Declined(ONE_GROUP())
    time, position = np.unique(duration, return_inverse=True)
    shape = (time.size, label.size)
    leaving = np.bincount(position * label.size + member, minlength=time.size * label.size).reshape(shape)
    died = position[end] * label.size + member[end]
    events = np.bincount(died, minlength=time.size * label.size).reshape(shape)
    return _log_rank(leaving[::-1].cumsum(axis=0)[::-1].astype(np.float64), events.astype(np.float64))


def _log_rank(at_risk: NDArray[np.float64], events: NDArray[np.float64]) -> LogRank:
    risk, ends = at_risk.sum(axis=1), events.sum(axis=1)
    share = at_risk / risk[:, None]
    excess = (events - share * ends[:, None]).sum(axis=0)
    weight = ends * (risk - ends) / np.maximum(risk - 1, 1)
    covariance = np.diag((weight[:, None] * share).sum(axis=0)) - (share * weight[:, None]).T @ share
    statistic = float(excess @ np.linalg.pinv(covariance, hermitian=True) @ excess)
    freedom = at_risk.shape[1] - 1
    return LogRank(statistic, freedom, float(special.chdtrc(freedom, statistic)))


def _checked(lifetime: ArrayLike, ended: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    duration = np.asarray(lifetime, dtype=np.float64)
    end = np.asarray(ended).astype(bool)
    if duration.size == 0:
        raise Declined(NO_LIFETIMES())
    if duration.shape != end.shape:
        raise Invalid(LIFETIME_LENGTHS(have=duration.size, marks=end.size))
    if not (duration >= 0).all():
        raise Invalid(LIFETIME_NEGATIVE(value=float(duration[~(duration >= 0)][0])))
    return duration, end


def _greenwood_terms(events: NDArray[np.int64], at_risk: NDArray[np.int64]) -> NDArray[np.float64]:
    """d / (n (n − d)); 0 where all left have ended, as the curve is 0 there without doubt."""
    left = at_risk - events
    return np.where(left > 0, events / np.maximum(at_risk * left, 1), 0.0)


def _interval(
    survival: NDArray[np.float64], spread: NDArray[np.float64], z: float, kind: Interval
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    inside = (survival > 0) & (survival < 1)
    if kind == "greenwood":
        half = z * survival * spread
        low, high = np.maximum(survival - half, 0), np.minimum(survival + half, 1)
    else:
        known = np.where(inside, survival, 0.5)
        factor = np.exp(z * spread / np.log(known))
        low, high = known ** (1 / factor), known**factor
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def _first_below(time: NDArray[np.float64], curve: NDArray[np.float64]) -> float:
    below = np.flatnonzero(curve <= 0.5 + 1e-12)
    return float(time[below[0]]) if below.size else float("nan")
