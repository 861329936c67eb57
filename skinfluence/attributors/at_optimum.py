"""Bases of what starts from the optimum of a fitted objective: methods and diagnostics."""

from inspect import signature
from typing import Any, Self

from .._progress import tell
from .._typing import Estimator
from .._warnings import warn
from ..adapters import check_reads
from ..exceptions import StationarityWarning, UnsupportedQuestionError
from ..models import ListMLERanker, PresenceLoss
from ..problems import LinearProblem, interpolated, interpolates, spread_ranks
from ..removal.polish import first_factor
from ..removal.rank_one_downdates import row_downdate
from ..removal.stationarity import measure_distance, measure_stationarity
from ..solvers import Factor, Solver, resolve_solver
from ..targets import Target, resolve_target
from ._base import Attributor
from .blockwise import check_takes_blocks, fit_blocks, in_blocks
from .fitted import KEPT, FittedOnRows
from .optimum import Optimum
from .polishing import check_training_rows, polished_problem, warn_off_optimum

__all__ = ["AtOptimum", "OptimumOfRows"]

#: distance from the optimum, in effects of a typical row, above which polish=False warns
FAR_FROM_OPTIMUM = 0.1
#: constructor arguments that from_fitted takes from the fitted attributor
TAKEN_OVER = ("estimator", "target", "solver", "damping", "polish")


class OptimumOfRows(FittedOnRows):
    """Base of what starts from the optimum, diagnostics included."""

    #: training rows may lie in blocks
    _takes_blocks = False
    #: a question takes a few solves, and not one for each row
    _few_solves = False
    #: methods without progress say none
    verbose = 0
    #: text about this method in the verdict
    _own_note = ""

    # what the preparation holds, under their public names

    @property
    def problem_(self) -> Any:
        """The objective at its optimum."""
        return self._held("problem_", "problem")

    @property
    def factor_(self) -> Factor:
        """The factor of its Hessian."""
        return self._held("factor_", "factor")

    @property
    def terms_(self) -> Any:
        """What the deletion of each row takes from the gradient."""
        return self._held("terms_", "removal_terms")

    @property
    def stationarity_(self) -> float:
        """How far the fitted estimator was from the optimum, in multiples of the effect of deleting a typical row."""
        return self._held("stationarity_", "stationarity")

    @property
    def verdict_(self) -> str:
        """Quality of the numerical results so far: solver, conditioning, convergence."""
        return "; ".join(filter(None, [self.factor_.verdict, self.preparation_.note, self._own_note]))

    def _check_parameters(self):
        resolve_target(self.target)
        resolve_solver(self.solver, self.damping)
        if self.evaluation not in ("linear", "moved"):
            raise ValueError(f"evaluation must be 'linear' or 'moved', got {self.evaluation!r}")
        if self.polish not in ("auto", True, False):
            raise ValueError(
                "polish must be 'auto' (move to the optimum; error for other rows than the training rows), True (move "
                f"to the optimum from anywhere) or False (use the parameters as they are), got {self.polish!r}"
            )

    def _fit_blocks(self, blocks):
        return fit_blocks(self, blocks)

    def _check_by_block(self):
        """Refuse training rows in blocks where the rows of one block need those of others."""

    def _prepare(self, prefit):
        optimum = self._optimum(prefit)
        if self.verbose:
            tell(optimum.note)
        return self._complete(optimum)

    def _n_solves(self, problem):
        """Right-hand sides that fit will need, so that a solver that refuses them does so before the work."""
        return 0

    def _complete(self, optimum):
        """The optimum with what this method needs besides, which is all that methods do not share."""
        return optimum

    def _optimum(self, prefit):
        """Factor the Hessian, check the rows, polish."""
        problem, solver = self.model_.problem, resolve_solver(self.solver, self.damping, self._few_solves)
        newton = solver.newton
        # damping is another curvature than that of the dual form
        undamped = not getattr(solver, "damping", 0)
        if self.polish and undamped and isinstance(problem, LinearProblem) and interpolates(problem):
            return self._interpolated(problem, solver, prefit)
        factor = self._first_factor(problem, solver)
        slack = measure_stationarity(problem, factor)
        if prefit and self.polish == "auto":
            check_training_rows(self.model_, slack)
        note, diverging = "used as they are, not polished", None
        if self.polish:
            fitted = problem
            problem, factor, note, diverging = polished_problem(problem, factor, newton)
            if prefit and self.polish == "auto":
                warn_off_optimum(self.model_, fitted, problem, slack)
        elif slack.in_rows > FAR_FROM_OPTIMUM:
            warn(
                f"the remaining Newton step is {slack.in_rows:.2g} times the effect of a typical row; "
                "set polish='auto', or fit the estimator with a tighter tol",
                StationarityWarning,
            )
        if newton is not solver:
            factor = solver.prepare(problem.curvature())
        return Optimum(problem, factor, slack.in_rows, _noted(slack, note, self.model_), diverging)

    def _first_factor(self, problem, solver):
        """At the fitted parameters; refused where the solver would refuse what fit needs later."""
        newton = solver.newton
        if self.verbose and (expected := solver.expected(problem.curvature(), self._n_solves(problem))):
            tell(f"{problem.n_rows} rows, {problem.n_parameters} parameters: {expected}")
        factor = first_factor(problem, newton) if self.polish else newton.prepare(problem.curvature())
        if newton is solver:
            factor.afford(self._n_solves(problem))
        return factor

    def _interpolated(self, problem, solver, prefit):
        """The optimum by the dual form."""
        optimum = interpolated(problem)
        factor = solver.prepare(optimum.curvature())
        rows = spread_ranks(optimum.n_rows, 32)
        effects = row_downdate(optimum, factor, rows).solve(optimum.removal_terms().columns(rows))
        slack = measure_distance(problem, optimum, effects)
        if prefit and self.polish == "auto":
            check_training_rows(self.model_, slack)
        return Optimum(optimum, factor, slack.in_rows, _noted(slack, "solved in the dual form", self.model_), None)

    @classmethod
    def from_fitted(cls, attributor: Any, **parameters: Any) -> Self:
        """The method on the training rows, the optimum and the factor of another one that is fitted.

        The Hessian is neither computed nor factored again.

        Parameters
        ----------
        attributor : attributor
            Fitted, of any method that has a factor.
        **parameters
            Other arguments of this method's constructor; `estimator`, `solver`, `damping`, `polish` and, unless given,
            `target` are those of `attributor`.

        Returns
        -------
        attributor
            Fitted. It shares arrays with the other one; neither modifies them.

        Raises
        ------
        UnsupportedQuestionError
            The other one refits and has no factor, or its training rows lie in blocks and this method needs all
            of them at once.
        UnsupportedEstimatorError
            The model does not have what this method needs.
        ValueError
            An argument that is taken from the fitted attributor.

        Examples
        --------
        >>> from sklearn.linear_model import Ridge
        >>> from skinfluence import InfluenceFunctions, RescaledInfluence
        >>> X, y = [[0.0], [0.0]], [0.0, 2.0]
        >>> rescaled = RescaledInfluence(Ridge(), target="prediction").fit(X, y)
        >>> InfluenceFunctions.from_fitted(rescaled).attribute([[0.0]], [0.0]).values
        array([ 0.5, -0.5])
        """
        attributor._check_fitted()
        if fixed := sorted(set(parameters) & (set(TAKEN_OVER) - {"target"})):
            raise ValueError(
                f"from_fitted takes {fixed[0]} over from the fitted attributor, got {fixed[0]}="
                f"{parameters[fixed[0]]!r}; leave it out, or fit {cls.__name__} itself"
            )
        optimum = attributor.preparation_
        if not isinstance(optimum, Optimum):
            raise UnsupportedQuestionError(
                f"this {type(attributor).__name__} has no factor to share; use one with a factor, "
                f"such as RescaledInfluence, or fit {cls.__name__} itself"
            )
        own = signature(cls).parameters
        taken = {name: getattr(attributor, name) for name in TAKEN_OVER if name in own}
        shared = cls(**taken | parameters)
        shared._check_parameters()
        for name in ("estimator_", "model_", "names_", "classes_", "n_features_in_", "feature_names_in_", *KEPT):
            if name in vars(attributor):
                setattr(shared, name, getattr(attributor, name))
        if in_blocks(optimum.problem):
            check_takes_blocks(shared)
        check_reads(shared.model_.final, cls.__name__, shared.reads)
        shared.preparation_ = shared._complete(optimum.extended(Optimum))
        return shared


def _noted(slack, note, model):
    distance = f"{slack.in_rows:.2g} times the effect of deleting a typical row"
    return "; ".join(filter(None, [f"fitted parameters off the optimum by {distance}, {note}", model.note]))


class AtOptimum(Attributor, OptimumOfRows):
    """Base of the methods that start from the optimum; see :class:`~skinfluence.RescaledInfluence` for parameters."""

    def __init__(
        self,
        estimator: Estimator | ListMLERanker | PresenceLoss | None = None,
        *,
        target: str | Target = "loss",
        evaluation: str = "linear",
        solver: str | Solver = "auto",
        damping: float = 0.0,
        polish: bool | str = "auto",
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.target = target
        self.evaluation = evaluation
        self.solver = solver
        self.damping = damping
        self.polish = polish
        self.verbose = verbose
