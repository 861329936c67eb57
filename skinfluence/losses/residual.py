"""Losses of a real label that are functions of the residual r = raw - y.

Their second derivatives jump where a residual crosses epsilon. What is read off the fitted parameters is exact as long
as none crosses; iterated methods follow the rows across.
"""

from abc import abstractmethod

import numpy as np

from ._base import Loss, RawPredictions, align, kept_part

__all__ = ["HuberLoss", "HuberScaleLoss", "SquaredEpsilonInsensitiveLoss"]


class _ResidualLoss(RawPredictions, Loss):
    def __init__(self, epsilon: float = 0.1) -> None:
        self.epsilon = epsilon

    @abstractmethod
    def _of_residual(self, r, order):
        """The loss as a function of the residual (order 0), or one of its derivatives."""

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._of_residual(raw - align(y[:, None], raw), 0)[:, 0]

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._of_residual(raw - align(y[:, None], raw), 1)

    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._of_residual(raw - align(y[:, None], raw), 2)[:, None]

    @abstractmethod
    def _depth(self, r):
        """How far a residual lies inside the region where the loss is curved; negative outside."""

    def hessian_floor(self, raw: np.ndarray, y: np.ndarray, moved: np.ndarray, radius: np.ndarray) -> np.ndarray | None:
        y = align(y[:, None], raw)
        return kept_part(self._depth(raw - y), self._depth(moved - y), radius)


class SquaredEpsilonInsensitiveLoss(_ResidualLoss):
    """l(raw, y) = max(0, |raw - y| - epsilon)^2.

    Parameters
    ----------
    epsilon : float
        Half the width of the tube in which residuals cost nothing.

    Examples
    --------
    >>> import numpy as np
    >>> SquaredEpsilonInsensitiveLoss(epsilon=1).value(np.array([[4.0]]), np.array([1.0]))
    array([4.])
    """

    name = "squared epsilon-insensitive loss"

    def _depth(self, r):
        # without a tube there is no edge to cross
        return np.abs(r) - self.epsilon if self.epsilon > 0 else np.full(r.shape, np.inf)

    def _of_residual(self, r, order):
        excess = np.abs(r) - self.epsilon
        if order == 2:
            return 2.0 * (excess >= 0)
        excess = np.maximum(0, excess)
        return excess**2 if order == 0 else 2 * np.sign(r) * excess


class HuberLoss(_ResidualLoss):
    """l(raw, y) = r^2 / 2 for |r| <= epsilon, epsilon (|r| - epsilon / 2) beyond; r = raw - y.

    Parameters
    ----------
    epsilon : float
        The residual from which the loss is linear.

    Examples
    --------
    >>> import numpy as np
    >>> HuberLoss(epsilon=1).value(np.array([[4.0]]), np.array([1.0]))
    array([2.5])
    """

    name = "Huber loss"

    def _depth(self, r):
        return self.epsilon - np.abs(r)

    def _of_residual(self, r, order):
        if order == 2:
            return 1.0 * (np.abs(r) <= self.epsilon)
        near = np.clip(r, -self.epsilon, self.epsilon)
        return near * (r - near / 2) if order == 0 else near


class HuberScaleLoss(Loss):
    """l((m, s), y) = s (1 + h(z)), z = (m - y) / s, h(z) = z^2 for |z| <= epsilon, 2 epsilon |z| - epsilon^2 beyond.

    The loss of HuberRegressor: the second raw prediction is the scale of the residuals, estimated together with the
    first; nan where it is not positive. Convex in both.

    Parameters
    ----------
    epsilon : float
        The residual, in units of the scale, from which the loss is linear.

    References
    ----------
    Huber and Ronchetti, Robust statistics, 2009, eq. 7.91 ("concomitant scale estimates").

    Examples
    --------
    >>> import numpy as np
    >>> HuberScaleLoss(epsilon=1.5).value(np.array([[4.0, 2.0]]), np.array([2.0]))
    array([4.])
    """

    name = "Huber loss with its scale"

    def __init__(self, epsilon: float = 1.35) -> None:
        self.epsilon = epsilon

    def _standardised(self, raw, y):
        """z, the same cut off at epsilon, and the scale: each (n, *candidates)."""
        scale = np.where(raw[:, 1] > 0, raw[:, 1], np.nan)
        z = (raw[:, 0] - align(y, raw[:, 0])) / scale
        return z, np.clip(z, -self.epsilon, self.epsilon), scale

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        z, near, scale = self._standardised(raw, y)
        return scale * (1 + near * (2 * z - near))

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        _, near, _ = self._standardised(raw, y)
        return np.stack([2 * near, 1 - near**2], axis=1)

    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        # 2 / s (1, -z)(1, -z)' within epsilon
        z, near, scale = self._standardised(raw, y)
        way = np.stack([np.ones_like(z), -z], axis=1)
        return (2 * (z == near) / scale)[:, None, None] * way[:, :, None] * way[:, None, :]

    def predict(self, raw: np.ndarray) -> np.ndarray:
        return raw[:, :1]

    def predict_vjp(self, raw: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        return np.concatenate([cotangent[:, :1], np.zeros_like(raw[:, 1:])], axis=1)
