"""Weighted sums over the rows of each group: the parameters of a model that is a function of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from ..neighbours.sets import Sets
from .entries import dense

__all__ = ["GroupSums", "moment_names", "powers", "products", "with_ones"]

#: floats in a temporary block of rows
BLOCK_SIZE = 2**20


@dataclass(frozen=True, eq=False)
class GroupSums:
    """sum_i w_i psi(x_i) over the rows of each group.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, p)
    psi : callable
        From rows (b, p) to what is summed, (b, q).
    names : sequence of str
        What the q terms are called.
    groups : ndarray of int, shape (n,)
        Group of each row.
    group_names : sequence of str
    weight : ndarray of shape (n,)
        w.
    """

    X: Any
    psi: Callable
    names: tuple[str, ...]
    groups: np.ndarray
    group_names: tuple[str, ...]
    weight: np.ndarray

    @property
    def parameter_names(self) -> list[str]:
        """Name of each sum, group after group."""
        return [f"{group}: {name}" for group in self.group_names for name in self.names]

    def __len__(self):
        return len(self.names) * len(self.group_names)

    def total(self) -> np.ndarray:
        """The sums, (P,)."""
        total = np.zeros((len(self.group_names), len(self.names)))
        for block in self._blocks(len(self.groups)):
            total += self._summed(np.arange(len(self.groups))[block], self.groups[block], len(total))
        return total.ravel()

    def removed(self, sets: Sets) -> np.ndarray:
        """What the rows of each set add, (P, G)."""
        n_groups, G = len(self.group_names), len(sets)
        removed = np.zeros((n_groups * G, len(self.names)))
        for block in self._blocks(len(sets.rows)):
            rows = sets.rows[block]
            removed += self._summed(rows, self.groups[rows] * G + sets.columns[block], len(removed))
        return removed.reshape(n_groups, G, len(self.names)).swapaxes(1, 2).reshape(len(self), G)

    def along(self, U: np.ndarray) -> np.ndarray:
        """Inner products of what each row adds with the columns of U: (n, a) from (P, a)."""
        U = U.reshape(len(self.group_names), len(self.names), -1)
        products = np.empty((len(self.groups), U.shape[2]))
        for group, columns in enumerate(U):
            members = np.flatnonzero(self.groups == group)
            for block in self._blocks(len(members)):
                products[members[block]] = self.psi(self.X[members[block]]) @ columns
        return self.weight[:, None] * products

    def _blocks(self, n_rows):
        size = max(1, BLOCK_SIZE // len(self.names))
        return [slice(start, start + size) for start in range(0, n_rows, size)]

    def _summed(self, rows, places, n_places):
        """Sums of what some rows add over those of one place, (n_places, q)."""
        where = sparse.csr_array((self.weight[rows], (places, np.arange(len(rows)))), shape=(n_places, len(rows)))
        return dense(where @ self.psi(self.X[rows]))


def with_ones(X: Any) -> Any:
    """1 and x."""
    ones = np.ones((X.shape[0], 1))
    return sparse.hstack([ones, X], format="csr") if sparse.issparse(X) else np.hstack([ones, X])


def powers(X: np.ndarray) -> np.ndarray:
    """1, x and x^2."""
    return np.hstack([np.ones((len(X), 1)), X, X**2])


def products(X: np.ndarray) -> np.ndarray:
    """1, x and the products x_j x_l, j <= l."""
    one, other = np.triu_indices(X.shape[1])
    return np.hstack([np.ones((len(X), 1)), X, X[:, one] * X[:, other]])


def moment_names(features: tuple[str, ...]) -> tuple[str, ...]:
    """Names of these."""
    one, other = np.triu_indices(len(features))
    return ("count", *features, *(f"{features[j]} x {features[k]}" for j, k in zip(one, other)))
