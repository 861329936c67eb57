"""A Hessian that is known as a matrix, for models whose rows are coupled."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy.linalg import eigh

__all__ = ["DenseCurvature"]


@dataclass(frozen=True, eq=False)
class DenseCurvature:
    """H as it is; what solvers ask of a :class:`Curvature`, without rows.

    Parameters
    ----------
    H : ndarray of shape (P, P)
        Symmetric.
    null_directions : ndarray of shape (P, r)
        Orthonormal directions in which H is known to vanish.
    active : ndarray of int or None
        Parameters that are free to move; None means all.

    Examples
    --------
    >>> import numpy as np
    >>> DenseCurvature(np.diag([2.0, 4.0]), np.zeros((2, 0))).damped(0.5).dense()
    array([[3.5, 0. ],
           [0. , 5.5]])
    """

    H: np.ndarray
    null_directions: np.ndarray
    active: np.ndarray | None = None
    #: there are no rows to work in the space of
    has_dual = has_single = False

    @property
    def n_parameters(self) -> int:
        """P."""
        return len(self.H)

    def mean_eigenvalue(self) -> float:
        """trace(H) / P."""
        return self.main_diagonal().mean()

    def main_diagonal(self) -> np.ndarray:
        """The diagonal of H, (P,)."""
        return np.diagonal(self.H)

    def draw(self, generator: np.random.RandomState, n_draws: int) -> np.ndarray:
        """Random vectors of covariance H, (P, n_draws)."""
        values, vectors = eigh(self.H, check_finite=False)
        return vectors @ (np.sqrt(np.maximum(values, 0))[:, None] * generator.standard_normal((n_draws, len(values))).T)

    def damped(self, damping: float) -> Self:
        """H plus `damping` times its mean eigenvalue on the diagonal."""
        if not damping:
            return self
        return replace(self, H=self.H + damping * self.mean_eigenvalue() * np.eye(len(self.H)))

    def on_active(self) -> Self:
        """The block of H that belongs to the active parameters."""
        block = self.H[np.ix_(self.active, self.active)]
        return replace(self, H=block, null_directions=self.null_directions[self.active], active=None)

    def matvec(self, V: np.ndarray) -> np.ndarray:
        """H V for V of shape (P, B)."""
        return self.H @ V

    def dense(self) -> np.ndarray:
        """H as an array of its own."""
        return self.H.copy()

    def relative_change(self, other: Self) -> float:
        """Largest difference from another H, relative to the largest entry of this."""
        return np.max(np.abs(other.H - self.H), initial=0) / max(np.max(np.abs(self.H), initial=0), 1e-300)
