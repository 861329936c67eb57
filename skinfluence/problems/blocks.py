"""A linear problem whose rows are elsewhere, in blocks: every sum over rows is a sum over blocks.

    grad F = sum_b (grad F_b) + c grad pen,      H = sum_b H_b + c P,      c = 1 or sum_b sum_i s_i

One pass over the blocks gives both sums at given parameters, so that P^2 numbers and one block are all that memory has
to hold. What a row contributes is asked of its block, which is a problem of its own with the few facts of all rows that
it cannot know: masses of classes and, for balanced weights, the gradients of classes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from operator import itemgetter
from typing import Any, Self

import numpy as np
from scipy import sparse

from .._typing import Matrix, RowIndex
from ..losses import Loss
from ..operators import DenseCurvature
from ..rows import SingleRows
from ._base import Problem, spread_ranks
from .active_set import wrong_signs
from .block_sums import block_sums, joined, row_block
from .block_terms import BlockTerms
from .coordinates import Restated
from .feasibility import something_left
from .linear import LinearProblem
from .removals import Removals
from .row_counts import RowCounts
from .weighting import BalancedWeights

__all__ = ["BlockProblem"]

#: rows that the first pass brings along
N_SAMPLED_ROWS = 512


@dataclass(frozen=True, eq=False)
class BlockProblem(Restated, Problem):
    """The objective of a linear model on rows in blocks.

    Parameters
    ----------
    model : LinearProblem
        The same objective on no row, at the same parameters: loss, penalty, predictions; its ``balance`` knows the
        masses of classes of all rows.
    blocks : object
        ``map(function, *local)`` gives ``function(problem, *local[b])`` of the problem of each block, in order;
        ``sum(function, *local)`` their sum; ``map_labels`` the same of (codes or None, weights, masses).
    counts : RowCounts
        How many rows there are in each block.
    removed : ndarray of int or None
        Rows that have been deleted, ascending.
    sampled : bool
        The pass for the curvature brings some rows along, for :meth:`sampled_terms`.
    """

    model: LinearProblem
    blocks: Any
    counts: RowCounts
    removed: np.ndarray | None = None
    sampled: bool = True

    # what no row has a part in is asked of the model

    @property
    def theta(self) -> np.ndarray:
        """The parameters, (P,)."""
        return self.model.theta

    @property
    def loss(self) -> Loss:
        """The loss of a row."""
        return self.model.loss

    @property
    def n_outputs(self) -> int:
        """K."""
        return self.model.n_outputs

    @property
    def output_names(self) -> Any:
        """Names of the classes, or of the outputs."""
        return self.model.output_names

    @property
    def parameter_names(self) -> Any:
        """One name for each parameter."""
        return self.model.parameter_names

    @property
    def coordinates(self) -> Any:
        """Those of theta, None for those of the estimator."""
        return self.model.coordinates

    @property
    def coef(self) -> np.ndarray:
        """Coefficients at theta, shape (K, p)."""
        return self.model.coef

    @property
    def balance(self) -> BalancedWeights | None:
        """``class_weight="balanced"``, or None."""
        return self.model.balance

    @property
    def mean_form(self) -> bool:
        """Each row carries a share of the penalty."""
        return self.model.mean_form

    @property
    def l1_penalty(self) -> np.ndarray | None:
        """L, or None."""
        return self.model.l1_penalty

    @property
    def free(self) -> np.ndarray:
        """Which parameters may move, (P,) of bool."""
        return self.model.free

    def raw(self, X: Matrix, theta: np.ndarray | None = None) -> np.ndarray:
        """Raw predictions of rows X: (m, K) at theta (P,), (m, K, B) at candidates (P, B)."""
        return self.model.raw(X, theta)

    def raw_vjp(self, X: Matrix, cotangents: np.ndarray) -> np.ndarray:
        """Gradient in theta of sum_j c_j . raw_j: (P, B) from (m, K, B)."""
        return self.model.raw_vjp(X, cotangents)

    def raw_basis(self, X: Matrix) -> np.ndarray:
        """d raw_j / d theta of rows X as columns, (P, m, K)."""
        return self.model.raw_basis(X)

    @property
    def n_rows(self) -> int:
        """Number of training rows, deleted ones included."""
        return int(self.counts.rows.sum())

    def at(self, theta: np.ndarray) -> Self:
        """The same objective at other parameters: another pass."""
        return replace(self, model=self.model.at(theta), sampled=False)

    def without(self, rows: RowIndex) -> Self:
        """The objective with some rows deleted."""
        gone = np.arange(self.n_rows)[rows]
        removed = np.union1d([] if self.removed is None else self.removed, gone).astype(np.intp)
        fresh = np.setdiff1d(removed, [] if self.removed is None else self.removed)
        model = self.model
        if self.balance is not None:
            lost = sum(self.blocks.map_labels(partial(_lost_mass, n_classes=self.balance.n_classes), self.local(fresh)))
            balance: Any = self.balance
            model = replace(model, balance=replace(balance, total=balance.total - lost))
        return replace(self, model=model, removed=removed, sampled=False)

    # ------------------------------------------------------------------ blocks

    def local(self, rows: np.ndarray) -> list[np.ndarray]:
        """Positions of some rows within each block: a list of arrays, ascending."""
        starts = self.counts.starts
        cuts = np.searchsorted(rows := np.sort(rows), starts[1:-1])
        return [part - start for part, start in zip(np.split(rows, cuts), starts)]

    def map(self, function: Callable[..., Any], *local: list[np.ndarray]) -> Iterator[Any]:
        """``function(problem of the block, *local[b])`` of every block, in order, as an iterator: one pass."""
        cells = None if self.balance is None else self._sums.cells
        return self.blocks.map(self._of_block(function, cells), *self._places(), *local)

    def _of_block(self, function, cells=None):
        total = None if self.balance is None else self.balance.total
        return partial(_call, function, self.theta, total, cells)

    def _places(self):
        return self.counts.rows.tolist(), self.local(np.zeros(0, np.intp) if self.removed is None else self.removed)

    @cached_property
    def _sums(self):
        """All sums over rows at theta: one pass."""
        present = self.counts.present
        ranks = spread_ranks(present.sum(), N_SAMPLED_ROWS) if self.sampled else np.zeros(0, np.intp)
        starts = np.append(0, np.cumsum(present))
        parts = np.split(ranks, np.searchsorted(ranks, starts[1:-1]))
        ranks = [part - start for part, start in zip(parts, starts)]
        return self.blocks.sum(self._of_block(block_sums), *self._places(), ranks)

    # ------------------------------------------------------------------ sums over rows

    def penalty_scale(self) -> Any:
        """c."""
        return self._sums.shares if self.mean_form else 1.0

    def total_weight(self) -> float:
        """Sum of the rows' weights."""
        return self._sums.weight

    def value(self) -> Any:
        """F at theta, by a pass of its own."""
        return sum(self.map(_losses)) + self.penalty_scale() * self.model.penalty_value()

    def gradient(self, theta: np.ndarray | None = None, removals: Removals | None = None) -> np.ndarray:
        """Gradient of F: (P,) at theta, or (P, B) at candidates (P, B) each under its own removal, a pass each."""
        if theta is None:
            return (self._sums.gradient + self._scaled_penalty_gradient) * self.free
        if theta.ndim == 1:
            return self.at(theta).gradient()
        sets = [[]] * theta.shape[1] if removals is None else _sets(removals)
        return np.column_stack([self.at(column).without(rows).gradient() for column, rows in zip(theta.T, sets)])

    @property
    def _scaled_penalty_gradient(self):
        return self.penalty_scale() * self.model.penalty_gradient(self.theta[:, None])[:, 0]

    def wrongly_active(self, columns: np.ndarray, removals: Removals | None = None) -> np.ndarray:
        """Which parameters have not the zero or the sign of an optimum, (P, B) of bool; a pass for each but theta."""
        sets = [[]] * columns.shape[1] if removals is None else _sets(removals)
        wrong = []
        for column, rows in zip(columns.T, sets):
            problem = self if np.array_equal(column, self.theta) else self.at(column)
            problem = problem.without(rows) if len(rows) else problem
            loss, scale = problem._sums.gradient[:, None], problem.penalty_scale()
            wrong.append(wrong_signs(self.model, column[:, None], loss, scale))
        return np.hstack(wrong)

    def curvature(self) -> Any:
        """H at theta, as a matrix."""
        H = self._sums.hessian.copy()
        H[np.diag_indices_from(H)] += self.penalty_scale() * self.model.penalty
        null = self.model.null_directions
        null = np.zeros((self.n_parameters, 0)) if null is None else null
        return DenseCurvature(H, null, None if self.l1_penalty is None else np.flatnonzero(self.free))

    def gradient_scale(self) -> np.ndarray:
        """Size that rounding of the gradient is relative to, shape (P,)."""
        sums = self._sums
        return np.sqrt(sums.column_squares * sums.cotangent_squares) + np.abs(self._scaled_penalty_gradient)

    # ------------------------------------------------------------------ what one row contributes

    def removal_terms(self) -> Any:
        """R_i = -(gradient of F without row i) at an optimum, for all rows; a pass for each question."""
        return BlockTerms(self)

    def sampled_terms(self, size: int) -> tuple[np.ndarray, int]:
        """Removal terms of evenly spaced rows, (P, b), and how many rows there are that have a weight."""
        sample = replace(joined(self._sums.sample), cell_gradients=None if self.balance is None else self._sums.cells)
        chosen = spread_ranks(sample.n_rows, size)
        return sample.removal_terms().columns(chosen), int(self.counts.present.sum())

    def check_sets(self, sets: Sequence[np.ndarray]) -> None:
        """Refuse deletions that leave nothing to refit on, as :meth:`Problem.check_sets`; reads labels and weights."""
        rows = np.unique(np.concatenate([np.asarray(rows, dtype=np.intp) for rows in sets]))
        parts = list(self.blocks.map_labels(_of_rows, self.local(rows)))
        weight = np.concatenate(list(map(itemgetter(1), parts)))
        y = np.concatenate([np.zeros(len(part[1])) if part[0] is None else part[0] for part in parts]).astype(np.intp)
        # all other rows: one for each class that they have
        others = np.flatnonzero(self.counts.of_class - np.bincount(y[weight > 0], minlength=len(self.counts.of_class)))
        y, weight, design = np.append(y, others), np.append(weight, np.ones(len(others))), self.model.design
        empty = design.with_rows(sparse.csr_array((len(y), design.X.shape[1])))
        known = replace(self.model, y=y, sample_weight=weight, design=empty)
        known.check_sets([np.searchsorted(rows, members) for members in sets])

    def feasible(self, sets: Sequence[np.ndarray]) -> np.ndarray:
        """Whether something is left to refit on without each set."""
        most = 1 if isinstance(sets, SingleRows) else max(map(len, sets), default=0)
        if most < min(self.counts.of_class[self.counts.of_class > 0], default=0):
            return np.ones(len(sets), dtype=bool)
        codes, weight = map(np.concatenate, zip(*self.blocks.map_labels(_of_all_rows), strict=True))
        return something_left(codes, weight > 0, sets)


def _of_all_rows(labels):
    codes, weight = labels[:2]
    return np.zeros(len(weight), np.intp) if codes is None else codes.astype(np.intp), weight


def _call(function, theta, total, cells, problem, n_rows, removed, *local):
    if problem.n_rows != n_rows:
        raise ValueError(
            f"it has {problem.n_rows} rows and had {n_rows} when they were counted; blocks must be the same, and in "
            "the same order, each time they are read"
        )
    block = row_block(problem, theta, total, cells)
    return function(block.without(removed) if len(removed) else block, *local)


def _sets(removals):
    return [removals.rows[removals.columns == column] for column in range(removals.n_columns)]


def _lost_mass(labels, rows, n_classes):
    codes, _, mass = labels
    return np.bincount(codes[rows], weights=mass[rows], minlength=n_classes)


def _of_rows(labels, rows):
    return tuple(None if values is None else values[rows] for values in labels)


def _losses(block):
    return replace(block, penalty=np.zeros_like(block.penalty), l1_penalty=None).value()
