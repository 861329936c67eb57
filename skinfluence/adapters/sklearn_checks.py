"""Checks of settings that scikit-learn makes in ``fit``, before it looks at rows; their names are not public."""

import warnings
from typing import Any

from sklearn.linear_model._logistic import _check_solver
from sklearn.svm._base import _get_liblinear_solver_type

__all__ = [
    "reason_against_liblinear",
    "reason_against_logistic",
    "reason_against_metric",
    "reason_against_parameters",
]


def reason_against_parameters(estimator: Any) -> str | None:
    """What scikit-learn has against the type or range of a parameter; None where nothing, or where it checks none."""
    if not hasattr(estimator, "_parameter_constraints"):
        return None
    return _said(estimator._validate_params)


def reason_against_logistic(solver: str, penalty: str | None, dual: bool) -> str | None:
    """What LogisticRegression has against a solver with a penalty: None, "l1", "l2" or "elasticnet"."""
    return _said(_check_solver, solver, penalty, dual)


def reason_against_liblinear(multi_class: str, penalty: str, loss: str, dual: bool) -> str | None:
    """What LinearSVC and LinearSVR have against a penalty with a loss, in the primal or the dual."""
    return _said(_get_liblinear_solver_type, multi_class, penalty, loss, dual)


def reason_against_metric(neighbours: Any) -> str | None:
    """What nearest neighbours have against a metric with a way to search."""
    with warnings.catch_warnings():
        # given by the fit, once more
        warnings.simplefilter("ignore")
        return _said(neighbours._check_algorithm_metric)


def _said(check, *arguments):
    """The message of what a check raises; None when it passes."""
    try:
        check(*arguments)
    except ValueError as error:
        return str(error)
    return None
