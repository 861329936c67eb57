"""HuberRegressor: sum_i s_i (sigma + sigma h((x_i'w + b - y_i) / sigma)) + alpha |w|^2, in w, b and sigma together."""

from typing import Any

import numpy as np
from sklearn.linear_model import HuberRegressor

from ..exceptions import UnsupportedEstimatorError
from ..losses import HuberScaleLoss, Loss
from ..operators import Design
from ..problems import LinearProblem
from ._base import Adapter, Objective

__all__ = ["HuberAdapter"]

#: of the labels: a smaller scale was on its way to the bound of the solver at zero, where there is no optimum
NO_SCALE = 1e-7


class HuberAdapter(Adapter):
    """The scale of the residuals is a parameter too, the last; rows beyond epsilon scales pull with a fixed force."""

    estimators = (HuberRegressor,)

    def loss(self, estimator: Any) -> Loss:
        return HuberScaleLoss(estimator.epsilon)

    def objectives(
        self, estimator: Any, y: np.ndarray | None, codes: np.ndarray | None, sample_weight: np.ndarray
    ) -> list[Objective]:
        if estimator.scale_ <= NO_SCALE * np.abs(y).max(initial=1.0):
            raise UnsupportedEstimatorError(
                f"HuberRegressor fits its rows exactly, with a scale of {estimator.scale_:.1e} that its solver keeps "
                "from zero, so that it is no optimum; use a larger alpha, or Ridge"
            )
        return [Objective(y, 2 * estimator.alpha)]

    def raw(self, estimator: Any, X: Any) -> np.ndarray:
        prediction = super().raw(estimator, X)
        return np.hstack([prediction, np.full_like(prediction, estimator.scale_)])

    def problem(
        self, estimator: Any, X: Any, objective: Objective, sample_weight: np.ndarray, feature_names: list[str] | None
    ) -> Any:
        """Two outputs, the prediction and the scale, of which the second is an intercept alone."""
        p = X.shape[1]
        coef, intercept = np.ravel(estimator.coef_), np.ravel(estimator.intercept_)[: int(estimator.fit_intercept)]
        exist = np.r_[np.arange(p), 2 * p + np.arange(len(intercept)), 2 * p + 1]
        return LinearProblem(
            design=Design(X, n_outputs=2, intercept=True).part(exist),
            y=objective.y,
            loss=self.loss(estimator),
            theta=np.r_[coef, intercept, estimator.scale_].astype(np.float64),
            sample_weight=sample_weight,
            penalty=np.where(exist < p, objective.penalty, 0.0),
            feature_names=tuple(feature_names),
            output_names=("", "scale"),
        )
