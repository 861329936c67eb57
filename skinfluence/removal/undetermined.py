"""Deletions that leave some direction of the parameters undetermined, where no penalty holds it.

Row i is needed where its leverage is 1: some direction moves its raw prediction alone. With L_i L_i' = M_i and the hat
matrix P = L'E H^-1 E'L, a random vector g shows them all at once, for the variance of the residual is 1 - h_i,

    ((I - P) g)_i = 0   if and only if   h_i = 1,

at the cost of one solve and two products with the features.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.linalg.lapack import dpotrf

from ..problems import LinearProblem
from ..solvers import Factor

__all__ = ["undetermined_rows", "undetermined_sets"]

#: 1 - leverage that is rounding, in units of eps: as much as a solve with a condition number of 1e3 leaves
ROUNDING = 1e3
#: of random vectors that no table was drawn with: columns that are these vectors would fit them
SEED = 0x736B696E666C75656E6365
#: parameters up to which the Hessian without a set is factored for each set
MOST_PARAMETERS = 500

_EPS = np.finfo(float).eps


def _may_be_undetermined(problem):
    """Whether some coefficient has no penalty: an intercept alone is determined by any row."""
    if not isinstance(problem, LinearProblem) or problem.l1_penalty is not None:
        return False
    n_coefficients = problem.n_parameters - problem.n_outputs * problem.design.intercept
    return bool(n_coefficients > 0 and (problem.penalty[:n_coefficients] == 0).any())


def undetermined_rows(problem: Any, factor: Factor) -> np.ndarray:
    """Rows without which the optimum is not unique, (n,) of bool.

    Parameters
    ----------
    problem : Problem
        At its optimum.
    factor : Factor
        Of its Hessian.
    """
    n, K = problem.n_rows, problem.n_outputs
    if not _may_be_undetermined(problem) or n == 0:
        return np.zeros(n, dtype=bool)
    M = problem.row_hessians()
    values, vectors = np.linalg.eigh(M)
    roots = vectors * np.sqrt(np.maximum(values, 0))[:, None, :]
    # one column more than outputs: K random residuals of a row are independent unless it has a leverage of 1
    draws = np.random.Generator(np.random.Philox(key=SEED)).uniform(-1, 1, (n, K, K + 1))
    pushed = problem.design.vjp(roots @ draws)
    fitted = roots.transpose(0, 2, 1) @ problem.design.raw(factor.solve(pushed).value)
    smallest = np.linalg.svd(draws - fitted, compute_uv=False)[:, -1]
    return smallest**2 <= ROUNDING * _EPS


def undetermined_sets(problem: Any, sets: Sequence[np.ndarray]) -> np.ndarray:
    """The same for the joint deletion of each set, (G,) of bool; False where that would cost too much.

    Notes
    -----
    A factorisation of P^3 / 3 multiplications a set, for at most 500 parameters.
    """
    found = np.zeros(len(sets), dtype=bool)
    if not _may_be_undetermined(problem) or problem.n_parameters > MOST_PARAMETERS:
        return found
    M, H = problem.row_hessians(), problem.curvature()
    null = H.null_directions
    H = H.dense()
    size = np.sqrt(np.diagonal(H))
    H = H + null @ null.T * size.max() ** 2
    for i, rows in enumerate(sets):
        rows = np.asarray(rows, dtype=np.intp)
        left = H - problem.design.with_rows(problem.design.X[rows]).gram(M[rows])
        R, failed = dpotrf(left / size / size[:, None], clean=1)
        # a pivot is what is left of a unit of curvature
        found[i] = failed or np.diagonal(R).min() ** 2 <= ROUNDING * _EPS
    return found
