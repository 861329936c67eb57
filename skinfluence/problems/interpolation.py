"""Least squares that could fit every row: residuals and leverages from the dual form, to all digits.

With as many independent rows as there are parameters, a small penalty alpha leaves residuals r_i and 1 - h_i of its
own size, which differences of numbers near one cannot hold. The dual form has them as products. With K = Z Z', the
weights W and the intercept eliminated,

    [K + alpha W^-1, 1; 1', 0] (a, c) = (t, 0),   theta = Z'a,   r = alpha W^-1 a,   I - W S = alpha A W^-1,

where A is the upper left block of the inverse and S = E H^-1 E' (Rasmussen and Williams, Gaussian processes for machine
learning, section 5.4.2). Ratios of these do not depend on the size of alpha, so that least norm is its limit: an
alpha too small for any sum to see.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from .coordinates import RowBasis

__all__ = ["Interpolation", "interpolated", "interpolates"]

#: penalty in the place of none, relative to the mean of the kernel's diagonal
VANISHING = 1e-100


@dataclass(frozen=True, eq=False)
class Interpolation:
    """What the dual form knows of an optimum.

    Parameters
    ----------
    gradients : ndarray of shape (n, K)
        Derivative of the loss of each row in its raw predictions.
    unfitted : ndarray of shape (K, n, n)
        I - W S of each output.
    """

    gradients: np.ndarray
    unfitted: np.ndarray

    def of_sets(self, rows: np.ndarray) -> np.ndarray:
        """I - M S of sets of k rows each, (b, k K, k K) from positions (b, k)."""
        b, k = rows.shape
        K = len(self.unfitted)
        remaining = np.zeros((b, k, K, k, K))
        for output, unfitted in enumerate(self.unfitted):
            remaining[:, :, output, :, output] = unfitted[rows[:, :, None], rows[:, None, :]]
        return remaining.reshape(b, k * K, k * K)


def interpolates(problem: Any) -> bool:
    """Whether a linear problem is least squares with as many independent rows as parameters."""
    if problem.coordinates is None or not isinstance(problem.coordinates.basis, RowBasis):
        return False
    plain = problem.loss.quadratic and problem.balance is None and not problem.mean_form and problem.presence is None
    weights = problem.weights()
    every = (weights > 0).all(axis=1) | ~weights.any(axis=1)
    n_present = np.count_nonzero(weights.any(axis=1))
    return bool(plain and every.all() and problem.design.X.shape[1] + _centred(problem) == n_present)


def _centred(problem):
    """1 where outputs have an intercept that no penalty holds."""
    return int(problem.design.intercept and not problem.penalty[-1])


def interpolated(problem: Any) -> Any:
    """The problem at its optimum, with its :class:`Interpolation`.

    Notes
    -----
    n^3 multiplications for each output, memory n^2 K.
    """
    n, K = problem.n_rows, problem.n_outputs
    weights = np.broadcast_to(problem.weights(), (n, K))
    present = np.flatnonzero(weights[:, 0])
    Z, r = problem.design.X[present], problem.design.X.shape[1]
    kernel = Z @ Z.T
    targets = -problem.loss.gradient(np.zeros((n, K)), problem.y)[present]
    alpha = problem.penalty[: K * r].reshape(K, r)[:, 0]
    alpha = np.where(alpha > 0, alpha, VANISHING * np.diagonal(kernel).mean())
    unfitted, theta, intercepts = np.tile(np.eye(n), (K, 1, 1)), np.empty((K, r)), np.zeros(K)
    residuals = np.zeros((len(present), K))
    for k in range(K):
        weight = weights[present, k]
        G = kernel + np.diag(alpha[k] / weight)
        A = _inverse(G, _centred(problem))
        dual = A @ targets[:, k]
        theta[k], residuals[:, k] = dual @ Z, alpha[k] * dual / weight
        intercepts[k] = (targets[:, k] - G @ dual).mean() if _centred(problem) else 0.0
        unfitted[k][np.ix_(present, present)] = alpha[k] * A / weight
    flat = np.append(theta.ravel(), intercepts) if problem.design.intercept else theta.ravel()
    penalty = np.append(np.repeat(alpha, r), problem.penalty[K * r :])
    at = replace(problem, theta=flat, penalty=penalty)
    gradients = problem.loss.gradient(at.training_raw, problem.y)
    gradients[present] = -residuals
    return replace(at, interpolation=Interpolation(gradients, unfitted))


def _inverse(G, centred):
    """The upper left block of [G, 1; 1', 0]^-1, or G^-1: on the complement of (1, ..., 1), by a reflection."""
    if not centred:
        return cho_solve(cho_factor(G), np.eye(len(G)))
    # v reflects (1, ..., 1) / sqrt(n) to the first unit vector
    n = len(G)
    v = np.full(n, 1 / np.sqrt(n))
    v[0] += 1.0
    Q = (np.eye(n) - np.outer(v, v) / (1 + 1 / np.sqrt(n)))[:, 1:]
    return Q @ cho_solve(cho_factor(Q.T @ G @ Q), Q.T)
