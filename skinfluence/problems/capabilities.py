"""What some problems can say besides: asked for by isinstance, and stated by having the method."""

from typing import Protocol, runtime_checkable

import numpy as np

__all__ = ["CoupledHessians", "LogLinear"]


@runtime_checkable
class LogLinear(Protocol):
    """F is a sum of linear terms, a quadratic penalty and logarithms of weighted sums of exp(x_j . theta)."""

    def exponents(self) -> np.ndarray:
        """Rows x_j, (m, P)."""
        ...


@runtime_checkable
class CoupledHessians(Protocol):
    """The rows are coupled, and the Hessians without each of them are made together."""

    def hessians_without(self, rows: np.ndarray) -> np.ndarray:
        """Hessians of F without each row of a block, (b, P, P), at theta."""
        ...
