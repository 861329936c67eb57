"""Half Tweedie deviances, with a log or an identity link, up to a constant of the label; Gamma is power 2."""

from collections.abc import Callable

import numpy as np

from ._base import LogLink, Loss, RawPredictions, align, decay

__all__ = ["HalfTweedieIdentityLoss", "HalfTweedieLoss"]


class _Tweedie(Loss):
    """l = mu^(2-p) / (2-p) - y mu^(1-p) / (1-p), where mu^0 / 0 stands for log mu; a link says what mu is of raw."""

    _derivative: Callable[..., np.ndarray]
    canonical = False

    def __init__(self, power: float = 1.5) -> None:
        self.power = power

    @property
    def name(self) -> str:
        return "half Gamma deviance" if self.power == 2 else f"half Tweedie deviance of power {self.power:g}"

    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        raw = raw[:, 0]
        return self._derivative(raw, 2 - self.power, 0) - align(y, raw) * self._derivative(raw, 1 - self.power, 0)

    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._both(raw, y, 1)

    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._both(raw, y, 2)[:, None]

    def _both(self, raw, y, order):
        first, second = (self._derivative(raw, q, order) for q in (2 - self.power, 1 - self.power))
        return first - align(y[:, None], raw) * second


class HalfTweedieLoss(LogLink, _Tweedie):
    """l(raw, y) = mu^(2-p) / (2-p) - y mu^(1-p) / (1-p) with mu = exp(raw), and log mu for mu^0 / 0.

    Convex for powers p in [1, 2]. Elsewhere rows far from their prediction bend the other way, and what is found is
    the local optimum next to the estimator's own.

    Parameters
    ----------
    power : float
        p: 0 squared error, 1 Poisson, 2 Gamma, 3 inverse Gaussian.

    Examples
    --------
    >>> import numpy as np
    >>> HalfTweedieLoss(power=2).value(np.zeros((1, 1)), np.array([3.0]))     # raw + y exp(-raw)
    array([3.])
    """

    @property
    def self_concordant(self) -> bool:
        """A sum of exponentials in (2 - p) raw and (1 - p) raw is, where both factors are at most 1 in size."""
        return 1 <= self.power <= 2

    @staticmethod
    def _derivative(raw, q, order):
        """Of exp(q raw) / q, in raw."""
        if q == 0:
            return raw if order == 0 else np.full(raw.shape, float(order == 1))
        return q ** (order - 1) * np.exp(q * raw)

    def higher_derivatives(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray | None:
        return np.stack([self._both(raw, y, order)[:, 0] for order in (3, 4, 5)])

    def hessian_floor(self, raw: np.ndarray, y: np.ndarray, moved: np.ndarray, radius: np.ndarray) -> np.ndarray | None:
        # l'' = (2 - p) exp((2 - p) raw) + y (p - 1) exp((1 - p) raw): each term at its own worst end
        if not 1 <= self.power <= 2:
            return None
        a, b, y = 2 - self.power, self.power - 1, align(y[:, None], raw)
        mean = a * np.exp(a * moved) * decay(a * radius) + b * y * np.exp(-b * moved) * decay(b * radius)
        here = self.hessian(raw, y[:, 0])[:, 0]
        return np.divide(mean, here, where=here > 0, out=np.ones_like(here))


class HalfTweedieIdentityLoss(RawPredictions, _Tweedie):
    """l(raw, y) = raw^(2-p) / (2-p) - y raw^(1-p) / (1-p) for raw > 0, and log raw for raw^0 / 0; nan elsewhere.

    Convex for powers p in [0, 1] and labels of at least 0.

    Parameters
    ----------
    power : float
        p: 0 squared error, 1 Poisson, 2 Gamma, 3 inverse Gaussian.

    Examples
    --------
    >>> import numpy as np
    >>> HalfTweedieIdentityLoss(power=2).value(np.ones((1, 1)), np.array([3.0]))     # log raw + y / raw
    array([3.])
    """

    @staticmethod
    def _derivative(raw, q, order):
        """Of raw^q / q, in raw: nan outside the domain, where a power may well be a number."""
        raw = np.where(raw > 0, raw, np.nan)
        if order == 0:
            return np.log(raw) if q == 0 else raw**q / q
        return np.prod(q - np.arange(1, order)) * raw ** (q - order)

    def hessian_floor(self, raw: np.ndarray, y: np.ndarray, moved: np.ndarray, radius: np.ndarray) -> np.ndarray | None:
        # Poisson: the mean of y / raw^2 from m to m + z is y / (m (m + z)), smallest upwards
        if self.power != 1:
            return super().hessian_floor(raw, y, moved, radius)
        return np.where(moved > radius, raw**2 / (moved * (moved + radius)), -np.inf)
