"""What wrappers make of predictions: thresholds of decisions, calibrated probabilities, transformed labels."""

from copy import copy
from functools import partial
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from ..losses.reporting import Reporting, decision_values
from .unwrap import fitted_nested

__all__ = ["reporting_of"]


def reporting_of(estimator: Any, decisions_alone: bool = False) -> Reporting | None:
    """How a fitted estimator reports; None where it does as its loss says.

    Parameters
    ----------
    estimator : fitted estimator
        In any nesting.
    decisions_alone : bool
        Its raw predictions are those of its own outputs: in the unit of the labels, and calibrated.
    """
    found = list(fitted_nested(estimator))
    thresholds = [each for each in found if isinstance(each, FixedThresholdClassifier | TunedThresholdClassifierCV)]
    wrapper = None if decisions_alone else found[-1]
    if isinstance(wrapper, CalibratedClassifierCV):
        calibrate = partial(_calibrated, wrapper.calibrated_classifiers_[0])
        return _decisions(thresholds[0], calibrate) if thresholds else Reporting(calibrate=calibrate)
    if thresholds:
        return _decisions(thresholds[0])
    for each in found:
        if isinstance(each, TransformedTargetRegressor) and not decisions_alone:
            return Reporting(partial(_inverse, each.transformer_))
    return None


def _decisions(classifier, calibrate=None):
    inner = classifier.estimator_
    method = classifier.response_method
    if method == "auto":
        method = "predict_proba" if hasattr(inner, "predict_proba") else "decision_function"
    of_probability = method == "predict_proba"
    chosen = getattr(classifier, "best_threshold_", getattr(classifier, "threshold", "auto"))
    threshold = (0.5 if of_probability else 0.0) if chosen == "auto" else float(chosen)
    label = getattr(classifier, "pos_label", None)
    swapped = label is not None and np.flatnonzero(classifier.classes_ == label)[0] == 0
    if calibrate is None:
        score = partial(_score, of_probability=of_probability, swapped=swapped)
    else:
        score = partial(_calibrated_score, calibrate, swapped=swapped)
    return Reporting(None, score, threshold, swapped, calibrate)


def _score(raw, of_probability, swapped):
    """Of the positive class, from log odds (m, 1) or two raw predictions (m, 2)."""
    odds = -decision_values(raw) if swapped else decision_values(raw)
    return expit(odds) if of_probability else odds


def _inverse(transformer, predictions):
    """As TransformedTargetRegressor does it."""
    return transformer.inverse_transform(predictions)


def _calibrated_score(calibrate, raw, swapped):
    """The calibrated probability of the positive class."""
    return calibrate(raw)[:, 0 if swapped else 1]


class _Decisions(ClassifierMixin, BaseEstimator):
    """Stands for the classifier inside of a calibrated one, whose features are its raw predictions."""

    def __init__(self, classes_: np.ndarray) -> None:
        self.classes_ = classes_

    def decision_function(self, raw: np.ndarray) -> np.ndarray:
        """As the classifier has it; a copy, for scikit-learn may change it."""
        return np.array(decision_values(raw))


def _calibrated(calibrated, raw):
    """Class probabilities (m, C) of one calibrated classifier, of the raw predictions of the classifier inside."""
    of_raw = copy(calibrated)
    of_raw.estimator = _Decisions(calibrated.classes)
    return of_raw.predict_proba(raw)
