"""What every pointwise loss knows: a number per row from raw predictions and labels, and its derivatives.

Raw predictions always have shape (n_rows, n_outputs, *candidates); `y` is one array per row, without candidates.
A loss knows nothing about features, weights or penalties.
"""

from abc import ABC, abstractmethod

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

    @abstractmethod
    def predict(self, raw):
        """What the model reports on the response scale: class probabilities (n, n_classes, *candidates) or
        predictions (n, K, *candidates)."""

    def predict_vjp(self, raw, cotangent):
        """Pull a gradient on the response scale, the shape of :meth:`predict`, back to the raw predictions."""
        raise NotImplementedError(
            f"{type(self).__name__} states no derivative of its response"
        )  # pragma: no cover
