"""Listwise ranking with linear scores: the influence of an item.

    F(theta) = sum_q w_q l(raw_q, list_q) + sum_j P_j theta_j^2 / 2,      raw_q = coef x_q + intercept

l is the ListMLE loss. Its objects are the items: one that is deleted is neither drawn from nor ranked, here by the raw
prediction minus infinity.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from .._typing import Matrix, RowIndex
from ..losses import ListMLELoss
from ..losses.list_mle import list_parts
from ..operators import Design, ListwiseCurvature
from .differences import DifferenceProblem
from .removals import Removals

__all__ = ["ListMLEProblem"]


@dataclass(frozen=True, eq=False)
class ListMLEProblem(DifferenceProblem):
    """The ListMLE objective of linear scores on its training queries.

    Parameters
    ----------
    design : Design
        Features of the n queries; one output for each of the K items.
    y : ndarray of int, shape (n, k)
        Items of each query in order, best first, filled up with -1.
    theta : ndarray of shape (P,)
        Coefficients (K, p) row by row, then the K intercepts.
    query_weight : ndarray of shape (n,)
        Weights of the queries.
    penalty : ndarray of shape (P,)
        Diagonal P.
    item_names, feature_names : tuple of str
        For the names of parameters.
    presence : ndarray of shape (K,) or None
        0 for deleted items, 1 for the others; None when all are there.
    """

    design: Design
    y: np.ndarray
    theta: np.ndarray
    query_weight: np.ndarray
    penalty: np.ndarray
    item_names: tuple = ()
    feature_names: tuple = ()
    presence: np.ndarray | None = None
    loss = ListMLELoss()

    @property
    def n_rows(self) -> int:
        """Number of items, deleted ones included."""
        return self.design.n_outputs

    @property
    def n_outputs(self) -> int:
        """The same number, K."""
        return self.design.n_outputs

    @cached_property
    def sample_weight(self) -> np.ndarray:
        """Presence of the items, (K,)."""
        return np.ones(self.n_rows) if self.presence is None else self.presence

    @property
    def parameter_names(self) -> Any:
        """'item: feature' for each coefficient, then 'item: intercept'."""
        names = [f"{item}: {feature}" for item in self.item_names for feature in self.feature_names]
        return names + [f"{item}: intercept" for item in self.item_names] * self.design.intercept

    def at(self, theta: np.ndarray) -> Self:
        """The same objective at other parameters."""
        return replace(self, theta=theta)

    def without(self, rows: RowIndex) -> Self:
        """The objective with some items deleted; no data are copied."""
        presence = self.sample_weight.copy()
        presence[rows] = 0
        return replace(self, presence=presence)

    # ------------------------------------------------------------------ raw predictions

    def raw(self, X: Matrix, theta: np.ndarray | None = None) -> np.ndarray:
        """Scores of the items for queries X, minus infinity for deleted ones: (m, K), or (m, K, B)."""
        return self._absent(self.design.with_rows(X).raw(self.theta if theta is None else theta))

    def predicts_from_rows(self, X: Any) -> bool:
        """True: a deleted item has no score."""
        return True

    def _absent(self, raw):
        if self.presence is not None:
            raw[:, self.presence == 0] = -np.inf
        return raw

    def raw_vjp(self, X: Matrix, cotangents: np.ndarray) -> np.ndarray:
        """Gradient in theta of sum_j c_j . raw_j: (P, B) from (m, K, B)."""
        return self.design.with_rows(X).vjp(cotangents)

    def raw_jvp(self, X: Matrix, V: np.ndarray) -> np.ndarray:
        """The same map of V in place of theta: (m, K, B) from (P, B)."""
        return self.design.with_rows(X).raw(V)

    def raw_basis(self, X: Matrix) -> np.ndarray:
        """d raw_j / d theta of rows X as columns, (P, m, K)."""
        return self.design.with_rows(X).basis(slice(None))

    @cached_property
    def training_raw(self) -> np.ndarray:
        """Scores of the training queries at theta, (n, K)."""
        return self._absent(self.design.raw(self.theta))

    # ------------------------------------------------------------------ the objective and its derivatives

    def value(self) -> Any:
        """F at theta."""
        return self.query_weight @ self.loss.value(self.training_raw, self.y) + self.penalty @ self.theta**2 / 2

    def gradient(self, theta: np.ndarray | None = None, removals: Removals | None = None) -> np.ndarray:
        """Gradient of F: (P,) at theta, or (P, B) at candidates (P, B) each under its own removal."""
        if theta is None:
            return self._gradient_here
        columns = theta.reshape(len(theta), -1)
        gradients = [
            self._gradient(column, removals.rows[removals.columns == b] if removals is not None else [])
            for b, column in enumerate(columns.T)
        ]
        return np.stack(gradients, axis=1).reshape(theta.shape)

    @cached_property
    def _gradient_here(self):
        return self._gradient_of(self.training_raw) + self.penalty * self.theta

    def _gradient(self, theta, removed):
        raw = self._absent(self.design.raw(theta))
        raw[:, removed] = -np.inf
        return self._gradient_of(raw) + self.penalty * theta

    def _gradient_of(self, raw):
        cotangents = self.query_weight[:, None] * self.loss.gradient(raw, self.y)
        return self.design.vjp(cotangents[:, :, None])[:, 0]

    def gradient_scale(self) -> np.ndarray:
        """Size that rounding of the gradient is relative to, (P,): an upper bound on its summands' total."""
        sizes = np.linalg.norm(self.query_weight[:, None] * self.loss.gradient(self.training_raw, self.y), axis=0)
        repeated = np.repeat(sizes, self.design.X.shape[1])
        sizes = np.append(repeated, sizes) if self.design.intercept else repeated
        # a deleted item's coefficients, pulled to zero by nothing else, round like all others
        return self.design.column_norms * sizes + self.penalty * np.abs(self.theta).max()

    def curvature(self) -> Any:
        """H at theta, as an operator."""
        raw, y = self.training_raw, self.y
        parts = list_parts(raw, y)
        totals = np.exp(raw + np.take_along_axis(parts.until(1), parts.position, axis=1))
        # everything relative to the total that the first place chooses from
        first = np.logaddexp.reduce(raw, axis=1, keepdims=True)
        steps = np.exp(2 * (first + parts.inverse))
        return ListwiseCurvature(
            self.design,
            self.query_weight[:, None] * totals,
            np.exp(raw - first),
            self.query_weight[:, None] * steps,
            y,
            self.penalty,
            self._null_directions(),
        )

    def _null_directions(self):
        """One number added to every score changes no likelihood; nothing but a penalty holds a deleted item."""
        K, p = self.n_rows, self.design.X.shape[1]
        present = self.sample_weight > 0
        together = np.where(present, 1, 0)[:, None] / np.sqrt(present.sum())
        directions = np.concatenate([together, np.eye(K)[:, ~present]], axis=1)
        null = []
        # the K coefficients of each feature, and the intercepts
        for group in [*(slice(f, K * p, p) for f in range(p)), *[slice(K * p, None)] * self.design.intercept]:
            held = directions[self.penalty[group] > 0].any(axis=0)
            block = np.zeros((self.n_parameters, np.sum(~held)))
            block[group] = directions[:, ~held]
            null.append(block)
        return np.concatenate(null, axis=1)
