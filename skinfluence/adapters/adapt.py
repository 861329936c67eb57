"""The front door of the room: any supported fitted estimator, with its training rows, becomes an adapted model."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ..exceptions import UnsupportedEstimatorError
from ..problems import LinearProblem
from ._base import Adapter
from .doors import Door, Model, door_of
from .labels import encode_labels
from .lookup import members, reason_against, rule_for
from .names import feature_names
from .refused import reason_to_refuse
from .restating import Restatement, check_restatable, restate
from .unwrap import unwrap_settings

__all__ = ["AdaptedModel", "adapt", "adapter_of", "has_row_hessians", "supports"]


@dataclass(frozen=True, eq=False)
class AdaptedModel(Model):
    """A fitted linear predictor of scikit-learn as the rest of the package sees it.

    Parameters
    ----------
    problem : LinearProblem
        The objective on the training rows, at the fitted parameters.
    transformers : tuple
        Fitted preprocessing, applied before the final estimator and held fixed.
    final : estimator
        The fitted final estimator, or the one that stands for it.
    adapter : Adapter
        Its adapter.
    sample_weight : ndarray of shape (n,)
        Weights as the estimator took them, ones when none.
    label_maps : sequence of callable
        From labels, float64, to those that `final` was fitted on.
    note : str
        What a reader of the effects has to know of the estimator; empty when nothing.
    """

    problem: LinearProblem
    transformers: tuple
    final: object
    adapter: Adapter
    sample_weight: np.ndarray
    label_maps: tuple = ()
    note: str = ""

    @property
    def classes(self):
        """Class labels, None for regressors."""
        return getattr(self.final, "classes_", None)

    @property
    def stopped_early(self):
        """The estimator itself stopped at its iteration limit."""
        n_iter, limit = getattr(self.final, "n_iter_", None), getattr(self.final, "max_iter", None)
        return n_iter is not None and limit is not None and bool(np.max(n_iter) >= limit)

    def within_tolerance(self):
        """Whether what is left of the mean gradient is what the estimator's own `tol` allows."""
        if not self.adapter.converges:
            return True
        tol = getattr(self.final, "tol", None)
        if tol is None:
            return False
        # solvers stop on the mean gradient or on something close to it: a factor of ten covers the difference
        left = np.max(np.abs(self.problem.gradient()), initial=0) / self.problem.total_weight()
        return bool(left <= 10 * tol)

    def features(self, X):
        """Features that the final estimator sees, from raw rows: float64, dense or CSR."""
        return final_features(self.transformers, self.final, X)

    def encode(self, y):
        """Labels as the loss takes them: class codes, or float64."""
        return _encode(self.final, y, self.label_maps)

    def labels(self, X, y):
        """The same; `X` says nothing about them."""
        return self.encode(y)

    def refitted(self, rows):
        """The problem of the final estimator refitted without some rows, on those that are left.

        Preprocessing and what cross-validation chose stay as they are. The tolerance is tightened where the estimator
        has one, for a refit at a default tolerance differs from the optimum by more than a row's effect.
        """
        keep = np.setdiff1d(np.arange(len(self.sample_weight)), rows)
        X, y, weight = self.problem.design.X[keep], self.problem.y[keep], self.sample_weight[keep]
        y = y if self.classes is None else self.classes[y]
        final = self.adapter.plain(self.final)
        known = final.get_params() if self.adapter.converges else {}
        # of the estimators inside, too
        settings = {name: name.rpartition("__")[2] for name in known}
        tight = self.adapter.tight
        final.set_params(**{name: tight[setting] for name, setting in settings.items() if setting in tight})
        final.fit(X, y, sample_weight=weight)
        return adapt(final, X, y, weight).problem


def final_features(transformers, final, X):
    """Raw rows through the fitted transformers, checked against what the final estimator was fitted on."""
    for transformer in transformers:
        X = transformer.transform(X)
    return validate_data(final, X, reset=False, accept_sparse="csr", dtype=np.float64)


def adapt(estimator, X, y, sample_weight=None):
    """Turn a fitted estimator and the rows that it was trained on into a model whose influence can be computed.

    Parameters
    ----------
    estimator : fitted estimator
        One of the supported models, in any nesting of Pipelines, searches and FrozenEstimator.
    X : array-like, sparse matrix or DataFrame of shape (n, p)
        Raw training rows, as the outermost estimator takes them.
    y : array-like of shape (n,) or (n, K)
        Raw labels.
    sample_weight : array-like of shape (n,) or None
        The weights that the estimator was fitted with.

    Returns
    -------
    Model

    Raises
    ------
    UnsupportedEstimatorError
        With the reason and the way out, when the estimator or one of its settings has no exact treatment.
    ValueError
        For rows, labels or weights that cannot be those of the estimator.
    """
    if (door := _open_door(estimator)) is not None:
        return door.adapt(estimator, X, y, sample_weight)
    restated, adapter = restate_fitted(estimator)
    transformers, final = restated.transformers, restated.final
    features = final_features(transformers, final, X)
    check_consistent_length(features, y)
    adapter.check_rows(final, features.shape[0])
    labels = checked_labels(restated, y, sample_weight)
    check_some_weight(labels.weight)
    problem = most_stationary(stated_problems(restated, adapter, features, labels))
    return AdaptedModel(problem, transformers, final, adapter, labels.weight, restated.label_maps, restated.note)


def restate_fitted(estimator):
    """A fitted estimator restated until it has an adapter, and its adapter."""
    restated = restate(estimator)
    adapter = adapter_of(restated.final)
    check_is_fitted(restated.final)
    return restated, adapter


def check_some_weight(weight):
    """Refuse training rows of which none has a weight."""
    if not np.any(weight):
        raise ValueError("sample_weight is all zero; at least one training row needs a positive weight")


class Labels(NamedTuple):
    """Checked labels, class codes or numbers, and weights of some rows."""

    codes: np.ndarray | None
    values: np.ndarray | None
    weight: np.ndarray


def checked_labels(restated, y, sample_weight):
    """Labels and weights of training rows, as the final estimator was fitted on them."""
    codes = encode_labels(y, restated.final.classes_) if hasattr(restated.final, "classes_") else None
    values = None if codes is not None else _encode(restated.final, y, restated.label_maps)
    n_rows = len(values if codes is None else codes)
    given = None if sample_weight is None else np.asarray(sample_weight)
    if given is not None and given.shape == (n_rows,) and not given.any():
        # some of the rows may have none; whether all have none is asked where all are known
        return Labels(codes, values, np.zeros(n_rows))
    weight = _check_sample_weight(sample_weight, y, dtype=np.float64, ensure_non_negative=True)
    return Labels(codes, values, weight * restated.row_weight)


def stated_problems(restated, adapter, features, labels):
    """The problem on training rows under each of the objectives that the estimator may have minimised."""
    final = restated.final
    names = feature_names(restated.transformers, final, features.shape[1])
    objectives = adapter.objectives(final, labels.values, labels.codes, labels.weight)
    return [adapter.problem(final, features, objective, labels.weight, names) for objective in objectives]


def _open_door(estimator):
    """The door of the final estimator, once it has nothing against its settings; None for linear predictors."""
    final = unwrap_settings(estimator)[1]
    door = door_of(final)
    reason = None if door is None else door.reason_against(final)
    if reason is not None:
        raise UnsupportedEstimatorError(f"{type(final).__name__}: {reason}")
    return door


def most_stationary(problems):
    """The first objective, unless the fitted parameters are ten times closer to the optimum of another."""
    chosen = problems[0]
    for other in problems[1:]:
        if 10 * other.relative_gradient() < chosen.relative_gradient():
            chosen = other
    return chosen


def supports(estimator):
    """Whether skinfluence computes exact influence for an estimator, and if not, why.

    Parameters
    ----------
    estimator : estimator
        Fitted or not; Pipelines, searches and FrozenEstimator are looked through.

    Returns
    -------
    supported : bool
    reason : str
        Empty when supported, otherwise what stands against it and what to use instead.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression, Ridge
    >>> supports(LogisticRegression())
    (True, '')
    >>> supports(Ridge(positive=True))[1]
    'Ridge: positive=True constrains the coefficients, so that the optimum is not stationary; use positive=False'
    """
    try:
        _check_settings(estimator)
    except UnsupportedEstimatorError as error:
        return False, str(error)
    return True, ""


def has_row_hessians(estimator):
    """Whether the rows of a supported estimator, fitted or not, have Hessians of their own: linear predictors only."""
    return door_of(unwrap_settings(estimator)[1]) is None


def _check_settings(estimator):
    """Raise unless the estimator, or what it holds, has an adapter that takes its settings."""
    if _open_door(estimator) is not None:
        return
    final = unwrap_settings(estimator)[1]
    rule = check_restatable(final)
    if rule is None:
        adapter_of(final)
    elif (inner := rule.inner(final)) is not None:
        if _open_door(inner) is not None:
            adapter_of(unwrap_settings(inner)[1])
        _check_settings(inner)


def supported_classes():
    """The estimator classes that have an adapter or a restatement, by name; classes of our own left out."""
    rules = [*members(Adapter), *members(Restatement)]
    classes = {cls for rule in rules for cls in rule.estimators if not cls.__module__.startswith("skinfluence")}
    return sorted(classes, key=lambda cls: cls.__name__)


def adapter_of(estimator):
    """The adapter of an estimator that stands for itself, fitted or not; refuses with the reason and the way out."""
    name = type(estimator).__name__
    adapter, cls = rule_for(estimator, Adapter)
    if adapter is not None:
        reason = reason_against(estimator, adapter, cls)
        if reason is not None:
            raise UnsupportedEstimatorError(f"{name}: {reason}")
        return adapter
    if door_of(estimator) is not None:
        raise UnsupportedEstimatorError(f"{name} inside a model, or on blocks: use it by itself, on rows in memory")
    reason = reason_to_refuse(estimator)
    if reason is not None:
        raise UnsupportedEstimatorError(f"{name} has no exact treatment: {reason}")
    elsewhere = [name for door in Door.__subclasses__() for name in door.names]
    known = ", ".join(sorted([*(cls.__name__ for cls in supported_classes()), *elsewhere]))
    raise UnsupportedEstimatorError(
        f"{name} has no exact treatment; supported models are {known}. For any other estimator use "
        "LeaveOneOut(estimator, method='refit'), or a supported model as a surrogate"
    )


def _encode(final, y, label_maps):
    if hasattr(final, "classes_"):
        return encode_labels(y, final.classes_)
    values = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
    for label_map in label_maps:
        values = label_map(values)
    n_outputs = np.shape(final.coef_)[0] if np.ndim(final.coef_) == 2 else 1
    if values.ndim == 2 and values.shape[1] != n_outputs:
        raise ValueError(f"y has {values.shape[1]} columns, but the estimator was trained on {n_outputs}")
    return values
