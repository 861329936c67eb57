"""Lasso and elastic net: sum_i s_i (y_i - raw_i)^2 / (2 sum_i s_i) + alpha (l1 |w|_1 + (1 - l1) |w|^2 / 2).

The optimum moves smoothly while the same coefficients are zero; the answers are those on the active set of the fit.
"""

from typing import Any

import numpy as np
from sklearn.linear_model import ElasticNet, ElasticNetCV, Lasso, LassoCV, MultiTaskElasticNet

from ..losses import HalfSquaredError, Loss
from ._base import Adapter, Objective

__all__ = ["ElasticNetAdapter"]


class ElasticNetAdapter(Adapter):
    """One or several targets, each on its own active set; what cross-validation chose is held fixed."""

    estimators = (ElasticNet, ElasticNetCV, Lasso, LassoCV)

    def reason_against(self, estimator: Any) -> str | None:
        if isinstance(estimator, MultiTaskElasticNet):
            return "a penalty on groups of coefficients has no treatment here; use Lasso or ElasticNet for each target"
        if estimator.positive:
            return "positive=True constrains the coefficients; use positive=False"
        return None

    def plain(self, estimator: Any) -> Any:
        alpha, l1_ratio = _chosen(estimator)
        return ElasticNet(alpha=alpha, l1_ratio=l1_ratio, fit_intercept=estimator.fit_intercept)

    def loss(self, estimator: Any) -> Loss:
        return HalfSquaredError()

    def objectives(
        self, estimator: Any, y: np.ndarray | None, codes: np.ndarray | None, sample_weight: np.ndarray
    ) -> list[Objective]:
        alpha, l1_ratio = _chosen(estimator)
        return [Objective(y, alpha * (1 - l1_ratio), l1=alpha * l1_ratio, mean_form=True)]


def _chosen(estimator):
    """alpha and l1_ratio, or those that cross-validation chose."""
    if isinstance(estimator, LassoCV):
        return estimator.alpha_, 1.0
    if isinstance(estimator, ElasticNetCV):
        return estimator.alpha_, estimator.l1_ratio_
    return estimator.alpha, estimator.l1_ratio
