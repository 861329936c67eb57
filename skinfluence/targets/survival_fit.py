"""Targets of survival models that training rows enter directly: the baseline hazard, and the standard error.

Deleting a row changes them at the same coefficients too; the influence on them is the whole change.
"""

from typing import Any

import numpy as np

from ..exceptions import UnsupportedTargetError
from ..problems.cox import CoxProblem
from .parameter import Parameter
from .pointwise import PointwiseTarget
from .raw import Moves
from .rows import EvaluationRows
from .survival import OfSurvival

__all__ = ["SurvivalProbability", "ZValue"]


class SurvivalProbability(OfSurvival, Moves, PointwiseTarget):
    """Probability to live beyond a time, exp(-Lambda(time | x)), as a weighted sum over the evaluation rows.

    With Breslow's estimator of the baseline, a step function of time. A deleted row leaves the baseline's risk sets and
    deaths besides moving the coefficients, and both parts are in its influence. lifelines interpolates between the
    times of its table, and its baseline leaves delayed entries out: the numbers agree at times of the table without
    an entry column.

    Parameters
    ----------
    time : float
        In the unit of the durations.

    Notes
    -----
    Risk sets are built anew for each deleted row: n (n log n + n p) for all of them.

    Examples
    --------
    Two rows with the same hazard: at the first death one of two dies, exp(-1/2) live on.

    >>> from skinfluence.problems.cox import FixedRidge, SurvivalTimes, survival_labels
    >>> from skinfluence.structures import Parameters
    >>> from skinfluence.targets import evaluation_rows, measure
    >>> times = SurvivalTimes(np.array([1.0, 2.0]), np.array([True, True]))
    >>> X = np.array([[1.0], [0.0]])
    >>> problem = CoxProblem(X, times, np.zeros(1), np.ones(2), FixedRidge(np.zeros(1)), ("x",), np.zeros(1))
    >>> rows = evaluation_rows(None, survival_labels(1))
    >>> state = Parameters(problem, problem.theta)
    >>> round(measure(SurvivalProbability(1.5), X[:1], rows, state).value(state), 4)
    0.6065
    """

    name = "survival_probability"
    unit = "weighted sum of probabilities"
    greater_is_better = None

    def __init__(self, time: float | None = None) -> None:
        self.time = time

    def check(self, rows: EvaluationRows) -> None:
        super().check(rows)
        if not isinstance(self.time, (int, float, np.number)) or not np.isfinite(self.time):
            raise UnsupportedTargetError(
                f"time of SurvivalProbability must be a finite number in the unit of the durations, got {self.time!r}; "
                "use SurvivalProbability(365.0)"
            )

    def move(self, X: Any, state: Any, rows: EvaluationRows) -> Any:
        """Covariates, time and stratum: rows for which a Cox problem's raw predictions are log cumulative hazards."""
        if not isinstance(state.problem, CoxProblem):
            raise UnsupportedTargetError(
                "the target 'survival_probability' is made of the baseline of a Cox regression, which refits do not "
                "show; use method='exact' with CoxPHSurvivalAnalysis or CoxPHFitter, or 'prediction'"
            )
        stratum = rows.y["stratum"]
        strata = state.problem.times.stratum
        known = [0] if strata is None else np.unique(strata)
        if not np.isin(stratum, known).all():
            raise UnsupportedTargetError(
                f"evaluation row {np.isin(stratum, known).argmin()} is of a stratum that the training rows have not, "
                "so that it has no baseline; pass the strata columns, or use 'log_hazard'"
            )
        return np.column_stack([X, np.full(len(X), float(self.time)), stratum])

    def each(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return np.exp(-np.exp(raw[:, 0]))

    def each_gradient(self, raw: np.ndarray, rows: EvaluationRows) -> np.ndarray:
        return -np.exp(raw - np.exp(raw))


class ZValue(Parameter):
    """A coefficient over its standard error, the square root of a diagonal entry of the inverse Hessian.

    The Hessian is that of the penalised partial likelihood of the rows that are there, as in lifelines' summary without
    ``robust``: deleting rows moves the coefficient and widens its standard error, and both are in the influence. No
    direction is the better one; how few rows turn |z| below 1.96 is a question for ``removal``.

    Parameters
    ----------
    parameter : str or int
        As for :class:`Parameter`.

    Raises
    ------
    UnsupportedTargetError
        On evaluation: a model that is no Cox regression, or no such coefficient.

    Notes
    -----
    One Hessian, O(n p^2), for each deletion with ``evaluation="moved"``, 2 p more with "linear".

    Examples
    --------
    One death among two rows: F = log(1 + exp(beta)) - beta, whose second derivative at 0 is 1/4.

    >>> from skinfluence.problems.cox import FixedRidge, SurvivalTimes
    >>> from skinfluence.structures import Parameters
    >>> times = SurvivalTimes(np.array([1.0, 2.0]), np.array([True, False]))
    >>> X = np.array([[1.0], [0.0]])
    >>> problem = CoxProblem(X, times, np.ones(1), np.ones(2), FixedRidge(np.zeros(1)), ("x",), np.zeros(1))
    >>> float(ZValue("x").value(Parameters(problem, np.array([1e-9]))).round(12))         # 1e-9 / 2
    5e-10
    """

    name = "z_value"
    unit = "standard errors"
    of_presence = True

    def remainder(self) -> float:
        """Infinite: a quotient."""
        return float("inf")

    def value(self, state: Any) -> Any:
        """z of a state: (), or (G,) of G versions."""
        place = self._position(state.problem)
        values = [_z(problem, place) for problem in state.versions()]
        return np.reshape(values, state.theta.shape[1:])[()]

    def gradient(self, state: Any) -> np.ndarray:
        """Central differences, (P,)."""
        theta, problem, place = state.theta, state.problem, self._position(state.problem)
        moves = np.diag(np.cbrt(np.finfo(float).eps) * np.maximum(np.abs(theta), 1.0))
        up, down = (np.array([_z(problem.at(column), place) for column in theta + sign * moves]) for sign in (1, -1))
        return (up - down) / (2 * np.diagonal(moves))

    def _position(self, problem):
        if not isinstance(problem, CoxProblem):
            raise UnsupportedTargetError(
                "the target 'z_value' knows the standard errors of Cox regressions alone; for this model use Parameter"
            )
        return super()._position(problem)


def _z(problem, place):
    """A parameter over the square root of its entry of the inverse Hessian."""
    return problem.theta[place] / np.sqrt(np.linalg.pinv(problem.curvature().dense())[place, place])
