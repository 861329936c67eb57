"""The Hessian of half a squared distance."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

__all__ = ["IdentityCurvature"]


@dataclass(frozen=True, eq=False)
class IdentityCurvature:
    """H = scale I, without the P x P array; what solvers ask of a :class:`Curvature`.

    Parameters
    ----------
    n_parameters : int
        P.
    scale : float
        Its only eigenvalue.
    what : str
        What makes it so, for verdicts.

    Examples
    --------
    >>> IdentityCurvature(2).damped(0.5).dense()
    array([[1.5, 0. ],
           [0. , 1.5]])
    """

    n_parameters: int
    scale: float = 1.0
    what: str = "closed form"
    #: every parameter is free to move, and there are no rows to work in the space of
    active = None
    has_dual = False

    @property
    def null_directions(self) -> np.ndarray:
        """None, (P, 0)."""
        return np.zeros((self.n_parameters, 0))

    def mean_eigenvalue(self) -> float:
        """trace(H) / P."""
        return self.scale

    def damped(self, damping: float) -> Self:
        """H plus `damping` times its mean eigenvalue on the diagonal."""
        return replace(self, scale=self.scale * (1 + damping))

    def matvec(self, V: np.ndarray) -> np.ndarray:
        """H V for V of shape (P, B)."""
        return self.scale * V

    def dense(self) -> np.ndarray:
        """H as an array."""
        return self.scale * np.eye(self.n_parameters)

    def relative_change(self, other: Self) -> float:
        """0: it is the same everywhere."""
        return 0.0
