"""A basis for more columns than rows: an orthonormal basis of the span of the rows.

An isotropic penalty, or least norm, keeps coefficients in that span, w = Xc'C a with Xc the centred rows. Their kernel
Xc Xc' = L L' (Cholesky with pivoting, which finds the rank) gives C = L^-T on the pivots, B = Xc'C with B'B = I and
z = Xc B = L: no array of p columns is made, whatever X is.
"""

from typing import Any, Self

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpstrf

from ..._typing import Matrix
from ._base import Basis
from .of_mixed_rows import spread_of_sizes

__all__ = ["RowBasis"]

_EPS = np.finfo(float).eps
#: digits below which they are told
DIGITS = 8


class RowBasis(Basis):
    """B = (X - 1 m')' L^-T, on the rows that are pivots.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, p)
        All rows.
    pivots : ndarray of int, shape (r,)
        Which of them.
    mean : ndarray of shape (p,)
        m; zeros without an intercept.
    L : ndarray of shape (r, r)
        The Cholesky factor of their kernel, lower triangular.
    """

    def __init__(self, X: Any, pivots: np.ndarray, mean: np.ndarray, L: np.ndarray) -> None:
        self.X, self.pivots, self.mean, self.L = X, pivots, mean, L
        self.n_features = len(L)
        self.shift = np.asarray(X @ mean) - mean @ mean
        # squares of the largest column over those of a middle one, of which a kernel is the sum
        self.spread = spread_of_sizes(np.sqrt(_squares(X) / max(1, X.shape[0])))

    @classmethod
    def of(cls, X: Any, centre: bool) -> tuple[Self, np.ndarray]:
        """The basis of the span of some rows, (n, p), and their features, (n, r)."""
        n = X.shape[0]
        mean = np.asarray(X.mean(axis=0)).ravel() if centre else np.zeros(X.shape[1])
        kernel = _products(X, X)
        if centre:
            rows = kernel.mean(axis=0)
            kernel += rows.mean() - rows[:, None] - rows
        L, pivots, rank, _ = dpstrf(kernel, lower=1, tol=n * _EPS * np.diagonal(kernel).max(initial=0.0))
        # centred rows add up to zero, whatever rounding says
        rank = min(rank, n - centre)
        L, pivots = np.tril(L[:, :rank]), pivots - 1
        features = np.empty_like(L, order="C")
        features[pivots] = L
        return cls(X, pivots[:rank], mean, np.asfortranarray(L[:rank])), features

    @property
    def note(self) -> str:
        told = f"more columns than rows: solved in the {self.n_features} dimensions that the rows span"
        digits = max(0, int(-np.log10(len(self.shift) * _EPS * self.spread**2)))
        if digits >= DIGITS:
            return told
        return f"{told}; columns of very different size leave {digits} digits: scale them, or pass them dense"

    def features(self, X: Matrix) -> np.ndarray:
        # (x - m)'(x_i - m) = x'x_i - x'm - m'x_i + m'm
        kernel = (_products(X, self.X) - np.asarray(X @ self.mean)[:, None] - self.shift)[:, self.pivots]
        return np.ascontiguousarray(self._solved(kernel.T).T)

    def _solved(self, right, trans=0):
        """L^-1 or L^-T times the columns."""
        if not len(self.L):
            # SciPy before 1.12 refuses empty systems
            return np.zeros(right.shape)
        return solve_triangular(self.L, right, trans=trans, lower=True, check_finite=False)

    def expand(self, A: np.ndarray) -> np.ndarray:
        C = np.zeros((self.X.shape[0], A.shape[1]))
        C[self.pivots] = self._solved(A, trans=1)
        return np.asarray(self.X.T @ C) - self.mean[:, None] * C.sum(axis=0)

    def transposed(self, G: np.ndarray) -> np.ndarray:
        pulled = np.asarray(self.X @ G) - self.mean @ G
        return self._solved(pulled[self.pivots])

    def restrict(self, W: np.ndarray) -> np.ndarray:
        # B'B = I
        return self.transposed(W)


def _products(X, Y):
    product = X @ Y.T
    return product.toarray() if hasattr(product, "toarray") else product


def _squares(X):
    """Sums of squares of the columns."""
    return np.asarray(X.multiply(X).sum(axis=0)).ravel() if hasattr(X, "multiply") else np.einsum("np,np->p", X, X)
