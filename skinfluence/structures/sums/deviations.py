"""Deviations of rows from the means of their classes, and covariances without sets of them.

Without s of the W rows of a class, d_i their deviations from its mean and W' = W - s,

    scatter' = scatter - sum_i d_i d_i' - (sum_i d_i)(sum_i d_i)' / W' = scatter - sum_i v_i v_i',
    v_i = d_i + kappa sum_l d_l,  kappa = (sqrt(1 + s / W') - 1) / s

so that an inverse that is known for the scatter is one of low rank away from those of all deletions.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from ..neighbours.sets import Sets
from .class_rows import ClassRows

__all__ = ["ANSWER_NUMBERS", "BLOCK_SIZE", "ROOM", "Basis", "Deviations", "low_rank"]

#: floats in a block of training rows times evaluation rows, and for one evaluation row of it
BLOCK_SIZE = 2**20
ANSWER_NUMBERS = 2**10
#: smallest eigenvalue of what is left of a covariance, in units of it, below which a version is computed from its rows
ROOM = 1e-4


@dataclass(frozen=True, eq=False)
class Basis:
    """Eigenvectors, as columns, and eigenvalues of a scatter matrix, features in units of `scale`."""

    scale: np.ndarray
    vectors: np.ndarray
    values: np.ndarray

    def __call__(self, X):
        """Coordinates of vectors (..., p)."""
        return (X / self.scale) @ self.vectors


@dataclass(frozen=True, eq=False)
class Deviations:
    """Deviations of the rows from the means of their classes.

    Parameters
    ----------
    rows : ClassRows
        Dense, each of weight 1.
    """

    rows: ClassRows

    @cached_property
    def means(self) -> np.ndarray:
        """Means of the classes, (K, p)."""
        return np.array([self.rows.X[members].mean(axis=0) for members in self.rows.of_class])

    @cached_property
    def values(self) -> np.ndarray:
        """x_i less the mean of its class, (n, p): 0 where that is rounding, so that constant features have none."""
        means = self.means[self.rows.y]
        values = self.rows.X - means
        values[np.abs(values) <= 4 * np.sqrt(len(values)) * np.finfo(float).eps * np.abs(means)] = 0.0
        return values

    @cached_property
    def triangles(self) -> list[Any]:
        """R with R'R the scatter of each class."""
        return [np.linalg.qr(self.values[members], mode="r") for members in self.rows.of_class]

    def basis(self, factors: np.ndarray, scale: np.ndarray) -> Basis:
        """That of sum_k factor_k scatter_k, by its root: accurate also for eigenvalues that are small."""
        p = len(scale)
        root = np.vstack([np.sqrt(f) * R for f, R in zip(factors, self.triangles)] + [np.zeros((p, p))])
        _, singular, vectors = np.linalg.svd(root / scale, full_matrices=False)
        return Basis(scale, vectors.T, singular**2)

    def sums(self, sets: Sets) -> np.ndarray:
        """Sums of the deviations of the deleted rows of each class, (G, K, p)."""
        K, places = self.rows.n_classes, np.arange(len(sets.rows))
        keys = sets.columns * K + self.rows.y[sets.rows]
        where = sparse.csr_array((np.ones(len(places)), (keys, places)), shape=(len(sets) * K, len(places)))
        return (where @ self.values[sets.rows]).reshape(len(sets), K, self.values.shape[1])

    def vectors(self, sets: Sets, factors: np.ndarray) -> np.ndarray:
        """v_i times the root of the factor (G, K) of its class, zeros behind those of smaller sets: (G, s, p)."""
        y, columns, sizes = self.rows.y[sets.rows], sets.columns, sets.sizes
        left = self.rows.sizes_without(sets)
        gone = self.rows.sizes - left
        with np.errstate(divide="ignore", invalid="ignore"):
            kappa = (np.sqrt(1 + gone / left) - 1) / gone
            own = self.values[sets.rows] + kappa[columns, y, None] * self.sums(sets)[columns, y]
        vectors = np.zeros((len(sets), sizes.max(initial=0), self.rows.X.shape[1]))
        place = np.arange(len(columns)) - (np.cumsum(sizes) - sizes)[columns]
        vectors[columns, place] = np.sqrt(factors)[columns, y, None] * own
        return vectors


def low_rank(V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """F and eigenvalues l of V'V with (I - V'V)^-1 = I + F'F, by the smaller of V'V and VV'.

    Parameters
    ----------
    V : ndarray of shape (G, s, p)

    Returns
    -------
    F : ndarray of shape (G, r, p)
        r = min(s, p); not finite where an eigenvalue is 1 or more.
    eigenvalues : ndarray of shape (G, r)

    Examples
    --------
    >>> F, eigenvalues = low_rank(np.array([[[0.6, 0.0]]]))
    >>> F, eigenvalues                                              # 1 / (1 - 0.36) = 1 + 0.75^2
    (array([[[0.75, 0.  ]]]), array([[0.36]]))
    """
    turned = V.swapaxes(1, 2)
    few = V.shape[1] <= V.shape[2]
    values, vectors = np.linalg.eigh(V @ turned if few else turned @ V)
    values = np.maximum(values, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        if few:
            return vectors.swapaxes(1, 2) @ V / np.sqrt(1 - values)[:, :, None], values
        return vectors.swapaxes(1, 2) * np.sqrt(values / (1 - values))[:, :, None], values
