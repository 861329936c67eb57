"""Generalised linear models in mean form: sum_i s_i halfdeviance_i / sum_i s_i + alpha |w|^2 / 2."""

from sklearn.linear_model import PoissonRegressor

from ..losses import HalfPoissonLoss
from ._base import Adapter, Objective

__all__ = ["PoissonAdapter"]


class PoissonAdapter(Adapter):
    """PoissonRegressor; deleting a row takes the share s_i of the penalty with it."""

    estimators = (PoissonRegressor,)

    def loss(self, estimator):
        return HalfPoissonLoss()

    def objectives(self, estimator, y, codes, sample_weight):
        return [Objective(y, estimator.alpha, mean_form=True)]
