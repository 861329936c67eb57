"""Least squares with a ridge: sum_i s_i (y_i - raw_i)^2 + alpha |w|^2, halved, for regressors and classifiers."""

from sklearn.linear_model import LinearRegression, Ridge, RidgeClassifier, RidgeClassifierCV, RidgeCV

from ..exceptions import UnsupportedEstimatorError
from ..losses import HalfSquaredError, SignedSquaredError
from ._base import Adapter, Objective
from .labels import class_weight_by_code

__all__ = ["LinearRegressionAdapter", "RidgeAdapter", "RidgeClassifierAdapter"]


def _positive(estimator):
    if getattr(estimator, "positive", False):
        return "positive=True constrains the coefficients, so that the optimum is not stationary; use positive=False"
    return None


class RidgeAdapter(Adapter):
    """One or several targets, each with its own alpha where given."""

    estimators = (Ridge, RidgeCV)

    def reason_against(self, estimator):
        return _positive(estimator)

    def objectives(self, estimator, y, codes, sample_weight):
        alpha = getattr(estimator, "alpha_", None)
        return [Objective(HalfSquaredError(), y, estimator.alpha if alpha is None else alpha)]


class LinearRegressionAdapter(Adapter):
    """No penalty at all."""

    estimators = (LinearRegression,)

    def reason_against(self, estimator):
        return _positive(estimator)

    def objectives(self, estimator, y, codes, sample_weight):
        n_parameters = estimator.n_features_in_ + bool(estimator.fit_intercept)
        if n_parameters > len(y):
            raise UnsupportedEstimatorError(
                f"LinearRegression with {n_parameters} parameters on {len(y)} rows returns the minimum-norm solution, "
                "which interpolates every row and is no isolated optimum; use Ridge(alpha=...) with a small alpha"
            )
        return [Objective(HalfSquaredError(), y)]


class RidgeClassifierAdapter(Adapter):
    """Ridge on -1/+1 indicators; its balanced rule has always counted rows."""

    estimators = (RidgeClassifier, RidgeClassifierCV)

    def reason_against(self, estimator):
        return _positive(estimator)

    def objectives(self, estimator, y, codes, sample_weight):
        alpha = getattr(estimator, "alpha_", None)
        return [
            Objective(
                SignedSquaredError(),
                codes,
                estimator.alpha if alpha is None else alpha,
                class_weight=class_weight_by_code(estimator.class_weight, estimator.classes_),
            )
        ]
