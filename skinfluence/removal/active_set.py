"""From the active set that a solver stopped at to that of the optimum, under an l1 penalty.

A round polishes the parameters on the active set. Coefficients that change sign on the way are held at zero from then
on; where none does, those at zero whose gradient exceeds the penalty become active. The first rounds change as many
as are wrong; later ones change one coefficient at a time, each of which lowers the objective, so that they end.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from ..exceptions import StationarityError
from ..solvers import Factor, Solver
from .polish import Polished, polish

__all__ = ["settle_active_set"]

#: rounds in which all coefficients that are wrong change at once
ROUNDS_AT_ONCE = 10
#: rounds after which no active set is found
MOST_ROUNDS = 300


def settle_active_set(problem: Any, solver: Solver, factor: Factor) -> tuple[Polished, int]:
    """The optimum of an l1-penalised problem, and by how many coefficients its active set differs from the fit's.

    Parameters
    ----------
    problem : LinearProblem
        At the fitted parameters.
    solver : Solver
        Factors the curvature.
    factor : Factor
        At the problem's parameters.

    Returns
    -------
    (Polished, int)

    Raises
    ------
    StationarityError
        No active set was found.
    """
    polished, steps, factors = polish(problem, solver, factor=factor), 0, 0
    start = problem
    for rounds in range(MOST_ROUNDS):
        steps, factors = steps + polished.n_steps, factors + polished.n_factors
        changed = _next_active_set(start, polished.problem, rounds < ROUNDS_AT_ONCE)
        if changed is None:
            optimum: Any = polished.problem
            moved = int(np.count_nonzero(optimum.signs != problem.signs))
            return polished._replace(n_steps=steps, n_factors=factors), moved
        start, polished = changed, polish(changed, solver)
    raise StationarityError(
        f"the l1 penalty has no active set at which {MOST_ROUNDS} steps from the fitted one end. Pass exactly the rows "
        "and weights of fit; if they are, the solver stopped too early: lower tol, raise max_iter"
    )


def _next_active_set(start, optimum, at_once):
    """The problem on another active set, None where that of the optimum is right."""
    wrong = optimum.wrongly_active(optimum.theta[:, None])[:, 0]
    crossing, entering = np.flatnonzero(wrong & optimum.free), np.flatnonzero(wrong & ~optimum.free)
    if len(crossing):
        return _left(start, optimum, crossing, at_once)
    if not len(entering):
        return None
    gradient = optimum.loss_gradient()
    order = entering[np.argsort(-np.abs(gradient[entering]))]
    # more active coefficients than rows have no unique optimum
    room = max(1, optimum.n_rows - 1 - np.count_nonzero(optimum.signs))
    entering = order[: min(room, len(order)) if at_once else 1]
    signs = optimum.signs.copy()
    signs[entering] = -np.sign(gradient[entering])
    return replace(optimum, signs=signs)


def _left(start, optimum, crossing, at_once):
    """As far towards the optimum as the signs allow, or all the way; what crosses zero is held there."""
    theta, target = start.theta, optimum.theta
    way = 1.0
    if not at_once:
        path = theta[crossing] - target[crossing]
        # what is at zero and stays there is held at once
        part = np.divide(theta[crossing], path, out=np.zeros(len(path)), where=path != 0)
        first = int(np.argmin(part))
        way, crossing = max(float(part[first]), 0.0), crossing[first : first + 1]
    moved, signs = theta + way * (target - theta), optimum.signs.copy()
    moved[crossing], signs[crossing] = 0.0, 0.0
    return replace(optimum, theta=moved, signs=signs)
