"""Adaptive greedy search: the best row is deleted, and all others are scored again."""

from typing import Any

import numpy as np

from ..exceptions import SingularCurvatureError, UnsupportedQuestionError
from ..problems import LinearProblem
from ..removal.slopes import depends_on_rows, parameter_slopes
from ..solvers import AutoSolver, Factor, Solver, resolve_solver
from ..structures import Parameters
from ..targets import Question
from .candidates import Candidates
from .path import DeletionPath
from .progress import report

__all__ = ["adaptive_rows", "newton_factor", "start_path"]

#: rows that are compared by f at the parameters without each
FINALISTS = 16


def newton_factor(attributor: Any) -> tuple[Factor, Solver]:
    """A factor of the Hessian for Newton steps, the attributor's own if suitable, and its solver."""
    solver = resolve_solver(attributor.solver, attributor.damping)
    if solver.newton is solver and not getattr(solver, "damping", 0):
        return attributor.factor_, solver
    newton = AutoSolver()
    return newton.prepare(attributor.problem_.curvature()), newton


def start_path(attributor: Any) -> DeletionPath:
    """The path of deletions of a fitted attributor's problem."""
    return DeletionPath(attributor.problem_, *newton_factor(attributor))


def adaptive_rows(
    attributor: Any, question: Question, k: int, sign: int, verbose: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows in the order of picking, and predicted f after each pick, minus f.

    Notes
    -----
    O(n P) a pick for linear predictors; a factorisation a pick for models whose rows are coupled.
    """
    if depends_on_rows(question, attributor.problem_):
        raise UnsupportedQuestionError(
            "method='adaptive' needs a target of the parameters, but this one also depends on the deleted rows; use "
            "method='additive'"
        )
    path, candidates = start_path(attributor), Candidates(attributor.problem_)
    before, effects = question.value(attributor.preparation_), []
    while len(path.rows) < k:
        row = _pick(path, candidates, question, sign)
        if row is None:
            break
        candidates.remove(row)
        try:
            path.delete(row)
        except SingularCurvatureError:
            # without the row the optimum is not unique, so it is kept
            path.rows.pop()
            break
        effects.append(question.value(Parameters(path.problem, path.problem.theta)) - before)
        report(verbose, len(path.rows), k, effects[-1])
    return np.array(path.rows, dtype=np.intp), np.array(effects)


def _pick(path, candidates, question, sign):
    """The row that changes f most: by the gradient of f, then by f itself for the best rows; None if none does."""
    gains = sign * path.along(parameter_slopes(question, path.problem)[:, 0])
    if not isinstance(path.problem, LinearProblem):
        return candidates.best(gains)
    rows, here = candidates.finalists(FINALISTS, gains), Parameters(path.problem, path.problem.theta)
    if not len(rows):
        return None
    moved = np.full(len(gains), -np.inf)
    states = Parameters(path.problem, here.at[:, None] + path.changes(rows))
    moved[rows] = sign * question.change(states, here)[:, 0]
    return candidates.best(moved)
