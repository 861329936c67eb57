"""What one row contributes to the gradient of the objective, for all rows, without forming the (n, P) array.

Row i contributes E_i' c_i + sum_r a_ir t_r: a part through its own raw predictions, and parts along a few common
vectors t_r (its share of the penalty, the class weights that its presence sets).
"""

from dataclasses import dataclass

import numpy as np

from .._parallel import run_blocks
from .._typing import RowIndex
from ..operators import SHARED_ROWS, Design

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
        blocks = self.design.blocks(self.cotangents.shape[1] * U.shape[1], at_least=SHARED_ROWS)
        along, common = np.empty((len(self.cotangents), U.shape[1])), self.vectors @ U

        def fill(rows):
            # raw predictions are scaled while they are in the cache
            few = self if len(blocks) == 1 else self.of_rows(rows)
            raw = few.design.raw(U)
            if raw.shape[1] == 1:
                np.multiply(few.cotangents, raw[:, 0], out=along[rows])
            else:
                np.einsum("nk,nkb->nb", few.cotangents, raw, out=along[rows])
            if len(common):
                along[rows] += few.coefficients @ common

        run_blocks(fill, blocks)
        return along

    def of_rows(self, rows: slice) -> "RowTerms":
        """Those of some rows."""
        return RowTerms(
            self.design.with_rows(self.design.X[rows]), self.cotangents[rows], self.coefficients[rows], self.vectors
        )

    def columns(self, rows: RowIndex, basis: np.ndarray | None = None) -> np.ndarray:
        """The rows' vectors as columns, shape (P, b); `basis` is theirs when it is known already."""
        cotangents = self.cotangents[rows]
        own = self.design.columns(rows, cotangents) if basis is None else np.einsum("pbk,bk->pb", basis, cotangents)
        return own + self.vectors.T @ self.coefficients[rows].T

    def total(self) -> np.ndarray:
        """Sum over the rows, shape (P,)."""
        own = self.design.vjp(self.cotangents[:, :, None])[:, 0]
        return own + self.vectors.T @ self.coefficients.sum(axis=0)
