"""Kernel machines with support vectors, on the support set of the fit.

Predictions are f(x) = sum_j beta_j k(x_j, x) + b over the support vectors. Those at their bound keep beta_j = +-C_j;
the others, the free ones, lie on the margin, f(x_j) = t_j; and sum_j beta_j = 0. While every row stays what it is, that
is one linear system for the free coefficients and b:

    [K_FF 1] [beta_F]   [t_F - K_FB beta_B]
    [1'   0] [  b   ] = [   -1' beta_B    ]

Deleting a bounded vector takes its beta off the right-hand side, deleting a free one its row and its column; deleting
any other row changes nothing, unless class weights are balanced anew. The parameters are beta and b, the optimum of
half their squared distance from the system's solution for the rows that are there.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..losses import Loss
from ..operators import IdentityCurvature
from ._base import Problem, spread_ranks
from .removals import Removals
from .weighting import BalancedWeights

__all__ = ["SupportVectorProblem"]

#: in units of the margin, or of a bound: how far a row may be on the wrong side by rounding
ROUNDING = 1e-7


@dataclass(frozen=True, eq=False)
class SupportVectorProblem(Problem):
    """A support vector machine on its training rows.

    Parameters
    ----------
    kernel : callable
        From rows (m, p) and support vectors (S, p) to (m, S).
    X : ndarray or CSR matrix of shape (n, p)
        Training rows.
    y : ndarray of shape (n,)
        Labels as the loss takes them.
    loss : Loss
        With ``excess``, by how much a row is beyond the margin.
    sample_weight : ndarray of shape (n,)
        Weights of the rows, without class weights.
    support : ndarray of int, shape (S,)
        Positions of the support vectors.
    free : ndarray of bool, shape (S,)
        Those between their bounds.
    margins : ndarray of shape (S,)
        t_j, what f is at a free one.
    bounds : ndarray of shape (S,)
        +-C_j with their sign, without balanced class weights.
    theta : ndarray of shape (S + 1,)
        beta, then b.
    balance : BalancedWeights or None
        ``class_weight="balanced"``.
    deleted : frozenset of int
        Rows that are gone.
    """

    kernel: object
    X: object
    y: np.ndarray
    loss: Loss
    sample_weight: np.ndarray
    support: np.ndarray
    unbound: np.ndarray
    margins: np.ndarray
    bounds: np.ndarray
    theta: np.ndarray
    balance: BalancedWeights | None = None
    deleted: frozenset = frozenset()

    fixed_curvature = True
    null_directions = None
    counts_rows = False

    @property
    def n_rows(self):
        """Number of training rows, deleted ones included."""
        return len(self.y)

    @property
    def parameter_names(self):
        """The row of each coefficient, and the intercept."""
        return [f"row {row}" for row in self.support] + ["intercept"]

    def at(self, theta):
        """The same support set, at other parameters."""
        return replace(self, theta=theta)

    def without(self, rows):
        """The machine without some rows, on the support set of all."""
        rows = np.asarray(rows)
        balance = None if self.balance is None else self.balance.without(rows)
        return replace(self, deleted=self.deleted | set(rows.tolist()), balance=balance)

    # ------------------------------------------------------------------ predictions

    @cached_property
    def _vectors(self):
        return self.X[self.support]

    def _features(self, X):
        """d f / d theta, (m, S + 1)."""
        return np.hstack([self.kernel(X, self._vectors), np.ones((X.shape[0], 1))])

    def raw(self, X, theta=None):
        """f of rows X: (m, 1) at theta (P,), (m, 1, B) at candidates (P, B)."""
        return (self._features(X) @ (self.theta if theta is None else theta))[:, None]

    def raw_vjp(self, X, cotangents):
        """Gradient in theta of sum_j c_j . raw_j: (P, B) from (m, 1, B)."""
        return self._features(X).T @ cotangents[:, 0]

    def raw_basis(self, X):
        """d raw_j / d theta of rows X as columns, (P, m, 1)."""
        return self._features(X).T[:, :, None]

    # ------------------------------------------------------------------ the system

    @cached_property
    def gram(self):
        """Kernel of the support vectors, (S, S)."""
        return self.kernel(self._vectors, self._vectors)

    @cached_property
    def _here(self):
        return ~np.isin(self.support, list(self.deleted))

    def _bounded(self, removals=None):
        """beta of the support vectors at a bound, 0 for the others: (S, 1), or (S, B) under removals."""
        bounds = np.where(self.unbound | ~self._here, 0.0, self.bounds)[:, None]
        if self.balance is not None:
            factors = self.balance.factors(removals)
            factors = factors if factors.ndim == 2 else factors[:, None]
            bounds = bounds * factors[self.balance.codes[self.support]]
        if removals is None:
            return bounds
        bounds = np.repeat(bounds, removals.n_columns // bounds.shape[1], axis=1)
        bounds[(self.support[:, None] == removals.rows)] = 0.0
        return bounds

    @cached_property
    def _inverse(self):
        """Positions of the free vectors that are there, and the inverse of their system."""
        free = np.flatnonzero(self.unbound & self._here)
        bordered = np.ones((len(free) + 1, len(free) + 1))
        bordered[:-1, :-1], bordered[-1, -1] = self.gram[np.ix_(free, free)], 0.0
        try:
            return free, np.linalg.inv(bordered)
        except np.linalg.LinAlgError:  # no free vector, or dependent ones
            return free, np.full_like(bordered, np.nan)

    def condition(self):
        """Condition number of the system, infinite where there is no free vector."""
        free, inverse = self._inverse
        if not np.isfinite(inverse).all():
            return np.inf
        size = np.abs(self.gram[np.ix_(free, free)]).sum(axis=1).max() + 1
        return float(size * np.abs(inverse).sum(axis=1).max())

    def _solutions(self, bounded):
        """beta and b, (P, B), at coefficients (S, B) of the bounded vectors."""
        free, inverse = self._inverse
        right = np.vstack([self.margins[free, None] - self.gram[free] @ bounded, -bounded.sum(axis=0)[None]])
        solved = inverse @ right
        beta = bounded.copy()
        beta[free] = solved[:-1]
        return np.vstack([beta, solved[-1:]])

    @cached_property
    def optimum(self):
        """beta and b of the rows that are there, (P,)."""
        return self._solutions(self._bounded())[:, 0]

    def _without_each(self, rows):
        """beta and b without each of some rows, (P, b): a free vector goes by a multiplier on its equation."""
        removals = Removals.single(rows)
        answers = self._solutions(self._bounded(removals))
        free, inverse = self._inverse
        place, column = np.nonzero(self.support[free][:, None] == rows)
        diagonal = inverse[place, place]
        # the only free vector: nothing determines b without it
        lonely = np.abs(diagonal) <= 1e-12 * np.abs(inverse).max()
        steps = -inverse[:, place] * (answers[free[place], column] / np.where(lonely, np.nan, diagonal))
        answers[np.ix_(np.append(free, len(self.support)), column)] += steps
        answers[free[place], column] = np.where(lonely, np.nan, 0.0)
        return answers

    # ------------------------------------------------------------------ the objective

    def gradient(self, theta=None, removals=None):
        """theta less the solution: (P,), or (P, B) at candidates each under its own removal."""
        theta = self.theta if theta is None else theta
        if removals is None:
            return theta - (self.optimum if theta.ndim == 1 else self.optimum[:, None])
        sets = [removals.rows[removals.columns == column] for column in range(removals.n_columns)]
        return theta - np.column_stack([self.without(rows).optimum for rows in sets])

    def gradient_scale(self):
        """Size of the coefficients; of the intercept and the margins."""
        beta, b = self.optimum[:-1], self.optimum[-1]
        return np.append(np.full(len(beta), np.abs(beta).max()), np.abs(self.margins).max() + np.abs(b))

    def curvature(self):
        """The identity."""
        n_free = np.sum(self.unbound & self._here)
        return IdentityCurvature(len(self.theta), what=f"one linear system for {n_free} free support vectors")

    def removal_terms(self):
        """What each deletion adds to beta and b."""
        return _SupportTerms(self)

    def weight_terms(self):
        """d gradient / d sample_weight_i: a bound moves with the weight of its row, a margin does not."""
        return _SupportTerms(self, weighing=True)

    def _weighed(self, rows):
        """Minus the derivative of beta and b in the weight of each of some rows, (P, b)."""
        own = (self.support[:, None] == rows) * self._bounded()
        bounded = own / self.sample_weight[self.support][:, None]
        return self.optimum[:, None] - self._solutions(self._bounded() + bounded)

    def wrongly_active(self, columns, removals=None):
        """Which free coefficients are not between their bounds, (P, B) of bool."""
        inside = columns[:-1] * np.sign(self.bounds)[:, None]
        size = np.abs(self.bounds)[:, None]
        if self.balance is not None:
            factors = self.balance.factors(removals)
            factors = factors if factors.ndim == 2 else factors[:, None]
            size = size * factors[self.balance.codes[self.support]]
        outside = self.unbound[:, None] & ((inside < -ROUNDING * size) | (inside > (1 + ROUNDING) * size))
        return np.vstack([outside, np.zeros((1, columns.shape[1]), dtype=bool)])

    def changes_set(self, columns, rows):
        """Whether rows would join, leave or change sides at candidates (P, B), each without one row: (B,) of bool."""
        excess = self.loss.excess(self.raw(self.X, columns), self.y)[:, 0]
        idle = self.sample_weight > 0
        idle[self.support] = False
        bounded = np.zeros(self.n_rows, dtype=bool)
        bounded[self.support[~self.unbound]] = True
        wrong = (idle[:, None] & (excess > ROUNDING)) | (bounded[:, None] & (excess < -ROUNDING))
        wrong[rows, np.arange(len(rows))] = False
        outside = self.wrongly_active(columns, Removals.single(rows))[:-1]
        outside &= self.support[:, None] != rows
        return wrong.any(axis=0) | outside.any(axis=0)

    def support_changes(self, size=256):
        """How many deletions of support vectors would change the support set, of how many looked at."""
        rows = self.support[spread_ranks(len(self.support), size)]
        return int(self.changes_set(self._without_each(rows), rows).sum()), len(rows)

    def own_changes(self, rows, changes, moved):
        """Change of each row's own (unweighted) loss as the parameters move by its column: (b,) from (P, b)."""
        y, raw = self.y[rows], self.raw(self.X[rows])
        change = np.einsum("bp,pb->b", self._features(self.X[rows]), changes)[:, None]
        if moved:
            return self.loss.value(raw + change, y) - self.loss.value(raw, y)
        return (self.loss.gradient(raw, y) * change)[:, 0]


class _SupportTerms:
    """theta without row i, less theta, for all rows; or what the weight of the row does to the gradient."""

    def __init__(self, problem, weighing=False):
        self.problem, self.weighing = problem, weighing

    def columns(self, rows):
        """The rows' changes as columns, (P, b)."""
        problem = self.problem
        rows = np.arange(problem.n_rows)[rows]
        if self.weighing:
            return problem._weighed(rows)
        columns = np.zeros((len(problem.theta), len(rows)))
        moving = np.isin(rows, problem.support) if problem.balance is None else np.ones(len(rows), dtype=bool)
        columns[:, moving] = problem._without_each(rows[moving]) - problem.optimum[:, None]
        return columns

    def along(self, U):
        """Inner products with the columns of U: (n, B) from (P, B)."""
        size = max(1, 2**22 // len(U))
        starts = range(0, self.problem.n_rows, size)
        return np.concatenate([self.columns(slice(start, start + size)).T @ U for start in starts])
