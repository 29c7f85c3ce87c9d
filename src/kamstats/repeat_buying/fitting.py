"""Maximum likelihood for the repeat-buying models: starts, bounds, standard errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np

from kamstats.errors import Declined
from kamstats.reasons import sentence
from kamstats.repeat_buying.newton import Optimum, Surface, maximise
from kamstats.repeat_buying.summary import Groups, group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kamstats.repeat_buying.newton import Floats
    from kamstats.repeat_buying.summary import Summary

# Bounds of the search. Shapes (r, s, a, b) as they are; rates (alpha, beta) in mean ages of an account.
SHAPE_BOUNDS = (1e-4, 1e4)
RATE_BOUNDS = (1e-7, 1e7)
THINNED_ROWS = 500  # starts are tried on that many rows, the best is finished on all
SINGULAR = 1e-9  # smallest eigenvalue of the curvature against the largest

TOO_FEW_REPEAT_BUYERS = sentence(
    "too_few_repeat_buyers",
    "{repeat_buyers} of {accounts} accounts have bought again; the repeat-buying models need at least "
    "{need}. Give a longer history.",
)
NEED_REPEAT_BUYERS = 5


class Model(Protocol):
    """A fitted law of repeat buying. Times are in the unit of its rates; arrays have one row per account."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """Values by their usual names, in the order of the paper."""
        ...

    @property
    def free_parameters(self) -> int:
        """How many were fitted, for the BIC."""
        ...

    def p_alive(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Give the probability that the account will ever buy again, 0 to 1."""
        ...

    def expected_purchases(self, horizon: float, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Give the expected number of purchases within `horizon` from now on."""
        ...

    def p_purchase(self, horizon: float, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Give the probability of at least one purchase within `horizon` from now on, 0 to 1."""
        ...

    def expected_of_new(self, horizon: float) -> float:
        """Give the expected repeat purchases of a new account within `horizon` of its first purchase."""
        ...

    def draw_purchases(
        self, rng: np.random.Generator, horizon: float, x: Floats, t_x: Floats, age: Floats
    ) -> tuple[Floats, Floats]:
        """Draw the purchases of each account within `horizon`, and the time over which they are spread."""
        ...


ModelT_co = TypeVar("ModelT_co", bound=Model, covariant=True)
ModelT = TypeVar("ModelT", bound=Model)


@dataclass(frozen=True, slots=True)
class Fit(Generic[ModelT_co]):
    """A model at its maximum likelihood.

    `log_likelihood` is that of the order times (up to the factor common to all models), so that it is
    comparable between them. `standard_errors` and `covariance` (of the logarithms of the fitted
    parameters) come from the Hessian; they are missing where it is singular or a parameter is on its bound,
    and for k, which is counted and not estimated.
    """

    name: str
    model: ModelT_co
    log_likelihood: float
    standard_errors: Mapping[str, float | None]
    covariance: Floats | None
    converged: bool
    on_bound: tuple[str, ...]
    accounts: int
    unit_days: float

    @property
    def bic(self) -> float:
        """Bayesian information criterion; lower is better."""
        return self.model.free_parameters * float(np.log(self.accounts)) - 2 * self.log_likelihood


@dataclass(frozen=True, slots=True)
class Estimate:
    """Parameters at their maximum, in units; the rest as in :class:`Fit`."""

    parameters: Floats
    log_likelihood: float
    covariance: Floats | None
    converged: bool
    on_bound: tuple[str, ...]

    def standard_errors(self, names: Sequence[str]) -> dict[str, float | None]:
        """Give standard errors on the natural scale by the delta method."""
        if self.covariance is None:
            return dict.fromkeys(names)
        errors = self.parameters * np.sqrt(np.diag(self.covariance))
        return {name: float(error) for name, error in zip(names, errors, strict=True)}


class Likelihood(Protocol):
    """The log-likelihood of grouped rows with its exact gradient and Hessian, times in mean ages."""

    def __call__(self, parameters: Floats) -> Surface:
        """Evaluate at the natural parameters."""
        ...


@dataclass(frozen=True, slots=True)
class Search:
    """What is special about fitting one model: the names, which of them are rates, and where to start."""

    names: tuple[str, ...]
    rates: tuple[bool, ...]
    likelihood: Callable[[Groups], Likelihood]
    starts: Callable[[float], Sequence[Sequence[float]]]  # from the mean of x
    stages: int = 1  # powers of time in the density of one interval

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """Lowest and highest parameters, rates in mean ages."""
        chosen = np.array([RATE_BOUNDS if rate else SHAPE_BOUNDS for rate in self.rates])
        return chosen[:, 0], chosen[:, 1]


def estimate(search: Search, summary: Summary, groups: Groups | None = None) -> Estimate:
    """Fit by Newton from several starts; the best of them on a thinned sample is finished on all rows.

    Raises
    ------
    Declined
        With fewer than five repeat buyers.
    """
    check_repeat_buyers(summary)
    groups = groups or group(summary)
    best = _best(search, groups, search.starts(float(summary.x.mean())))
    return _in_units(search, best, summary, groups.scale_days)


def fitted(name: str, model: ModelT, found: Estimate, names: Sequence[str], summary: Summary) -> Fit[ModelT]:
    """Put a model and what the search found together."""
    return Fit(
        name,
        model,
        found.log_likelihood,
        found.standard_errors(names),
        found.covariance,
        found.converged,
        found.on_bound,
        len(summary),
        summary.unit_days,
    )


def check_repeat_buyers(summary: Summary) -> None:
    """Decline where hardly anybody has bought again."""
    again = int(np.count_nonzero(summary.x))
    if again < NEED_REPEAT_BUYERS:
        raise Declined(
            TOO_FEW_REPEAT_BUYERS(repeat_buyers=again, accounts=len(summary), need=NEED_REPEAT_BUYERS)
        )


def _best(search: Search, groups: Groups, starts: Sequence[Sequence[float]]) -> Optimum:
    low, high = search.bounds
    few = groups.thinned(THINNED_ROWS)
    tried = [_climb(search, few, np.asarray(start, np.float64)) for start in starts]
    first = max(tried, key=lambda found: found.value)
    if few is groups:
        return first
    finished = _climb(search, groups, np.clip(first.parameters, low * 30, high / 30))
    if finished.converged:
        return finished
    again = [finished, *(_climb(search, groups, np.asarray(start, np.float64)) for start in starts)]
    return max(again, key=lambda found: (found.converged, found.value))


def _climb(search: Search, groups: Groups, start: Floats) -> Optimum:
    return maximise(search.likelihood(groups), start, *search.bounds)


def _in_units(search: Search, best: Optimum, summary: Summary, scale_days: float) -> Estimate:
    factor = scale_days / summary.unit_days
    parameters = np.where(search.rates, best.parameters * factor, best.parameters)
    bound = tuple(name for name, on in zip(search.names, best.on_bound, strict=True) if on)
    value = best.value - search.stages * float(summary.x.sum()) * float(np.log(factor))
    covariance = None if bound else _covariance(best.surface.hessian)
    return Estimate(parameters, value, covariance, best.converged, bound)


def _covariance(hessian: Floats) -> Floats | None:
    """Invert the curvature by the logarithms of the parameters; None where it is singular."""
    curvature, axes = np.linalg.eigh(-hessian)
    if curvature[0] <= SINGULAR * curvature[-1]:
        return None
    return np.asarray((axes / curvature) @ axes.T)
