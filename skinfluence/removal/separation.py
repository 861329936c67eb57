"""Likelihoods without an optimum: classes that a direction of the parameters separates, counts of zero along one.

Without a penalty a direction v in which no row's loss rises, and some fall for ever, has no optimum: every row of a
binary likelihood with (2 y_i - 1) x_i'v >= 0, of a multinomial one with x_i'(v_y - v_k) >= 0 for all classes k, of a
Poisson one with x_i'v <= 0 where y_i = 0 and x_i'v = 0 elsewhere. The linear program

    max sum_c s_c    such that    s_c <= a_c'v,  0 <= s_c <= 1,  a_e'v = 0

finds a v that separates whatever can be separated (Konis, Linear programming algorithms for detecting separated data
in binary logistic regression models, 2007). It is solved only where a polished fit predicts some row without doubt, as
every separated one does.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from .. import _memory
from ..losses import BinaryLogLoss, HalfPoissonLoss, HalfTweedieLoss, MultinomialLogLoss
from ..problems import LinearProblem

__all__ = ["diverging_directions", "held", "may_separate", "moved_by"]

#: curvature of a row, relative to the largest that it may have, that a polished fit without separation does not reach:
#: polishing ends where gradients are 1e-15 of their size
NO_DOUBT = 1e-9
#: derivative of a target along a unit of separated predictions that are certain
CERTAIN = 1e-6
#: curvature of a direction, relative to the largest, that certain rows alone have
FLAT = 1e-7
#: part of a direction that counts as zero: tolerance of the linear program
ROUNDING = 1e-7


def diverging_directions(problem: Any) -> np.ndarray | None:
    """Directions along which the objective falls for ever, (P, q), None where there is an optimum.

    Parameters
    ----------
    problem : Problem
        Polished.

    Notes
    -----
    A linear program of n (K - 1) rows and an eigendecomposition, only where some row is predicted without doubt.
    """
    if not may_separate(problem) or not _without_doubt(problem):
        return None
    present = np.flatnonzero(problem.weights().any(axis=1))
    X = problem.design.X[present]
    X = sparse.csr_array(X) if sparse.issparse(X) else X
    if problem.design.intercept:
        ones = np.ones((len(present), 1))
        X = sparse.hstack([X, ones]).tocsr() if sparse.issparse(X) else np.hstack([X, ones])
    if not _separates(*_constraints(problem.loss, X, problem.y[present], problem.n_outputs)):
        return None
    return _flat(problem)


def _flat(problem):
    """Directions in which the rows that are still in doubt do not bend the objective, but for declared ones."""
    curvature, size = problem.curvature(), problem.design.column_norms
    size = np.where(size > 0, size, 1.0)
    N = curvature.null_directions
    H = curvature.dense() / size / size[:, None]
    values, vectors = np.linalg.eigh(H + (N / size[:, None]) @ (N / size[:, None]).T * size.max() ** 2)
    # columns of unit length: rows in doubt have eigenvalues of their weight, however many rows are certain
    flat = vectors[:, values < FLAT * max(values[-1], problem.weights().max())] / size[:, None]
    flat[np.abs(flat * size[:, None]) < ROUNDING] = 0.0
    return flat


def held(problem: Any, directions: np.ndarray) -> Any:
    """The problem with its parameters held along some directions: what is left of it has an optimum."""
    null = np.zeros((problem.n_parameters, 0)) if problem.null_directions is None else problem.null_directions
    return replace(problem, null_directions=np.linalg.qr(np.hstack([null, directions]))[0])


def moved_by(directions: np.ndarray, slopes: np.ndarray, of_theta: bool) -> np.ndarray:
    """Which answers are moved along diverging directions, from their derivatives (P, a): (a,) of bool.

    A target of predictions is not where these are certain, and stay so: one unit of separated predictions then moves
    it by less than rounding of the polish.
    """
    along = np.abs(directions.T @ slopes)
    size = np.linalg.norm(directions, axis=0)[:, None] * np.linalg.norm(slopes, axis=0)
    return ((along > ROUNDING * size) & (of_theta | (along > CERTAIN))).any(axis=0)


def may_separate(problem: Any) -> bool:
    """Whether some coefficient has no penalty in a likelihood that saturates."""
    if not isinstance(problem, LinearProblem):
        return False
    n_coefficients = problem.n_parameters - problem.n_outputs * problem.design.intercept
    held = problem.penalty[:n_coefficients].all() if n_coefficients else True
    saturating = isinstance(problem.loss, BinaryLogLoss | MultinomialLogLoss | HalfPoissonLoss) or (
        isinstance(problem.loss, HalfTweedieLoss) and 1 < problem.loss.power < 2
    )
    too_many = problem.n_parameters > _memory.DENSE_ORDER
    return saturating and not (held or too_many or problem.l1_penalty is not None)


def _without_doubt(problem):
    """Whether a polished fit predicts some row without doubt, as every separated one does."""
    curvature = np.einsum("nkk->n", problem.loss.hessian(problem.training_raw, problem.y))
    return bool((curvature[problem.weights().any(axis=1)] < NO_DOUBT * max(1.0, curvature.max())).any())


def _constraints(loss, X, y, K):
    """The rows a_c of what may fall, and those a_e of what must stay, as matrices over (v_1, ..., v_K)."""
    if isinstance(loss, BinaryLogLoss):
        return _scaled(X, 2.0 * y - 1), None
    if not isinstance(loss, MultinomialLogLoss):
        return _scaled(X[y == 0], -1.0), X[y > 0]
    codes, parts = y.astype(np.intp), []
    for k in range(K):
        for own in range(K):
            if own != k and (codes == own).any():
                rows = sparse.csr_array(X[codes == own])
                empty = sparse.csr_array(rows.shape)
                blocks = [empty] * K
                blocks[own], blocks[k] = rows, -rows
                parts.append(sparse.hstack(blocks))
    return sparse.vstack(parts).tocsr(), None


def _scaled(X, factor):
    return X.multiply(np.reshape(factor, (-1, 1))).tocsr() if sparse.issparse(X) else X * np.reshape(factor, (-1, 1))


def _separates(falling, fixed):
    """Whether the linear program finds a direction."""
    n, P = falling.shape
    if not n:
        # no row whose loss could fall for ever
        return False
    size = abs(falling).max(axis=0)
    size = np.ravel(size.toarray() if sparse.issparse(size) else size)
    size = np.where(size > 0, size, 1.0)
    scale = sparse.diags(1 / size)
    falling = sparse.csr_array(falling) @ scale
    # s_c - a_c'v <= 0
    upper = sparse.hstack([-falling, sparse.eye(n)]).tocsr()
    equal = None
    if fixed is not None and fixed.shape[0]:
        equal = sparse.hstack([sparse.csr_array(fixed) @ scale, sparse.csr_array((fixed.shape[0], n))]).tocsr()
    equal_to = None if equal is None else np.zeros(equal.shape[0])
    objective, bounds = np.append(np.zeros(P), -np.ones(n)), [(None, None)] * P + [(0, 1)] * n
    found = linprog(objective, upper, np.zeros(n), equal, equal_to, bounds, method="highs")
    return bool(found.success and -found.fun > ROUNDING * n)
