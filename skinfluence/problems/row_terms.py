"""What one row contributes to the gradient of the objective, for all rows, without forming the (n, P) array.

Row i contributes E_i' c_i + sum_r a_ir t_r: a part through its own raw predictions, and parts along a few common
vectors t_r (its share of the penalty, the class weights that its presence sets).
"""

from dataclasses import dataclass

import numpy as np

from .._typing import RowIndex
from ..operators import Design

__all__ = ["RowTerms"]


@dataclass(frozen=True, eq=False)
class RowTerms:
    """E_i' c_i + sum_r a_ir t_r for every training row i.

    Parameters
    ----------
    design : Design
        E_i.
    cotangents : ndarray of shape (n, K)
        c_i.
    coefficients : ndarray of shape (n, r)
        a_ir.
    vectors : ndarray of shape (r, P)
        t_r.
    """

    design: Design
    cotangents: np.ndarray
    coefficients: np.ndarray
    vectors: np.ndarray

    def along(self, U: np.ndarray) -> np.ndarray:
        """Inner products with the columns of U: (n, B) from (P, B)."""
        own = np.einsum("nk,nkb->nb", self.cotangents, self.design.raw(U))
        return own + self.coefficients @ (self.vectors @ U)

    def columns(self, rows: RowIndex, basis: np.ndarray | None = None) -> np.ndarray:
        """The rows' vectors as columns, shape (P, b); `basis` is theirs when it is known already."""
        cotangents = self.cotangents[rows]
        own = self.design.columns(rows, cotangents) if basis is None else np.einsum("pbk,bk->pb", basis, cotangents)
        return own + self.vectors.T @ self.coefficients[rows].T

    def total(self) -> np.ndarray:
        """Sum over the rows, shape (P,)."""
        own = self.design.vjp(self.cotangents[:, :, None])[:, 0]
        return own + self.vectors.T @ self.coefficients.sum(axis=0)
