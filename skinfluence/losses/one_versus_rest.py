"""K classes as K problems of one class against all others."""

import numpy as np

from ._base import Loss, RawPredictions

__all__ = ["OneVersusRestLoss"]


class OneVersusRestLoss(RawPredictions, Loss):
    """l(raw, y) = sum_k b(raw_k, [y = k]), with b a loss of two classes and y in {0, ..., K-1}.

    The raw predictions are K decision values, not probabilities.

    Parameters
    ----------
    binary : Loss
        b, of one output.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.losses import SquaredHingeLoss
    >>> OneVersusRestLoss(SquaredHingeLoss()).value(np.zeros((1, 3)), np.array([2]))
    array([3.])
    """

    classification = True

    def __init__(self, binary: Loss) -> None:
        self.binary = binary
        self.quadratic = binary.quadratic

    @property
    def name(self) -> str:
        return f"{self.binary.name} of one class against the rest, summed over classes"

    def _each(self, method, raw, y):
        """A method of the binary loss on each output."""
        return [getattr(self.binary, method)(raw[:, k : k + 1], (y == k).astype(float)) for k in range(raw.shape[1])]

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.sum(self._each("value", raw, y), axis=0)

    def output_values(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The summands of :meth:`value`, (n, K, *candidates)."""
        return np.stack(self._each("value", raw, y), axis=1)

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.concatenate(self._each("gradient", raw, y), axis=1)

    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        n, K, *candidates = raw.shape
        hessian = np.zeros((n, K, K, *candidates))
        k = np.arange(K)
        hessian[:, k, k] = np.concatenate(self._each("hessian", raw, y), axis=1)[:, :, 0]  # (n, K, 1) without its 1
        return hessian

    def hessian_floor(self, raw: np.ndarray, y: np.ndarray, moved: np.ndarray, radius: np.ndarray) -> np.ndarray | None:
        floors = [
            self.binary.hessian_floor(raw[:, [k]], (y == k).astype(float), moved[:, [k]], radius[:, [k]])
            for k in range(raw.shape[1])
        ]
        return None if floors[0] is None else np.concatenate(floors, axis=1)

    def remainder(self, raw: np.ndarray, y: np.ndarray, radius: np.ndarray) -> np.ndarray:
        parts = ((raw[:, [k]], (y == k).astype(float), radius[:, [k]]) for k in range(raw.shape[1]))
        return np.sum([self.binary.remainder(*part) for part in parts], axis=0)
