"""Penalised linear predictors: what a fitted linear model looks like to us.

    F(theta) = sum_i w_i l(raw_i, y_i) + c sum_j (P_j theta_j^2 / 2 + L_j |theta_j|),      raw_i = E_i theta

with c = 1 (sum form: LogisticRegression, Ridge) or c = sum_i s_i, where s_i is row i's share of the penalty (mean form
times its count: s_i = w_i for PoissonRegressor, 1 for SGDClassifier). w_i is presence times sample weight times class
weight. Where L_j > 0, the problem lives on its active set: coefficients that are zero at the fit stay so, the others
keep their sign. Class weights, shares and presences enter in this file and nowhere else.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from ..losses import Loss
from ..operators import Curvature, Design
from ._base import Problem
from .active_set import wrong_signs
from .coordinates import Coordinates, LinearPredictions
from .interpolation import Interpolation
from .removals import Removals
from .row_terms import RowTerms
from .weighting import BalancedWeights

__all__ = ["LinearProblem"]


@dataclass(frozen=True, eq=False)
class LinearProblem(LinearPredictions, Problem):
    """The objective of a linear model on its training rows, at its fitted parameters.

    Parameters
    ----------
    design : Design
        Features of the training rows.
    y : ndarray of shape (n,) or (n, K)
        Labels as the loss takes them.
    loss : Loss
        l.
    theta : ndarray of shape (P,)
        Coefficients, then intercepts.
    sample_weight : ndarray of shape (n,)
        Weights without class weights; constant class weights are multiplied in.
    penalty : ndarray of shape (P,)
        Diagonal P.
    mean_form : bool
        Row i carries the share s_i = sample weight of the penalty.
    counts_rows : bool
        In mean form, the share of every row is s_i = 1, whatever its weight.
    balance : BalancedWeights or None
        ``class_weight="balanced"``.
    output_factors : ndarray of shape (n, K) or None
        Constant class weights of the rows in each output, for losses that are sums over outputs.
    null_directions : ndarray of shape (P, r)
        Orthonormal directions in which F is flat everywhere.
    feature_names : tuple of str
        Names of the features of the design.
    l1_penalty : ndarray of shape (P,) or None
        L.
    signs : ndarray of shape (P,) or None
        Sign of each parameter at the fit, 0 for those that are held at zero, where L > 0.
    presence : ndarray of shape (n,) or None
        0 for rows that have been deleted, 1 for the others; None when all are there.
    coordinates : Coordinates or None
        Those of the design and of theta; None for those of the estimator.
    interpolation : Interpolation or None
        Residuals and leverages at theta, where differences would lose their digits.
    """

    design: Design
    y: np.ndarray
    loss: Loss
    theta: np.ndarray
    sample_weight: np.ndarray
    penalty: np.ndarray
    mean_form: bool = False
    counts_rows: bool = False
    balance: BalancedWeights | None = None
    output_factors: np.ndarray | None = None
    null_directions: np.ndarray | None = None
    feature_names: tuple = ()
    output_names: tuple = ()
    l1_penalty: np.ndarray | None = None
    signs: np.ndarray | None = None
    presence: np.ndarray | None = None
    coordinates: Coordinates | None = None
    interpolation: Interpolation | None = None

    @property
    def n_rows(self) -> int:
        """Number of training rows, deleted ones included."""
        return self.design.n_rows

    @property
    def n_outputs(self) -> int:
        """K."""
        return self.design.n_outputs

    @property
    def parameter_names(self) -> list[str]:
        """Name of each parameter: the feature's, or 'output: feature' with several outputs that have names."""
        outputs = self.output_names if self.n_outputs > 1 else [""]
        groups = [f"{name}: " if name else "" for name in outputs]
        coefficients = [group + name for group in groups for name in self.feature_names]
        intercepts = [group + "intercept" for group in groups]
        full = coefficients + (intercepts if self.design.intercept or not self.has_basis else [])
        return full if self.has_basis else [full[j] for j in self.design.parameters]

    def at(self, theta: np.ndarray) -> Self:
        """The same objective at other parameters."""
        return replace(self, theta=theta, interpolation=None)

    def without(self, rows: np.ndarray | slice | list[int]) -> Self:
        """The objective with some rows deleted; no data are copied."""
        presence = self._presence().copy()
        presence[rows] = 0
        balance = None if self.balance is None else self.balance.without(rows)
        return replace(self, presence=presence, balance=balance, interpolation=None)

    def _presence(self):
        return np.ones(self.n_rows) if self.presence is None else self.presence

    def _present_weight(self):
        return self.sample_weight if self.presence is None else self.sample_weight * self.presence

    def weights(self) -> np.ndarray:
        """w_i: (n, 1), or (n, K) where class weights differ by output."""
        return self._weights(None)[:, :, 0]

    def _weights(self, removals, rows=slice(None)):
        """w_i, (n, 1 or K, 1 or B): deletions may change the weights of the rows that stay."""
        weight = self._present_weight()[rows, None, None]
        if self.output_factors is not None:
            weight = weight * self.output_factors[rows, :, None]
        if self.balance is None:
            return weight
        factors = self.balance.factors(removals)
        factors = factors if factors.ndim == 2 else factors[:, None]
        # an emptied class has no rows that could use its factor
        return weight * np.where(weight > 0, np.nan_to_num(factors)[self.balance.cells[rows]], 0)

    def shares(self) -> np.ndarray | None:
        """s_i, shape (n,), or None when no row carries a share of the penalty."""
        shares = self._presence() if self.counts_rows else self._present_weight()
        return shares if self.mean_form else None

    def penalty_scale(self, removals: Removals | None = None) -> Any:
        """c: a number, or (B,) under removals."""
        if not self.mean_form:
            return 1.0
        shares = self.shares()
        return shares.sum() - (0 if removals is None else removals.total(shares))

    @cached_property
    def free(self) -> np.ndarray:
        """Which parameters may move, (P,) of bool: those without an l1 penalty, and those that are not zero."""
        everything = np.ones(self.n_parameters, dtype=bool)
        return everything if self.l1_penalty is None else (self.l1_penalty == 0) | (self.signs != 0)

    def wrongly_active(self, columns: np.ndarray, removals: Removals | None = None) -> np.ndarray:
        """Which parameters have not the zero or the sign of an optimum, (P, B) of bool, at candidates (P, B)."""
        if self.l1_penalty is None:
            return np.zeros(columns.shape, dtype=bool)
        return wrong_signs(self, columns, self._loss_gradient(columns, removals), self.penalty_scale(removals))

    @cached_property
    def training_raw(self) -> np.ndarray:
        """Raw predictions of the training rows at theta, (n, K)."""
        return self.design.raw(self.theta)

    @property
    def row_gradients(self) -> np.ndarray:
        """Derivative of the loss of each row in its raw predictions, weights left out, (n, K)."""
        known = self.interpolation
        return self.loss.gradient(self.training_raw, self.y) if known is None else known.gradients

    def value(self) -> Any:
        """F at theta."""
        weights = self.weights()
        by_output = self.loss.value if weights.shape[1] == 1 else self.loss.output_values  # type: ignore[attr-defined]
        losses = by_output(self.training_raw, self.y).reshape(weights.shape)
        return np.sum(weights * losses) + self.penalty_scale() * self.penalty_value()

    def penalty_value(self) -> np.ndarray:
        """pen at theta, without its factor c."""
        penalty = self.penalty @ self.theta**2 / 2
        return penalty if self.l1_penalty is None else penalty + self.l1_penalty @ np.abs(self.theta)

    def gradient(self, theta: np.ndarray | None = None, removals: Removals | None = None) -> np.ndarray:
        """Gradient of F: (P,) at theta, or (P, B) at candidates (P, B) each under its own removal."""
        if theta is None:
            return self._gradient_here
        columns = theta if theta.ndim == 2 else theta[:, None]
        return self._with_penalty(self._loss_gradient(columns, removals), columns, removals).reshape(theta.shape)

    @cached_property
    def _gradient_here(self):
        if self.interpolation is not None:
            return np.zeros(self.n_parameters)  # rounding would be larger than the terms of rows
        loss = self._pulled(self.design, self.training_raw[:, :, None], None, slice(None))
        return self._with_penalty(loss, self.theta[:, None], None)[:, 0]

    def _with_penalty(self, gradient, columns, removals):
        return (gradient + self.penalty_scale(removals) * self.penalty_gradient(columns)) * self.free[:, None]

    def penalty_gradient(self, columns: np.ndarray) -> np.ndarray:
        """grad pen at candidates, (P, B), without its factor c."""
        gradient = self.penalty[:, None] * columns
        return gradient if self.l1_penalty is None else gradient + (self.l1_penalty * self.signs)[:, None]

    def loss_gradient(self) -> np.ndarray:
        """Gradient of the losses alone at theta, (P,)."""
        return self._loss_gradient(self.theta[:, None], None)[:, 0]

    def _loss_gradient(self, columns, removals):
        # block by block: raw predictions under all candidates stay in the cache
        blocks = self.design.blocks(self.n_outputs * columns.shape[1])
        parts = ((self.design.with_rows(self.design.X[rows]), rows) for rows in blocks)
        return sum(self._pulled(part, part.raw(columns), removals, rows) for part, rows in parts)

    def _pulled(self, design, raw, removals, rows):
        cotangents = self.loss.gradient(raw, self.y[rows])
        cotangents *= self._weights(removals, rows)
        if removals is not None:
            removals.zero(cotangents, rows.start)
        return design.vjp(cotangents)

    def row_hessians(self) -> np.ndarray:
        """w_i H_i in raw predictions, shape (n, K, K)."""
        return self.weights()[:, :, None] * self.loss.hessian(self.training_raw, self.y)

    def curvature(self) -> Curvature:
        """H at theta, as an operator."""
        null = np.zeros((self.n_parameters, 0)) if self.null_directions is None else self.null_directions
        active = None if self.l1_penalty is None else np.flatnonzero(self.free)
        return Curvature(self.design, self.row_hessians(), self.penalty_scale() * self.penalty, null, active)

    def gradient_scale(self) -> np.ndarray:
        """Size that rounding of the gradient is relative to, shape (P,): an upper bound on its summands' total."""
        cotangents = self.weights() * self.row_gradients
        sizes, norms = np.linalg.norm(cotangents, axis=0), self.design.column_norms
        per_parameter = np.append(np.repeat(sizes, self.design.X.shape[1]), sizes)[self.design.parameters]
        penalty = np.abs(self.penalty_gradient(self.theta[:, None])[:, 0])
        # a coefficient that the penalty alone holds is zero up to the rounding of the others
        penalty = np.where(norms > 0, penalty, self.penalty * np.abs(self.theta).max(initial=0))
        return norms * per_parameter + self.penalty_scale() * penalty

    def removal_terms(self) -> RowTerms:
        """R_i = -(gradient of F without row i) at an optimum, for all rows.

        The row's own term and its share of the penalty, plus, under balanced class weights, the terms of the rows that
        stay and weigh differently without it:  R_i = w_i' g_i + s_i P theta - sum_c (f_c' - f_c) G_c.
        """
        gradients = self.row_gradients
        if self.balance is None:
            return self._terms(self.weights() * gradients, [], [], self.shares())
        n, weight = self.n_rows, self._present_weight()[:, None]
        after = self.balance.factors(Removals.single(np.arange(n)))  # (F, n)
        change = self.balance.factors()[:, None] - after
        own = np.nan_to_num(after[self.balance.cells, np.arange(n)[:, None]]) * weight
        return self._terms(own * gradients, change.T, self._cell_gradients(weight * gradients), self.shares())

    def weight_terms(self) -> RowTerms:
        """J_i = d gradient / d sample_weight_i, for all rows."""
        gradients = self.row_gradients
        if self.output_factors is not None:
            gradients = self.output_factors * gradients
        # d s_i / d sample_weight_i
        shares = self._presence() if self.mean_form and not self.counts_rows else None
        if self.balance is None:
            return self._terms(gradients, [], [], shares)
        own = self.balance.factors()[self.balance.cells] * gradients
        if not self.balance.weighted:
            return self._terms(own, [], [], shares)
        cells = self._cell_gradients(self._present_weight()[:, None] * gradients)
        return self._terms(own, self.balance.derivative()[self.balance.codes], cells, shares)

    def own_changes(self, rows: np.ndarray | slice | list[int], changes: np.ndarray, moved: bool) -> np.ndarray:
        """Change of each row's own (unweighted) loss as the parameters move by its column: (b,) from (P, b)."""
        raw, y = self.training_raw[rows], self.y[rows]
        change = np.einsum("pbk,pb->bk", self.design.basis(rows), changes)
        if moved:
            return self.loss.value(raw + change, y) - self.loss.value(raw, y)
        return np.einsum("bk,bk->b", self.row_gradients[rows], change)

    def _cell_gradients(self, cotangents):
        """G_c = sum over the rows and outputs of factor c of their gradients before class weights, shape (F, P)."""
        cells, n_factors = self.balance.cells, len(self.balance.factors())
        parts = (np.where(cells == c, cotangents, 0)[:, :, None] for c in range(n_factors))
        return np.stack([self.design.vjp(part)[:, 0] for part in parts])

    def _terms(self, cotangents, coefficients, vectors, shares):
        coefficients = np.reshape(coefficients, (self.n_rows, -1))
        vectors = np.reshape(vectors, (-1, self.n_parameters))
        if shares is not None:
            coefficients = np.column_stack([coefficients, shares])
            vectors = np.vstack([vectors, self.penalty_gradient(self.theta[:, None])[:, 0]])
        return RowTerms(self.design, cotangents, coefficients, vectors)
