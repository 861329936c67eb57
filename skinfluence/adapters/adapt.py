"""Any supported fitted estimator, with its training rows, becomes an adapted model."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ..exceptions import UnsupportedEstimatorError
from ..problems import LinearProblem, choose_coordinates, in_coordinates
from ._base import Adapter
from .finite import check_finite, check_moves, check_sizes
from .labels import encode_labels, one_column, plain_labels
from .model import Model, ModelAdapter
from .names import feature_names
from .reducing import Reduced, reduce
from .registry import checked_rule
from .reporting import reporting_of
from .training_rows import trained_on, trains_on_others
from .unwrap import unwrap_settings

__all__ = ["AdaptedModel", "adapt", "adapter_of"]


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
    trained_on : ndarray or CSR matrix of shape (n, p), or None
        Features of the training rows, as `final` takes them; None where they are not in memory.
    """

    problem: LinearProblem
    transformers: tuple
    final: Any
    adapter: Adapter
    sample_weight: np.ndarray
    label_maps: tuple = ()
    note: str = ""
    trained_on: Any = None
    reporting: Any = None

    @property
    def classes(self) -> np.ndarray | None:
        """Class labels, None for regressors."""
        return getattr(self.final, "classes_", None)

    @property
    def stopped_early(self) -> bool:
        """The estimator itself stopped at its iteration limit."""
        n_iter, limit = getattr(self.final, "n_iter_", None), getattr(self.final, "max_iter", None)
        return n_iter is not None and limit is not None and bool(np.max(n_iter) >= limit)

    def within_tolerance(self) -> bool:
        """Whether what is left of the mean gradient is what the estimator's own `tol` allows."""
        if not self.adapter.converges:
            return True
        tol = getattr(self.final, "tol", None)
        if tol is None:
            return False
        # solvers stop on the mean gradient or on something close to it: a factor of ten covers the difference
        left = np.max(np.abs(self.problem.gradient()), initial=0) / self.problem.total_weight()
        return bool(left <= 10 * tol)

    def features(self, X: Any) -> Any:
        """Features that the final estimator sees, from raw rows: float64, dense or CSR."""
        features = final_features(self.transformers, self.final, X)
        # coordinates remember what they made of an array: one of the caller's is another one after an edit in place
        return copy(features) if features is X and self.problem.coordinates is not None else features

    def encode(self, y: Any) -> np.ndarray:
        """Labels as the loss takes them: class codes, or float64."""
        return _encode(self.final, y, self.label_maps)

    def labels(self, X: Any, y: Any) -> np.ndarray:
        """The same; `X` says nothing about them."""
        return self.encode(y)

    def refitted(self, rows: np.ndarray) -> Any:
        """The problem of the final estimator refitted without some rows, on those that are left.

        Preprocessing and what cross-validation chose stay as they are. The tolerance is tightened where the estimator
        has one, for a refit at a default tolerance differs from the optimum by more than a row's effect.
        """
        keep = np.setdiff1d(np.arange(len(self.sample_weight)), rows)
        X, y, weight = self.trained_on[keep], self.problem.y[keep], self.sample_weight[keep]
        y = y if self.classes is None else self.classes[y]
        final = self.adapter.plain(self.final)
        known = final.get_params() if self.adapter.converges else {}
        # of the estimators inside, too
        settings = {name: name.rpartition("__")[2] for name in known}
        tight = self.adapter.tight
        final.set_params(**{name: tight[setting] for name, setting in settings.items() if setting in tight})
        final.fit(X, y, sample_weight=weight)
        return in_coordinates(stated_model(final, X, y, weight).problem, self.problem.coordinates)


def final_features(transformers: Sequence[Any], final: Any, X: Any) -> Any:
    """Raw rows through the fitted transformers, checked against what the final estimator was fitted on."""
    for transformer in transformers:
        X = transformer.transform(X)
    return validate_data(final, X, reset=False, accept_sparse="csr", dtype=np.float64)


def adapt(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> Model:
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
    rule = checked_rule(unwrap_settings(estimator)[1])
    if isinstance(rule, ModelAdapter):
        return rule.adapt(estimator, X, y, sample_weight)
    model = stated_model(estimator, X, y, sample_weight)
    coordinates = choose_coordinates(model.problem, model.adapter.least_norm)
    if coordinates is None:
        return model
    check_moves(coordinates, model.final)
    note = "; ".join(filter(None, (model.note, coordinates.note)))
    return replace(model, problem=in_coordinates(model.problem, coordinates), note=note)


def stated_model(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> AdaptedModel:
    """A linear predictor as a model, in the coordinates of the estimator."""
    reduced, adapter = reduce_fitted(estimator)
    transformers, final = reduced.transformers, reduced.final
    features = final_features(transformers, final, X)
    check_consistent_length(features, y)
    labels = checked_labels(reduced, y, sample_weight)
    check_some_weight(labels.weight)
    check_sizes(features, final)
    problem, note = most_stationary(stated_problems(reduced, adapter, features, labels)), reduced.note
    if any(map(trains_on_others, transformers)):
        trained = trained_on(transformers, X, reduced.labels_of_steps(plain_labels(y)))
        seen = final_features((), final, trained.X)
        as_trained = most_stationary(stated_problems(reduced, adapter, seen, labels))
        # steps that were fitted one by one and then put together may have trained it on their transform
        if trained.steps and as_trained.relative_gradient() < problem.relative_gradient():
            problem, features, note = as_trained, seen, "; ".join(filter(None, (note, trained.note)))
    check_finite(problem, final)
    told = (reduced.label_maps, note, features, reporting_of(estimator))
    facts = (transformers, final, adapter, labels.weight, *told)
    return AdaptedModel(problem, *facts)


def reduce_fitted(estimator: Any) -> tuple[Reduced, Adapter]:
    """A fitted estimator reduced until it has an adapter, and its adapter."""
    reduced = reduce(estimator)
    adapter = adapter_of(reduced.final, unwrap_settings(estimator)[1])
    check_is_fitted(reduced.final)
    return reduced, adapter


def check_some_weight(weight: np.ndarray) -> None:
    """Refuse training rows of which none has a weight."""
    if not np.any(weight):
        raise ValueError("sample_weight is all zero; at least one training row needs a positive weight")


class Labels(NamedTuple):
    """Checked labels, class codes or numbers, and weights of some rows."""

    codes: np.ndarray | None
    values: np.ndarray | None
    weight: np.ndarray


def checked_labels(reduced: Reduced, y: Any, sample_weight: Any) -> Labels:
    """Labels and weights of training rows, as the final estimator was fitted on them."""
    codes = encode_labels(y, reduced.final.classes_) if hasattr(reduced.final, "classes_") else None
    values = None if codes is not None else _encode(reduced.final, y, reduced.label_maps)
    n_rows = len(values if codes is None else codes)
    given = None if sample_weight is None else np.asarray(sample_weight)
    if given is not None and given.shape == (n_rows,) and not given.any():
        # some of the rows may have none; whether all have none is asked where all are known
        return Labels(codes, values, np.zeros(n_rows))
    weight = _check_sample_weight(sample_weight, y, dtype=np.float64, ensure_non_negative=True)
    return Labels(codes, values, weight * reduced.row_weight)


def stated_problems(reduced: Reduced, adapter: Adapter, features: Any, labels: Labels) -> list[Any]:
    """The problem on training rows under each of the objectives that the estimator may have minimised."""
    final = reduced.final
    names = feature_names(reduced.transformers, final, features.shape[1])
    objectives = adapter.objectives(final, labels.values, labels.codes, labels.weight)
    return [adapter.problem(final, features, objective, labels.weight, names) for objective in objectives]


def most_stationary(problems: Sequence[Any]) -> Any:
    """The first objective, unless the fitted parameters are ten times closer to the optimum of another."""
    chosen = problems[0]
    for other in problems[1:]:
        if 10 * other.relative_gradient() < chosen.relative_gradient():
            chosen = other
    return chosen


def adapter_of(estimator: Any, outer: Any = None) -> Adapter:
    """The adapter of a linear predictor, fitted or not.

    Parameters
    ----------
    estimator : estimator
        Stands for itself.
    outer : estimator, optional
        What it is inside of.

    Raises
    ------
    UnsupportedEstimatorError
        With the reason and the way out.
    """
    rule = checked_rule(estimator)
    if isinstance(rule, Adapter):
        return rule
    name, around = type(estimator).__name__, type(outer).__name__
    if outer is None or outer is estimator:
        raise UnsupportedEstimatorError(f"{name} is no linear predictor; use it by itself, on rows in memory")
    raise UnsupportedEstimatorError(
        f"{around}: {name} inside has an exact treatment by itself only; use {name} without {around} where it does the "
        "same, or for refits LeaveOneOut(estimator, method='refit')"
    )


def _encode(final, y, label_maps):
    if hasattr(final, "classes_"):
        return encode_labels(y, final.classes_)
    values = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
    for label_map in label_maps:
        values = label_map(values)
    values = one_column(values)
    n_outputs = np.shape(final.coef_)[0] if np.ndim(final.coef_) == 2 else 1
    if values.ndim == 2 and values.shape[1] != n_outputs:
        raise ValueError(f"y has {values.shape[1]} columns, but the estimator was trained on {n_outputs}")
    return values
