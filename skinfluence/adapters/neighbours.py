"""Nearest neighbours of scikit-learn: estimators that remember their training rows."""

from copy import copy
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.utils.validation import check_is_fitted, validate_data

from ..exceptions import StationarityError, UnsupportedEstimatorError
from ..structures.neighbours import Nearest, Neighbours, Outliers, Votes, Within
from .fitting import check_takes_weights
from .labels import encode_labels

__all__ = ["neighbours_of", "no_neighbours", "too_few_voters", "voters_needed"]

CLASSIFIERS = (KNeighborsClassifier, RadiusNeighborsClassifier)
REGRESSORS = (KNeighborsRegressor, RadiusNeighborsRegressor)
RADIUS = (RadiusNeighborsClassifier, RadiusNeighborsRegressor)


def neighbours_of(final: Any, X: Any, y: Any, sample_weight: Any = None) -> Neighbours:
    """A fitted estimator by nearest neighbours, as a structure that deletes its training rows.

    Parameters
    ----------
    final : KNeighborsClassifier, KNeighborsRegressor, RadiusNeighborsClassifier or RadiusNeighborsRegressor
        Fitted; not a Pipeline.
    X : array-like or sparse matrix of shape (n, p)
        Its training rows, as it takes them; (n, n) distances with metric "precomputed".
    y : array-like of shape (n,), or (n, K) for regressors
        Its labels.
    sample_weight : None
        These estimators take no weights.

    Returns
    -------
    Neighbours

    Raises
    ------
    UnsupportedEstimatorError
        For other estimators, for settings without an exact answer (several outputs of classes, sparse distances), and
        for weights.
    StationarityError
        Where X and y are not the rows of the fit.

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [2.0], [9.0]], [0.0, 1.0, 2.0, 6.0]
    >>> model = neighbours_of(KNeighborsRegressor(2).fit(X, y), X, y)
    >>> model.without([[0], [1], [0, 1]]).raw(np.array([[0.4]]))
    array([[[1.5, 1. , 4. ]]])
    """
    if not isinstance(final, CLASSIFIERS + REGRESSORS):
        raise UnsupportedEstimatorError(
            f"{type(final).__name__} is no estimator by nearest neighbours; pass a fitted "
            f"{', '.join(kind.__name__ for kind in CLASSIFIERS + REGRESSORS)}, the last step of a Pipeline alone"
        )
    check_is_fitted(final)
    _check_settings(final, X)
    if sample_weight is not None:
        check_takes_weights(final)
    _check_rows(final, X, y)
    return Neighbours(_votes(final), _search(final), _outliers(final))


def voters_needed(final: Any) -> int:
    """How many training rows have to be left, fitted or not: n_neighbors of the nearest, else 1."""
    return final.n_neighbors if isinstance(final, (KNeighborsClassifier, KNeighborsRegressor)) else 1


def too_few_voters(final: Any, n_rows: int) -> str | None:
    """Why deletions leave too few rows to predict at all, and the way out; None for estimators that count none."""
    needed = voters_needed(final)
    if needed == 1:
        return None
    if needed < n_rows:
        return f"n_neighbors={needed} of its {n_rows} rows have to be left to vote; delete fewer"
    return (
        f"all of its {n_rows} rows vote (n_neighbors={needed}), so that none can be deleted; use a smaller n_neighbors"
    )


def no_neighbours(final: Any) -> str | None:
    """Why a deletion may leave no prediction of some rows, and the way out; None where it cannot."""
    if not isinstance(final, RADIUS) or getattr(final, "outlier_label", None) is not None:
        return None
    way = "use a larger radius" if isinstance(final, REGRESSORS) else "use a larger radius, or an outlier_label"
    return f"without it an evaluation row has no training row within the radius, so that nothing is predicted; {way}"


def _check_settings(final, X):
    name = type(final).__name__
    if is_classifier(final) and final.outputs_2d_:
        raise UnsupportedEstimatorError(
            f"{name} was fitted on {len(final.classes_)} columns of labels; raw predictions are of one column: fit "
            "one classifier for each"
        )
    if final.metric == "precomputed" and (issparse(X) or issparse(final._fit_X)):
        raise UnsupportedEstimatorError(
            f"{name} was fitted on a sparse graph of distances, which does not say who comes next where a neighbour "
            "is deleted; fit it on the dense matrix of all distances, or on features and a metric"
        )
    if _mistakes_outliers(final):
        raise UnsupportedEstimatorError(
            f"{name} with weights='uniform', metric={final.metric!r} and a search by brute force compares "
            f"outlier_label={final.outlier_label!r} with positions of classes, not with labels, so that it gives "
            "evaluation rows without neighbours another class than it says; use algorithm='ball_tree', or "
            "outlier_label=None"
        )


def _mistakes_outliers(final):
    """Whether scikit-learn's fast search takes the label for a class code, and the two are not the same."""
    if not isinstance(final, RadiusNeighborsClassifier) or final.outlier_label is None:
        return False
    metric = final.effective_metric_
    slow = callable(metric) or metric in ("euclidean", "sqeuclidean", "precomputed")
    if final.weights != "uniform" or final._fit_method != "brute" or slow:
        return False
    return final.outlier_label == "most_frequent" or not np.array_equal(final.classes_, np.arange(len(final.classes_)))


def _check_rows(final, X, y):
    """Refuse rows that are not those of the fit, in their order."""
    theirs = final._fit_X if issparse(final._fit_X) else np.asarray(final._fit_X)
    X = validate_data(final, X, reset=False, accept_sparse="csr", ensure_all_finite="allow-nan")
    y = encode_labels(y, final.classes_) if is_classifier(final) else np.asarray(y)
    if X.shape == theirs.shape and _equal(X, theirs) and np.array_equal(y.reshape(len(y), -1), _columns(final._y)):
        return
    raise StationarityError(
        f"the {X.shape[0]} rows given are not the {final.n_samples_fit_} that {type(final).__name__} was fitted on, in "
        "their order: pass exactly the X and y of fit, through the same preprocessing"
    )


def _columns(y):
    return np.asarray(y).reshape(len(y), -1)


def _equal(X, theirs):
    if issparse(X) or issparse(theirs):
        return issparse(X) and issparse(theirs) and (X != theirs).nnz == 0
    return np.array_equal(X, theirs, equal_nan=np.issubdtype(X.dtype, np.floating))


def _votes(final):
    varying = isinstance(final, RADIUS)
    if is_classifier(final):
        return Votes(np.asarray(final._y), len(final.classes_), final.weights, varying)
    return Votes(_columns(final._y).astype(np.float64), None, final.weights, varying)


def _search(final):
    # a copy that was fitted without names of columns: features come as arrays
    unnamed = copy(final)
    vars(unnamed).pop("feature_names_in_", None)
    if isinstance(final, RADIUS):
        return Within(unnamed.radius_neighbors, final.n_samples_fit_)
    return Nearest(unnamed.kneighbors, final.n_samples_fit_, final.n_neighbors)


def _outliers(final):
    if not isinstance(final, RadiusNeighborsClassifier):
        return None
    label = final.outlier_label
    if label is not None and not (isinstance(label, str) and label == "most_frequent"):
        # stated as a list of one label for the one column, or as the label
        known = np.flatnonzero(final.classes_ == final.outlier_label_[0]) if hasattr(final, "outlier_label_") else []
        label = int(known[0]) if len(known) else -1
    return Outliers(np.asarray(final._y), len(final.classes_), label)
