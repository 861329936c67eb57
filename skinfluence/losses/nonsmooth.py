"""Losses of support vector machines, linear on either side of a kink on which the free support vectors lie.

The kink is as wide as rounding, and the slope on it is 0.
"""

from abc import abstractmethod

import numpy as np

from ._base import Loss, RawPredictions, align

__all__ = ["EpsilonInsensitiveLoss", "HingeLoss", "MulticlassHingeLoss"]

#: half the width of the interval around a kink on which the slope is 0
KINK_WIDTH = 1e-9


class _NonsmoothLoss(RawPredictions, Loss):
    @abstractmethod
    def excess(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """How far a row is on the side of the kink that costs, (n, 1, *candidates); negative on the other."""

    @abstractmethod
    def _slope(self, raw, y):
        """The derivative of the excess, (n, 1, *candidates)."""

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.maximum(0, self.excess(raw, y))[:, 0]

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.where(self.excess(raw, y) > KINK_WIDTH, self._slope(raw, y), 0.0)

    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.zeros_like(raw)[:, None]


class HingeLoss(_NonsmoothLoss):
    """l(raw, y) = max(0, 1 - z), z = (2 y - 1) raw, with y in {0, 1}.

    Examples
    --------
    >>> import numpy as np
    >>> HingeLoss().value(np.array([[1.0]]), np.array([0]))
    array([2.])
    """

    name = "hinge loss"
    classification = True

    def excess(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 + self._slope(raw, y) * raw

    def _slope(self, raw, y):
        return 1.0 - 2 * align(y[:, None], raw)


class EpsilonInsensitiveLoss(_NonsmoothLoss):
    """l(raw, y) = max(0, |raw - y| - epsilon).

    Parameters
    ----------
    epsilon : float
        Half the width of the tube in which residuals cost nothing.

    Examples
    --------
    >>> import numpy as np
    >>> EpsilonInsensitiveLoss(epsilon=1).value(np.array([[4.0]]), np.array([1.0]))
    array([2.])
    """

    name = "epsilon-insensitive loss"

    def __init__(self, epsilon: float = 0.1) -> None:
        self.epsilon = epsilon

    def excess(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.abs(raw - align(y[:, None], raw)) - self.epsilon

    def _slope(self, raw, y):
        return np.sign(raw - align(y[:, None], raw))


class MulticlassHingeLoss(_NonsmoothLoss):
    """l(raw, y) = max(0, 1 - raw_y + max_{k != y} raw_k), with y in {0, ..., K-1} and K > 1.

    Source: Crammer and Singer (2001), J. Mach. Learn. Res. 2; :func:`sklearn.metrics.hinge_loss` is its mean.

    Examples
    --------
    >>> import numpy as np
    >>> MulticlassHingeLoss().value(np.array([[0.0, 2.0, 1.0]]), np.array([2]))
    array([2.])
    """

    name = "hinge loss"
    classification = True

    def _own(self, raw, y):
        return np.broadcast_to(align(y[:, None] == np.arange(raw.shape[1]), raw), raw.shape)

    def excess(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        own = self._own(raw, y)
        others = np.where(own, -np.inf, raw).max(axis=1, keepdims=True)
        return 1 - np.where(own, raw, 0.0).sum(axis=1, keepdims=True) + others

    def _slope(self, raw, y):
        own = self._own(raw, y)
        others = np.where(own, -np.inf, raw)
        first = np.argmax(others, axis=1)[:, None]
        return (np.arange(raw.shape[1]).reshape((1, -1) + (1,) * (raw.ndim - 2)) == first) - own.astype(float)

    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.zeros((raw.shape[0], raw.shape[1], *raw.shape[1:]))

    def remainder(self, raw: np.ndarray, y: np.ndarray, radius: np.ndarray) -> np.ndarray:
        return np.full(len(raw), np.inf)
