"""Score residuals with their sign turned: weight times the derivative of the gradient in a row's weight.

    w_i J_i = w_i [i dies at u] (mean_f a_uf - x_i) + e_i sum_{u, f: i at risk} m (1 - f [i dies at u]) (x_i - a_uf) / z

All rows at once by running sums, O(n p).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._typing import RowIndex

__all__ = ["RowGradients", "ScoreResiduals"]


@dataclass(frozen=True, eq=False)
class RowGradients(ABC):
    """A vector of derivatives in beta for each row, computed along whatever directions are asked for.

    Parameters
    ----------
    problem : CoxProblem
        At its parameters.
    """

    problem: Any
    #: whether the penalty's part is that of a deletion, or the derivative in the row's presence
    finite = False

    def along(self, U: np.ndarray) -> np.ndarray:
        """Inner products with the columns of U: (n, B) from (p, B)."""
        rows = slice(None)
        if U.shape[1] >= len(U):
            return self.columns(rows).T @ U
        return self.project(self.problem.X @ U, rows) + self._penalty(rows) @ U

    def columns(self, rows: RowIndex) -> np.ndarray:
        """The rows' vectors as columns, (p, b)."""
        rows = np.arange(self.problem.n_rows)[rows]
        return (self.project(self.problem.X, rows) + self._penalty(rows)).T

    def _penalty(self, rows):
        """Row i takes its share of D with it: (b, p)."""
        shares = self.problem.penalty.shares(rows, self.problem.present, finite=self.finite)
        return shares * self.problem.theta

    @abstractmethod
    def project(self, V: np.ndarray, rows: RowIndex) -> np.ndarray:
        """The likelihood's part along directions, of which V (n, q) are the products with the covariates: (b, q)."""


class ScoreResiduals(RowGradients):
    """w_i J_i for every training row i; minus R's ``residuals(type="score")`` times the weight."""

    def project(self, V: np.ndarray, rows: RowIndex) -> np.ndarray:
        problem, sets, sums = self.problem, self.problem.sets, self.problem.sums
        a = problem.weighted_means(V)
        weights = sums.multiplicity / sums.z
        total, means = sets.by_time(weights), sets.by_time(weights * a)
        result = V * sets.while_at_risk(total) - sets.while_at_risk(means)
        dead, at = sets.dead, sets.dead_at
        if sets.tied:
            # the dying are at risk by 1 - f only
            weights = weights * sums.fraction
            result[dead] -= V[dead] * sets.by_time(weights)[at] - sets.by_time(weights * a)[at]
        result *= sums.e
        terms = np.diff(sets.term_bounds)[:, None]
        result[dead] += problem.sample_weight[dead, None] * ((sets.by_time(a) / terms)[at] - V[dead])
        return result[rows]
