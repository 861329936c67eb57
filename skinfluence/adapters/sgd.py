"""Stochastic gradient descent in mean form over rows: sum_i s_i loss_i / n + alpha |w|^2 / 2, n the number of rows.

Its update multiplies the gradient of the loss with the weight of the row, and shrinks the coefficients by the same
amount at every row, whatever its weight: each row carries the same share of the penalty. It stops where its loss no
longer falls, not at the optimum: what it leaves is reported and polished away.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.linear_model import SGDClassifier, SGDRegressor

from ..exceptions import UnsupportedEstimatorError
from ..losses import (
    BinaryLogLoss,
    HalfSquaredError,
    HuberLoss,
    Loss,
    ModifiedHuberLoss,
    OneVersusRestLoss,
    SignedSquaredError,
    SquaredEpsilonInsensitiveLoss,
    SquaredHingeLoss,
)
from ._base import Adapter, Objective
from .labels import own_class_weight

__all__ = ["SGDClassifierAdapter", "SGDRegressorAdapter"]

_OF_CLASSES: dict[str, Callable[[], Loss]] = {
    "log_loss": BinaryLogLoss,
    "modified_huber": ModifiedHuberLoss,
    "squared_hinge": SquaredHingeLoss,
    "squared_error": SignedSquaredError,
}
_OF_NUMBERS: dict[str, Callable[[float], Loss]] = {
    "squared_error": lambda epsilon: HalfSquaredError(),
    "huber": HuberLoss,
    "squared_epsilon_insensitive": SquaredEpsilonInsensitiveLoss,
}


def _reason_against(estimator, losses):
    if estimator.loss not in losses:
        return f"loss={estimator.loss!r} has no treatment here; use one of {', '.join(map(repr, losses))}"
    if estimator.penalty not in ("l2", None):
        return f"penalty={estimator.penalty!r} is not smooth; use penalty='l2' or penalty=None"
    if estimator.early_stopping:
        return "early_stopping=True trains on a random part of the rows; use early_stopping=False"
    if estimator.learning_rate.startswith("pa"):
        return f"learning_rate={estimator.learning_rate!r} follows no objective; use learning_rate='optimal'"
    return None


def _penalty(estimator, sample_weight):
    if not sample_weight.all():
        raise UnsupportedEstimatorError(
            f"{type(estimator).__name__} counts rows of weight zero in its penalty; fit it without these rows"
        )
    return {"penalty": estimator.alpha if estimator.penalty == "l2" else 0.0, "mean_form": True, "counts_rows": True}


class SGDClassifierAdapter(Adapter):
    """Two classes, or K problems of one class against the rest; "balanced" counts rows."""

    estimators = (SGDClassifier,)
    converges = False

    def reason_against(self, estimator: Any) -> str | None:
        return _reason_against(estimator, _OF_CLASSES)

    def loss(self, estimator: Any) -> Loss:
        loss = _OF_CLASSES[estimator.loss]()
        return loss if len(estimator.classes_) == 2 else OneVersusRestLoss(loss)

    def objectives(
        self, estimator: Any, y: np.ndarray | None, codes: np.ndarray | None, sample_weight: np.ndarray
    ) -> list[Objective]:
        return [Objective(codes, **own_class_weight(estimator), **_penalty(estimator, sample_weight))]


class SGDRegressorAdapter(Adapter):
    """Squared, Huber and squared epsilon-insensitive losses."""

    estimators = (SGDRegressor,)
    converges = False

    def reason_against(self, estimator: Any) -> str | None:
        return _reason_against(estimator, _OF_NUMBERS)

    def loss(self, estimator: Any) -> Loss:
        return _OF_NUMBERS[estimator.loss](estimator.epsilon)

    def objectives(
        self, estimator: Any, y: np.ndarray | None, codes: np.ndarray | None, sample_weight: np.ndarray
    ) -> list[Objective]:
        return [Objective(y, **_penalty(estimator, sample_weight))]
