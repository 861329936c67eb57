"""Two groups of equal rows: a coefficient is a difference of means, and its best set of k rows is found exactly.

Where the rows of each of two groups are equal and there are two parameters without a penalty, predictions are the
means of the groups, and v'theta = l_1 mean_1 + l_2 mean_2. Of all sets of j rows of one weight, the j lowest raise the
mean of their group most, by

    (sum of mean - y_i over the j lowest) / (n_g - j),

and k rows are split among the two groups in one of k + 1 ways, the best of which is the best of all sets.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from .squares import Squares

__all__ = ["TwoMeans", "two_means"]

#: relative difference of effects that is rounding
ROUNDING = 1e-12


class _Group(NamedTuple):
    """Its rows in the order of their deletion, what each adds to the sum, and f without the first 0, 1, 2, ..."""

    rows: np.ndarray
    pulls: np.ndarray
    gains: np.ndarray


class TwoMeans(NamedTuple):
    """A difference of means.

    Parameters
    ----------
    residuals : ndarray of shape (n,)
        mean - y_i.
    groups : sequence of ndarray of int
        Rows of each group.
    factors : ndarray of shape (2,)
        l.
    """

    residuals: np.ndarray
    groups: list[np.ndarray]
    factors: np.ndarray

    @property
    def most(self) -> int:
        """Rows that leave one in each group."""
        return sum(map(len, self.groups)) - 2

    def best(self, k: int, sign: int) -> tuple[np.ndarray, np.ndarray]:
        """The at most k rows that move f furthest, in the order of their single effects, and f without the first ones.

        Notes
        -----
        A sort of each group, and k sums.
        """
        groups = self._ranked(k, sign)
        sizes = _split(groups, min(k, self.most))
        rows, pulls = (
            np.concatenate([part[:size] for part, size in zip(parts, sizes)])
            for parts in ([group.rows for group in groups], [group.pulls for group in groups])
        )
        order = np.argsort(-pulls, kind="stable")
        taken = np.cumsum(order < sizes[0])
        gains = groups[0].gains[taken] + groups[1].gains[np.arange(1, len(order) + 1) - taken]
        return rows[order], sign * gains

    def fewest(self, change: float, sign: int) -> tuple[int, bool]:
        """The fewest rows whose deletion moves f by more than `change`, or may empty a group, and whether they may."""
        # without rows of a group f is what a convention says
        smallest = min(map(len, self.groups))
        groups, enough, short = self._ranked(smallest, sign), smallest, 0
        while enough - short > 1:
            k = (enough + short) // 2
            sizes = _split(groups, k)
            if sum(group.gains[size] for group, size in zip(groups, sizes)) > change:
                enough = k
            else:
                short = k
        return enough, enough == smallest

    def _ranked(self, k, sign):
        return [_rank(self.residuals, rows, sign * factor, k) for rows, factor in zip(self.groups, self.factors)]


def _rank(residuals, rows, factor, k):
    """The rows that a group loses one after another, k at most."""
    pulls = factor * residuals[rows]
    k = min(k, len(rows) - 1) if factor else 0
    near = np.argpartition(-pulls, k)[:k]
    near = near[np.argsort(-pulls[near], kind="stable")]
    gains = np.append(0.0, pulls[near].cumsum() / (len(rows) - 1.0 - np.arange(k)))
    return _Group(rows[near], pulls[near] / len(rows), gains)


def _split(groups, k):
    """How many of k rows each group loses, fewer where more have no effect."""
    first, second = (group.gains for group in groups)
    low, high = max(0, k + 1 - len(second)), min(k, len(first) - 1)
    if low > high:
        return len(first) - 1, len(second) - 1
    # second[k - j] for j = low, ..., high
    sums = first[low : high + 1] + second[k - high : k - low + 1][::-1]
    j = low + int(np.argmax(sums))
    return tuple(
        # gains never fall
        int(np.searchsorted(gains, (1 - ROUNDING) * gains[size]))
        for gains, size in ((first, j), (second, k - j))
    )


def two_means(squares: Squares) -> TwoMeans | None:
    """The difference of means that a linear function is, None where it is none, in one pass over the rows.

    Parameters
    ----------
    squares : Squares
        Of a problem at its optimum.
    """
    problem = squares.problem
    X, plain = problem.design.X, not (problem.penalty.any() or problem.leaves_open)
    if problem.n_parameters != 2 or sparse.issparse(X) or not plain:
        return None
    present = np.flatnonzero(squares.weights > 0)
    # most columns have a third value among the first rows
    if not _in_two(X[present[:1000]])[1]:
        return None
    second, equal = _in_two(X[present])
    groups = [present[~second], present[second]]
    if not equal or any(not len(rows) or np.ptp(squares.weights[rows]) > 0 for rows in groups):
        return None
    basis = problem.design.basis(np.array([rows[0] for rows in groups]))[:, :, 0]
    if np.linalg.matrix_rank(basis) < 2:
        return None
    return TwoMeans(squares.residuals, groups, np.linalg.solve(basis, squares.v))


def _in_two(X):
    """Which rows differ from the first, and whether these are all equal."""
    second = (X[0] != X).any(axis=1)
    return second, not second.any() or bool((X[second] == X[np.argmax(second)]).all())
