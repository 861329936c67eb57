"""Models that are functions of weighted sums over their rows, as problems.

The parameters are the sums themselves, theta = sum_i t_i, the optimum of F(theta) = |theta - sum_i t_i|^2 / 2. Deleting
row i takes t_i away, exactly and whatever else goes; what bends is the way from the sums to the predictions, which
targets see at moved parameters, or through its derivative.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from ..._typing import Matrix, RowIndex
from ...losses import Loss
from ...operators import IdentityCurvature
from .._base import Problem
from ..removals import Removals
from ._form import ClosedForm
from ._sums import SumTerms

__all__ = ["StatisticsProblem"]


@dataclass(frozen=True, eq=False)
class StatisticsProblem(Problem):
    """A closed form on its training rows.

    Parameters
    ----------
    form : ClosedForm
        Which sums, and the model that they make.
    Z : ndarray of shape (n, p)
        Training rows less `centre`, so that variances of features far from zero do not cancel.
    y : ndarray of int, shape (n,)
        Class codes.
    sample_weight : ndarray of shape (n,)
        Their weights.
    centre : ndarray of shape (p,)
        A fixed point.
    loss : Loss
        Of the raw predictions.
    theta : ndarray of shape (P,)
        The sums as fitted.
    total : ndarray of shape (P,)
        The sums over the rows that are there.
    class_names, feature_names : tuple of str
        For the names of the parameters.
    deleted : frozenset of int
        Rows that are gone.
    """

    form: ClosedForm
    Z: np.ndarray
    y: np.ndarray
    sample_weight: np.ndarray
    centre: np.ndarray
    loss: Loss
    theta: np.ndarray
    total: np.ndarray
    class_names: tuple
    feature_names: tuple
    deleted: frozenset = frozenset()

    #: the objective is flat nowhere, and has no class weights; some forms count rows whatever their weight
    null_directions = None
    fixed_curvature = True
    balance = None
    counts_rows = True

    @classmethod
    def of_rows(
        cls, form: ClosedForm, X: Matrix, y: np.ndarray, sample_weight: np.ndarray, centre: np.ndarray, **facts: Any
    ) -> Self:
        """The problem at the sums over its own rows."""
        Z = X - centre
        total = SumTerms(form.sums(y, sample_weight, np.ones(len(y))), Z).total()
        return cls(form, Z, y, sample_weight, centre, theta=total, total=total, **facts)

    @property
    def n_rows(self) -> int:
        """Number of training rows, deleted ones included."""
        return len(self.y)

    @property
    def n_outputs(self) -> int:
        """1 for two classes, the number of classes otherwise."""
        return self.form.n_outputs

    @property
    def output_names(self) -> Any:
        """The classes."""
        return self.class_names

    @property
    def parameter_names(self) -> Any:
        """Name of each sum."""
        return self.form.names(self.class_names, self.feature_names)

    def at(self, theta: np.ndarray) -> Self:
        """The same sums, at other parameters."""
        return replace(self, theta=theta)

    def without(self, rows: RowIndex) -> Self:
        """The sums without some rows."""
        gone = np.array(sorted(set(np.asarray(rows).tolist()) - self.deleted), dtype=np.intp)
        total = self.total - self._terms().columns(gone).sum(axis=1)
        return replace(self, total=total, deleted=self.deleted | set(gone.tolist()))

    def _terms(self, sign=1.0):
        return SumTerms(self.form.sums(self.y, self.sample_weight, np.ones(self.n_rows)), self.Z, sign)

    def raw(self, X: Matrix, theta: np.ndarray | None = None) -> np.ndarray:
        """Raw predictions of rows X: (m, K) at theta (P,), (m, K, B) at candidates (P, B)."""
        theta = self.theta if theta is None else theta
        raw = self.form.raw(X - self.centre, theta.reshape(len(theta), -1))
        return raw if theta.ndim == 2 else raw[:, :, 0]

    def raw_vjp(self, X: Matrix, cotangents: np.ndarray) -> np.ndarray:
        """Gradient in theta of sum_j c_j . raw_j: (P, B) from (m, K, B)."""
        return self.form.outputs_vjp(self.theta, np.tensordot(self.form.phi(X - self.centre).T, cotangents, 1))

    def raw_basis(self, X: Matrix) -> np.ndarray:
        """d raw_j / d theta of rows X as columns, (P, m, K)."""
        phi, K = self.form.phi(X - self.centre), self.n_outputs
        G = np.einsum("md,kl->dkml", phi, np.eye(K)).reshape(phi.shape[1], K, -1)
        return self.form.outputs_vjp(self.theta, G).reshape(-1, len(phi), K)

    def gradient(self, theta: np.ndarray | None = None, removals: Removals | None = None) -> np.ndarray:
        """theta less the sums: (P,), or (P, B) at candidates each under its own removal."""
        if theta is None:
            return self.theta - self.total
        if removals is None:
            return theta - (self.total if theta.ndim == 1 else self.total[:, None])
        gone = np.zeros_like(theta)
        np.add.at(gone.T, removals.columns, self._terms().columns(removals.rows).T)
        return theta - self.total[:, None] + gone

    def gradient_scale(self) -> np.ndarray:
        """Size that rounding of the sums is relative to, (P,)."""
        return self._sizes

    @cached_property
    def _sizes(self):
        return self._terms().total(np.abs)

    def curvature(self) -> Any:
        """The identity."""
        n_sums = len(self.theta)
        return IdentityCurvature(n_sums, what=f"closed form in {n_sums} sums over the rows")

    def removal_terms(self) -> Any:
        """-t_i, for all rows."""
        return self._terms(-1.0)

    def weight_terms(self) -> Any:
        """d gradient / d sample_weight_i."""
        return SumTerms(self.form.sums(self.y, np.ones(self.n_rows), np.zeros(self.n_rows)), self.Z, -1.0)

    def own_changes(self, rows: RowIndex, changes: np.ndarray, moved: bool) -> np.ndarray:
        """Change of each row's own (unweighted) loss as the parameters move by its column: (b,) from (P, b)."""
        X, y = self.Z[rows] + self.centre, self.y[rows]
        raw = self.raw(X)
        if moved:
            W = self.form.outputs(self.theta[:, None] + changes)
            after = np.einsum("bd,dkb->bk", self.form.phi(self.Z[rows]), W)
            return self.loss.value(after, y) - self.loss.value(raw, y)
        return np.einsum("bk,pbk,pb->b", self.loss.gradient(raw, y), self.raw_basis(X), changes, optimize=True)
