"""Targets as scikit-learn's own public methods tell them, of the estimator and of its refits without a row."""

import numpy as np
from scipy.special import logsumexp
from sklearn.base import clone
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    ElasticNet,
    GammaRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
    TweedieRegressor,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR
from sklearn.utils import _safe_indexing

from skinfluence.targets import Parameter

__all__ = ["measure_of", "refit_without"]

SQUARED = (Ridge, LinearRegression, Lasso, ElasticNet, KernelRidge)
LINEAR = (
    *(Ridge, LinearRegression, Lasso, ElasticNet, LogisticRegression, RidgeClassifier),
    *(PoissonRegressor, GammaRegressor, TweedieRegressor, LinearSVC, LinearSVR),
)
OTHERS = (KernelRidge, KNeighborsClassifier, KNeighborsRegressor, SVC, SVR)


def refit_without(final, features, y, weight, row):
    """A clone of the final estimator, fitted on the features of all rows but one."""
    keep = np.setdiff1d(np.arange(len(y)), [] if row is None else [row])
    given = {} if weight is None else {"sample_weight": np.asarray(weight, dtype=float)[keep]}
    return clone(final).fit(_safe_indexing(features, keep), np.asarray(y)[keep], **given)


def measure_of(final, target):
    """How a target is read off a final estimator, a function of (estimator, features, labels) with one number a row.

    None where scikit-learn has no word of its own for it, or where a refit would change what is held fixed.
    """
    # a kernel whose scale is that of the rows is another kernel without one of them
    if type(final) not in LINEAR + OTHERS or getattr(final, "gamma", 0) == "scale":
        return None
    if isinstance(target, Parameter):
        return _parameter(target.parameter) if type(final) in LINEAR and not _softmax(final) else None
    if target == "prediction":
        return _prediction
    if target == "class_probability" and type(final) in (LogisticRegression, KNeighborsClassifier):
        return _probability
    if target == "margin" and type(final) in (LogisticRegression, RidgeClassifier, LinearSVC):
        return _margin
    if target == "loss" and type(final) in SQUARED:
        return _squared
    # one classifier against the others, as liblinear has them, has another loss
    if target in ("loss", "log_loss") and type(final) is LogisticRegression and final.solver != "liblinear":
        return _log_loss
    return None


def _softmax(final):
    # shifts of all classes are arbitrary there
    return len(getattr(final, "classes_", ())) > 2


def _parameter(position):
    def measure(estimator, features, y):
        coef = np.atleast_2d(estimator.coef_)
        intercept = np.ravel(estimator.intercept_) if estimator.fit_intercept else []
        return np.concatenate([coef.ravel(), intercept])[[position]]

    return measure


def _prediction(estimator, features, y):
    return estimator.predict(features).reshape(len(y), -1).sum(axis=1)


def _own(estimator, columns, y):
    return columns[np.arange(len(y)), np.searchsorted(estimator.classes_, np.ravel(y))]


def _probability(estimator, features, y):
    return _own(estimator, estimator.predict_proba(features), y)


def _margin(estimator, features, y):
    decision = estimator.decision_function(features)
    return decision if decision.ndim == 1 else _own(estimator, decision, y)


def _squared(estimator, features, y):
    residual = estimator.predict(features) - np.reshape(np.asarray(y, dtype=float), estimator.predict(features).shape)
    return (residual.reshape(len(y), -1) ** 2).sum(axis=1) / 2


def _log_loss(estimator, features, y):
    decision = estimator.decision_function(features)
    raw = np.column_stack([np.zeros(len(decision)), decision]) if decision.ndim == 1 else decision
    return logsumexp(raw, axis=1) - _own(estimator, raw, y)
