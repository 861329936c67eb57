"""Fitted estimators to problems: the only room that knows estimator classes."""

from . import elastic_net, glm, logistic, ridge, sgd, svm
from ._base import Adapter, Objective
from .adapt import AdaptedModel, adapt, supports
from .fitting import default_estimator, fit_estimator, refit_problem
from .labels import encode_labels
from .outputs import FittedOutputs, fitted_outputs
from .unwrap import is_fitted, unwrap

__all__ = [
    "AdaptedModel",
    "Adapter",
    "FittedOutputs",
    "Objective",
    "adapt",
    "default_estimator",
    "elastic_net",
    "encode_labels",
    "fit_estimator",
    "fitted_outputs",
    "glm",
    "is_fitted",
    "logistic",
    "refit_problem",
    "ridge",
    "sgd",
    "supports",
    "svm",
    "unwrap",
]
