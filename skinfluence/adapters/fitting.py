"""Fitting and refitting the user's estimator."""

from inspect import signature
from typing import Any

import numpy as np
import sklearn
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import _check_sample_weight

from ..exceptions import UnsupportedEstimatorError
from .labels import plain_labels
from .unwrap import nested, resampling_step

__all__ = ["are_classes", "check_takes_weights", "default_estimator", "fit_estimator", "fit_weighted"]

#: different integers up to which they are classes where no estimator is given: the digits are
MOST_CLASSES = 10


def default_estimator(y: Any) -> Any:
    """The estimator where none is given: :class:`LogisticRegression` for classes, :class:`Ridge` for numbers.

    See :func:`are_classes` for what is what.
    """
    return LogisticRegression() if are_classes(y) else Ridge()


def are_classes(y: Any) -> bool:
    """Whether labels are taken for classes where no estimator says what they are; the command line asks this too.

    Classes are strings, booleans, categories and bytes; two different numbers; and integers of at most 10 different
    values. All other numbers are numbers, whole ones stored as floating point among them.

    Examples
    --------
    >>> are_classes(["no", "yes"]), are_classes([0.0, 1.0]), are_classes([2, 0, 1])
    (True, True, True)
    >>> are_classes([45.0, 46.0, 47.0]), are_classes(range(18, 68))
    (False, False)
    """
    values = np.asarray(plain_labels(y))
    # numbers that are called categories are classes
    if values.dtype.kind not in "iuf" or str(getattr(y, "dtype", "")).startswith("categor"):
        return True
    different = len(np.unique(values))
    return different <= 2 or (values.dtype.kind in "iu" and different <= MOST_CLASSES)


def fit_estimator(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> Any:
    """A fitted clone; the weights go to the final estimator of a Pipeline."""
    if sample_weight is not None:
        # some estimators take negative weights, and fit to the opposite of their rows
        sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    return fit_weighted(clone(estimator), X, y, sample_weight)


def fit_weighted(estimator: Any, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Any:
    """Fit in place; weights reach the final estimator of a Pipeline with metadata routing on and off."""
    y = plain_labels(y)
    if sample_weight is None:
        return estimator.fit(X, y, **params)
    check_takes_weights(estimator)
    name = _weight_name(estimator)
    if name == "sample_weight" or _requests_weights(estimator):
        return estimator.fit(X, y, sample_weight=sample_weight, **params)
    # a Pipeline whose steps made no request would refuse the weights under routing
    with sklearn.config_context(enable_metadata_routing=False):
        return estimator.fit(X, y, **{name: sample_weight}, **params)


def check_takes_weights(estimator: Any) -> None:
    """Refuse weights of rows for an estimator whose ``fit`` takes none.

    Parameters
    ----------
    estimator : estimator
        Fitted or not; that of the last step of a Pipeline, or inside a search, is looked at.

    Raises
    ------
    UnsupportedEstimatorError
    """
    resampler = resampling_step(estimator)
    if resampler is not None:
        raise UnsupportedEstimatorError(
            f"the step {resampler[0]!r} of the Pipeline, {type(resampler[1]).__name__}, resamples rows, and weights do "
            "not follow them; leave sample_weight out, or give a row's weight as so many copies of it"
        )
    *_, final = nested(estimator)
    parameters = signature(final.fit).parameters
    # others are handed on
    if "sample_weight" in parameters or any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return
    raise UnsupportedEstimatorError(
        f"{type(final).__name__} takes no sample_weight; leave it out, or give a row's weight as so many copies of it"
    )


def _requests_weights(estimator):
    routing = sklearn.get_config().get("enable_metadata_routing", False)
    return routing and bool(estimator.get_metadata_routing().consumes("fit", ["sample_weight"]))


def _weight_name(estimator):
    """Name under which a (nested) estimator takes the weights of its final step."""
    if isinstance(estimator, FrozenEstimator):
        return "sample_weight"
    if isinstance(estimator, BaseSearchCV):
        return _weight_name(estimator.estimator)
    if isinstance(estimator, TransformedTargetRegressor) and estimator.regressor is not None:
        return _weight_name(estimator.regressor)
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        return f"{name}__{_weight_name(last)}"
    return "sample_weight"
