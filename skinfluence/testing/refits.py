"""Refits of the user's estimator with other weights and rows, as the reference of the adapter checks."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..adapters import adapt, fit_estimator
from ..removal.polish import polish
from ..solvers import AutoSolver, Factor

__all__ = ["at_optimum", "fit_and_adapt", "refit_on_rows", "refit_with_weights", "sample_rows", "to_theta"]


def fit_and_adapt(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> Any:
    """A fitted clone of the estimator, adapted to the rows that it was fitted on."""
    return adapt(fit_estimator(estimator, X, y, sample_weight), X, y, sample_weight)


def at_optimum(problem: Any) -> tuple[Any, Factor]:
    """A problem polished up to rounding errors, and the factor of its curvature there."""
    problem = polish(problem, AutoSolver()).problem
    # not the factor of the polish, which may belong to a curvature that differs by 1e-6
    return problem, AutoSolver().prepare(problem.curvature())


def to_theta(problem: Any, params: np.ndarray) -> np.ndarray:
    """Parameters of the estimator in the coordinates that the problem is solved in."""
    coordinates = getattr(problem, "coordinates", None)
    return params if coordinates is None else coordinates.internal(params)


def refit_with_weights(model: Any, sample_weight: Any) -> Any:
    """The final estimator refitted with other sample weights, as a problem; what cross-validation chose stays."""
    return replace(model, sample_weight=sample_weight).refitted(np.array([], dtype=int))


def refit_on_rows(model: Any, rows: np.ndarray) -> Any:
    """The final estimator refitted without weights on some rows, repeated ones included, as a problem."""
    problem = model.problem
    taken = replace(problem, design=problem.design.with_rows(problem.design.X[rows]), y=problem.y[rows])
    model = replace(model, problem=taken, trained_on=model.trained_on[rows])
    return refit_with_weights(model, np.ones(len(rows)))


def sample_rows(model: Any, n_rows: int = 5) -> np.ndarray:
    """A few positions, evenly spaced, whose deletion leaves every class in place."""
    weight, y = model.sample_weight, model.problem.y
    allowed = weight > 0
    if model.classes is not None:
        allowed &= np.bincount(y[allowed], minlength=len(model.classes))[y] > 1
    candidates = np.flatnonzero(allowed)
    return candidates[np.unique(np.linspace(0, len(candidates) - 1, n_rows).astype(int))]
