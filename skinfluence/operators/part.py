"""A linear map of which only some parameters exist: outputs with features of their own, or with none."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._typing import Matrix, RowIndex

__all__ = ["DesignPart"]


@dataclass(frozen=True, eq=False)
class DesignPart:
    """The map of some parameters of a :class:`Design`, the others being zero for good.

    Parameters
    ----------
    whole : Design
        The map with all parameters.
    parameters : ndarray of int, shape (P,)
        Those that exist, in ascending order.

    Examples
    --------
    A second output that is the same for all rows:

    >>> import numpy as np
    >>> from skinfluence.operators import Design
    >>> design = Design(np.array([[1.0, 2.0]]), n_outputs=2, intercept=True).part(np.array([0, 1, 5]))
    >>> design.raw(np.array([10.0, 1.0, 0.5]))
    array([[12. ,  0.5]])
    """

    whole: Any
    parameters: np.ndarray

    @property
    def X(self) -> Matrix:
        """Features, (n, p)."""
        return self.whole.X

    @property
    def intercept(self) -> Any:
        """Whether some output has one."""
        return self.whole.intercept

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.whole.n_rows

    @property
    def n_outputs(self) -> int:
        """K."""
        return self.whole.n_outputs

    @property
    def n_parameters(self) -> int:
        """P."""
        return len(self.parameters)

    def with_rows(self, X: Any) -> "DesignPart":
        """The same map for other rows."""
        return DesignPart(self.whole.with_rows(X), self.parameters)

    def part(self, parameters: np.ndarray) -> Any:
        """The map of fewer parameters."""
        return self.whole.part(self.parameters[parameters])

    def _all(self, theta):
        everything = np.zeros((self.whole.n_parameters, *theta.shape[1:]))
        everything[self.parameters] = theta
        return everything

    def split(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients (K, p, *candidates) and intercepts (K, *candidates), 0 where there are none."""
        return self.whole.split(self._all(theta))

    def raw(self, theta: np.ndarray) -> np.ndarray:
        """Raw predictions: (n, K) for theta (P,), (n, K, B) for theta (P, B)."""
        return self.whole.raw(self._all(theta))

    def vjp(self, cotangents: np.ndarray) -> np.ndarray:
        """sum_i E_i' c_i: (P, B) from cotangents (n, K, B)."""
        return self.whole.vjp(cotangents)[self.parameters]

    def basis(self, rows: RowIndex) -> np.ndarray:
        """E_i' of some rows as dense columns, shape (P, b, K), each contiguous."""
        return self.whole.basis(rows).transpose(1, 2, 0)[:, :, self.parameters].transpose(2, 0, 1)

    def gram(self, M: np.ndarray, dtype: type = np.float64) -> np.ndarray:
        """sum_i E_i' M_i E_i as a dense (P, P) array, at the cost of the whole map."""
        return self.whole.gram(M, dtype)[np.ix_(self.parameters, self.parameters)]

    def columns(self, rows: RowIndex, cotangents: np.ndarray) -> np.ndarray:
        """E_i'c_i of some rows, shape (P, b) from cotangents (b, K)."""
        return self.whole.columns(rows, cotangents)[self.parameters]

    def gram_diagonal(self, M: np.ndarray) -> np.ndarray:
        """The diagonal of :meth:`gram`, without it."""
        return self.whole.gram_diagonal(M)[self.parameters]

    @property
    def column_norms(self) -> np.ndarray:
        """Euclidean norm of each parameter's column of derivatives, shape (P,)."""
        return self.whole.column_norms[self.parameters]

    def blocks(self, width: int, at_least: int = 1) -> list[slice]:
        """Slices of rows such that `width` float64 numbers a row fill one block, of so many rows at least."""
        return self.whole.blocks(width, at_least)
