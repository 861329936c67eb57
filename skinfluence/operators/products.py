"""A Hessian that is known by its products only."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

__all__ = ["ProductCurvature"]

#: random signs for the trace, whose relative error is about sqrt(2 / (P N_SIGNS)) where no eigenvalue dominates
N_SIGNS = 32


@dataclass(frozen=True, eq=False)
class ProductCurvature:
    """H V + shift V, from a function that multiplies with H; nothing of size P x P.

    Parameters
    ----------
    product : callable
        ``product(V) -> H V`` for V of shape (P, B).
    n_parameters : int
        P.
    null_directions : ndarray of shape (P, r)
        Orthonormal directions in which H is known to vanish.
    shift : float
        Multiple of the identity.

    Examples
    --------
    >>> import numpy as np
    >>> H = np.diag([2.0, 4.0])
    >>> curvature = ProductCurvature(lambda V: H @ V, 2, np.zeros((2, 0)))
    >>> curvature.damped(0.5).dense()
    array([[3.5, 0. ],
           [0. , 5.5]])
    """

    product: Callable
    n_parameters: int
    null_directions: np.ndarray
    shift: float = 0.0
    active = None
    has_dual = has_single = False

    @cached_property
    def _signs(self):
        return np.random.default_rng(0).choice([-1.0, 1.0], size=(self.n_parameters, N_SIGNS))

    @cached_property
    def _seen(self):
        """What H makes of the signs; two Hessians are compared by it."""
        return self.product(self._signs)

    def mean_eigenvalue(self) -> float:
        """trace(H) / P, estimated by z'Hz with random signs z (Hutchinson); exact for a diagonal H."""
        return np.mean(self._signs * self._seen) + self.shift

    def damped(self, damping: float) -> Self:
        """H plus `damping` times its mean eigenvalue on the diagonal."""
        if not damping:
            return self
        return replace(self, shift=self.shift + damping * self.mean_eigenvalue())

    def matvec(self, V: np.ndarray) -> np.ndarray:
        """H V for V of shape (P, B)."""
        return self.product(V) + self.shift * V

    def dense(self) -> np.ndarray:
        """H as a (P, P) array, by P products."""
        H = self.matvec(np.eye(self.n_parameters))
        return (H + H.T) / 2

    def relative_change(self, other: Self) -> float:
        """Largest difference of what either makes of a few random vectors, relative to the largest of this."""
        return np.max(np.abs(other._seen - self._seen)) / max(np.max(np.abs(self._seen)), 1e-300)
