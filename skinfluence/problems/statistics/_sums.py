"""What each row adds to sums over the rows, without forming the (n, P) array."""

from dataclasses import dataclass

import numpy as np

from ..._memory import BLOCK_SIZE

__all__ = ["SumTerms", "Sums"]


@dataclass(frozen=True, eq=False)
class Sums:
    """sum_i w_i psi(z_i) over the rows of each group.

    Parameters
    ----------
    psi : callable
        From rows (b, p) to what is summed, (b, q).
    n_terms : int
        q.
    groups : ndarray of int, shape (n,)
        Group of each row.
    n_groups : int
        G.
    weight : ndarray of shape (n,)
        w_i.
    """

    psi: object
    n_terms: int
    groups: np.ndarray
    n_groups: int
    weight: np.ndarray

    @property
    def size(self):
        """How many sums there are, G q."""
        return self.n_groups * self.n_terms

    def columns(self, Z, rows):
        """What each of some rows adds, (G q, b)."""
        own = self.weight[rows, None] * self.psi(Z[rows])
        columns = np.zeros((len(own), self.n_groups, self.n_terms))
        columns[np.arange(len(own)), self.groups[rows]] = own
        return columns.reshape(len(own), -1).T

    def total(self, Z, rows, transform):
        """What some rows add, once transformed, all together: (G q,)."""
        psi, groups, weight = transform(self.psi(Z[rows])), self.groups[rows], self.weight[rows]
        total = np.zeros((self.n_groups, self.n_terms))
        for group in np.unique(groups):
            members = groups == group
            total[group] = weight[members] @ psi[members]
        return total.ravel()

    def along(self, Z, rows, U):
        """Inner products of what each of some rows adds with the columns of U: (b, B) from (G q, B)."""
        psi, groups, U = self.psi(Z[rows]), self.groups[rows], U.reshape(self.n_groups, self.n_terms, -1)
        products = np.empty((len(psi), U.shape[2]))
        for group in np.unique(groups):
            members = groups == group
            products[members] = psi[members] @ U[group]
        return self.weight[rows, None] * products


@dataclass(frozen=True, eq=False)
class SumTerms:
    """sign t_i, with t_i what row i adds to several sums.

    Parameters
    ----------
    sums : tuple of Sums
        One after the other.
    Z : ndarray of shape (n, p)
        The rows.
    sign : float
        A common factor.
    """

    sums: tuple
    Z: np.ndarray
    sign: float = 1.0

    def _blocks(self):
        size = max(1, BLOCK_SIZE // max(each.n_terms for each in self.sums))
        return [slice(start, start + size) for start in range(0, len(self.Z), size)]

    def along(self, U):
        """Inner products with the columns of U: (n, B) from (P, B)."""
        parts = np.split(U, np.cumsum([each.size for each in self.sums])[:-1])
        pairs = list(zip(self.sums, parts, strict=True))
        rows = [sum(each.along(self.Z, block, part) for each, part in pairs) for block in self._blocks()]
        return self.sign * np.concatenate(rows)

    def columns(self, rows):
        """The rows' vectors as columns, (P, b)."""
        return self.sign * np.concatenate([each.columns(self.Z, rows) for each in self.sums])

    def total(self, transform=np.asarray):
        """Sum over the rows, (P,), of what each adds, once transformed."""
        totals = (sum(each.total(self.Z, block, transform) for block in self._blocks()) for each in self.sums)
        return self.sign * np.concatenate(list(totals))
