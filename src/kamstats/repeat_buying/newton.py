"""Newton's method in the logarithms of positive parameters, inside bounds, with exact curvature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = NDArray[np.float64]

TOLERANCE = 1e-10  # of the Newton decrement: what a further step could still gain in log-likelihood
LONGEST_STEP = 2.0  # in the logarithm of a parameter
MAX_ITERATIONS = 200
FLATTEST = 1e-12  # smallest curvature a step is divided by, relative to the largest


@dataclass(frozen=True, slots=True)
class Surface:
    """A log-likelihood at one point: its value, gradient (m,) and Hessian (m, m), by the parameters."""

    value: float
    gradient: Floats
    hessian: Floats

    def in_logarithms(self, parameters: Floats) -> Surface:
        """Give the same surface by the logarithms of the parameters."""
        slope = self.gradient * parameters
        hessian = self.hessian * np.outer(parameters, parameters) + np.diag(slope)
        return Surface(self.value, slope, hessian)


def plus(one: Surface, other: Surface) -> Surface:
    """Add two surfaces."""
    return Surface(one.value + other.value, one.gradient + other.gradient, one.hessian + other.hessian)


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where the search ended; `surface` is by the logarithms of the parameters."""

    parameters: Floats
    surface: Surface
    converged: bool
    on_bound: NDArray[np.bool_]
    evaluations: int

    @property
    def value(self) -> float:
        """The log-likelihood."""
        return self.surface.value


def maximise(
    evaluate: Callable[[Floats], Surface], start: Floats, lowest: Floats, highest: Floats
) -> Optimum:
    """Climb from `start` (m,) to a maximum of `evaluate` between `lowest` and `highest`, all positive.

    Stops where the Newton decrement is below ``TOLERANCE``. A parameter on its bound whose slope points
    outwards is held there. Curvature that is not negative is reflected, so that every step climbs.

    >>> parabola = lambda p: Surface(-float((np.log(p) - 1) @ (np.log(p) - 1)), -2 * (np.log(p) - 1) / p,
    ...                              np.diag((2 * (np.log(p) - 1) - 2) / p**2))
    >>> top = maximise(parabola, np.array([9.0]), np.array([1e-3]), np.array([1e3]))
    >>> round(float(top.parameters[0]), 6), top.converged
    (2.718282, True)
    """
    low, high = np.log(lowest), np.log(highest)
    at = np.clip(np.log(start), low, high)
    surface = _surface(evaluate, at)
    evaluations, converged = 1, False
    while evaluations < MAX_ITERATIONS:
        free = ~(((at <= low) & (surface.gradient < 0)) | ((at >= high) & (surface.gradient > 0)))
        step, decrement, bowl = _step(surface, free)
        if decrement < TOLERANCE:
            converged = bowl
            break
        found, used = _search(evaluate, (at, surface), step, (low, high))
        evaluations += used
        if found is None:
            break
        at, surface = found
    return Optimum(np.exp(at), surface, converged, (at <= low) | (at >= high), evaluations)


def _surface(evaluate: Callable[[Floats], Surface], at: Floats) -> Surface:
    parameters = np.exp(at)
    return evaluate(parameters).in_logarithms(parameters)


def _step(surface: Surface, free: NDArray[np.bool_]) -> tuple[Floats, float, bool]:
    """Give the step, the Newton decrement, and whether the surface curves down in every free direction."""
    step = np.zeros_like(surface.gradient)
    if not free.any():
        return step, 0.0, True
    curvature, axes = np.linalg.eigh(-surface.hessian[np.ix_(free, free)])
    floor = FLATTEST * max(float(np.abs(curvature).max()), 1e-300)
    slope = axes.T @ surface.gradient[free]
    along = slope / np.maximum(np.abs(curvature), floor)
    step[free] = axes @ along
    length = float(np.abs(step).max())
    decrement = 0.5 * float(slope @ along)
    return step * min(1.0, LONGEST_STEP / max(length, 1e-300)), decrement, bool(curvature[0] > -1e6 * floor)


def _search(
    evaluate: Callable[[Floats], Surface],
    now: tuple[Floats, Surface],
    step: Floats,
    bounds: tuple[Floats, Floats],
) -> tuple[tuple[Floats, Surface] | None, int]:
    """Shorten the step until it climbs by a fair part of what its slope promises."""
    at, surface = now
    step = step * _reach(at, step, bounds)
    noise = 1e-9 + 1e-12 * abs(surface.value)
    for halvings in range(30):
        ahead = np.clip(at + step * 0.4**halvings, *bounds)
        promised = float(surface.gradient @ (ahead - at))
        there = _surface(evaluate, ahead)
        if np.isfinite(there.value) and there.value >= surface.value + 1e-4 * promised - noise:
            return (ahead, there), halvings + 1
    return None, 30


def _reach(at: Floats, step: Floats, bounds: tuple[Floats, Floats]) -> float:
    """How much of a step is left where it first meets a bound; cutting one parameter alone would turn it."""
    room = np.where(step > 0, bounds[1] - at, at - bounds[0])
    ahead = (room > 0) & (np.abs(step) > room)
    return float((room[ahead] / np.abs(step[ahead])).min(initial=1.0))
