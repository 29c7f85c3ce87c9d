"""Newton in logarithms, inside bounds."""

from __future__ import annotations

import numpy as np
import pytest

from kamstats.repeat_buying.newton import Surface, maximise

LOW, HIGH = np.full(2, 1e-3), np.full(2, 1e3)


def bowl(top):
    """A concave surface in logarithms with its maximum at `top`, given by the parameters."""

    def evaluate(parameters):
        away = np.log(parameters / top)
        slope = -2 * away / parameters
        bend = np.diag((2 * away - 2) / parameters**2)
        return Surface(-float(away @ away), slope, bend)

    return evaluate


def test_a_bowl_is_climbed_in_a_few_steps():
    found = maximise(bowl(np.array([0.2, 40.0])), np.ones(2), LOW, HIGH)

    assert found.converged
    assert found.parameters == pytest.approx([0.2, 40.0])
    assert found.evaluations <= 5
    assert not found.on_bound.any()


def test_a_maximum_outside_ends_on_the_bound_and_says_so():
    found = maximise(bowl(np.array([0.2, 1e6])), np.ones(2), LOW, HIGH)

    assert found.converged
    assert found.on_bound.tolist() == [False, True]
    assert found.parameters == pytest.approx([0.2, 1e3])


def test_both_on_their_bounds_is_an_answer_too():
    found = maximise(bowl(np.array([1e-6, 1e6])), np.ones(2), LOW, HIGH)

    assert found.converged
    assert found.on_bound.all()


def test_a_surface_that_is_never_better_ends_without_convergence():
    def broken(parameters):
        here = bool(np.allclose(parameters, 1.0))
        return Surface(0.0 if here else np.nan, np.ones(2), -2 * np.eye(2))

    found = maximise(broken, np.ones(2), LOW, HIGH)

    assert not found.converged
    assert found.parameters == pytest.approx([1.0, 1.0], abs=1e-4)


def test_curvature_that_bends_up_is_climbed_all_the_same():
    def ridge(parameters):
        z = np.log(parameters[0])
        slope = np.array([(2 * z - z**3) / parameters[0], 0.0])
        bend = np.diag([((2 - 3 * z**2) - (2 * z - z**3)) / parameters[0] ** 2, 0.0])
        return Surface(float(z**2 - z**4 / 4), slope, bend)

    found = maximise(ridge, np.array([1.1, 1.0]), LOW, HIGH)

    assert np.log(found.parameters[0]) == pytest.approx(np.sqrt(2), abs=1e-5)
