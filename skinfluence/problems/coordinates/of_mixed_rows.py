"""The span of the rows where columns differ much in size, as a Unix time does beside shares.

A kernel adds up squares, of which those of small columns are lost beside large ones. A QR decomposition of the centred
rows does not square, and with columns sorted by size and rows taken by pivots it keeps the digits of each column (Cox
and Higham, Stability of Householder QR factorization for weighted least squares problems, 1998):

    Xc' = Q R,   B = Q,   z = Xc B = R'.
"""

from typing import Self

import numpy as np
from scipy.linalg import qr

from ..._typing import Matrix
from ._base import Basis

__all__ = ["MixedRowBasis", "sizes_differ", "spread_of_sizes"]

_EPS = np.finfo(float).eps
#: largest column over the median one, above which a kernel keeps fewer than ten digits of a thousand rows
MIXED = 100.0


def spread_of_sizes(size: np.ndarray) -> float:
    """The largest size of a column over the median one, constant columns left out."""
    size = size[size > 0]
    return float(size.max() / np.median(size)) if len(size) else 1.0


def sizes_differ(X: np.ndarray) -> bool:
    """Whether some column of rows (n, p) varies much more than half of the others."""
    return spread_of_sizes(X.std(axis=0)) > MIXED


class MixedRowBasis(Basis):
    """An orthonormal basis of the span of dense rows.

    Parameters
    ----------
    B : ndarray of shape (p, r)
        The basis.
    mean : ndarray of shape (p,)
        What rows are centred by; zeros without an intercept.
    """

    def __init__(self, B: np.ndarray, mean: np.ndarray) -> None:
        self.B, self.mean = B, mean
        self.n_features = B.shape[1]

    @classmethod
    def of(cls, X: np.ndarray, centre: bool) -> tuple[Self, np.ndarray]:
        """The basis of the span of some rows, (n, p), and their features, (n, r)."""
        n, p = X.shape
        mean = X.mean(axis=0) if centre else np.zeros(p)
        Xc = X - mean
        size = np.linalg.norm(Xc, axis=0)
        order = np.argsort(-size)
        Q, R, pivots = qr(Xc[:, order].T, mode="economic", pivoting=True, check_finite=False)
        # after k steps the k largest columns are spanned, and rounding is that of the next one
        rank = int(np.sum(np.abs(np.diagonal(R)) > p * _EPS * size[order][: len(R)]))
        # centred rows add up to zero, whatever rounding says
        rank = min(rank, n - centre)
        B, features = np.empty((p, rank)), np.empty((n, rank))
        B[order], features[pivots] = Q[:, :rank], R[:rank].T
        return cls(B, mean), features

    @property
    def note(self) -> str:
        return f"more columns than rows, of very different size: solved in the {self.n_features} dimensions of the rows"

    def features(self, X: Matrix) -> np.ndarray:
        return np.asarray((X - self.mean) @ self.B)

    def expand(self, A: np.ndarray) -> np.ndarray:
        return self.B @ A

    def transposed(self, G: np.ndarray) -> np.ndarray:
        return self.B.T @ G

    def restrict(self, W: np.ndarray) -> np.ndarray:
        # B'B = I
        return self.B.T @ W
