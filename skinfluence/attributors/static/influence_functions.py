"""First-order influence functions."""

from typing import Any

from ...problems import Problem
from ...removal.sets import summed_terms
from ...structures import Sums, SupportVectors
from ..blockwise import totals
from ..deletion import deletion_effects
from ..optimum import Optimum
from .of_structures import OfStructures

__all__ = ["InfluenceFunctions"]


class InfluenceFunctions(OfStructures):
    r"""First-order effect of deleting each row: :math:`\Delta\theta_i = H^{-1} R_i`.

    R_i is what the row contributes to the gradient of the objective at its optimum: its own gradient w_i g_i, its
    share of a mean-form penalty, and, under ``class_weight="balanced"``, the class weights that change without it.
    The effect on f is :math:`\nabla f \cdot \Delta\theta_i`, additive over sets.

    Good for ranking many rows at low leverage. It under-estimates rows of high leverage h by the factor 1 - h;
    :class:`RescaledInfluence` repairs that at the cost of one more triangular solve. For single rows use
    ``LeaveOneOut`` when the last digit matters.

    Parameters
    ----------
    estimator : estimator or None
        A fitted estimator is used as it is, an unfitted one is cloned and fitted; None means LogisticRegression or
        Ridge, by the rule of the guide on models.
    target : str or Target
        The scalar f; see :func:`skinfluence.targets.target_names`.
    evaluation : {"linear", "moved"}
        "linear" uses the gradient of f (additive, for ranking); "moved" evaluates f at the moved parameters.
    solver : {"auto", "cholesky", "dual", "eigen", "cg", "lissa", "arnoldi"} or Solver
        How H is inverted; see the user guide on solvers.
    damping : float
        Multiple of the mean eigenvalue of H added to its diagonal.
    polish : {"auto", True, False}
        Newton steps from the fitted to the optimal parameters; "auto" refuses rows that cannot be the training rows.
    verbose : int
        Above 0, what the work is expected to take, said before it starts, and how far it is, on standard error.

    Attributes
    ----------
    estimator_ : estimator
        Fitted.
    problem_ : LinearProblem
        The objective at its optimum.
    stationarity_ : float
        Newton step that was left by the estimator's own solver, over the effect of a typical row.
    verdict_ : str
        What the numerical work says about itself.
    n_features_in_, feature_names_in_, classes_
        As in scikit-learn.

    Notes
    -----
    Cost n P^2 / 2 + P^3 / 3 once (P parameters), n P a question. Memory P^2, no copy of X. With many parameters under a
    penalty ``solver="auto"`` takes conjugate gradients where these are expected to be faster: some 250 products of
    2 n P, and no P x P array; H is factored after all for questions of as many solves.

    References
    ----------
    Hammoudeh and Lowd, Training data influence analysis and estimation, eq. 27-34; Chhabra et al., What data benefits
    my classifier?, eq. 1.

    Examples
    --------
    Deleting one of two rows of the mean model y = b: the mean moves from 1 to 2.

    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> X, y = np.zeros((2, 1)), np.array([0.0, 2.0])
    >>> attributor = InfluenceFunctions(Ridge(), target="prediction").fit(X, y)
    >>> attributor.attribute([[0.0]], [0.0]).values      # first order: half the way
    array([ 0.5, -0.5])
    """

    _few_solves = True
    _method = "influence functions"
    _takes_blocks = True
    reads: tuple[type, ...] | None = (Problem, Sums, SupportVectors)

    def _prepare(self, prefit):
        preparation = super()._prepare(prefit)
        if not isinstance(preparation, Optimum):
            preparation.check_one_step()
        return preparation

    def _of_structure(self, structure, question, players):
        if self.evaluation == "linear":
            return players.sums(structure.pull(question))
        return deletion_effects(structure, question, players, structure.one_step)

    def _note_of_structure(self):
        return self.preparation_.one_step_note

    @property
    def terms_(self) -> Any:
        """What each row contributes to the gradient."""
        return self._held("terms_", "score_terms")

    def _along(self, U):
        return self.terms_.along(self.factor_.solve(U).value)

    def _changes(self, rows):
        # who asks for a block of rows asks for all of them
        self.factor_.afford(self.problem_.n_rows)
        return self.factor_.solve(self.terms_.columns(rows)).value

    @totals
    def _set_changes(self, sets):
        # one solve a set: first order adds up before H^-1 too
        return self.factor_.solve(summed_terms(self.problem_, self.terms_, sets)).value
