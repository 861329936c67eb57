"""Questions to a problem at given parameters, in one call each."""

import numpy as np

from skinfluence.removal.slopes import parameter_slopes
from skinfluence.structures import Parameters
from skinfluence.targets import measure, require_additive


def state_of(problem, theta=None):
    """The problem at parameters (P,) or (P, B)."""
    return Parameters(problem, problem.theta if theta is None else theta)


def target_value(target, problem, X, rows, theta=None):
    """Value of a target: a float, or (B,)."""
    values = measure(target, X, rows, state_of(problem)).values(state_of(problem, theta))[0]
    return values if np.ndim(values) else float(values)


def target_row_values(target, problem, X, rows, theta=None):
    """Share of each evaluation row, (m,) or (m, B)."""
    return measure(target, X, rows, state_of(problem)).by_row().values(state_of(problem, theta))


def target_gradient(target, problem, X, rows):
    """Derivative in the parameters, (P,)."""
    return parameter_slopes(measure(target, X, rows, state_of(problem)), problem)[:, 0]


def target_row_cotangents(target, problem, X, rows):
    """Derivatives of the shares in the raw predictions, coefficients included: (features, (m, K)) of each term."""
    require_additive(target)
    slopes = measure(target, X, rows, state_of(problem)).slopes(state_of(problem))
    return [(slope.features, slope.cotangents) for slope in slopes]
