"""One regressor for each target: the regressors side by side are one of several outputs."""

from copy import copy
from typing import Any

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge, RidgeCV
from sklearn.multioutput import MultiOutputRegressor

from .reducing import Reduced, Reduction
from .unwrap import unwrap_settings

__all__ = ["MultiOutputReduction"]


class MultiOutputReduction(Reduction):
    """Ridge, with an alpha for each target where cross-validation chose them, or LinearRegression, of all targets."""

    estimators = (MultiOutputRegressor,)

    def reason_against(self, estimator: Any) -> str | None:
        inner = estimator.estimator
        if unwrap_settings(inner)[1] is not inner:
            return (
                f"{type(inner).__name__} inside is fitted anew for each target; put preprocessing before, as in "
                "make_pipeline(preprocessing, MultiOutputRegressor(Ridge())), and searches around"
            )
        if not isinstance(inner, (Ridge, RidgeCV, LinearRegression)):
            return (
                f"{type(inner).__name__} has no treatment for several targets; use Ridge or LinearRegression inside, "
                "or one attributor for each target, on estimators_[k] and y[:, k]"
            )
        return None

    def inner(self, estimator: Any) -> Any:
        return estimator.estimator

    def reduce(self, estimator: Any) -> Reduced:
        parts = estimator.estimators_
        together = _plain_ridge(parts) if isinstance(parts[0], RidgeCV) else copy(parts[0])
        together.coef_ = np.vstack([part.coef_ for part in parts])
        together.intercept_ = np.ravel([part.intercept_ for part in parts])
        together.n_features_in_ = parts[0].n_features_in_
        if hasattr(parts[0], "feature_names_in_"):
            together.feature_names_in_ = parts[0].feature_names_in_
        return Reduced(together)


def _plain_ridge(parts):
    return Ridge(alpha=np.array([part.alpha_ for part in parts]), fit_intercept=parts[0].fit_intercept)
