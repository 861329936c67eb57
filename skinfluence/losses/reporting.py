"""What an estimator reports of its raw predictions, where that is not what its loss says.

A classifier with a threshold of its own decides otherwise than at one half, a calibrated one has other probabilities,
and a regressor of transformed labels predicts in the unit of the labels that it was given.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Reporting", "decision_values"]


@dataclass(frozen=True, eq=False)
class Reporting:
    """Predictions and decisions of the estimator that the user has.

    Parameters
    ----------
    inverse : callable or None
        From predictions (m, K) in the space of the loss to those of the estimator, row by row.
    score, threshold : callable and float, or None
        A row is of the second class where the score, (m,) of the raw predictions (m, K), is at least the threshold.
    swapped : bool
        The score is that of the first class.
    calibrate : callable or None
        From raw predictions (m, K) to the class probabilities of the estimator, (m, C), row by row.

    Examples
    --------
    >>> doubled = Reporting(lambda predictions: 2 * predictions)
    >>> doubled.predict(np.array([[1.0], [3.0]])).ravel()
    array([2., 6.])
    >>> doubled.predict_vjp(np.array([[1.0]]), np.ones((1, 1))).round(6)
    array([[2.]])
    """

    inverse: Callable | None = None
    score: Callable | None = None
    threshold: float | None = None
    swapped: bool = False
    calibrate: Callable | None = None

    def predict(self, predictions: np.ndarray) -> np.ndarray:
        """Predictions of the estimator, (m, K, *candidates)."""
        assert self.inverse is not None
        return _row_by_row(self.inverse, predictions)

    def predict_vjp(self, predictions: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        """Pull a gradient (m, K) back, by central differences of each column."""
        return _pull(self.predict, predictions, cotangent)

    def probabilities(self, raw: np.ndarray) -> np.ndarray:
        """Calibrated class probabilities, (m, C, *candidates); nan where a raw prediction is."""
        assert self.calibrate is not None
        known = np.isfinite(raw)
        found = _row_by_row(self.calibrate, np.where(known, raw, 0.0))
        return np.where(known.all(axis=1, keepdims=True), found, np.nan)

    def probabilities_vjp(self, raw: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        """Pull a gradient (m, C) back to the raw predictions (m, K), as above; at a kink the mean of both slopes."""
        return _pull(self.probabilities, raw, cotangent)

    def decide(self, raw: np.ndarray) -> np.ndarray:
        """Class codes of two classes, (m,), at the estimator's own threshold."""
        assert self.score is not None
        second = self.score(raw) >= self.threshold
        return (second != self.swapped).astype(np.intp)


def decision_values(raw: np.ndarray) -> np.ndarray:
    """What ``decision_function`` returns for raw predictions (m, K): (m,) for two classes, else (m, K).

    Examples
    --------
    >>> decision_values(np.array([[1.0, 3.0]]))          # a softmax of two classes
    array([2.])
    """
    if raw.shape[1] == 2:
        return raw[:, 1] - raw[:, 0]
    return raw[:, 0] if raw.shape[1] == 1 else raw


def _row_by_row(function, values):
    """A function from (m, K) to (m, C) of values (m, K, *candidates): (m, C, *candidates)."""
    columns = np.moveaxis(values.reshape(*values.shape[:2], -1), 1, 2)
    found = np.asarray(function(columns.reshape(-1, values.shape[1])), dtype=np.float64)
    found = np.moveaxis(found.reshape(*columns.shape[:2], -1), 2, 1)
    return found.reshape(*found.shape[:2], *values.shape[2:])


def _pull(function, values, cotangent):
    """A gradient (m, C) on a function of rows pulled back to its values (m, K), by central differences."""
    pulled = np.empty_like(values)
    for k in range(values.shape[1]):
        step = np.zeros_like(values)
        step[:, k] = np.cbrt(np.finfo(float).eps) * np.maximum(np.abs(values[:, k]), 1.0)
        slope = (function(values + step) - function(values - step)) / (2 * step[:, k, None])
        pulled[:, k] = np.einsum("mk,mk->m", slope, cotangent)
    return pulled
