"""Wrappers around one regressor or classifier: the labels that it sees, the calibration on top of it."""

from functools import partial
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression
from sklearn.svm import LinearSVC

from .reducing import Reduced, Reduction
from .unwrap import unwrap_settings

__all__ = ["CalibratedClassifierReduction", "TransformedTargetReduction"]


class TransformedTargetReduction(Reduction):
    """The regressor inside, whose labels are the transformed ones; the fitted transformer is held fixed."""

    estimators = (TransformedTargetRegressor,)

    def inner(self, estimator: Any) -> Any:
        return LinearRegression() if estimator.regressor is None else estimator.regressor

    def reduce(self, estimator: Any) -> Reduced:
        maps = (partial(_transformed, estimator.transformer_),)
        note = "losses are in the space of the transformed y, predictions and scores in that of y"
        return Reduced(estimator.regressor_, label_maps=maps, note=note)


def _transformed(transformer, y):
    """As TransformedTargetRegressor does it: transformers take and give columns, a regressor of one target does not."""
    columns = transformer.transform(y if y.ndim == 2 else y[:, None])
    columns = np.asarray(columns, dtype=np.float64)
    return columns[:, 0] if columns.ndim == 2 and columns.shape[1] == 1 else columns


class CalibratedClassifierReduction(Reduction):
    """The one classifier inside, fitted on all rows; the calibration of its decisions is held fixed."""

    estimators = (CalibratedClassifierCV,)

    def reason_against(self, estimator: Any) -> str | None:
        fitted = getattr(estimator, "calibrated_classifiers_", None)
        # ensemble="auto" is False for a FrozenEstimator alone
        single = estimator.ensemble is False if fitted is None else len(fitted) == 1
        if isinstance(unwrap_settings(self.inner(estimator))[1], CalibratedClassifierCV):
            return "it calibrates the probabilities of a calibrated classifier; calibrate the classifier inside once"
        if not single:
            return (
                "it averages classifiers of several folds, each of which saw other rows; use ensemble=False, which "
                "calibrates one classifier of all rows, or for refits LeaveOneOut(estimator, method='refit')"
            )
        return None

    def inner(self, estimator: Any) -> Any:
        return LinearSVC() if estimator.estimator is None else estimator.estimator

    def reduce(self, estimator: Any) -> Reduced:
        note = "losses and margins are those of the classifier before its calibration, which is held fixed"
        return Reduced(estimator.calibrated_classifiers_[0].estimator, note=note)
