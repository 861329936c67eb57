"""Leave-one-out, exactly: the answer that every other method approximates."""

from copy import copy

import numpy as np

from ..._typing import Estimator, RandomState
from ...adapters import WholeState, check_repeatable, output_model, resampling_step, supports, whole_model
from ...exceptions import UnsupportedQuestionError
from ...models import ListMLERanker, PresenceLoss
from ...problems import LinearProblem, Problem
from ...removal.exact import exact_set_changes
from ...removal.moved import moved_effects
from ...removal.refits import refit_effects
from ...solvers import Solver, resolve_solver
from ...structures import Structure
from ...targets import Target
from ..deletion import deletion_effects
from .exact_optimum import exact_optimum
from .repeats import UnderSeveralSeeds, check_repeats, mean_and_error
from .scored import ScoredByRefits

__all__ = ["LeaveOneOut"]


class LeaveOneOut(UnderSeveralSeeds, ScoredByRefits):
    r"""Effect of deleting each row and refitting: :math:`f(\theta_{-i}) - f(\theta)`.

    ``method="exact"`` solves all n leave-one-out problems of a supported model to machine precision in blocked matrix
    products, without a refit: chord steps with the Hessian less the row, and damped Newton for the few rows whose
    leverage defeats the chord. Squared losses are exact in one step. ``method="refit"`` refits *any* estimator once a
    row, as it is: at a default tolerance the solver's slack may exceed a row's effect, so set ``tol`` small.

    Preprocessing of a Pipeline is held fixed, unless ``refit_preprocessing=True``: the leave-one-out of a whole
    Pipeline is another quantity, for a row also moves the scaler. ``method="exact"`` has it in closed form for scalers
    by mean, range and largest value, imputers of the mean, encoders of categories and what a ColumnTransformer makes of
    them; behind other steps, and for rows without which a level is gone, every step is refitted and the model solved.
    It is the only leave-one-out of an imbalanced-learn Pipeline that resamples rows (with ``method="refit"``): a row is
    deleted before it is resampled.

    Parameters
    ----------
    estimator : estimator or None
        A fitted estimator is used as it is, an unfitted one is cloned and fitted; None means LogisticRegression or
        Ridge by the type of y.
    target : str or Target
        The scalar f.
    evaluation : {"moved", "linear"}
        "moved" evaluates f at the refitted parameters: the exact effect. "linear" multiplies the exact parameter
        change with the gradient of f. ``method="refit"`` has "moved" only.
    method : {"exact", "refit", "auto"}
        See above; "auto" is "exact" for the estimators that it takes, and "refit" for all others, of every step where a
        Pipeline resamples rows.
    refit_preprocessing : bool
        Refit every step of a Pipeline.
    tol : float
        Error of a row's parameter change in the norm of the Hessian, relative to its size, that ``method="exact"`` may
        leave. For models of one output with a logistic, Poisson, Gamma or Tweedie loss (power 1 to 2) and n > P^2, 1e-9
        and above lets rows be deleted by the third derivatives of the loss, within a bound of that error; the verdict
        counts them, and rows whose bound is larger are solved as the others.
    solver, damping, polish
        As for :class:`RescaledInfluence`.
    n_repeats : int or None
        With refits: values are means over so many seeds, at least 2, with ``Influence.standard_error``. A seed is set
        for every ``random_state`` of what is refitted, in the fit on all rows and in the refits. None leaves them.
    random_state : int, RandomState or None
        Draws these seeds.
    n_jobs : int or None
        Processes for refits, threads for exact solutions. None is one process, and as many threads as NumPy's BLAS has.
    verbose : int
        Above 0, progress on standard error: after the first block of rows an estimate of the time that is left, for
        refits as joblib tells it.

    Attributes
    ----------
    seeds_ : ndarray of shape (n_repeats,)
        With `n_repeats`.
    params_change_ : ndarray of shape (n, P)
        ``method="exact"``: parameters without each row, minus all.
    estimator_, problem_, stationarity_, verdict_, n_features_in_, feature_names_in_, classes_
        As for :class:`InfluenceFunctions`.

    Notes
    -----
    Exact: about ten products of n P n multiplications in ``fit``, memory n P; rows of high leverage n P^2 each; by
    third derivatives n P^3 / 2 once (and n P^4 / 4 where the bound needs it), and some P^3 a row. With
    `refit_preprocessing` the same for each question and up to 25 n p bytes more, or a fit of every step a row.
    Refit: n refits a question, times `n_repeats`. Sets (`removal`, `train_groups`) are deleted jointly, by warm Newton.

    References
    ----------
    Hammoudeh and Lowd, Training data influence analysis and estimation, section 4.1 (leave-one-out).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> X, y = np.zeros((3, 1)), np.array([0.0, 2.0, 7.0])
    >>> LeaveOneOut(Ridge(), target="prediction").fit(X, y).attribute([[0.0]], [0.0]).values   # mean 3
    array([ 1.5,  0.5, -2. ])
    """

    _additive = False

    def __init__(
        self,
        estimator: Estimator | ListMLERanker | PresenceLoss | None = None,
        *,
        target: str | Target = "loss",
        evaluation: str = "moved",
        method: str = "exact",
        refit_preprocessing: bool = False,
        tol: float = 1e-12,
        solver: str | Solver = "auto",
        damping: float = 0.0,
        polish: bool | str = "auto",
        n_repeats: int | None = None,
        random_state: RandomState = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(estimator, target=target, evaluation=evaluation, solver=solver, damping=damping, polish=polish)
        self.method = method
        self.refit_preprocessing = refit_preprocessing
        self.tol = tol
        self.n_repeats = n_repeats
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    @property
    def _refits(self):
        """Whether rows are deleted by refits."""
        if self.method == "auto":
            # without an estimator a supported one is taken
            return self.estimator is not None and not supports(self.estimator, self._exact())[0]
        return self.method == "refit"

    def _exact(self):
        return LeaveOneOut(refit_preprocessing=self.refit_preprocessing)

    @property
    def refits_whole(self) -> bool:
        """Whether every step of a Pipeline is refitted."""
        # "auto" takes what there is
        resamples = self._refits and self.method == "auto" and resampling_step(self.estimator) is not None
        return self.refit_preprocessing or resamples

    @property
    def _solves_whole(self):
        """Whether every step is refitted, and the model behind them solved."""
        return self.refit_preprocessing and not self._refits

    @property
    def _estimand(self):
        what = "the whole estimator" if self.refits_whole else "with fixed preprocessing"
        over = "" if self.n_repeats is None else f", mean over {self.n_repeats} seeds of its random numbers"
        return f"f after deleting the row and refitting {what}, minus f{over or ': exact'}"

    @property
    def _method(self):
        return f"leave-one-out ({'refit' if self._refits else 'exact'})"

    @property
    def params_change_(self) -> np.ndarray:
        """Parameters without each row, minus all, (n, P)."""
        changes = self._held("params_change_", "params_change")
        return self.preparation_.as_fitted(changes.T).T

    @property
    def _own_note(self):
        return self.preparation_.exact_note

    def _check_parameters(self):
        super()._check_parameters()
        if self.method not in ("exact", "refit", "auto"):
            raise ValueError(f"method must be 'exact', 'refit' or 'auto', got {self.method!r}")
        if self.refit_preprocessing not in (True, False):
            raise ValueError(f"refit_preprocessing must be True or False, got {self.refit_preprocessing!r}")
        check_repeats(self.n_repeats)
        if not self._refits and self.n_repeats is not None:
            raise ValueError("n_repeats repeats refits under several seeds; set method='refit'")
        if self._refits and self.evaluation != "moved":
            raise ValueError("method='refit' evaluates the target on refitted models; set evaluation='moved'")
        if self._solves_whole and self.evaluation != "moved":
            raise ValueError(
                "refit_preprocessing=True moves features too, which no gradient has; set evaluation='moved'"
            )
        if not 0 < self.tol < 1:
            raise ValueError(f"tol must lie between 0 and 1, got {self.tol!r}")
        if self.damping:
            raise ValueError("damping changes the objective; exact leave-one-out needs damping=0")

    @property
    def reads(self) -> tuple[type, ...] | None:
        """Kinds of problems and structures that it deletes rows of exactly; None for refits, of any estimator."""
        if self._solves_whole:
            return (LinearProblem,)
        return None if self._refits else (Problem, Structure)

    def _adapt(self, X, y, sample_weight):
        if self._solves_whole:
            return whole_model(self.estimator_, X, y, sample_weight)
        if not self._refits:
            return super()._adapt(X, y, sample_weight)
        return output_model(self.estimator_, X, y, sample_weight, refit_preprocessing=self.refits_whole)

    def _prepare(self, prefit):
        if self._solves_whole:
            with_all = copy(self)
            with_all.model_ = self.model_.fixed
            optimum = with_all._optimum(prefit)
            return WholeState(self.model_.fixed, optimum.problem, optimum.diverging)
        if not self._refits:
            return super()._prepare(prefit)
        if self.n_repeats is None:
            self._unrepeatable = check_repeatable(self.model_)
            return self.model_
        self._draw()
        return self.model_

    def _complete(self, optimum):
        if self._refits:
            raise UnsupportedQuestionError("refits share no factor; fit LeaveOneOut(method='refit') itself")
        if self._solves_whole:
            raise UnsupportedQuestionError("refit_preprocessing=True needs the raw rows; fit LeaveOneOut itself")
        return exact_optimum(optimum, resolve_solver(self.solver), self.tol, self.n_jobs, self.verbose)

    def _along(self, U):
        return self.preparation_.params_change @ U

    def _changes(self, rows):
        return self.preparation_.params_change[rows].T

    def _set_changes(self, sets):
        solver = resolve_solver(self.solver)
        return exact_set_changes(self.problem_, self.factor_, self.terms_, solver, sets, tol=self.tol)

    def _of_structure(self, structure, question, players):
        if self._solves_whole:
            given = {"tol": self.tol, "n_jobs": self.n_jobs, "verbose": self.verbose}
            return moved_effects(question, self.model_, structure, players.sets, **given)
        if not self._refits:
            return deletion_effects(structure, question, players)
        if self.n_repeats is None:
            return self._refitted(structure, question, players)
        return mean_and_error(self._runs(question, players))[0]

    def _refitted(self, model, question, players):
        return refit_effects(question, model, players.sets, model, n_jobs=self.n_jobs, verbose=self.verbose)

    def _no_optimum(self):
        if self._solves_whole:
            return (
                "with refit_preprocessing=True the features move with every row; leave it out, or ask attribute(X, y)"
            )
        if not self._refits:
            return super()._no_optimum()
        return (
            "method='refit' looks at nothing but the outputs of refitted models; use method='exact' where the model is "
            "supported"
        )

    def _note_of_structure(self):
        if self._refits:
            told = f"refits of {type(self.model_.final).__name__} as it is; their tolerance is not checked"
            seeds = self._unrepeatable if self.n_repeats is None else f"means over {self.n_repeats} seeds"
            return "; ".join(filter(None, (told, seeds)))
        if self._solves_whole:
            moves = self.model_.moves
            known = 0 if moves is None else int((~moves.unknown).sum())
            told = f"preprocessing refitted, in closed form without each of {known} of {self.model_.n_rows} rows"
            return "; ".join(filter(None, (told, self.model_.fixed.note)))
        return self.model_.note
