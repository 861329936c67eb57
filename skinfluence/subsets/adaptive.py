"""Adaptive greedy choice: after each pick the row is deleted, and all others are scored anew."""

from dataclasses import replace

import numpy as np

from ..exceptions import SingularCurvatureError, UnsupportedQuestionError
from ..solvers import AutoSolver, resolve_solver
from .candidates import Candidates
from .path import DeletionPath
from .progress import report

__all__ = ["adaptive_rows", "newton_factor", "start_path"]


def newton_factor(attributor):
    """A factor of the Hessian that Newton steps may use, the attributor's own where it is one, and its solver."""
    solver = resolve_solver(attributor.solver, attributor.damping)
    if solver.newton is solver and not getattr(solver, "damping", 0):
        return attributor.factor_, solver
    newton = AutoSolver()
    return newton.prepare(attributor.problem_.curvature()), newton


def start_path(attributor):
    """The path of deletions of a fitted attributor's problem."""
    return DeletionPath(attributor.problem_, *newton_factor(attributor))


def adaptive_rows(attributor, question, k, sign, verbose):
    """Rows in the order of picking, and predicted f after each pick, minus f.

    Notes
    -----
    O(n P) a pick for linear predictors; a factorisation a pick for models whose rows are coupled.
    """
    if question.of_presence:
        raise UnsupportedQuestionError(
            "method='adaptive' follows the parameters, but this target is another function once a row has left; use "
            "method='additive'"
        )
    path, candidates = start_path(attributor), Candidates(attributor.problem_)
    before, effects = question.value(), []
    while len(path.rows) < k:
        gradient = replace(question, problem=path.problem).gradient
        row = candidates.best(sign * path.along(gradient))
        if row is None:
            break
        candidates.remove(row)
        try:
            path.delete(row)
        except SingularCurvatureError:
            # without it nothing determines the parameters: it stays
            path.rows.pop()
            break
        effects.append(float(question.value(path.problem.theta[:, None])[0]) - before)
        report(verbose, len(path.rows), k, effects[-1])
    return np.array(path.rows, dtype=np.intp), np.array(effects)
