"""Fitted naive Bayes and discriminants, as the structure that takes rows off the sums that they are made of."""

from copy import copy
from typing import Any

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.utils.validation import _check_sample_weight, check_array, check_consistent_length, check_is_fitted

from .._compat import VERSION
from ..exceptions import StationarityError, UnsupportedEstimatorError
from ..losses import BinaryLogLoss, MultinomialLogLoss
from ..structures import Sums
from ..structures.sums import (
    BernoulliBayes,
    CategoricalBayes,
    ClassRows,
    ComplementBayes,
    GaussianBayes,
    LinearDiscriminant,
    MultinomialBayes,
    QuadraticDiscriminant,
)
from .adapt import check_some_weight
from .differing_rows import what_differs
from .fitting import check_takes_weights
from .labels import encode_labels
from .names import feature_names

__all__ = ["TAKE_SPARSE", "raw_of", "reason_against", "sums_of"]

DISCRIMINANTS = (LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis)
COUNTING = (MultinomialNB, BernoulliNB, ComplementNB, CategoricalNB)
#: estimators that take sparse rows
TAKE_SPARSE = (MultinomialNB, BernoulliNB, ComplementNB)
#: raw predictions of the form and of the estimator, or counts of classes, differ by so much when the rows are others
REPRODUCED = 1e-6
#: the same for fits in single precision
REPRODUCED_SINGLE = 1e-3
#: alpha that scikit-learn puts in the place of smaller ones with force_alpha=False
SMALLEST_ALPHA = 1e-10
#: QuadraticDiscriminantAnalysis refuses singular covariances, and no longer warns
REFUSES_SINGULAR = VERSION >= (1, 8)


def sums_of(final: Any, X: Any, y: Any, sample_weight: Any = None) -> Sums:
    """A fitted naive Bayes classifier or discriminant, as a structure that deletes its training rows exactly.

    Parameters
    ----------
    final : GaussianNB, MultinomialNB, BernoulliNB, ComplementNB, CategoricalNB, LinearDiscriminantAnalysis or \
            QuadraticDiscriminantAnalysis
        Fitted, or partially fitted on these rows and no others; not a Pipeline.
    X : array-like or sparse matrix of shape (n, p)
        Its training rows, as it takes them.
    y : array-like of shape (n,)
        Its labels.
    sample_weight : array-like of shape (n,) or None
        As for its fit; discriminants take none.

    Returns
    -------
    Sums

    Raises
    ------
    UnsupportedEstimatorError
        For settings without an exact answer.
    StationarityError
        Where X, y and sample_weight are not those of the fit.

    Examples
    --------
    >>> X, y = [[1, 0], [1, 2], [0, 3]], ["a", "b", "b"]
    >>> model = sums_of(MultinomialNB().fit(X, y), X, y)
    >>> model.theta                                                  # count, x0, x1 of a, then of b
    array([1., 1., 0., 2., 1., 5.])
    >>> model.without([[1], [2]]).theta[:, 0]
    array([1., 1., 0., 1., 0., 3.])
    """
    check_is_fitted(final)
    reason = reason_against(final)
    if reason is not None:
        raise UnsupportedEstimatorError(f"{type(final).__name__}: {reason}")
    check_consistent_length(X, y)
    X = check_array(X, accept_sparse="csr" if isinstance(final, TAKE_SPARSE) else False, dtype=np.float64)
    rows = ClassRows(X, encode_labels(y, final.classes_), _weights(final, X, sample_weight), len(final.classes_))
    check_some_weight(rows.weight)
    loss = BinaryLogLoss() if rows.n_classes == 2 else MultinomialLogLoss()
    classes, names = tuple(map(str, final.classes_)), tuple(feature_names((), final, X.shape[1]))
    candidates = [Sums(form, loss, classes, names) for form in _forms(final, rows)]
    _check_classes(candidates[0], final)
    model = min(candidates, key=lambda one: _difference(one, final, X))
    _check_reproduced(model, final, X)
    return model


def reason_against(final: Any) -> str | None:
    """Why the settings of an estimator, fitted or not, have no exact treatment, with the way out; None if they have."""
    refit = "LeaveOneOut(estimator, method='refit')"
    if getattr(final, "covariance_estimator", None) is not None:
        return (
            "covariance_estimator is no sum over the rows; use covariance_estimator=None, a fixed shrinkage, or for "
            f"refits {refit}"
        )
    if isinstance(getattr(final, "shrinkage", None), str):
        return (
            f"shrinkage={final.shrinkage!r} is chosen anew when a row leaves; use a number, such as the one that "
            f"sklearn.covariance.ledoit_wolf returns, or for refits {refit}"
        )
    if len(getattr(final, "classes_", (0, 1))) < 2:
        return "it was fitted on one class, so that no row changes a prediction; fit it on rows of two classes"
    return None


def _weights(final, X, sample_weight):
    if sample_weight is not None:
        check_takes_weights(final)
    return _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)


# ---------------------------------------------------------------------- forms


def _forms(final, rows):
    """The forms that the estimator may have, which differ between versions of scikit-learn."""
    if isinstance(final, GaussianNB):
        return [GaussianBayes(rows, _given(final.priors), final.var_smoothing)]
    if isinstance(final, COUNTING):
        return [_counting(final, rows)]
    if isinstance(final, QuadraticDiscriminantAnalysis):
        return _quadratic(final, rows)
    # normalised where they were given
    priors = None if final.priors is None else _given(final.priors_)
    if final.solver != "svd":
        return [LinearDiscriminant(rows, priors, final.solver, final.shrinkage or 0.0)]
    return [LinearDiscriminant(rows, priors, lost=lost, tol=final.tol) for lost in (0, rows.n_classes)]


def _given(priors):
    return None if priors is None else np.asarray(priors, dtype=np.float64)


def _counting(final, rows):
    p, K = rows.X.shape[1], rows.n_classes
    priors = _given(final.class_prior)
    if priors is None and not final.fit_prior:
        priors = np.full(K, 1 / K)
    alpha = np.asarray(final.alpha, dtype=np.float64)
    if not final.force_alpha:
        alpha = np.maximum(alpha, SMALLEST_ALPHA)
    by_feature = np.broadcast_to(alpha, p)
    if isinstance(final, MultinomialNB):
        return MultinomialBayes(rows, priors, by_feature)
    if isinstance(final, ComplementNB):
        return ComplementBayes(rows, np.ones(K), by_feature, final.norm)
    if isinstance(final, BernoulliNB):
        return BernoulliBayes(rows, priors, by_feature, np.broadcast_to(alpha, K), final.binarize)
    least = np.broadcast_to(1 if final.min_categories is None else np.asarray(final.min_categories), p)
    sizes = np.maximum(rows.X.max(axis=0).astype(np.intp) + 1, least)
    return CategoricalBayes(rows, priors, np.full(sizes.sum(), float(alpha)), least)


def _quadratic(final, rows):
    # neither solver nor shrinkage before scikit-learn 1.8
    by_svd, tol = getattr(final, "solver", "svd") == "svd", final.tol if REFUSES_SINGULAR else 0.0
    if not by_svd:
        shrinkage = final.shrinkage or 0.0
        return [QuadraticDiscriminant(rows, _given(final.priors), shrinkage=shrinkage, by_svd=False, tol=tol)]
    facts = {"reg_param": final.reg_param, "tol": tol}
    return [QuadraticDiscriminant(rows, _given(final.priors), lost=lost, **facts) for lost in (0, 1)]


# ---------------------------------------------------------------------- what was fitted


def raw_of(final: Any, X: Any) -> np.ndarray:
    """Raw predictions of a fitted estimator, (m, 1) for two classes, else (m, K)."""
    if isinstance(final, DISCRIMINANTS):
        raw = final.decision_function(X)
        return raw if raw.ndim == 2 else raw[:, None]
    raw = final.predict_joint_log_proba(X)
    return raw if raw.shape[1] > 2 else raw[:, 1:] - raw[:, :1]


def _check_classes(model, final):
    """Refuse fits that a class has no row of, and covariances that rounding makes regular."""
    if model.feasible([[]])[0]:
        return
    name = type(final).__name__
    if model.form.rows.weighted_sizes.all():
        raise StationarityError(
            f"a covariance of the fitted {name} is singular on the rows given, so that rounding decides what a refit "
            "predicts; drop redundant features, or give it a fixed shrinkage"
        )
    raise StationarityError(
        f"the rows given do not make the fitted {name}: one of its classes {model.class_names} has no row with a "
        f"weight among them; {_what_to_pass(final)}"
    )


def _what_to_pass(final):
    weights = "X and y" if isinstance(final, DISCRIMINANTS) else "X, y and sample_weight"
    return f"pass exactly the {weights} of fit (raw, as the outer estimator takes them, in the same column order)"


def _difference(model, final, X):
    """Largest difference of raw predictions of the form and the estimator, relative to the largest."""
    unnamed = copy(final)
    vars(unnamed).pop("feature_names_in_", None)
    theirs, ours = raw_of(unnamed, X), model.raw(X)
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    size = np.max(np.abs(theirs), initial=1.0, where=np.isfinite(theirs))
    with np.errstate(invalid="ignore"):
        difference = np.max(np.where(same, 0.0, np.abs(ours - theirs))) / size
    counts = model.form.rows.counts
    known = getattr(final, "class_count_", counts)
    difference = max(difference, np.max(np.abs(known - counts)) / counts.sum())
    return difference if np.isfinite(difference) else np.inf


def _check_reproduced(model, final, X):
    """Refuse rows that do not make the fitted estimator.

    Raises
    ------
    StationarityError
        With the size of the difference, and what else it may come from.
    """
    single = getattr(final, "means_", getattr(final, "theta_", np.zeros(0))).dtype == np.float32
    tolerance = REPRODUCED_SINGLE if single else REPRODUCED
    differ = _difference(model, final, X)
    if not differ > tolerance:
        return
    raise StationarityError(
        f"{type(final).__name__} on the rows given differs from the fitted one by {differ:.1g} of its decision values: "
        f"{what_differs(final, model, tolerance) or _spread(final)}; {_what_to_pass(final)}"
    )


def _spread(final):
    """What else may differ where counts, means and sums do not."""
    if isinstance(final, COUNTING):
        return "its counts are those of these rows, so that its settings were changed after the fit"
    last = ", or the fit was in several calls of partial_fit, which smooth by the variance of the last rows alone"
    return (
        "class sizes and means are those of the fit, so that rows lie in other places around them, settings were "
        f"changed after the fit{last if isinstance(final, GaussianNB) else ''}, or a covariance is all but singular "
        "(then drop redundant features, or give it a fixed shrinkage)"
    )
