"""What every pointwise loss knows: a number per row from raw predictions and labels, and its derivatives.

Raw predictions always have shape (n_rows, n_outputs, *candidates); `y` is one array per row, without candidates.
A loss knows nothing about features, weights or penalties.
"""

from abc import ABC, abstractmethod

import numpy as np

__all__ = ["Loss", "align"]


def align(y, raw):
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
    """

    name: str
    quadratic = False
    classification = False
    probabilistic = False

    @abstractmethod
    def value(self, raw, y):
        """Loss of each row, shape (n, *candidates)."""

    @abstractmethod
    def gradient(self, raw, y):
        """Derivative in the raw predictions, shape (n, K, *candidates)."""

    @abstractmethod
    def hessian(self, raw, y):
        """Second derivative in the raw predictions, shape (n, K, K, *candidates)."""

    def higher_derivatives(self, raw, y):
        """Third, fourth and fifth derivative of a loss of one output, (3, n) from raw (n, 1); None where not stated."""
        return None

    def self_concordance(self, n_outputs):
        """Directions a_r, (r, K), that bound how fast the Hessian changes; None where none are stated.

        For all z, v: |D^3 l[z, v, v]| <= max_r |a_r . z| D^2 l[v, v], at every raw prediction and label, with
        D^2 l[v, v] >= 0. No rows for a Hessian that is constant.
        """
        return np.zeros((0, n_outputs)) if self.quadratic else None

    def remainder(self, raw, y, radius):
        """Bound on |l(raw + z) - l(raw) - l'(raw) . z| over all |z_k| <= radius_k, (n,); infinite where none is known.

        A convex loss of one output is furthest from its tangent at an end of the interval.
        """
        if self.quadratic:
            return np.einsum("nk,nkl,nl->n", radius, np.abs(self.hessian(raw, y)), radius) / 2
        if raw.shape[1] > 1 or self.self_concordance(1) is None:
            return np.full(len(raw), np.inf)
        here, slope = self.value(raw, y), self.gradient(raw, y)[:, 0]
        ends = [self.value(raw + z, y) - here - slope * z[:, 0] for z in (radius, -radius)]
        return np.maximum(*ends)

    @abstractmethod
    def predict(self, raw):
        """What the model reports on the response scale: class probabilities (n, n_classes, *candidates) or
        predictions (n, K, *candidates)."""

    @abstractmethod
    def predict_vjp(self, raw, cotangent):
        """Pull a gradient on the response scale, the shape of :meth:`predict`, back to the raw predictions."""
