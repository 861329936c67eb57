"""First-order influence through a random projection of preconditioned gradients."""

from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np

from ..._memory import BLOCK_SIZE
from ..._typing import ArrayLike, Estimator, Features, Labels, RandomState, Weights
from ...exceptions import UnsupportedQuestionError
from ...influence import Influence
from ...models import ListMLERanker, PresenceLoss
from ...problems import LinearProblem, RowTerms
from ...removal.slopes import parameter_slopes
from ...rows import Players
from ...solvers import Solver, inverse_probes, resolve_solver
from ...targets import Question, Target, resolve_target
from ..optimum import Optimum
from ..results import Removal
from ._base import StaticAttributor

__all__ = ["InfluenceSketch"]


@dataclass(frozen=True, eq=False)
class SketchedOptimum(Optimum):
    """An optimum seen through random vectors.

    Parameters
    ----------
    sketch : ndarray of shape (P, k)
        Z.
    """

    sketch: np.ndarray

    @cached_property
    def row_sketch(self) -> np.ndarray:
        """Z' R_i, (n, k)."""
        return self.seen_by(self.score_terms)

    def seen_by(self, terms: Any) -> np.ndarray:
        """Inner products of each row's term with the random vectors, (n, k), some vectors at a time."""
        k = self.sketch.shape[1]
        width = max(1, BLOCK_SIZE // (self.problem.n_rows * self.problem.n_outputs))
        blocks = [slice(start, start + width) for start in range(0, k, width)]
        return np.hstack([terms.along(self.sketch[:, block]) for block in blocks])


class InfluenceSketch(StaticAttributor):
    r"""First-order influence from k numbers a row: an unbiased estimate of :class:`InfluenceFunctions`.

    With random vectors :math:`z_1, ..., z_k` of covariance :math:`H^{-1}`, one solve each, and
    :math:`Z = [z_1, ..., z_k] / \sqrt k`,

    .. math:: R_i' H^{-1} \nabla f \approx (Z' R_i) \cdot (Z' \nabla f) .

    For self-influence where each row would take a solve: :meth:`self_influence` is one pass over X, with a relative
    standard error of :math:`\sqrt{2 / k}` whatever the number of parameters. For questions without number at some
    hundred parameters: after ``fit`` each costs k (n + P) multiplications and no solve. Not for a single scalar target,
    for which :class:`InfluenceFunctions` takes one solve and is exact; and not for scores at tens of thousands of
    parameters, where gradients of different rows are nearly orthogonal and most scores drown in the error of any k that
    fits: :meth:`standard_error` and the verdict tell.

    Parameters
    ----------
    estimator : estimator or None
        A fitted estimator is used as it is, an unfitted one is cloned and fitted; None means LogisticRegression or
        Ridge by the type of y.
    target : str or Target
        The scalar f; see :func:`skinfluence.targets.target_names`.
    solver : {"auto", "cholesky", "dual", "eigen", "cg", "lissa", "arnoldi"} or Solver
        How H is inverted; see the user guide on solvers.
    damping : float
        Multiple of the mean eigenvalue of H added to its diagonal.
    polish : {"auto", True, False}
        Newton steps from the fitted to the optimal parameters; "auto" refuses rows that cannot be the training rows.
    n_components : int
        k.
    random_state : int, RandomState or None
        Seed of the random vectors.

    Attributes
    ----------
    sketch_ : ndarray of shape (P, k)
        Z.
    row_sketch_ : ndarray of shape (n, k)
        Z' R_i.
    estimator_, problem_, stationarity_, verdict_, n_features_in_, feature_names_in_, classes_
        As for :class:`InfluenceFunctions`.

    Notes
    -----
    **Error.** Write a for the self-influence :math:`R_i' H^{-1} R_i`, b for :math:`\nabla f' H^{-1} \nabla f` and s for
    the exact score, at most :math:`\sqrt{ab}`. The estimate has mean s and variance :math:`(ab + s^2) / k`, so that its
    standard error is at most :math:`\sqrt{2 / k}` of :math:`\sqrt{ab}` (:meth:`standard_error` measures it); a
    self-influence comes out as exactly :math:`\chi^2_k / k` times what it is. For :math:`0 < \epsilon < 1` an error
    beyond :math:`\epsilon \sqrt{ab}` has a probability of at most
    :math:`4 \exp(-k (\epsilon^2 / 4 - \epsilon^3 / 6))`, so that
    :math:`k \ge \log(4 n / \delta) / (\epsilon^2 / 4 - \epsilon^3 / 6)` bounds the errors of all n rows at once with
    probability :math:`1 - \delta`. The error does not shrink with s: small scores drown, large ones are found.

    Cost: k solves and k n P once. Memory k (n + P); no copy of X. The projection keeps inner products, not parameters:
    it answers for targets linearly, and refuses ``removal``. Rows in another order draw other numbers.

    References
    ----------
    Hammoudeh and Lowd, Training data influence analysis and estimation, section 4.1.3; Johnson and Lindenstrauss, 1984.
    The random vectors: Spielman and Srivastava, Graph sparsification by effective resistances, 2011, section 4.

    Examples
    --------
    Deleting one of two rows of the mean model y = b moves the mean by half of 1 or -1, to first order:

    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> X, y = np.zeros((2, 1)), np.array([0.0, 2.0])
    >>> sketch = InfluenceSketch(Ridge(), target="prediction", n_components=20_000).fit(X, y)
    >>> sketch.attribute([[0.0]], [0.0]).values.round(2)
    array([ 0.5, -0.5])
    >>> sketch.standard_error([[0.0]], [0.0]).round(3)
    array([0.005, 0.005])
    """

    _method = "influence sketch"
    #: nothing else is kept by a projection
    evaluation = "linear"

    def __init__(
        self,
        estimator: Estimator | ListMLERanker | PresenceLoss | None = None,
        *,
        target: str | Target = "loss",
        solver: str | Solver = "auto",
        damping: float = 0.0,
        polish: bool | str = "auto",
        n_components: int = 512,
        random_state: RandomState = 0,
    ) -> None:
        self.estimator = estimator
        self.target = target
        self.solver = solver
        self.damping = damping
        self.polish = polish
        self.n_components = n_components
        self.random_state = random_state

    def _check_parameters(self):
        super()._check_parameters()
        k = self.n_components
        if not isinstance(k, Integral) or isinstance(k, bool) or k < 1:
            raise ValueError(f"n_components must be an integer of at least 1, got {k!r}")

    @property
    def terms_(self) -> Any:
        """What each row contributes to the gradient."""
        return self._held("terms_", "score_terms")

    @property
    def sketch_(self) -> np.ndarray:
        """Z, (P, k)."""
        return self._held("sketch_", "sketch")

    @property
    def row_sketch_(self) -> np.ndarray:
        """Z' R_i, (n, k)."""
        return self._held("row_sketch_", "row_sketch")

    @property
    def _own_note(self):
        k = self.n_components
        return (
            f"random projection to {k} components: the standard error of a score is at most {np.sqrt(2 / k):.2g} of "
            "the geometric mean of the row's self-influence and the target's"
        )

    def _complete(self, optimum):
        solver = resolve_solver(self.solver, self.damping)
        curvature = optimum.problem.curvature().damped(getattr(solver, "damping", 0))
        sketch = inverse_probes(curvature, optimum.factor, self.n_components, self.random_state)
        return optimum.extended(SketchedOptimum, sketch=sketch)

    def _along(self, U):
        return self.row_sketch_ @ (self.sketch_.T @ U)

    def _changes(self, rows):
        return self.sketch_ @ self.row_sketch_[rows].T

    def attribute(
        self,
        X: Features | Question | None = None,
        y: Labels | None = None,
        *,
        train_groups: ArrayLike | None = None,
        aggregate: bool = True,
        **question: Any,
    ) -> Influence:
        """Effect of deleting each training row (or group) on the target; as for :class:`InfluenceFunctions`.

        The verdict says how many scores of rows stand out of their standard errors.

        Returns
        -------
        Influence
        """
        influence = super().attribute(X, y, train_groups=train_groups, aggregate=aggregate, **question)
        of_self = self._resolve(question.get("target")).name == "self_influence"
        if train_groups is not None or not aggregate or of_self:
            return influence
        clear = np.sum(np.abs(influence.values) > 2 * self.standard_error(X, y, **question))
        verdict = f"{influence.verdict}; {clear} of {len(influence.values)} scores exceed two standard errors"
        return replace(influence, verdict=verdict)

    def self_influence(self) -> Influence:
        """Effect of deleting each training row on its own (unweighted) loss, without a solve.

        Returns
        -------
        Influence
            Values of shape (n,), in the unit of the model's loss.
        """
        self._check_fitted()
        problem = self.problem_
        if not isinstance(problem, LinearProblem):
            return super().self_influence()
        nothing = np.zeros((problem.n_rows, 0)), np.zeros((0, problem.n_parameters))
        own = RowTerms(problem.design, problem.loss.gradient(problem.training_raw, problem.y), *nothing)
        values = np.einsum("nk,nk->n", self.preparation_.seen_by(own), self.row_sketch_)
        return self._answer(values, resolve_target("self_influence"), Players.rows(len(values), self.names_))

    def standard_error(
        self,
        X: Features | Question | None = None,
        y: Labels | None = None,
        *,
        target: str | Target | None = None,
        sensitive_features: Any = None,
        sample_weight: Weights = None,
    ) -> np.ndarray:
        """Standard error of each score of :meth:`attribute`, sqrt((a b + s^2) / k) with the sketch's own a, b and s.

        Parameters
        ----------
        X, y, target, sensitive_features, sample_weight
            As for :meth:`attribute`.

        Returns
        -------
        ndarray of shape (n,)
            In the unit of the target.
        """
        question = self.question(
            X, y, target=target, sensitive_features=sensitive_features, sample_weight=sample_weight
        )
        seen = self.sketch_.T @ parameter_slopes(question, self.problem_)[:, 0]
        a, s = np.sum(self.row_sketch_**2, axis=1), self.row_sketch_ @ seen
        return np.sqrt((a * (seen @ seen) + s**2) / self.n_components)

    def removal(
        self, indices: ArrayLike, X: Features | Question | None = None, y: Labels | None = None, **question: Any
    ) -> Removal:
        """Refused: a projection keeps no parameters."""
        raise UnsupportedQuestionError(
            "a sketch keeps inner products and no parameters, so it predicts none after a removal; attribute(..., "
            "train_groups=...) has the effect of sets on a target, and InfluenceFunctions(solver='cg').removal takes "
            "one solve a set"
        )

    def removals(
        self, sets: Any = None, X: Features | Question | None = None, y: Labels | None = None, **question: Any
    ) -> Any:
        """Refused, for the same reason."""
        return self.removal(sets)
