"""Losses of two classes that are functions of the margin z = t raw, with t = 2 y - 1 and y in {0, 1}.

Their second derivatives jump where a row crosses a margin. What is read off the fitted parameters is exact as long as
no row crosses; iterated methods follow the rows across.
"""

from abc import abstractmethod

import numpy as np

from ._base import Loss, RawPredictions, align, kept_part

__all__ = ["ModifiedHuberLoss", "SquaredHingeLoss"]


class _MarginLoss(RawPredictions, Loss):
    classification = True

    @abstractmethod
    def _of_margin(self, z, order):
        """The loss as a function of the margin (order 0), or one of its derivatives."""

    def _signs(self, raw, y):
        return 2 * align(y[:, None], raw) - 1.0

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._of_margin(self._signs(raw, y) * raw, 0)[:, 0]

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        signs = self._signs(raw, y)
        return signs * self._of_margin(signs * raw, 1)

    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._of_margin(self._signs(raw, y) * raw, 2)[:, None]

    @abstractmethod
    def _depth(self, z):
        """How far a margin lies inside the region where the loss is curved; negative outside."""

    def hessian_floor(self, raw: np.ndarray, y: np.ndarray, moved: np.ndarray, radius: np.ndarray) -> np.ndarray | None:
        signs = self._signs(raw, y)
        return kept_part(self._depth(signs * raw), self._depth(signs * moved), radius)


class SquaredHingeLoss(_MarginLoss):
    """l(raw, y) = max(0, 1 - z)^2, z = (2 y - 1) raw, with y in {0, 1}.

    Examples
    --------
    >>> import numpy as np
    >>> SquaredHingeLoss().value(np.array([[1.0]]), np.array([0]))
    array([4.])
    """

    name = "squared hinge loss"

    def _depth(self, z):
        return 1 - z

    def _of_margin(self, z, order):
        if order == 2:
            return 2.0 * (z < 1)
        missing = np.maximum(0, 1 - z)
        return missing**2 if order == 0 else -2 * missing


class ModifiedHuberLoss(_MarginLoss):
    """l(raw, y) = max(0, 1 - z)^2 for margins z >= -1, -4 z below; z = (2 y - 1) raw, with y in {0, 1}.

    Examples
    --------
    >>> import numpy as np
    >>> ModifiedHuberLoss().value(np.array([[3.0]]), np.array([0]))
    array([12.])
    """

    name = "modified Huber loss"

    def _depth(self, z):
        return 1 - np.abs(z)

    def _of_margin(self, z, order):
        if order == 2:
            return 2.0 * ((z < 1) & (z >= -1))
        missing = np.maximum(0, 1 - z)
        return np.where(z >= -1, missing**2, -4 * z) if order == 0 else -2 * np.minimum(missing, 2)
