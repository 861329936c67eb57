"""What wrappers around an estimator make of its predictions: thresholds of decisions, transformed labels."""

from functools import partial
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from ..losses import Reporting
from .unwrap import fitted_nested

__all__ = ["reporting_of"]


def reporting_of(estimator: Any, decisions_alone: bool = False) -> Reporting | None:
    """How a fitted estimator reports; None where it does as its loss says.

    Parameters
    ----------
    estimator : fitted estimator
        In any nesting.
    decisions_alone : bool
        Its raw predictions are in the unit of the labels already.
    """
    for each in fitted_nested(estimator):
        if isinstance(each, FixedThresholdClassifier | TunedThresholdClassifierCV):
            return _decisions(each)
        if isinstance(each, TransformedTargetRegressor) and not decisions_alone:
            return Reporting(partial(_inverse, each.transformer_))
    return None


def _decisions(classifier):
    inner = classifier.estimator_
    method = classifier.response_method
    if method == "auto":
        method = "predict_proba" if hasattr(inner, "predict_proba") else "decision_function"
    of_probability = method == "predict_proba"
    chosen = getattr(classifier, "best_threshold_", getattr(classifier, "threshold", "auto"))
    threshold = (0.5 if of_probability else 0.0) if chosen == "auto" else float(chosen)
    label = getattr(classifier, "pos_label", None)
    swapped = label is not None and np.flatnonzero(classifier.classes_ == label)[0] == 0
    return Reporting(None, partial(_score, of_probability=of_probability, swapped=swapped), threshold, swapped)


def _score(raw, of_probability, swapped):
    """Of the positive class, from log odds (m, 1) or two raw predictions (m, 2)."""
    odds = raw[:, 0] if raw.shape[1] == 1 else raw[:, 1] - raw[:, 0]
    odds = -odds if swapped else odds
    return expit(odds) if of_probability else odds


def _inverse(transformer, predictions):
    """As TransformedTargetRegressor does it."""
    return transformer.inverse_transform(predictions)
