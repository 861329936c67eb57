"""Half squared error, the loss of least squares and ridge regression."""

import numpy as np

from ._base import Loss, RawPredictions, align

__all__ = ["HalfSquaredError", "SignedSquaredError"]


class HalfSquaredError(RawPredictions, Loss):
    """l(raw, y) = sum_k (raw_k - y_k)^2 / 2, for one or several outputs.

    Examples
    --------
    >>> import numpy as np
    >>> HalfSquaredError().value(np.array([[3.0]]), np.array([1.0]))
    array([2.])
    """

    name = "half squared error"
    quadratic = True

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        residual = self.gradient(raw, y)
        return np.einsum("nk...,nk...->n...", residual, residual) / 2

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        y = y if y.ndim == 2 else y[:, None]
        return raw - align(y, raw)

    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        n, K, *candidates = raw.shape
        identity = np.eye(K).reshape(1, K, K, *(1,) * len(candidates))
        return np.broadcast_to(identity, (n, K, K, *candidates))


class SignedSquaredError(RawPredictions, Loss):
    """Half squared error against -1/+1 indicators of the class, the loss of RidgeClassifier.

    l(raw, y) = sum_k (raw_k - t_k)^2 / 2, with t = 2 y - 1 for one output and y in {0, 1}, and t_k = +1 for the row's
    own class, -1 otherwise, for K outputs. The raw predictions are decision values, not probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> SignedSquaredError().value(np.array([[1.0]]), np.array([0]))
    array([2.])
    """

    name = "half squared error of -1/+1 indicators"
    quadratic = True
    classification = True
    _squared = HalfSquaredError()

    def _indicators(self, raw, y):
        codes = np.asarray(y, dtype=np.intp)
        classes = np.arange(raw.shape[1]) if raw.shape[1] > 1 else np.array([1])
        return np.where(codes[:, None] == classes, 1.0, -1.0)

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._squared.value(raw, self._indicators(raw, y))

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._squared.gradient(raw, self._indicators(raw, y))

    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._squared.hessian(raw, y)
