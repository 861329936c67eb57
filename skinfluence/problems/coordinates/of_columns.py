"""A basis for columns that depend on each other, exactly or nearly, where no penalty tells them apart.

The centred columns, scaled to unit length, have the singular value decomposition

    X S^-1 = U diag(s) V'       (by a QR decomposition first: nothing is squared)

and z = X S^-1 V diag(s)^-1 = U has orthonormal columns. Singular values below max(n, p) eps s_1 are rounding: their
directions change no prediction of the training rows, and are left out. What is left out is a matter of rows alone, so
this is where the rank of the problem is decided, once.
"""

from typing import Any, Self

import numpy as np
from scipy.linalg import qr, svd

from ..._typing import Matrix
from ._base import Basis

__all__ = ["ColumnBasis"]

_EPS = np.finfo(float).eps
#: smallest singular value, relative to the largest, below which the digits that are left are told
NEARLY_DEPENDENT = 1e-4


class ColumnBasis(Basis):
    """B = (I - N N') S^-1 V diag(s)^-1, with N an orthonormal basis of the directions left out.

    Without its part along N a coefficient is the one of least norm, as LinearRegression has it.

    Parameters
    ----------
    B, inverse : ndarray of shape (p, r) and (r, p)
        The basis and its left inverse.
    left_out : ndarray of shape (p, p - r)
        N.
    condition : float
        s_1 / s_r, of the columns scaled to unit length.
    mean : ndarray of shape (p,)
        What rows are centred by.
    least_norm : bool
        The estimator takes the coefficients of least norm, so that none is left open.
    """

    def __init__(
        self,
        B: np.ndarray,
        inverse: np.ndarray,
        left_out: np.ndarray,
        condition: float,
        mean: np.ndarray,
        least_norm: bool,
    ) -> None:
        self.mean = mean
        self.B, self.inverse, self.left_out = B, inverse, left_out
        self.condition, self.least_norm = condition, least_norm
        self.n_features = B.shape[1]

    @classmethod
    def of(cls, X: np.ndarray, centre: bool, least_norm: bool) -> Self:
        """The basis for rows of positive weight, (n, p)."""
        mean = X.mean(axis=0) if centre else np.zeros(X.shape[1])
        X = X - mean
        scale = np.linalg.norm(X, axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        R = qr(X / scale, mode="r", check_finite=False)[0][: X.shape[1]]
        _, s, Vt = svd(R, check_finite=False)
        kept = int(np.sum(s > max(X.shape) * _EPS * s[0]))
        condition = float(s[0] / s[kept - 1]) if kept else 1.0
        inverse = s[:kept, None] * Vt[:kept] * scale
        B = Vt[:kept].T / s[:kept] / scale[:, None]
        N = qr(Vt[kept:].T / scale[:, None], mode="economic")[0] if kept < X.shape[1] else np.zeros((X.shape[1], 0))
        return cls(B - N @ (N.T @ B), inverse, N, condition, mean, least_norm)

    @property
    def is_needed(self) -> bool:
        """Whether columns depend on each other, nearly or exactly."""
        return self.n_features < len(self.B) or self.condition > 1 / NEARLY_DEPENDENT

    @property
    def note(self) -> str:
        p, r = len(self.B), self.n_features
        digits = max(0, int(-np.log10(_EPS * self.condition)))
        left = f"columns depend on each other to {1 / self.condition:.0e} of their size, which leaves {digits} digits"
        if r == p:
            return left
        told = f"{p - r} of {p} columns are linear combinations of others (rank {r})"
        if not self.least_norm:
            told += ", so that the rows do not determine their coefficients: effects on these are nan"
        return told if self.condition < 1 / NEARLY_DEPENDENT else f"{told}; the other {left}"

    def features(self, X: Matrix) -> np.ndarray:
        return np.asarray(X @ self.B) - self.mean @ self.B

    def expand(self, A: np.ndarray) -> np.ndarray:
        return self.B @ A

    def transposed(self, G: np.ndarray) -> np.ndarray:
        return self.B.T @ G

    def restrict(self, W: np.ndarray) -> np.ndarray:
        return self.inverse @ W

    @property
    def leaves_open(self) -> bool:
        return not self.least_norm and self.left_out.shape[1] > 0

    def undetermined(self, G: np.ndarray) -> Any:
        return np.linalg.norm(self.left_out.T @ G, axis=0) if self.leaves_open else super().undetermined(G)
