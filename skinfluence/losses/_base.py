"""What every pointwise loss knows: a number per row from raw predictions and labels, and its derivatives.

Raw predictions always have shape (n_rows, n_outputs, *candidates); `y` is one array per row, without candidates.
A loss knows nothing about features, weights or penalties.
"""

from abc import ABC, abstractmethod

import numpy as np

__all__ = ["LogLink", "Loss", "RawPredictions", "align", "decay", "kept_part"]


def decay(radius: np.ndarray) -> np.ndarray:
    """Mean of exp(-t) over t from 0 to the radius, (1 - exp(-r)) / r."""
    radius = np.maximum(radius, 1e-300)
    return -np.expm1(-radius) / radius


def kept_part(before: np.ndarray, depth: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Part of a way of some radius on which a piecewise quadratic loss stays as curved as it was, if it was.

    `before` and `depth` say how far inside the curved region the row was, and is where the way starts.
    """
    kept = np.clip(np.maximum(depth, 0) / np.maximum(radius, 1e-300), 0, 1)
    return np.where(before > 0, kept, np.where(before < 0, 1.0, 0.0))


def align(y: np.ndarray, raw: np.ndarray) -> np.ndarray:
    """View of `y`, (n,) or (n, K), that broadcasts against `raw` of shape (n, K, *candidates)."""
    return y.reshape(y.shape + (1,) * (raw.ndim - y.ndim))


class Loss(ABC):
    """A twice differentiable loss of one row.

    Attributes
    ----------
    name : str
        What one unit of the loss is called in results.
    quadratic : bool
        The Hessian is constant, so that one Newton step is the exact optimum.
    classification : bool
        `y` holds class codes 0..K-1.
    probabilistic : bool
        :meth:`predict` returns class probabilities.
    canonical : bool
        The Hessian of a row does not depend on its label, or has no expected value beside the observed one.
    self_concordant : bool
        |l'''| <= l'' and |l''''| <= l'' everywhere, for one output, so that |l''''(raw + d)| <= e^|d| l''(raw).
    """

    name: str
    quadratic = False
    classification = False
    probabilistic = False
    canonical = True
    self_concordant = False

    @abstractmethod
    def value(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Loss of each row, shape (n, *candidates)."""

    @abstractmethod
    def gradient(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Derivative in the raw predictions, shape (n, K, *candidates)."""

    @abstractmethod
    def hessian(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Second derivative in the raw predictions, shape (n, K, K, *candidates)."""

    def higher_derivatives(self, raw: np.ndarray, y: np.ndarray) -> np.ndarray | None:
        """Third, fourth and fifth derivative of a loss of one output, (3, n) from raw (n, 1); None where not stated."""
        return None

    def hessian_floor(self, raw: np.ndarray, y: np.ndarray, moved: np.ndarray, radius: np.ndarray) -> np.ndarray | None:
        """How much of its Hessian a row keeps on a way elsewhere; None where that is not known, or l is not convex.

        Parameters
        ----------
        raw : ndarray of shape (n, K)
            Where the Hessian is taken.
        y : ndarray of shape (n,) or (n, K)
            Labels.
        moved : ndarray of shape (n, K)
            Where the way starts.
        radius : ndarray of shape (n, K)
            How far each raw prediction may go.

        Returns
        -------
        ndarray of shape (n, 1) or (n, K), or None
            q with (mean Hessian on the way from `moved` to moved + z) >= q (Hessian at `raw`) for all
            |z_k| <= radius_k; for each output where outputs do not mix. -inf where the way may leave the domain.
        """
        return np.ones((len(raw), 1)) if self.quadratic else None

    def remainder(self, raw: np.ndarray, y: np.ndarray, radius: np.ndarray) -> np.ndarray:
        """Bound on |l(raw + z) - l(raw) - l'(raw) . z| over all |z_k| <= radius_k, (n,); infinite where none is known.

        A convex loss of one output is furthest from its tangent at an end of the interval.
        """
        if self.quadratic:
            return np.einsum("nk,nkl,nl->n", radius, np.abs(self.hessian(raw, y)), radius) / 2
        if raw.shape[1] > 1 or self.hessian_floor(raw, y, raw, radius) is None:
            return np.full(len(raw), np.inf)
        here, slope = self.value(raw, y), self.gradient(raw, y)[:, 0]
        ends = [self.value(raw + z, y) - here - slope * z[:, 0] for z in (radius, -radius)]
        return np.nan_to_num(np.maximum(*ends), nan=np.inf)

    @abstractmethod
    def predict(self, raw: np.ndarray) -> np.ndarray:
        """What the model reports on the response scale.

        Class probabilities (n, n_classes, *candidates), or predictions (n, K, *candidates).
        """

    def predict_remainder(self, raw: np.ndarray, radius: np.ndarray) -> np.ndarray:
        """Bound on what :meth:`predict` bends, |p(raw + z) - p(raw) - p'(raw) z| over |z_k| <= radius_k; its shape.

        Infinite where none is known.
        """
        return np.full(self.predict(raw).shape, np.inf)

    @abstractmethod
    def predict_vjp(self, raw: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        """Pull a gradient on the response scale, the shape of :meth:`predict`, back to the raw predictions."""


class RawPredictions:
    """Losses whose models report the raw predictions as they are."""

    def predict(self, raw: np.ndarray) -> np.ndarray:
        return raw

    def predict_remainder(self, raw: np.ndarray, radius: np.ndarray) -> np.ndarray:
        return np.zeros(raw.shape)

    def predict_vjp(self, raw: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        return cotangent


class LogLink:
    """Losses whose models report the exponential of the raw predictions."""

    def predict(self, raw: np.ndarray) -> np.ndarray:
        return np.exp(raw)

    def predict_remainder(self, raw: np.ndarray, radius: np.ndarray) -> np.ndarray:
        # exp(r) - 1 - r <= r^2 / 2 exp(r)
        return np.exp(raw + radius) * radius**2 / 2

    def predict_vjp(self, raw: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        return cotangent * np.exp(raw)
