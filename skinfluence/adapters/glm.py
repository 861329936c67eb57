"""Generalised linear models in mean form: sum_i s_i halfdeviance_i / sum_i s_i + alpha |w|^2 / 2."""

from typing import Any

import numpy as np
from sklearn.linear_model import GammaRegressor, PoissonRegressor, TweedieRegressor

from ..losses import HalfPoissonLoss, HalfSquaredError, HalfTweedieIdentityLoss, HalfTweedieLoss, Loss
from ._base import Adapter, Objective

__all__ = ["GeneralizedLinearAdapter"]


class GeneralizedLinearAdapter(Adapter):
    """Poisson, Gamma and Tweedie; deleting a row takes the share s_i of the penalty with it."""

    estimators = (PoissonRegressor, GammaRegressor, TweedieRegressor)

    def loss(self, estimator: Any) -> Loss:
        if isinstance(estimator, PoissonRegressor):
            return HalfPoissonLoss()
        if isinstance(estimator, GammaRegressor):
            return HalfTweedieLoss(power=2)
        if estimator.link == "identity" or (estimator.link == "auto" and estimator.power <= 0):
            return HalfSquaredError() if estimator.power == 0 else HalfTweedieIdentityLoss(estimator.power)
        return HalfPoissonLoss() if estimator.power == 1 else HalfTweedieLoss(estimator.power)

    def objectives(
        self, estimator: Any, y: np.ndarray | None, codes: np.ndarray | None, sample_weight: np.ndarray
    ) -> list[Objective]:
        return [Objective(y, estimator.alpha, mean_form=True)]
