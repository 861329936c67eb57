"""What every attributor does: take a fitted estimator and its training rows, and prepare them for questions."""

import warnings
from abc import ABC, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from ..adapters import adapt, as_row_blocks, default_estimator, fit_estimator, is_fitted, requires_y
from ..exceptions import StationarityError, StationarityWarning, UnsupportedEstimatorError, UnsupportedTargetError
from ..removal.polish import first_factor, polish
from ..removal.stationarity import check_active_set, measure_stationarity
from ..solvers import resolve_solver
from ..targets import evaluation_rows, resolve_target
from .blockwise import fit_blocks
from .question import Question
from .sharing import SharesPreparation

__all__ = ["Attributor"]

#: stationarity over the sample's spread beyond which these are not the rows that the model was trained on
FOREIGN_ROWS = 0.1
#: relative gradient that no objective with an optimum keeps through a polish, which ends near 1e-15
NO_OPTIMUM = 1e-6
#: stationarity over a typical row's effect up to which unpolished answers are called converged
CONVERGED = 0.1


class Attributor(SharesPreparation, BaseEstimator, ABC):
    """Base of all attributors; see :class:`~skinfluence.RescaledInfluence` for the shared parameters."""

    #: the method needs the Hessian of every single row
    _needs_row_hessians = False
    #: training rows may lie in blocks
    _takes_blocks = False
    #: what the verdict says of this method, besides what all share
    _own_note = ""

    def __init__(
        self, estimator=None, *, target="loss", evaluation="linear", solver="auto", damping=0.0, polish="auto"
    ):
        self.estimator = estimator
        self.target = target
        self.evaluation = evaluation
        self.solver = solver
        self.damping = damping
        self.polish = polish

    def fit(self, X=None, y=None, sample_weight=None):
        """Adapt the estimator, factor the Hessian of its objective, and polish the parameters to stationarity.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame of shape (n, p); or RowBlocks
            Training rows as the estimator takes them, before the preprocessing of a Pipeline. Rows that do not fit into
            memory: a :class:`RowBlocks` without `y`, Dask collections, or a ``numpy.memmap`` of 1 GiB or more; the
            estimator has to be fitted.
        y : array-like of shape (n,) or (n, K)
            Training labels; None for models that read them from the columns of `X`.
        sample_weight : array-like of shape (n,) or None
            The weights that the estimator was (or is to be) fitted with.

        Returns
        -------
        self

        Raises
        ------
        UnsupportedEstimatorError
            The estimator, or one of its settings, has no exact treatment; the message has the way out.
        StationarityError
            The rows cannot be those that the fitted estimator was trained on.
        SingularCurvatureError
            The objective has no unique optimum.
        ValueError
            Bad data or parameters.

        Notes
        -----
        A fitted estimator is used as it is and left untouched; an unfitted one, as after ``clone``, is cloned and
        fitted on `X`, `y`. Wrap a fitted one in ``FrozenEstimator`` where it must survive ``clone`` (inside a
        Pipeline or a search).
        """
        self._check_parameters()
        willing = self._takes_blocks and self.estimator is not None and is_fitted(self.estimator)
        if (blocks := as_row_blocks(X, y, sample_weight, willing)) is not None:
            return fit_blocks(self, blocks)
        if y is None and requires_y(self.estimator):
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        if X is not None:
            validate_data(self, X, skip_check_array=True)
        estimator = default_estimator(y) if self.estimator is None else self.estimator
        prefit = is_fitted(estimator)
        self.estimator_ = estimator if prefit else fit_estimator(estimator, X, y, sample_weight)
        self.names_ = None if not hasattr(X, "index") or callable(X.index) else np.asarray(X.index)
        self._adapt(X, y, sample_weight, prefit)
        return self

    def _adapt(self, X, y, sample_weight, prefit):
        self.model_ = adapt(self.estimator_, X, y, sample_weight)
        if self.model_.classes is not None:
            self.classes_ = self.model_.classes
        if self.model_.names is not None:
            self.names_ = self.model_.names
        self._check_model()
        self._prepare(prefit)

    def _check_model(self):
        if self._needs_row_hessians and not self.model_.problem.has_row_hessians:
            raise UnsupportedEstimatorError(
                f"{type(self).__name__} needs the Hessian of every single row, and the rows of "
                f"{type(self.model_.final).__name__} have none of their own; use NewtonStep or InfluenceFunctions"
            )

    def _check_parameters(self):
        resolve_target(self.target)
        resolve_solver(self.solver, self.damping)
        if self.evaluation not in ("linear", "moved"):
            raise ValueError(f"evaluation must be 'linear' or 'moved', got {self.evaluation!r}")
        if self.polish not in ("auto", True, False):
            raise ValueError(
                "polish must be 'auto' (polish, but refuse rows the model was not trained on), True (polish however "
                f"far) or False (use the parameters as they are), got {self.polish!r}"
            )

    def _prepare(self, prefit):
        """Factor, judge the rows, polish."""
        problem, solver = self.model_.problem, resolve_solver(self.solver, self.damping)
        newton = solver.newton
        factor = first_factor(problem, newton) if self.polish else newton.prepare(problem.curvature())
        slack = measure_stationarity(problem, factor)
        self.stationarity_ = slack.in_rows
        if prefit and self.polish == "auto":
            self._judge_rows(slack)
        self.problem_, self.factor_, note = problem, factor, "not polished"
        if self.polish:
            note = self._polish_parameters(newton)
        elif slack.in_rows > CONVERGED:
            warnings.warn(
                f"the remaining Newton step is {slack.in_rows:.2g} times the effect of a typical row; "
                "set polish='auto', or fit the estimator with a tighter tol",
                StationarityWarning,
                stacklevel=3,
            )
        if newton is not solver:
            self.factor_ = solver.prepare(self.problem_.curvature())
        notes = [note, f"stationarity as fitted {slack.in_rows:.2g}", self.model_.note]
        self._note = "; ".join(filter(None, notes))
        self._complete()

    def _complete(self):
        """What this method needs besides the optimum and the factor, which all methods share."""
        self._prepare_terms()

    @property
    def verdict_(self):
        """What the numerical work says about itself, that of the questions so far included."""
        return "; ".join(filter(None, [self.factor_.verdict, self._note, self._own_note]))

    def _prepare_terms(self):
        """What the answers for rows are made of, once the problem is at its optimum."""
        self.terms_ = self._row_terms()

    def _check_by_block(self):
        """Refuse training rows in blocks where the rows of one block need those of others."""

    def _row_terms(self):
        """What each row contributes to the gradient."""
        return self.problem_.removal_terms()

    def _polish_parameters(self, solver):
        """Move the problem to its optimum, with a factor that belongs there; what that took, in words."""
        polished = polish(self.problem_, solver, factor=self.factor_)
        self.problem_, self.factor_ = polished.problem, polished.factor
        left = self.problem_.relative_gradient()
        if left > NO_OPTIMUM:
            warnings.warn(
                f"after {polished.n_steps} Newton steps the relative gradient is still {left:.0e}: the objective has "
                "no optimum (classes that are separated without a penalty, or a class without weight), and influence "
                "no meaning; give the model a penalty",
                StationarityWarning,
                stacklevel=5,
            )
        check_active_set(self.problem_)
        steps = f"polished in {polished.n_steps} steps on {polished.n_factors} factorisations"
        return f"{steps} to a relative gradient of {left:.0e}"

    def _judge_rows(self, slack):
        """Refuse rows that cannot be the training rows of the fitted estimator."""
        if slack.in_sample <= FOREIGN_ROWS or self.model_.within_tolerance():
            return
        message = _foreign_message(type(self.model_.final).__name__, slack)
        if not self.model_.stopped_early:
            raise StationarityError(message)
        warnings.warn(f"the estimator stopped at max_iter; {message}", StationarityWarning, stacklevel=5)

    def evaluate(self, X=None, y=None, *, target=None, sensitive_features=None, sample_weight=None):
        """The target's value at the fitted parameters.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame of shape (m, p)
            Evaluation rows as the estimator takes them; None for a target of the parameters alone.
        y : array-like
            Their labels.
        target : str or Target, optional
            Other than the constructor's.
        sensitive_features : array-like, str or list of str, optional
            Groups of the evaluation rows, or the columns of `X` that hold them.
        sample_weight : array-like of shape (m,), optional
            Weights of the evaluation rows.

        Returns
        -------
        float
        """
        return self._question(X, y, target, sensitive_features, sample_weight).value()

    def _resolve(self, target):
        """The target asked for, or that of the constructor; a loss of coupled rows is what the model says it is."""
        target, model = self.target if target is None else target, getattr(self, "model_", None)
        chosen = resolve_target(target)
        if chosen.name != "loss" or model is None or model.loss_target is None:
            return chosen
        return resolve_target(model.loss_target)

    def _question(self, X, y, target, sensitive_features, sample_weight):
        """The target on checked evaluation rows."""
        check_is_fitted(self)
        target = self._resolve(target)
        if all(term.of_theta for _, term in target.terms()):
            return Question(target, self.problem_, None, None)
        if X is None or (y is None and requires_y(self.estimator_)):
            raise UnsupportedTargetError(f"the target {target.name!r} is measured on evaluation rows; pass X and y")
        if not self.model_.by_name:
            validate_data(self, X, reset=False, skip_check_array=True)
        features, encoded = self.model_.features(X), self.model_.labels(X, y)
        if features.shape[0] != len(encoded):
            raise ValueError(f"X has {features.shape[0]} evaluation rows but y has {len(encoded)} labels")
        rows = evaluation_rows(
            self.problem_.loss,
            encoded,
            X=X,
            sensitive_features=sensitive_features,
            sample_weight=sample_weight,
            classes=self.model_.classes,
        )
        return Question(target, self.problem_, features, rows)

    @abstractmethod
    def attribute(self, X=None, y=None):
        """Answer one question for every training row."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.sparse = True
        return tags


def _foreign_message(name, slack):
    return (
        f"the rows given do not explain the fitted {name}: one Newton step on them would move the parameters "
        f"by {slack.in_sample:.2g} times their sampling spread ({slack.in_rows:.2g} times the effect of a typical "
        f"row), where a converged fit on the same rows is below {FOREIGN_ROWS}. Pass exactly the X, y and "
        "sample_weight of fit (raw, as the outer estimator takes them, in the same column order); if they are, the "
        "solver stopped early: lower tol, raise max_iter, or set polish=True"
    )
