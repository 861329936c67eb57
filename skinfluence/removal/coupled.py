"""Single rows of models whose rows are coupled: the Hessians without each row of a block, inverted together."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._typing import RowIndex
from ..problems import CoupledHessians
from .rank_one_downdates import row_blocks

__all__ = ["RowInverses", "coupled_blocks", "row_inverses"]


@dataclass(frozen=True, eq=False)
class RowInverses:
    """(Hessian without the row)^-1 for each row of a block.

    Parameters
    ----------
    vectors : ndarray of shape (b, P, P)
        Eigenvectors.
    values : ndarray of shape (b, P)
        Eigenvalues, nan for a row without which the Hessian is singular.
    """

    vectors: np.ndarray
    values: np.ndarray

    def solve(self, rhs: np.ndarray) -> np.ndarray:
        """One right-hand side for each row, (P, b) from (P, b)."""
        turned = np.einsum("bpq,pb->bq", self.vectors, rhs) / self.values
        return np.einsum("bpq,bq->pb", self.vectors, turned)


def row_inverses(problem: Any, rows: np.ndarray, damping: float = 0.0) -> RowInverses | None:
    """Inverses for a block of rows; None where the problem has no Hessians of a block.

    Parameters
    ----------
    problem : Problem
        With ``hessians_without``.
    rows : ndarray of int, shape (b,)
        Positions.
    damping : float
        Multiple of the mean eigenvalue added to each Hessian's diagonal.

    Returns
    -------
    RowInverses or None

    Notes
    -----
    About 9 P^3 a row, and memory b P^2.
    """
    if not isinstance(problem, CoupledHessians):
        return None
    values, vectors = np.linalg.eigh(problem.hessians_without(rows))
    values = values + damping * values.mean(axis=1, keepdims=True)
    smallest, largest = values[:, :1], values[:, -1:]
    rounding = values.shape[1] * np.finfo(float).eps * np.abs(largest)
    return RowInverses(vectors, np.where(smallest > rounding, values, np.nan))


def coupled_blocks(problem: Any, rows: RowIndex) -> list[Any]:
    """Positions in blocks, such that (b, n) and (b, P, P) arrays stay small."""
    return row_blocks(problem, rows, per_row=max(problem.n_rows, problem.n_parameters**2))
