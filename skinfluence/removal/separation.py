"""Likelihoods without an optimum: classes that a direction of the parameters separates, counts of zero along one.

Without a penalty a direction v in which no row's loss rises, and some fall for ever, has no optimum: every row of a
binary likelihood with (2 y_i - 1) x_i'v >= 0, of a multinomial one with x_i'(v_y - v_k) >= 0 for all classes k, of a
Poisson one with x_i'v <= 0 where y_i = 0 and x_i'v = 0 elsewhere. The linear program

    max sum_c s_c    such that    s_c <= a_c'v,  0 <= s_c <= 1,  a_e'v = 0

finds a v that separates whatever can be separated (Konis, Linear programming algorithms for detecting separated data
in binary logistic regression models, 2007). It is solved only where a polished fit predicts some row without doubt, as
every separated one does.
"""

from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from ..losses import BinaryLogLoss, HalfPoissonLoss, HalfTweedieLoss, MultinomialLogLoss
from ..problems import LinearProblem

__all__ = ["diverging_direction", "moved_by"]

#: curvature of a row, relative to the largest that it may have, that a polished fit without separation does not reach:
#: polishing ends where gradients are 1e-15 of their size
NO_DOUBT = 1e-9
#: derivative of a target along a unit of separated predictions that are certain
CERTAIN = 1e-6
#: part of a direction that counts as zero: tolerance of the linear program
ROUNDING = 1e-7


def diverging_direction(problem: Any) -> np.ndarray | None:
    """A direction along which the objective falls for ever, (P,), None where there is an optimum.

    Parameters
    ----------
    problem : Problem
        Polished.

    Notes
    -----
    A linear program of n (K - 1) rows, only where some row is predicted without doubt.
    """
    if not isinstance(problem, LinearProblem) or not _may_diverge(problem):
        return None
    K, present = problem.n_outputs, np.flatnonzero(problem.weights().any(axis=1))
    X = problem.design.X[present]
    X = sparse.csr_array(X) if sparse.issparse(X) else X
    if problem.design.intercept:
        ones = np.ones((len(present), 1))
        X = sparse.hstack([X, ones]).tocsr() if sparse.issparse(X) else np.hstack([X, ones])
    y = problem.y[present]
    falling, fixed = _constraints(problem.loss, X, y, K)
    direction = _separating(falling, fixed)
    if direction is None:
        return None
    by_output = direction.reshape(K, -1)
    p = problem.design.X.shape[1]
    return np.append(by_output[:, :p].ravel(), by_output[:, p:].ravel())


def moved_by(direction: np.ndarray, slopes: np.ndarray, of_theta: bool) -> np.ndarray:
    """Which answers are moved by a diverging direction, from their derivatives (P, a): (a,) of bool.

    A target of predictions is not where these are certain, and stay so: one unit of separated predictions then moves
    it by less than rounding of the polish.
    """
    along = np.abs(direction @ slopes)
    size = np.linalg.norm(direction) * np.linalg.norm(slopes, axis=0)
    return (along > ROUNDING * size) & (of_theta | (along > CERTAIN))


def _may_diverge(problem):
    """No penalty on some coefficient, a likelihood that saturates, and a row that it predicts without doubt."""
    n_coefficients = problem.n_parameters - problem.n_outputs * problem.design.intercept
    held = problem.penalty[:n_coefficients].all() if n_coefficients else True
    saturating = isinstance(problem.loss, BinaryLogLoss | MultinomialLogLoss | HalfPoissonLoss) or (
        isinstance(problem.loss, HalfTweedieLoss) and 1 < problem.loss.power < 2
    )
    if held or not saturating or problem.l1_penalty is not None:
        return False
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


def _separating(falling, fixed):
    """The direction of the linear program, None where nothing can be separated."""
    n, P = falling.shape
    size = abs(falling).max(axis=0)
    size = np.ravel(size.toarray() if sparse.issparse(size) else size)
    size = np.where(size > 0, size, 1.0)
    scale = sparse.diags_array(1 / size)
    falling = sparse.csr_array(falling) @ scale
    # s_c - a_c'v <= 0
    upper = sparse.hstack([-falling, sparse.eye_array(n)]).tocsr()
    equal = None
    if fixed is not None and fixed.shape[0]:
        equal = sparse.hstack([sparse.csr_array(fixed) @ scale, sparse.csr_array((fixed.shape[0], n))]).tocsr()
    equal_to = None if equal is None else np.zeros(equal.shape[0])
    objective, bounds = np.append(np.zeros(P), -np.ones(n)), [(None, None)] * P + [(0, 1)] * n
    found = linprog(objective, upper, np.zeros(n), equal, equal_to, bounds, method="highs")
    if not found.success or -found.fun < ROUNDING * n:
        return None
    direction = found.x[:P] / size
    return np.where(np.abs(found.x[:P]) > ROUNDING * np.abs(found.x[:P]).max(), direction, 0.0)
