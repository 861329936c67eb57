"""S_i = E_i H^-1 E_i' of all rows of several outputs, from the blocks of H^-1 that belong to pairs of outputs."""

from collections.abc import Iterator
from itertools import combinations_with_replacement

import numpy as np
from scipy.linalg.blas import dsymm, dsyr2k, dtrmm
from scipy.linalg.lapack import dpotri

from ..operators import Design

__all__ = ["OutputPairs"]

#: rows at once: enough for BLAS to share the product of a pair, and few enough for the cache
ROWS_AT_ONCE = 512


class OutputPairs:
    """The quadratic forms S_i[k, l] = [x_i, 1] A_kl [x_i, 1]', with A_kl the block of H^-1 of outputs k and l.

    One product with a triangle for each of the K (K + 1) / 2 pairs, n p^2 multiplications, where a solve for each row
    and output takes n K (K p)^2 in all: 2 K times as many. Once H^-1, 2 P^3 / 3.

    Parameters
    ----------
    R : ndarray of shape (P, P)
        Upper triangular, H = R'R.
    null : ndarray of shape (P, r)
        Directions to project out.
    design : Design
        Of dense rows.
    """

    def __init__(self, R: np.ndarray, null: np.ndarray, design: Design) -> None:
        self.design = design
        K, p = design.n_outputs, design.X.shape[1]
        A = _projected_inverse(R, null)
        self.pairs = list(combinations_with_replacement(range(K), 2))
        own = [slice(k * p, (k + 1) * p) for k in range(K)]
        # x'Bx = x'Tx, T the upper triangle of B + B' with the diagonal of B; of A the upper triangle is there
        self.triangles = [_triangle(A[own[k], own[j]], k == j) for k, j in self.pairs]
        self.linear, self.constant = np.zeros((p, len(self.pairs))), np.zeros(len(self.pairs))
        if design.intercept:
            for pair, (k, j) in enumerate(self.pairs):
                self.linear[:, pair] = A[own[k], K * p + j] + A[own[j], K * p + k]
                self.constant[pair] = A[K * p + k, K * p + j]

    def of_rows(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Rows, and their S_i of shape (b, K, K)."""
        X, K = self.design.X, self.design.n_outputs
        for start in range(0, len(X), ROWS_AT_ONCE):
            rows = slice(start, min(start + ROWS_AT_ONCE, len(X)))
            x = np.ascontiguousarray(X[rows])
            forms, S = x @ self.linear + self.constant, np.empty((len(x), K, K))
            for pair, (k, j) in enumerate(self.pairs):
                product = dtrmm(1.0, self.triangles[pair], x.T, trans_a=1).T
                S[:, k, j] = S[:, j, k] = forms[:, pair] + np.einsum("bp,bp->b", product, x)
            yield rows, S


def _projected_inverse(R, null):
    """(I - N N') H^-1 (I - N N'), the upper triangle."""
    A, _ = dpotri(R)
    if not null.shape[1]:
        return A
    # A - N W' - W N' with W = A N - N (N'A N) / 2
    AN = dsymm(1.0, A, null)
    W = AN - null @ (null.T @ AN) / 2
    return dsyr2k(-1.0, null, W, beta=1.0, c=A, overwrite_c=1)


def _triangle(B, symmetric):
    T = np.triu(B, 1) if symmetric else np.triu(B, 1) + np.tril(B, -1).T
    T *= 1 + symmetric
    np.fill_diagonal(T, np.diagonal(B))
    return np.asfortranarray(T)
