"""Cox regression: what a fitted proportional hazards model looks like to us.

    F(beta) = -(weighted partial log-likelihood, ties by Efron or Breslow) + beta' diag(D) beta / 2

The rows are coupled through the risk sets: there is no Hessian of one row. Raw predictions are log-hazards,
(x - reference) . beta. Formulas stand above the lines that compute them, here and in the files beside this one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from ..._typing import Matrix, RowIndex
from ...exceptions import UnsupportedQuestionError
from ...operators import DenseCurvature
from ...rows import SingleRows
from .._base import Problem
from ..removals import Removals
from .baseline import cumulative_hazard_slopes, log_cumulative_hazards
from .hessians import leave_one_out_hessians
from .penalty import FixedRidge, StandardizedRidge
from .removal_gradients import RemovalGradients
from .risk_sets import RiskSets
from .risk_sums import RiskSums, risk_sums
from .score_residuals import ScoreResiduals
from .times import SurvivalTimes

__all__ = ["CoxProblem"]


@dataclass(frozen=True, eq=False)
class CoxProblem(Problem):
    """The partial likelihood of a Cox model on its training rows, at its fitted coefficients.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Covariates of the training rows, measured from `origin`.
    times : SurvivalTimes
        Their times.
    theta : ndarray of shape (p,)
        Coefficients beta.
    sample_weight : ndarray of shape (n,)
        Positive case weights.
    penalty : FixedRidge or StandardizedRidge
        D.
    feature_names : tuple of str
        Names of the coefficients.
    reference : ndarray of shape (p,)
        Covariates whose log-hazard is 0, held fixed.
    origin : ndarray of shape (p,) or None
        Covariates of which X holds zeros; None for zeros.
    present : ndarray of bool, shape (n,), or None
        Rows that have not been deleted.
    sets : RiskSets or None
        Of these rows; None computes them.

    Examples
    --------
    Two rows, the one with x = 1 dies first: F = log(1 + exp(beta)) - beta, whose derivative at 0 is -1/2.

    >>> problem = CoxProblem(
    ...     np.array([[1.0], [0.0]]), SurvivalTimes(np.array([1.0, 2.0]), np.array([True, True])), np.zeros(1),
    ...     np.ones(2), FixedRidge(np.zeros(1)), ("x",), np.zeros(1),
    ... )
    >>> problem.gradient()
    array([-0.5])
    """

    X: np.ndarray
    times: SurvivalTimes
    theta: np.ndarray
    sample_weight: np.ndarray
    penalty: FixedRidge | StandardizedRidge
    feature_names: tuple
    reference: np.ndarray
    origin: np.ndarray | None = None
    present: np.ndarray | None = None
    sets: RiskSets | None = None

    loss = None
    y = None

    def __post_init__(self):
        if self.origin is None:
            object.__setattr__(self, "origin", np.zeros(self.X.shape[1]))
        if self.present is None:
            object.__setattr__(self, "present", np.ones(len(self.X), dtype=bool))
        if self.sets is None:
            object.__setattr__(self, "sets", self.times.risk_sets(self.present))

    # ------------------------------------------------------------------ facts

    @property
    def n_rows(self) -> int:
        """Number of training rows, deleted ones included."""
        return len(self.X)

    @property
    def parameter_names(self) -> Any:
        """Names of the coefficients."""
        return list(self.feature_names)

    def at(self, theta: np.ndarray) -> Self:
        return replace(self, theta=theta)

    def without(self, rows: RowIndex) -> Self:
        present = self.present.copy()
        present[rows] = False
        return replace(self, present=present, sets=None)

    def check_sets(self, sets: Sequence[np.ndarray]) -> None:
        """Refuse deletions after which nobody dies while somebody else is at risk.

        Raises
        ------
        UnsupportedQuestionError
        """
        for rows in sets:
            left = self.without(rows).sets
            if not len(left.dead):
                raise UnsupportedQuestionError(
                    f"deleting {len(rows)} rows leaves no event: a Cox model without events has no coefficients"
                )

    def feasible(self, sets: Sequence[np.ndarray]) -> np.ndarray:
        """Whether an event is left, with somebody else at risk, without each set, (G,) of bool."""
        most = 1 if isinstance(sets, SingleRows) else max(map(len, sets), default=0)
        # a set takes away its own events, and those whose risk set it empties but for the row that dies
        if np.count_nonzero(self.sets.n_at_risk[self.sets.dead_at] > 1 + most) > most:
            return np.ones(len(sets), dtype=bool)
        return np.array([bool(len(self.without(rows).sets.dead)) for rows in sets], dtype=bool)

    # ------------------------------------------------------------------ raw predictions

    def raw(self, X: Matrix, theta: np.ndarray | None = None) -> np.ndarray:
        """Log-hazards of rows (m, p); log cumulative hazards of rows with a time and a stratum besides, (m, p + 2)."""
        theta = self.theta if theta is None else theta
        if X.shape[1] == self.n_parameters:
            return ((X - self.reference) @ theta)[:, None]
        columns = theta if theta.ndim == 2 else theta[:, None]
        raw = log_cumulative_hazards(self, X[:, :-2] - self.origin, *X[:, -2:].T, columns)  # type: ignore[call-arg]
        return raw.reshape(len(X), 1, *theta.shape[1:])

    def predicts_from_rows(self, X: Any) -> bool:
        """Whether rows X ask for cumulative hazards, whose baseline is made of the training rows."""
        return X.shape[1] != self.n_parameters

    def raw_vjp(self, X: Matrix, cotangents: np.ndarray) -> np.ndarray:
        return self._slopes(X).T @ cotangents[:, 0]

    def raw_basis(self, X: Matrix) -> np.ndarray:
        return self._slopes(X).T[:, :, None]

    def _slopes(self, X):
        """d raw_j / d theta, (m, p)."""
        if X.shape[1] == self.n_parameters:
            return X - self.reference
        return cumulative_hazard_slopes(self, X[:, :-2] - self.origin, *X[:, -2:].T)

    # ------------------------------------------------------------------ the objective and its derivatives

    @cached_property
    def death_weight(self) -> np.ndarray:
        """w_i of the deaths that are there, 0 for all others, (n,)."""
        weight = np.zeros(self.n_rows)
        weight[self.sets.dead] = self.sample_weight[self.sets.dead]
        return weight

    def _sums(self, columns, removals):
        """Risk sums at candidates (p, B), and the logarithm that their e are scaled by."""
        scores = self.X @ columns
        scores[~self.present] = -np.inf
        top = scores.max(axis=0)
        e = np.exp(scores - top)
        e *= self.sample_weight[:, None]
        if removals is not None:
            removals.zero(e)
        return self.risk_sums(e, removals), top

    def risk_sums(self, e: np.ndarray, removals: Removals | None = None) -> RiskSums:
        """Risk sums of given e (n, B), which are 0 for the deleted rows of each candidate."""
        return risk_sums(self.sets, e, self.death_weight, removals)

    @cached_property
    def sums(self) -> RiskSums:
        """Risk sums at theta."""
        return self._sums(self.theta[:, None], None)[0]

    def value(self, theta: np.ndarray | None = None, removals: Removals | None = None, penalized: bool = True) -> Any:
        """F: a float at theta, or (B,) at candidates (p, B) each under its own removal."""
        columns = np.reshape(self.theta if theta is None else theta, (self.n_parameters, -1))
        sums, top = self._sums(columns, removals)
        weight = np.repeat(self.death_weight[:, None], columns.shape[1], axis=1)
        if removals is not None:
            removals.zero(weight)
        total = sums.log_terms() + top * weight.sum(axis=0) - np.einsum("nb,nb->b", weight, self.X @ columns)
        if penalized:
            total += (self.penalty.diagonal(self.present, removals) * columns**2).sum(axis=0) / 2
        return float(total[0]) if theta is None else total

    def gradient(self, theta: np.ndarray | None = None, removals: Removals | None = None) -> np.ndarray:
        if theta is None:
            return self._gradient_here
        columns = theta if theta.ndim == 2 else theta[:, None]
        return self._gradient(columns, self._sums(columns, removals)[0], removals).reshape(theta.shape)

    @cached_property
    def _gradient_here(self):
        return self._gradient(self.theta[:, None], self.sums, None)[:, 0]

    def _gradient(self, columns, sums, removals):
        """X' (expected - observed deaths) + D beta."""
        excess = sums.hazard - self.death_weight[:, None]
        if removals is not None:
            removals.zero(excess)
        return self.X.T @ excess + self.penalty.diagonal(self.present, removals) * columns

    def gradient_scale(self) -> np.ndarray:
        """Norm of each column times that of expected and observed deaths, plus the penalty's part, (p,)."""
        sizes = np.linalg.norm(self.sums.hazard) + np.linalg.norm(self.death_weight)
        columns = np.linalg.norm(self.X[self.present], axis=0)
        return columns * sizes + self.penalty.diagonal(self.present)[:, 0] * np.abs(self.theta)

    def relative_gradient(self) -> float:
        """Largest entry of the gradient relative to that of its rows together; it stays large without an optimum.

        Where a combination of covariates orders the deaths, coefficients grow without end, and the expected deaths of
        every row become those observed: gradient and rows vanish together.
        """
        excess = np.linalg.norm(self.sums.hazard[:, 0] - self.death_weight)
        scale = np.linalg.norm(self.X[self.present], axis=0) * excess
        scale = scale + self.penalty.diagonal(self.present)[:, 0] * np.abs(self.theta)
        return float(np.max(np.abs(self.gradient()) / np.where(scale > 0, scale, 1), initial=0))

    @cached_property
    def risk_means(self) -> np.ndarray:
        """a_uf, the mean of the covariates under the weights of z_uf, (T, p)."""
        return self.weighted_means(self.X)

    def weighted_means(self, V: np.ndarray) -> np.ndarray:
        """Mean of V (n, q) under the weights of each term, (T, q)."""
        sums, sets = self.sums, self.sets
        means = sets.by_term(sets.at_risk(sums.e * V))
        if sets.tied:
            means = means - sums.fraction * sets.by_term(sets.dying(sums.e * V))
        return means / sums.z

    def curvature(self) -> Any:
        """H = X' diag(hazard) X - sum_uf m a a' + D."""
        a, m = self.risk_means, self.sums.multiplicity
        H = self.X.T @ (self.sums.hazard * self.X) - a.T @ (m * a)
        H[np.diag_indices_from(H)] += self.penalty.diagonal(self.present)[:, 0]
        return DenseCurvature((H + H.T) / 2, np.zeros((self.n_parameters, 0)))

    def exponents(self) -> np.ndarray | None:
        """Covariates of the rows that are there; of Efron's terms too, where the dying count in part."""
        return self.X[self.present]

    # ------------------------------------------------------------------ what one row contributes

    def own_changes(self, rows: RowIndex, changes: np.ndarray, moved: bool) -> np.ndarray:
        """Change of what each row adds to the negative partial log-likelihood, F - (F without it), over its weight."""
        rows = np.arange(self.n_rows)[rows]
        if not moved:
            own = RemovalGradients(self).project(self.X, rows)
            return np.einsum("bp,pb->b", own, changes) / self.sample_weight[rows]
        removals, here = Removals.single(rows), np.repeat(self.theta[:, None], len(rows), axis=1)
        return (self._added(here + changes, removals) - self._added(here, removals)) / self.sample_weight[rows]

    def _added(self, columns, removals):
        return self.value(columns, penalized=False) - self.value(columns, removals, penalized=False)

    def hessians_without(self, rows: RowIndex) -> np.ndarray | None:
        """Hessians without each row of a block, (b, P, P)."""
        return leave_one_out_hessians(self, rows)

    def removal_terms(self) -> Any:
        return RemovalGradients(self)

    def score_terms(self) -> Any:
        return ScoreResiduals(self)
