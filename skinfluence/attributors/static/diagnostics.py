"""Classical diagnostics: leverage, Cook's distance and DFBETAS, for every model with a curvature."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..._typing import Estimator
from ...influence import Influence
from ...models import ListMLERanker, PresenceLoss
from ...problems import LinearProblem
from ...removal.rank_one_downdates import row_blocks, row_downdate
from ...solvers import Solver
from ..optimum import Optimum, OptimumOfRows

__all__ = ["DFBETAS", "CooksDistance", "Leverage"]


@dataclass(frozen=True, eq=False)
class LeveragedOptimum(Optimum):
    """An optimum, with the leverage of each row."""

    @cached_property
    def output_leverage(self) -> np.ndarray:
        """h_i = trace(w_i H_i S_i) with S_i = E_i H^-1 E_i'; its summands, one for each output, (n, K)."""
        problem, M = self.problem, self.problem.row_hessians()
        blocks = ((block, self.factor.inner_of_rows(problem.design, block)) for block in row_blocks(problem))
        return np.concatenate([np.einsum("bkl,blk->bk", M[block], S) for block, S in blocks])


class Diagnostic(OptimumOfRows):
    """Numbers per training row that need neither a target nor evaluation rows."""

    _method: str
    _unit: str
    _estimand: str
    reads = (LinearProblem,)
    _sign = "a size, without sign"

    def __init__(
        self,
        estimator: Estimator | ListMLERanker | PresenceLoss | None = None,
        *,
        solver: str | Solver = "auto",
        damping: float = 0.0,
        polish: bool | str = "auto",
    ) -> None:
        self.estimator = estimator
        self.solver = solver
        self.damping = damping
        self.polish = polish

    # facts that the shared preparation asks for; a diagnostic has no choice in them
    target = "self_influence"
    evaluation = "linear"

    def attribute(self) -> Influence:
        """The diagnostic of every training row.

        Returns
        -------
        Influence
            Values of shape (n,), (n, P) for DFBETAS.
        """
        self._check_fitted()
        return Influence(
            np.concatenate([self._values(block) for block in row_blocks(self.problem_)]),
            estimand=self._estimand,
            unit=self._unit,
            sign=self._sign,
            method=self._method,
            verdict=self.verdict_,
            stationarity=self.stationarity_,
            names=self.names_,
            target=self._method,
            greater_is_better=None,
        )

    @abstractmethod
    def _values(self, rows):
        """The diagnostic of a block of rows, (b,) or (b, P)."""

    def _complete(self, optimum):
        return optimum.extended(LeveragedOptimum)

    @property
    def output_leverage_(self) -> np.ndarray:
        """Leverage of each row in each output, (n, K)."""
        return self._held("output_leverage_", "output_leverage")

    @property
    def leverage_(self) -> np.ndarray:
        """Leverage of each row, (n,)."""
        return self.output_leverage_.sum(axis=1)

    def _changes(self, rows):
        """One-step parameter changes of a block of deletions, (P, b)."""
        return row_downdate(self.problem_, self.factor_, rows).solve(self.terms_.columns(rows))

    def _dispersion(self):
        """Residual variance for squared losses, with n - trace(hat) degrees of freedom; 1 for likelihoods."""
        problem = self.problem_
        if not problem.loss.quadratic:
            return 1.0
        weight, residuals = problem.weights(), problem.loss.gradient(problem.training_raw, problem.y)
        freedom = np.count_nonzero(weight.any(axis=1)) * problem.n_outputs - self.leverage_.sum()
        return np.sum(weight * residuals**2) / freedom


class Leverage(Diagnostic):
    r"""Leverage of each row, :math:`h_i = \mathrm{tr}(w_i H_i\, E_i H^{-1} E_i')`, the diagonal of the hat matrix.

    Between 0 and K; the sum is the number of effective parameters. First-order influence under-states a row by 1 - h_i.

    Parameters
    ----------
    estimator : estimator or None
        A fitted estimator is used as it is, an unfitted one is cloned and fitted.
    solver, damping, polish
        As for :class:`InfluenceFunctions`.

    Notes
    -----
    Cost n P^2 + P^3 / 3 in ``fit``.

    References
    ----------
    Hammoudeh and Lowd, Training data influence analysis and estimation, section 3.2.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> Leverage(LinearRegression()).fit([[0.0], [1.0], [2.0]], [1.0, 0.0, 5.0]).attribute().values.round(4)
    array([0.8333, 0.3333, 0.8333])
    """

    _method = "leverage"
    _unit = "1"
    _estimand = "trace of the row's block of the hat matrix"

    def _values(self, rows):
        return self.leverage_[rows]


class CooksDistance(Diagnostic):
    r"""Cook's distance of each row: :math:`\Delta\theta_i' H \Delta\theta_i / (P \phi)`, with one-step changes.

    The dispersion phi is the residual variance for squared losses and 1 for likelihoods. With least squares this is the
    textbook quantity; for generalised linear models the one-step version.

    Parameters
    ----------
    estimator : estimator or None
        A fitted estimator is used as it is, an unfitted one is cloned and fitted.
    solver, damping, polish
        As for :class:`InfluenceFunctions`.

    Notes
    -----
    Cost n P^2 a call.

    References
    ----------
    Cook, Detection of influential observation in linear regression, 1977; Pregibon, Logistic regression diagnostics,
    1981.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> CooksDistance(LinearRegression()).fit([[0.0], [1.0], [2.0]], [1.0, 0.0, 5.0]).attribute().values.round(4)
    array([2.5 , 0.25, 2.5 ])
    """

    _method = "Cook's distance"
    _unit = "1"
    _estimand = "squared size of the one-step parameter change, in units of its covariance, per parameter"

    def _values(self, rows):
        changes = self._changes(rows)
        moved = self.problem_.curvature().matvec(changes)
        return np.einsum("pb,pb->b", changes, moved) / (self.problem_.free.sum() * self._dispersion())


class DFBETAS(Diagnostic):
    r"""Change of each parameter when the row is deleted, in standard errors: :math:`(\theta - \theta_{(i)})_j / se_j`.

    The sign is the classical one, full fit minus deleted fit, as in statsmodels and R. For squared losses the
    standard error uses the residual variance without the row, as the textbook has it.

    Parameters
    ----------
    estimator : estimator or None
        A fitted estimator is used as it is, an unfitted one is cloned and fitted.
    solver, damping, polish
        As for :class:`InfluenceFunctions`.

    Notes
    -----
    Cost n P^2 a call, memory n P for the answer.

    References
    ----------
    Belsley, Kuh and Welsch, Regression diagnostics, 1980; Hammoudeh and Lowd, section 3.2.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 0.0, 5.0, 4.0]
    >>> DFBETAS(LinearRegression()).fit(X, y).attribute().values.shape
    (4, 2)
    """

    _method = "DFBETAS"
    _unit = "standard errors of the parameter"
    _estimand = "parameter of the full fit minus the one without the row, over its standard error"
    _sign = "positive: deleting the row lowers the parameter"

    def _values(self, rows):
        problem = self.problem_
        identity = np.eye(problem.n_parameters)[:, :, None]
        deviation = np.sqrt(self.factor_.inner(identity)[:, 0, 0])
        outputs = np.arange(problem.n_outputs)
        of_parameter = np.append(np.repeat(outputs, problem.coef.shape[1]), outputs)[: problem.n_parameters]
        spread = np.sqrt(self._dispersion_without(rows))[:, of_parameter]
        # parameters that an l1 penalty holds at zero neither move nor deviate
        return -self._changes(rows).T / (np.where(problem.free, deviation, 1) * spread)

    def _dispersion_without(self, rows):
        """Residual variance without each row, (b, K): (sum_j w_j r_j^2 - w_i r_i^2 / (1 - h_i)) / (f - 1).

        Least squares with K outputs is K regressions, each with its own residuals and leverages.
        """
        problem = self.problem_
        if not problem.loss.quadratic:
            return np.ones((problem.n_rows, problem.n_outputs))[rows]
        weight, leverage = problem.weights(), self.output_leverage_
        squares = weight * problem.loss.gradient(problem.training_raw, problem.y) ** 2
        freedom = np.count_nonzero(weight.any(axis=1)) - leverage.sum(axis=0)
        left = squares.sum(axis=0) - squares[rows] / (1 - leverage[rows])
        return left / (freedom - 1)
