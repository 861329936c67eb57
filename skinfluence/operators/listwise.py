"""The Hessian of a listwise ranking loss under a linear predictor, in products that form no query's K x K block."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy import sparse

from .design import Design

__all__ = ["ListwiseCurvature"]


@dataclass(frozen=True, eq=False)
class ListwiseCurvature:
    """H = sum_q E_q' M_q E_q + diag(D) with M_q = diag(g) - sum_j d_j e_j e_j', e_j being e without the items before j.

    With t_l the position of item l in the list of q, (M_q)_lm = g_l 1[l = m] - e_l e_m sum_{j <= min(t_l, t_m)} d_j:
    a product is one cumulative sum up the list and one down, n (K p + k) for one column.

    Parameters
    ----------
    design : Design
        The queries' linear maps E_q; one output for each item.
    totals : ndarray of shape (n, K)
        g, query weights included.
    scores : ndarray of shape (n, K)
        e, 0 for absent items.
    steps : ndarray of shape (n, k)
        d, query weights included; 0 where a list has ended, or its item is absent.
    lists : ndarray of int, shape (n, k)
        The items in order, filled up with -1.
    diagonal : ndarray of shape (P,)
        D, non-negative.
    null_directions : ndarray of shape (P, r)
        Orthonormal directions in which H is known to vanish.

    Examples
    --------
    One query, x = 1, three equal items, the first place given: p = 1/3 each, H = diag(p) - p p'.

    >>> import numpy as np
    >>> design = Design(np.ones((1, 1)), n_outputs=3, intercept=False)
    >>> p = np.full((1, 3), 1 / 3)
    >>> H = ListwiseCurvature(design, p, p, np.ones((1, 1)), np.array([[0]]), np.zeros(3), np.ones((3, 1)) / 3**0.5)
    >>> 9 * H.dense()
    array([[ 2., -1., -1.],
           [-1.,  2., -1.],
           [-1., -1.,  2.]])
    """

    design: Design
    totals: np.ndarray
    scores: np.ndarray
    steps: np.ndarray
    lists: np.ndarray
    diagonal: np.ndarray
    null_directions: np.ndarray
    active = None
    has_dual = has_single = False

    @property
    def n_parameters(self) -> int:
        """P = K (p + intercept)."""
        return len(self.diagonal)

    def damped(self, damping: float) -> Self:
        """H plus `damping` times its mean eigenvalue on the diagonal."""
        if not damping:
            return self
        return replace(self, diagonal=self.diagonal + damping * self.mean_eigenvalue())

    def mean_eigenvalue(self) -> float:
        """trace(H) / P."""
        return self.main_diagonal().mean()

    def main_diagonal(self) -> np.ndarray:
        """The diagonal of H, (P,), without forming H."""
        own = self.totals - self.scores**2 * self._until(np.cumsum(self.steps, axis=1))
        X = self.design.X
        squares = X.multiply(X) if sparse.issparse(X) else X**2
        diagonal = np.asarray(squares.T @ own).T.ravel()
        return (np.append(diagonal, own.sum(axis=0)) if self.design.intercept else diagonal) + self.diagonal

    @property
    def n_rows(self) -> int:
        """Number of queries, n."""
        return self.design.n_rows

    def batch(self, rows: np.ndarray) -> Self:
        """H with the queries' part estimated from some of them, repetitions included."""
        scale = self.n_rows / len(rows)
        return replace(
            self,
            design=self.design.with_rows(self.design.X[rows]),
            totals=scale * self.totals[rows],
            scores=self.scores[rows],
            steps=scale * self.steps[rows],
            lists=self.lists[rows],
        )

    def relative_change(self, other: Self) -> float:
        """Largest difference of the queries' diagonals from those elsewhere, relative to the largest."""
        return np.max(np.abs(other.totals - self.totals), initial=0) / max(np.max(self.totals, initial=0), 1e-300)

    def matvec(self, V: np.ndarray) -> np.ndarray:
        """H V for V of shape (P, B)."""
        # column by column: a column's (n, K) arrays are the largest that there need be
        columns = [self._product(v[:, None]) for v in V.T]
        return np.concatenate(columns, axis=1) + self.diagonal[:, None] * V

    def _product(self, v):
        raw = self.design.raw(v)[:, :, 0]
        shares = self.scores * raw
        # what is left at place j: the items outside the list, and those from j on
        listed = np.where(self.lists >= 0, np.take_along_axis(shares, np.maximum(self.lists, 0), axis=1), 0)
        left = self._outside(shares).sum(axis=1)[:, None] + np.cumsum(listed[:, ::-1], axis=1)[:, ::-1]
        pulled = self.totals * raw - self.scores * self._until(np.cumsum(self.steps * left, axis=1))
        return self.design.vjp(pulled[:, :, None])

    def _outside(self, values):
        """`values` (n, K) with those of listed items set to 0."""
        rows, places = np.nonzero(self.lists >= 0)
        outside = values.copy()
        outside[rows, self.lists[rows, places]] = 0
        return outside

    def _until(self, sums):
        """Running sums (n, k) along the lists for each item, (n, K): as far as its own place, or to the end."""
        rows, places = np.nonzero(self.lists >= 0)
        until = np.repeat(sums[:, -1:], self.design.n_outputs, axis=1)
        until[rows, self.lists[rows, places]] = sums[rows, places]
        return until

    def dense(self) -> np.ndarray:
        """H as a (P, P) array; n K^2 p^2 multiplications, n K numbers beside H."""
        design, K = self.design, self.design.n_outputs
        X = design.X.toarray() if sparse.issparse(design.X) else design.X
        X = np.column_stack([X, np.ones(len(X))]) if design.intercept else X
        H = np.empty((K, X.shape[1], K, X.shape[1]))
        sums, item = np.cumsum(self.steps, axis=1), np.arange(K)
        pairs = [(a, b, X[:, a] * X[:, b]) for a, b in zip(*np.triu_indices(X.shape[1]))]
        outside = self._outside(self.scores)
        for a, b, pair in pairs:
            # items outside the list are drawn from to its end
            H[:, a, :, b] = outside.T @ (-(pair * sums[:, -1])[:, None] * outside)
            H[item, a, item, b] += pair @ self.totals
        self._add_listed(H, pairs, sums)
        for a, b, _ in pairs:
            H[:, b, :, a] = H[:, a, :, b]
        # from item by item to coefficients, then intercepts
        order = np.arange(self.n_parameters).reshape(K, -1)
        order = np.append(order[:, : design.X.shape[1]], order[:, design.X.shape[1] :])
        H = H.reshape(self.n_parameters, -1)[np.ix_(order, order)]
        H[np.diag_indices_from(H)] += self.diagonal
        return H

    def _add_listed(self, H, pairs, sums):
        """Pairs of items of which the first to have a place has the place j, for one j after the other."""
        K, later = self.design.n_outputs, self.scores.copy()
        item = np.arange(K)
        for place in range(self.lists.shape[1]):
            rows = np.flatnonzero(self.lists[:, place] >= 0)
            items = self.lists[rows, place]
            own = self.scores[rows, items]
            later[rows, items] = 0
            for a, b, pair in pairs:
                weight = -pair[rows] * own * sums[rows, place]
                block = sparse.csr_array((weight, (items, rows)), shape=(K, len(pair))) @ later
                H[:, a, :, b] += block + block.T
                H[item, a, item, b] += np.bincount(items, weight * own, K)
