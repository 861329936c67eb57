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
from scipy.linalg import cho_factor, cho_solve, pinv

from .coordinates import MixedRowBasis, RowBasis

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
    unfitted : tuple of ndarray of shape (n, n)
        I - W S of each output; one array where outputs have the same.
    """

    gradients: np.ndarray
    unfitted: tuple[np.ndarray, ...]

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
    if problem.coordinates is None or not _spans_rows(problem):
        return False
    plain = problem.loss.quadratic and problem.balance is None and not problem.mean_form and problem.presence is None
    weights = problem.weights()
    every = (weights > 0).all(axis=1) | ~weights.any(axis=1)
    n_present = np.count_nonzero(weights.any(axis=1))
    r = problem.design.X.shape[1]
    # a mean alone is fitted by any method
    return bool(plain and every.all() and 0 < r == n_present - _centred(problem))


def _spans_rows(problem):
    """Whether theta is in the span of the rows; beside large columns, where there is no penalty to keep small ones."""
    basis = problem.coordinates.basis
    K, r = problem.n_outputs, problem.design.X.shape[1]
    return isinstance(basis, RowBasis) or (isinstance(basis, MixedRowBasis) and not problem.penalty[: K * r].any())


def _centred(problem):
    """1 where outputs have an intercept that no penalty holds."""
    return int(problem.design.intercept and not problem.penalty[-1])


def interpolated(problem: Any) -> Any:
    """The problem at its optimum, with its :class:`Interpolation`.

    Notes
    -----
    n^3 multiplications and memory n^2, for each output that has another penalty or weight than the one before.
    """
    n, K = problem.n_rows, problem.n_outputs
    weights = np.broadcast_to(problem.weights(), (n, K))
    present, r = np.flatnonzero(weights[:, 0]), problem.design.X.shape[1]
    Z, centred = problem.design.X[present], _centred(problem)
    kernel, targets = Z @ Z.T, -problem.loss.gradient(np.zeros((n, K)), problem.y)[present]
    alpha = problem.penalty[: K * r].reshape(K, r)[:, 0]
    alpha = np.where(alpha > 0, alpha, VANISHING * np.diagonal(kernel).mean())
    theta, intercepts, residuals, unfitted = np.empty((K, r)), np.zeros(K), np.zeros((len(present), K)), []
    for k in range(K):
        noise = alpha[k] / weights[present, k]
        # outputs with one penalty and one weight have one inverse
        if k == 0 or alpha[k] != alpha[k - 1] or (weights[:, k] != weights[:, k - 1]).any():
            G = kernel + np.diag(noise)
            A = _inverse(G, centred) if isinstance(problem.coordinates.basis, RowBasis) else _without_penalty(Z)
            known = _among(alpha[k] * A / weights[present, k], present, n)
        unfitted.append(known)
        dual = A @ targets[:, k]
        theta[k], residuals[:, k] = dual @ Z, noise * dual
        intercepts[k] = (targets[:, k] - Z @ theta[k] - noise * dual).mean() if centred else 0.0
    flat = np.append(theta.ravel(), intercepts) if problem.design.intercept else theta.ravel()
    penalty = np.append(np.repeat(alpha, r), problem.penalty[K * r :])
    at = replace(problem, theta=flat, penalty=penalty)
    gradients = problem.loss.gradient(at.training_raw, problem.y)
    gradients[present] = -residuals
    return replace(at, interpolation=Interpolation(gradients, tuple(unfitted)))


def _without_penalty(Z):
    """The same block where alpha vanishes, from the rows themselves: nothing is squared, and small columns count."""
    inverse = pinv(Z)
    return inverse.T @ inverse


def _among(block, present, n):
    """A matrix of the rows with a weight as one of all rows: the others are fitted by nothing."""
    if len(present) == n:
        return block
    everything = np.eye(n)
    everything[np.ix_(present, present)] = block
    return everything


def _inverse(G, centred):
    """The upper left block of [G, 1; 1', 0]^-1, or G^-1.

    With the reflection R = I - b v v' that takes (1, ..., 1) to the first axis, it is R [0, 0; 0, C^-1] R where C is
    R G R without its first row and column.
    """
    if not centred:
        return cho_solve(cho_factor(G), np.eye(len(G)))
    v = np.full(len(G), 1 / np.sqrt(len(G)))
    v[0] += 1.0
    middle = np.zeros_like(G)
    middle[1:, 1:] = cho_solve(cho_factor(_reflected(G, v)[1:, 1:]), np.eye(len(G) - 1))
    return _reflected(middle, v)


def _reflected(G, v):
    """R G R = G - v w' - w v' for the reflection along v."""
    b = 2 / (v @ v)
    pushed = b * (G @ v)
    w = pushed - (b / 2) * (v @ pushed) * v
    return G - np.outer(v, w) - np.outer(w, v)
