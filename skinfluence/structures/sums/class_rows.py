"""Training rows by class, and what sets of them weigh."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from ..neighbours.sets import Sets

__all__ = ["ClassRows", "only", "take"]


def take(sets: Sets, columns: np.ndarray) -> Sets:
    """Some of the sets, in the order of their `columns`.

    Examples
    --------
    >>> part = take(Sets.of([[4], [1, 2], [3]], 5), np.array([2, 1]))
    >>> part.rows, part.columns
    (array([3, 1, 2]), array([0, 1, 1]))
    """
    place = np.full(len(sets), -1)
    place[columns] = np.arange(len(columns))
    where = place[sets.columns]
    order = np.argsort(where, kind="stable")[np.count_nonzero(where < 0) :]
    return Sets(sets.rows[order], where[order], len(columns))


def only(sets: Sets, mask: np.ndarray) -> Sets:
    """The members that are in a mask (n,) of rows."""
    keep = mask[sets.rows]
    return Sets(sets.rows[keep], sets.columns[keep], len(sets))


@dataclass(frozen=True, eq=False)
class ClassRows:
    """Training rows, their classes and weights.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, p)
    y : ndarray of int, shape (n,)
        Class codes.
    weight : ndarray of shape (n,)
        w.
    n_classes : int
        K.
    """

    X: Any
    y: np.ndarray
    weight: np.ndarray
    n_classes: int

    def __len__(self):
        return len(self.y)

    @cached_property
    def counts(self) -> np.ndarray:
        """Sum of the weights of each class, (K,)."""
        return np.bincount(self.y, weights=self.weight, minlength=self.n_classes)

    @cached_property
    def sizes(self) -> np.ndarray:
        """Number of rows of each class, (K,)."""
        return np.bincount(self.y, minlength=self.n_classes)

    @cached_property
    def weighted_sizes(self) -> np.ndarray:
        """Number of rows with a weight of each class, (K,)."""
        return np.bincount(self.y[self.weight > 0], minlength=self.n_classes)

    @cached_property
    def of_class(self) -> list[np.ndarray]:
        """Positions of the rows of each class."""
        return [np.flatnonzero(self.y == k) for k in range(self.n_classes)]

    def sizes_without(self, sets: Sets, weighted: bool = False) -> np.ndarray:
        """Number of rows, or of those with a weight, of each class without each set: (G, K)."""
        gone = (self.weight[sets.rows] > 0) if weighted else np.ones(len(sets.rows))
        return (self.weighted_sizes if weighted else self.sizes) - self._removed(sets, gone).astype(np.intp)

    def counts_without(self, sets: Sets) -> np.ndarray:
        """Sum of the weights of each class without each set, (G, K): 0, not rounding, where no row with one is left."""
        left = self.counts - self._removed(sets, self.weight[sets.rows])
        return np.where(self.sizes_without(sets, weighted=True) > 0, left, 0.0)

    def _removed(self, sets, values):
        keys = sets.columns * self.n_classes + self.y[sets.rows]
        size = len(sets) * self.n_classes
        return np.bincount(keys, weights=values, minlength=size).reshape(len(sets), self.n_classes)

    def members(self, sets: Sets, feeds: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, Any]:
        """Which of the sets have rows of some kind.

        Parameters
        ----------
        sets : Sets
            G sets.
        feeds : ndarray of bool, shape (n,)
            Rows of that kind.
        weight : ndarray of shape (n,)
            Rows without a weight are left out.

        Returns
        -------
        columns : ndarray of shape (T,)
            Sets that have such rows.
        members : CSR array of shape (T, n)
            In each row the weights of the members of that set.
        """
        keep = (feeds & (weight > 0))[sets.rows]
        rows = sets.rows[keep]
        columns, place = np.unique(sets.columns[keep], return_inverse=True)
        return columns, sparse.csr_array((weight[rows], (place, rows)), shape=(len(columns), len(self)))

    def without(self, rows: np.ndarray) -> "ClassRows":
        """The other rows."""
        keep = np.ones(len(self), dtype=bool)
        keep[rows] = False
        return ClassRows(self.X[keep], self.y[keep], self.weight[keep], self.n_classes)
