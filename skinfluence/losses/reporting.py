"""What an estimator reports of its raw predictions, where that is not what its loss says.

A classifier with a threshold of its own decides otherwise than at one half, and a regressor of transformed labels
predicts in the unit of the labels that it was given.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Reporting"]


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

    def predict(self, predictions: np.ndarray) -> np.ndarray:
        """Predictions of the estimator, (m, K, *candidates)."""
        assert self.inverse is not None
        columns = np.moveaxis(predictions.reshape(*predictions.shape[:2], -1), 1, 2)
        reported = np.asarray(self.inverse(columns.reshape(-1, predictions.shape[1])), dtype=np.float64)
        return np.moveaxis(reported.reshape(columns.shape), 2, 1).reshape(predictions.shape)

    def predict_vjp(self, predictions: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        """Pull a gradient (m, K) back, by central differences of each column."""
        pulled = np.empty_like(predictions)
        for k in range(predictions.shape[1]):
            step = np.zeros_like(predictions)
            step[:, k] = np.cbrt(np.finfo(float).eps) * np.maximum(np.abs(predictions[:, k]), 1.0)
            slope = (self.predict(predictions + step) - self.predict(predictions - step)) / (2 * step[:, k, None])
            pulled[:, k] = np.einsum("mk,mk->m", slope, cotangent)
        return pulled

    def decide(self, raw: np.ndarray) -> np.ndarray:
        """Class codes of two classes, (m,), at the estimator's own threshold."""
        assert self.score is not None
        second = self.score(raw) >= self.threshold
        return (second != self.swapped).astype(np.intp)
