"""Fitted parameters moved to the optimum of their objective, and what a user is told of the way."""

from typing import Any

import numpy as np

from .._warnings import warn
from ..exceptions import StationarityError, StationarityWarning
from ..problems import LinearProblem
from ..removal.active_set import settle_active_set
from ..removal.polish import polish
from ..removal.separation import diverging_directions, held
from ..removal.stationarity import Stationarity, check_active_set
from ..solvers import Factor, Solver

__all__ = ["check_training_rows", "polished_problem", "warn_off_optimum"]

#: relative gradient after polishing above which the objective has no optimum; otherwise it is near 1e-15
NO_OPTIMUM_GRADIENT = 1e-8
#: distance from the optimum, in standard errors, above which these are not the training rows of the model
NOT_TRAINING_ROWS = 0.1


def polished_problem(problem: Any, factor: Factor, solver: Solver) -> tuple[Any, Factor, str, np.ndarray | None]:
    """A problem at its optimum, the factor there, a note about the way, and directions along which there is none."""
    moved = 0
    if isinstance(problem, LinearProblem) and problem.l1_penalty is not None:
        polished, moved = settle_active_set(problem, solver, factor)
    else:
        polished = polish(problem, solver, factor=factor)
    left = polished.problem.relative_gradient()
    check_active_set(polished.problem)
    note = (
        f"polished (moved to the optimum) in {polished.n_steps} Newton steps with {polished.n_factors} factorisations, "
        f"relative gradient {left:.0e}"
    )
    if moved:
        note += f", {moved} coefficients of another sign or zero than in the fit"
    optimum, factor, directions = polished.problem, polished.factor, diverging_directions(polished.problem)
    if directions is not None:
        note += f"; {_no_optimum(optimum, directions)}"
        optimum = held(optimum, directions)
        factor = solver.prepare(optimum.curvature())
    elif left > NO_OPTIMUM_GRADIENT:
        warn(
            f"after {polished.n_steps} Newton steps the relative gradient is still {left:.0e}, and effects are no "
            "better than that; scale the columns (StandardScaler), or give the model a penalty",
            StationarityWarning,
        )
    return optimum, factor, note, directions


def _no_optimum(problem, directions):
    """Warns of the coefficients that have no optimum, and says it."""
    moves = problem.change_as_fitted(directions).any(axis=1)
    moving = [str(name) for name, moved in zip(problem.parameter_names, moves, strict=True) if moved]
    shown = ", ".join(map(repr, moving[:5])) + (f" and {len(moving) - 5} more" if len(moving) > 5 else "")
    said = (
        f"the objective has no optimum: the likelihood rises for ever along the coefficients of {shown}, which "
        "separate classes, or a group of rows whose counts are all zero"
    )
    warn(f"{said}. Effects on what depends on them are nan; give the model a penalty", StationarityWarning)
    return f"{said}; effects on what depends on them are nan"


def check_training_rows(model: Any, slack: Stationarity) -> None:
    """Raise an error for rows that cannot be the training rows of the fitted estimator.

    Raises
    ------
    StationarityError
    """
    if slack.in_sample <= NOT_TRAINING_ROWS or model.within_tolerance():
        return
    message = _not_optimal_message(type(model.final).__name__, slack)
    if not model.stopped_early:
        raise StationarityError(message)
    warn(f"the estimator stopped at max_iter; {message}", StationarityWarning)


def warn_off_optimum(model: Any, fitted: Any, optimum: Any, slack: Stationarity) -> None:
    """Warn of a fitted model that its own tolerance allows to be far from the optimum, which is explained instead."""
    if slack.in_sample <= NOT_TRAINING_ROWS or model.stopped_early:
        return
    before, after = (problem.value() / problem.total_weight() for problem in (fitted, optimum))
    warn(
        f"the fitted {type(model.final).__name__} is {slack.in_sample:.2g} standard errors away from the optimum of "
        f"its objective, which is {before:.4g} a row for it and {after:.4g} at the optimum; effects are those of the "
        "optimum. Set polish=False to explain the model as it is, or fit it to convergence",
        StationarityWarning,
    )


def _not_optimal_message(name, slack):
    return (
        f"the fitted {name} is not at the optimum for the rows given: its parameters are "
        f"{slack.in_sample:.2g} standard errors away from it ({slack.in_rows:.2g} times the effect of deleting a "
        f"typical row); those of a converged fit on its training rows are less than {NOT_TRAINING_ROWS} away. Pass "
        "exactly the X, y and sample_weight of fit (raw, as the outer estimator takes them, in the same column order); "
        "if they are, the solver stopped early: lower tol, raise max_iter, or set polish=True"
    )
