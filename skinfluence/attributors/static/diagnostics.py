"""Classical diagnostics: leverage, Cook's distance and DFBETAS, for every model with a curvature."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..._typing import Estimator
from ...influence import Influence
from ...models import ListMLERanker, PresenceLoss
from ...problems import LinearProblem, fisher_curvature, has_dispersion, pearson_squares
from ...removal.rank_one_downdates import row_blocks, row_downdate
from ...rows import Players
from ...solvers import Solver, resolve_solver
from ..at_optimum import OptimumOfRows
from ..optimum import Optimum
from ..results import unanswered_note

__all__ = ["DFBETAS", "CooksDistance", "Leverage"]

#: degrees of freedom that are rounding: rows less the trace of the hat matrix, where every row is fitted
NO_FREEDOM = 1e-6


@dataclass(frozen=True, eq=False)
class LeveragedOptimum(Optimum):
    """An optimum, with Fisher information in the place of the Hessian, and the leverage of each row.

    Parameters
    ----------
    fisher_factor : Factor
        Of H with expected Hessians of the rows.
    fisher_hessians : ndarray of shape (n, K, K)
        These.
    """

    fisher_factor: Any
    fisher_hessians: np.ndarray

    @cached_property
    def output_leverage(self) -> np.ndarray:
        """h_i = trace(w_i H_i S_i) with S_i = E_i H^-1 E_i'; its summands, one for each output, (n, K)."""
        M, blocks = self.fisher_hessians, self.fisher_factor.inner_of_all_rows(self.problem.design)
        return np.concatenate([np.einsum("bkl,blk->bk", M[block], S) for block, S in blocks])


class Diagnostic(OptimumOfRows):
    """Numbers per training row that need neither a target nor evaluation rows."""

    _method: str
    _unit: str
    _estimand: str
    reads = (LinearProblem,)
    _sign = "a size, without sign"
    _no_answer = (
        "its leverage is 1, or the rows leave open some coefficient, or no degree of freedom or no residual for the "
        "dispersion"
    )

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
        values = np.concatenate([self._values(block) for block in row_blocks(self.problem_)])
        missing = np.isnan(values).reshape(len(values), -1).any(axis=1)
        note = unanswered_note(missing, Players.rows(len(values), self.names_), self._no_answer)
        return Influence(
            values,
            estimand=self._estimand,
            unit=self._unit,
            sign=self._sign,
            method=self._method,
            verdict=self.verdict_ + note,
            stationarity=self.stationarity_,
            names=self.names_,
            target=self._method,
            greater_is_better=None,
        )

    @abstractmethod
    def _values(self, rows):
        """The diagnostic of a block of rows, (b,) or (b, P)."""

    def _complete(self, optimum):
        problem = optimum.problem
        curvature = fisher_curvature(problem)
        own = problem.loss.canonical
        factor = optimum.factor if own else resolve_solver(self.solver, self.damping).prepare(curvature)
        return optimum.extended(LeveragedOptimum, fisher_factor=factor, fisher_hessians=curvature.row_hessians)

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
        optimum = self.preparation_
        downdate = row_downdate(optimum.problem, optimum.fisher_factor, rows, optimum.fisher_hessians)
        return downdate.solve(self.terms_.columns(rows))

    def _dispersion(self):
        """Pearson's, with n - trace(hat) degrees of freedom, nan where nothing is left; 1 where it is no parameter."""
        problem = self.problem_
        if not has_dispersion(problem):
            return 1.0
        freedom = _n_present(problem) * problem.n_outputs - self.leverage_.sum()
        squares = pearson_squares(problem).sum()
        return squares / freedom if freedom > NO_FREEDOM and squares > 0 else np.nan


class Leverage(Diagnostic):
    r"""Leverage of each row, :math:`h_i = \mathrm{tr}(w_i H_i\, E_i H^{-1} E_i')`, the diagonal of the hat matrix.

    Between 0 and K; the sum is the number of effective parameters. First-order influence under-states a row by 1 - h_i.
    For generalised linear models :math:`H_i` is the expected Hessian of the row (its Fisher weight), as in R's
    ``hatvalues``; with a canonical link that is the observed one.

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

    With least squares this is the textbook quantity; for generalised linear models it is R's ``cooks.distance``: one
    step of Fisher scoring, H and P (the rank of the features) those of the fit. The dispersion phi is Pearson's for
    squared losses, Gamma and Tweedie deviances, and 1 for binomial, multinomial and Poisson likelihoods.

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
        moved = fisher_curvature(self.problem_).matvec(changes)
        return np.einsum("pb,pb->b", changes, moved) / (self.problem_.free.sum() * self._dispersion())


class DFBETAS(Diagnostic):
    r"""Change of each parameter when the row is deleted, in standard errors: :math:`(\theta - \theta_{(i)})_j / se_j`.

    The sign is the classical one, full fit minus deleted fit, as in statsmodels and R. For squared losses the
    standard error uses the residual variance without the row, as the textbook has it; for Gamma and Tweedie deviances
    it is that of the fit, with Pearson's dispersion. The change is one step of Fisher scoring.

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
        # of the parameters that the estimator has
        identity = problem.slope_in_theta(np.eye(len(problem.parameter_names)))[:, :, None]
        deviation = np.sqrt(self.preparation_.fisher_factor.inner(identity)[:, 0, 0])
        outputs = np.arange(problem.n_outputs)
        of_parameter = np.append(np.repeat(outputs, problem.coef.shape[1]), outputs)[: len(problem.parameter_names)]
        spread = np.sqrt(self._dispersion_without(rows))[:, of_parameter]
        # parameters that an l1 penalty holds at zero neither move nor deviate
        moves = np.ones(len(deviation), dtype=bool) if problem.l1_penalty is None else problem.free
        changes = -self.preparation_.as_fitted(self._changes(rows)).T
        # a row that leaves no deviation has no answer
        with np.errstate(divide="ignore", invalid="ignore"):
            values = changes / (np.where(moves, deviation, 1) * spread)
        return np.where(np.isfinite(values), values, np.nan)

    def _dispersion_without(self, rows):
        """Residual variance without each row, (b, K): (sum_j w_j r_j^2 - w_i r_i^2 / (1 - h_i)) / (f - 1).

        Least squares with K outputs is K regressions, each with its own residuals and leverages.
        """
        problem = self.problem_
        if not problem.loss.quadratic:
            return np.full((problem.n_rows, problem.n_outputs), self._dispersion())[rows]
        leverage, squares = self.output_leverage_, pearson_squares(problem)
        freedom = _n_present(problem) - leverage.sum(axis=0) - 1
        left = squares.sum(axis=0) - squares[rows] / np.where(leverage[rows] < 1, 1 - leverage[rows], np.nan)
        # rounding of a sum that is left of larger ones
        left = np.maximum(left, 0.0)
        return np.where(freedom > NO_FREEDOM, left, np.nan) / np.where(freedom > NO_FREEDOM, freedom, 1.0)


def _n_present(problem):
    return np.count_nonzero(problem.weights().any(axis=1))
