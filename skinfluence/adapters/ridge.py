"""Least squares with a ridge: sum_i s_i (y_i - raw_i)^2 + alpha |w|^2, halved, for regressors and classifiers."""

from typing import Any

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge, RidgeClassifier, RidgeClassifierCV, RidgeCV

from ..losses import HalfSquaredError, Loss, SignedSquaredError
from ._base import Adapter, Objective
from .labels import class_weight_by_code

__all__ = ["LinearRegressionAdapter", "RidgeAdapter", "RidgeClassifierAdapter"]


def _positive(estimator):
    if getattr(estimator, "positive", False):
        return "positive=True constrains the coefficients, so that the optimum is not stationary; use positive=False"
    return None


def _bounded_solver(estimator):
    if getattr(estimator, "solver", None) == "lbfgs":
        return "solver='lbfgs' is for positive=True alone; use solver='auto'"
    return None


def _chosen_alpha(estimator):
    """alpha, or the alpha that cross-validation chose."""
    return estimator.alpha_ if hasattr(estimator, "alpha_") else estimator.alpha


class RidgeAdapter(Adapter):
    """One or several targets, each with its own alpha where given."""

    estimators = (Ridge, RidgeCV)

    def reason_against(self, estimator: Any) -> str | None:
        return _positive(estimator)

    def reason_against_fit(self, estimator: Any) -> str | None:
        return _bounded_solver(estimator)

    def plain(self, estimator: Any) -> Any:
        return Ridge(alpha=_chosen_alpha(estimator), fit_intercept=estimator.fit_intercept)

    def loss(self, estimator: Any) -> Loss:
        return HalfSquaredError()

    def objectives(
        self, estimator: Any, y: np.ndarray | None, codes: np.ndarray | None, sample_weight: np.ndarray
    ) -> list[Objective]:
        return [Objective(y, _chosen_alpha(estimator))]


class LinearRegressionAdapter(Adapter):
    """No penalty at all."""

    estimators = (LinearRegression,)
    least_norm = True

    def reason_against(self, estimator: Any) -> str | None:
        return _positive(estimator)

    def loss(self, estimator: Any) -> Loss:
        return HalfSquaredError()

    def objectives(
        self, estimator: Any, y: np.ndarray | None, codes: np.ndarray | None, sample_weight: np.ndarray
    ) -> list[Objective]:
        return [Objective(y)]


class RidgeClassifierAdapter(Adapter):
    """Ridge on -1/+1 indicators; its balanced rule has always counted rows."""

    estimators = (RidgeClassifier, RidgeClassifierCV)

    def reason_against(self, estimator: Any) -> str | None:
        return _positive(estimator)

    def reason_against_fit(self, estimator: Any) -> str | None:
        return _bounded_solver(estimator)

    def plain(self, estimator: Any) -> Any:
        return RidgeClassifier(
            alpha=_chosen_alpha(estimator), fit_intercept=estimator.fit_intercept, class_weight=estimator.class_weight
        )

    def loss(self, estimator: Any) -> Loss:
        return SignedSquaredError()

    def objectives(
        self, estimator: Any, y: np.ndarray | None, codes: np.ndarray | None, sample_weight: np.ndarray
    ) -> list[Objective]:
        class_weight = class_weight_by_code(estimator.class_weight, estimator.classes_)
        return [Objective(codes, _chosen_alpha(estimator), class_weight=class_weight)]
