"""Standard errors of parameters, and what a deletion does to the significance of one."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import norm, t

from ..exceptions import UnsupportedQuestionError
from ..losses import BinaryLogLoss, HalfPoissonLoss, HalfSquaredError, HalfTweedieLoss, MultinomialLogLoss
from ..problems import LinearProblem, has_dispersion, pearson_squares
from ..problems.cox import CoxProblem
from ..solvers import AutoSolver, woodbury_core
from .flip_conditions import SignCondition

__all__ = ["SignificanceCondition"]

#: size of a refinement step, relative to the solution, at which the refinement ends
REFINEMENT_TOL = 1e-10


class SignificanceCondition(SignCondition):
    """The p-value of a parameter against a level.

    Squared losses: a t-test with the residual variance over n - P. Logistic, multinomial and Poisson likelihoods: a
    z-test with the inverse information. Gamma and Tweedie: a t-test with Pearson's dispersion. A penalty is part of
    the information, and shrinks the parameter too: the test is then approximate.

    Parameters
    ----------
    problem : Problem
        With all rows.
    parameter : str or int
        Name or position.
    level : float
        Of the test.
    beyond : float
        How far from it the p-value has to be.
    """

    def __init__(self, problem: Any, parameter: int | str | None, level: float, beyond: float = 0.0) -> None:
        _check_likelihood(problem)
        self.threshold = level
        super().__init__(problem, parameter)
        self.words = f"p-value of {self.words}"
        # significant before: the statistic is to fall below its critical value
        self.side = 1.0 if self.before < level else -1.0
        self.goal = level + self.side * beyond
        if not 0 < self.goal < 1:
            raise ValueError(f"margin={beyond!r} asks for a p-value of {self.goal:.4g}; take less than {level:.4g}")

    def quantity(self, problem: Any) -> float:
        return self._p_value(problem, self._variance(problem, AutoSolver().prepare(problem.curvature())))

    def quantity_at(self, problem: Any, distance: float) -> float:
        freedom = _dispersion(problem)[1]
        return self._two_sided(self.critical(freedom) + self.side * distance, freedom)

    def margin_of(self, quantity: float) -> float:
        # the p-value rises where the statistic falls
        return -self.side * (quantity - self.goal)

    def distance(self, path: Any) -> float:
        variance = self._variance(path.problem, path)
        statistic = abs(self.direction @ path.problem.theta) / np.sqrt(variance * _dispersion(path.problem)[0])
        return self.side * (statistic - self.critical(_dispersion(path.problem)[1]))

    def changes(self, path: Any, along: Callable[..., Any] | None = None) -> np.ndarray:
        """Statistic without each row: its parameter, its information and its residual are taken out."""
        problem = path.problem
        z = _refined(problem, path, self.direction)
        theta = self.direction @ problem.theta + (path.along if along is None else along)(self.direction)
        dispersion, freedom = _dispersion(problem)
        variance, rest = np.full(problem.n_rows, self.direction @ z), np.zeros(problem.n_rows)
        if isinstance(problem, LinearProblem):
            # e'(H - E'ME)^-1 e = e'H^-1 e + q'(I - MS)^-1 M q with q = E H^-1 e
            core, _ = woodbury_core(path.hessians, path.kernels)
            q = problem.design.raw(z)
            variance += np.einsum("nk,nkl,nl->n", q, core, q, optimize=True)
            rest = _pearson(problem) / (1 - np.einsum("nkl,nlk->n", path.hessians, path.kernels))
        if np.isfinite(freedom):
            dispersion, freedom = (dispersion * freedom - rest) / (freedom - 1), freedom - 1
        with np.errstate(invalid="ignore", divide="ignore"):
            statistic = np.abs(theta) / np.sqrt(variance * dispersion)
        return self.side * (statistic - self.critical(freedom)) - self.distance(path)

    def _variance(self, problem, inverse):
        """e'H^-1 e at the problem's parameters."""
        return float(self.direction @ _refined(problem, inverse, self.direction))

    def _p_value(self, problem, variance):
        dispersion, freedom = _dispersion(problem)
        statistic = abs(self.direction @ problem.theta) / np.sqrt(variance * dispersion)
        return self._two_sided(statistic, freedom)

    def _two_sided(self, statistic, freedom):
        return float(2 * (t.sf(statistic, freedom) if np.isfinite(freedom) else norm.sf(statistic)))

    def critical(self, freedom: float) -> float:
        """The statistic at which the p-value is the goal; infinite degrees of freedom are a z-test."""
        return float(t.ppf(1 - self.goal / 2, freedom) if np.isfinite(freedom) else norm.ppf(1 - self.goal / 2))


def _refined(problem, inverse, y):
    """H^-1 y from a factor, or a path that has moved on since its own."""
    solve = inverse.inverse if hasattr(inverse, "inverse") else lambda Y: inverse.solve(Y).value
    H = problem.curvature()
    z = solve(y[:, None])
    size = np.abs(z).max()
    for _ in range(30):
        step = solve(y[:, None] - H.matvec(z))
        z = z + step
        if np.abs(step).max() <= REFINEMENT_TOL * size:
            break
    return z[:, 0]


def _check_likelihood(problem):
    """Raise an error for models that are not a likelihood of one response."""
    loss, K = problem.loss, problem.n_outputs
    if isinstance(problem, CoxProblem):
        return
    known = (BinaryLogLoss, MultinomialLogLoss, HalfPoissonLoss, HalfSquaredError, HalfTweedieLoss)
    one = isinstance(loss, known) and (K == 1 or isinstance(loss, MultinomialLogLoss))
    if one and isinstance(problem, LinearProblem) and problem.l1_penalty is None:
        return
    name = "an l1 penalty" if problem.l1_penalty is not None else getattr(loss, "name", "this loss")
    raise UnsupportedQuestionError(
        f"no standard errors are known for {name} with {K} outputs: the objective is not the smooth likelihood "
        "of one response; use what='sign'"
    )


def _pearson(problem):
    """The summands of the dispersion, (n,); 0 where that is 1 by assumption."""
    return pearson_squares(problem)[:, 0] if has_dispersion(problem) else np.zeros(problem.n_rows)


def _dispersion(problem):
    """Dispersion, and degrees of freedom of its estimate; 1 and infinity where it is known."""
    summands = _pearson(problem)
    if not summands.any():
        return 1.0, np.inf
    freedom = np.count_nonzero(problem.weights().any(axis=1)) - problem.n_parameters
    if freedom < 1:
        raise UnsupportedQuestionError(
            f"{freedom + problem.n_parameters} remaining rows leave no degree of freedom for {problem.n_parameters} "
            "parameters, so there is no standard error; use a smaller max_rows"
        )
    return summands.sum() / freedom, freedom
