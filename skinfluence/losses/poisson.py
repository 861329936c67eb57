"""Half Poisson deviance with a log link, up to a constant of the label."""

import numpy as np

from ._base import LogLink, Loss, align, decay

__all__ = ["HalfPoissonLoss"]


class HalfPoissonLoss(LogLink, Loss):
    """l(raw, y) = exp(raw) - y raw, the half deviance of a Poisson count less the terms in y alone.

    Examples
    --------
    >>> import numpy as np
    >>> HalfPoissonLoss().value(np.zeros((1, 1)), np.array([3.0]))
    array([1.])
    """

    name = "half Poisson deviance"
    self_concordant = True

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        raw = raw[:, 0]
        return np.exp(raw) - align(y, raw) * raw

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.exp(raw) - align(y[:, None], raw)

    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.exp(raw)[:, None]

    def higher_derivatives(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray | None:
        return np.broadcast_to(np.exp(raw[:, 0]), (3, len(raw)))

    def hessian_floor(self, raw: np.ndarray, y: np.ndarray, moved: np.ndarray, radius: np.ndarray) -> np.ndarray | None:
        # the mean of exp(moved + t z), smallest downwards
        return np.exp(moved - raw) * decay(radius)
