"""Ridges of Cox regressions: D in beta' diag(D) beta / 2, and what becomes of it when a row leaves.

scikit-survival's alpha does not look at the rows. lifelines penalises standardised covariates and counts rows,
D_j = n c_j s_j^2 with s_j the standard deviation (n - 1 in the denominator, no weights) of the rows that are there.
"""

from dataclasses import dataclass

import numpy as np

from ..._typing import RowIndex
from ..removals import Removals

__all__ = ["FixedRidge", "StandardizedRidge"]


@dataclass(frozen=True, eq=False)
class FixedRidge:
    """D whoever is there.

    Parameters
    ----------
    alpha : ndarray of shape (p,)
        D.
    """

    alpha: np.ndarray

    def diagonal(self, present: np.ndarray | None = None, removals: Removals | None = None) -> np.ndarray:
        """D, shape (p, 1)."""
        return self.alpha[:, None]

    def shares(self, rows: RowIndex, present: np.ndarray | None = None, *, finite: bool) -> np.ndarray | None:
        """What each row adds to D, (b, p): nothing."""
        return np.zeros((len(np.arange(present.size)[rows]), len(self.alpha)))


@dataclass(frozen=True, eq=False)
class StandardizedRidge:
    """D_j = n c_j s_j^2 of the rows present.

    Parameters
    ----------
    scale : ndarray of shape (p,)
        c.
    X : ndarray of shape (n, p)
        Covariates; s^2 is that of their columns.

    Examples
    --------
    >>> ridge = StandardizedRidge(np.array([0.5]), np.array([[0.0], [1.0], [5.0]]))
    >>> ridge.diagonal(np.ones(3, dtype=bool))                # 3 / 2 times the variance 7
    array([[10.5]])
    >>> ridge.shares(slice(2, 3), np.ones(3, dtype=bool), finite=True)  # without the 5 it is 2 / 2 times 1 / 2
    array([[10.]])
    """

    scale: np.ndarray
    X: np.ndarray

    def diagonal(self, present: np.ndarray, removals: Removals | None = None) -> np.ndarray:
        """D, shape (p, 1), or (p, B) with the rows of each removal gone."""
        n, mean, squares = self._moments(present)
        if removals is None:
            return self._diagonal(n, squares[:, None])
        gone = removals.membership(len(present))
        centred = np.where(present[:, None], self.X - mean, 0)
        left = n - removals.total(present.astype(float))
        # sum of squares about the mean of those that stay
        squares = squares[:, None] - (gone.T @ centred**2).T - (gone.T @ centred).T ** 2 / left
        return self._diagonal(left, squares)

    def _diagonal(self, n, squares):
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(n > 1, self.scale[:, None] * n / (n - 1) * squares, 0.0)

    def shares(self, rows: RowIndex, present: np.ndarray, *, finite: bool) -> np.ndarray | None:
        """What each row adds to D, (b, p): all of it where finite, else the derivative in the row's presence.

        D - D without i = c_j (n (x_ij - mean_j)^2 - s_j^2) / (n - 2);   n - 1 in place of n - 2 for the derivative
        """
        n, mean, squares = self._moments(present)
        added = n * (self.X[rows] - mean) ** 2 - squares / (n - 1)
        return self.scale * added / (n - 2 if finite else n - 1) * present[rows, None]

    def _moments(self, present):
        there = self.X[present]
        mean = there.mean(axis=0)
        return len(there), mean, ((there - mean) ** 2).sum(axis=0)
