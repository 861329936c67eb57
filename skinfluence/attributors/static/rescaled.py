"""Rescaled influence: each row's effect with its own curvature taken out."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..._progress import RowProgress
from ...problems import LinearProblem
from ...removal.rank_one_downdates import rescaled_cotangents, row_blocks, row_downdate, unfitted
from ...removal.sets import summed_terms
from ..blockwise import in_blocks, totals
from ..optimum import Optimum
from ._base import StaticAttributor

__all__ = ["RescaledInfluence"]


@dataclass(frozen=True, eq=False)
class RescaledOptimum(Optimum):
    """An optimum, with what each row's own curvature makes of its removal term.

    Parameters
    ----------
    verbose : int
        Above 0, progress over the rows.
    """

    verbose: int = 0

    @cached_property
    def rescaled_terms(self) -> Any:
        """Terms R~_i with H^-1 R~_i = (H - w_i H_i)^-1 R_i: other cotangents, K numbers a row."""
        terms, M = self.removal_terms, self.problem.row_hessians()
        common = terms.design.raw(self.factor.solve(terms.vectors.T).value)
        cotangents = np.empty_like(terms.cotangents)
        blocks = self.factor.inner_of_all_rows(terms.design)
        for block, S in RowProgress(self.problem.n_rows).over(blocks) if self.verbose else blocks:
            rest = np.einsum("bkr,br->bk", common[block], terms.coefficients[block])
            remaining = unfitted(self.problem, block)
            cotangents[block] = rescaled_cotangents(terms.cotangents[block], M[block], S, rest, remaining)
        return replace(terms, cotangents=cotangents)


class RescaledInfluence(StaticAttributor):
    r"""Effect of deleting each row with the Hessian of the rows that stay, the default method.

    .. math:: \Delta\theta_i = (H - w_i H_i - s_i P)^{-1} R_i

    For one output and a sum-form penalty this is the first-order influence over 1 - h_i, h_i the leverage; for K
    outputs a K x K correction a row. Exact for squared losses; additive over sets, where it ignores what the rows of a
    set share. As cheap as influence functions up to a factor of two, and right where they are
    not, at high leverage.

    Parameters
    ----------
    estimator : estimator or None
        A fitted estimator is used as it is, an unfitted one is cloned and fitted; None means LogisticRegression or
        Ridge, by the rule of the guide on models.
    target : str or Target
        The scalar f; see :func:`skinfluence.targets.target_names`.
    evaluation : {"linear", "moved"}
        "linear" uses the gradient of f (additive, for ranking); "moved" evaluates f at the moved parameters, which
        tracks refitting when leverages are high.
    solver : {"auto", "cholesky", "dual", "eigen", "cg", "lissa", "arnoldi"} or Solver
        How H is inverted.
    damping : float
        Multiple of the mean eigenvalue of H added to its diagonal.
    polish : {"auto", True, False}
        Newton steps from the fitted to the optimal parameters; "auto" refuses rows that cannot be the training rows.
    verbose : int
        Above 0, what the work is expected to take, said before it starts, and how far it is, on standard error.

    Attributes
    ----------
    estimator_, problem_, stationarity_, verdict_, n_features_in_, feature_names_in_, classes_
        As for :class:`InfluenceFunctions`.

    Notes
    -----
    Cost n P^2 + P^3 / 3 once, n P a question (P parameters); a mean-form penalty: n P^2 times four or so a question.

    References
    ----------
    Rubinstein and Hopkins, Rescaled influence functions, section 1.1.

    Examples
    --------
    Deleting one of two rows of the mean model y = b moves the mean from 1 to 2 or 0, exactly:

    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> X, y = np.zeros((2, 1)), np.array([0.0, 2.0])
    >>> attributor = RescaledInfluence(Ridge(), target="prediction").fit(X, y)
    >>> attributor.attribute([[0.0]], [0.0]).values
    array([ 1., -1.])
    """

    _method = "rescaled influence"
    reads: tuple[type, ...] | None = (LinearProblem,)
    _takes_blocks = True

    def _n_solves(self, problem):
        return problem.n_rows * problem.n_outputs if self._rescales(problem) else 0

    def _complete(self, optimum):
        completed = optimum.extended(RescaledOptimum, verbose=self.verbose)
        if self._rescales(optimum.problem):
            _ = completed.rescaled_terms  # here, so that a solver that refuses so many solves does so in fit
        return completed

    def _rescales(self, problem):
        """Whether single rows are answered by rescaled terms of all rows."""
        return not in_blocks(problem) and not problem.mean_form

    @property
    def rescaled_terms_(self) -> Any:
        """What the deletion of each row takes from the gradient, in units of the Hessian without it."""
        return self._held("rescaled_terms_", "rescaled_terms")

    def _along(self, U):
        if self.problem_.mean_form:
            return np.concatenate([self._changes(block).T @ U for block in row_blocks(self.problem_)])
        return self.rescaled_terms_.along(self.factor_.solve(U).value)

    def _changes(self, rows):
        if self.problem_.mean_form:
            return row_downdate(self.problem_, self.factor_, rows).solve(self.terms_.columns(rows))
        return self.factor_.solve(self.rescaled_terms_.columns(rows)).value

    @totals
    def _set_changes(self, sets):
        if self.problem_.mean_form:
            return super()._set_changes(sets)
        return self.factor_.solve(summed_terms(self.problem_, self.rescaled_terms_, sets)).value
