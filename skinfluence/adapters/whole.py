"""The whole of an estimator, unfitted again: what a refit fits."""

from copy import deepcopy
from typing import Any

from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline

from ._base import Adapter
from .registry import rule_for
from .unwrap import nested

__all__ = ["whole_estimator"]


def whole_estimator(estimator: Any) -> Any:
    """An unfitted estimator with the settings of a fitted one; what a search and cross-validation chose is held fixed.

    Parameters
    ----------
    estimator : fitted estimator

    Returns
    -------
    estimator or None
        None where the model is frozen, so that ``fit`` changes nothing.

    Examples
    --------
    >>> from sklearn.linear_model import RidgeCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = [[0.0], [1.0], [3.0]], [0.0, 1.0, 5.0]
    >>> whole_estimator(make_pipeline(StandardScaler(), RidgeCV([0.5, 2.0])).fit(X, y))[-1]
    Ridge(alpha=...0.5...)
    """
    if any(isinstance(each, FrozenEstimator) for each in nested(estimator)):
        return None
    if isinstance(estimator, BaseSearchCV):
        return whole_estimator(estimator.best_estimator_)
    if isinstance(estimator, (FixedThresholdClassifier, TunedThresholdClassifierCV)):
        chosen = getattr(estimator, "best_threshold_", getattr(estimator, "threshold", "auto"))
        return FixedThresholdClassifier(
            whole_estimator(estimator.estimator_),
            threshold=chosen,
            pos_label=getattr(estimator, "pos_label", None),
            response_method=estimator.response_method,
        )
    if isinstance(estimator, Pipeline):
        *steps, (name, last) = estimator.steps
        kept = [(each, step if isinstance(step, str) or step is None else clone(step)) for each, step in steps]
        return clone(estimator).set_params(steps=[*kept, (name, whole_estimator(last))])
    rule = rule_for(estimator)[0]
    plain = rule.plain(estimator) if isinstance(rule, Adapter) else clone(estimator)
    if hasattr(estimator, "_metadata_request"):
        # what it asks for of the weights of the rows
        plain._metadata_request = deepcopy(estimator._metadata_request)
    return plain
