"""Losses of a real label that are functions of the residual r = raw - y.

Their second derivatives jump where a residual crosses epsilon. What is read off the fitted parameters is exact as long
as none crosses; iterated methods follow the rows across.
"""

from abc import abstractmethod

import numpy as np

from ._base import Loss, align

__all__ = ["HuberLoss", "SquaredEpsilonInsensitiveLoss"]


class _ResidualLoss(Loss):
    def __init__(self, epsilon=0.1):
        self.epsilon = epsilon

    @abstractmethod
    def _of_residual(self, r, order):
        """The loss as a function of the residual (order 0), or one of its derivatives."""

    def value(self, raw, y):
        return self._of_residual(raw - align(y[:, None], raw), 0)[:, 0]

    def gradient(self, raw, y):
        return self._of_residual(raw - align(y[:, None], raw), 1)

    def hessian(self, raw, y):
        return self._of_residual(raw - align(y[:, None], raw), 2)[:, None]

    def predict(self, raw):
        return raw

    def predict_vjp(self, raw, cotangent):
        return cotangent


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

    def _of_residual(self, r, order):
        if order == 2:
            return 1.0 * (np.abs(r) <= self.epsilon)
        near = np.clip(r, -self.epsilon, self.epsilon)
        return near * (r - near / 2) if order == 0 else near
