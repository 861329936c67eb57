"""The equations of the free items and their inverse, updated as items enter and leave.

    [0 1'  ] [  b   ]   [ sum that is missing ]
    [1 K_FF] [beta_F] = [ t_F - K_FB beta_B   ]

An item enters only where its Schur complement is positive, so that the matrix stays regular. O(F^2) for each update.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["EMPTY", "FreeSystem"]


@dataclass(frozen=True, eq=False)
class FreeSystem:
    """Free items, their bordered matrix and its inverse, (F + 1, F + 1)."""

    items: np.ndarray
    matrix: np.ndarray
    inverse: np.ndarray

    def solve(self, right: np.ndarray) -> np.ndarray:
        """Solution with one step of refinement."""
        solution = self.inverse @ right
        return solution + self.inverse @ (right - self.matrix @ solution)

    def schur(self, column: np.ndarray, own: float) -> tuple[np.ndarray, float]:
        """What of a row (1, K_Fj), K_jj the free ones do not span: coefficients (F + 1,), Schur complement."""
        column = np.append(1.0, column)
        spanned = self.solve(column)
        return spanned, own - column @ spanned

    def add(self, item: int, column: np.ndarray, own: float) -> "FreeSystem":
        """The system with one item more."""
        if not len(self.items):
            return FreeSystem(np.array([item]), np.array([[0.0, 1], [1, own]]), np.array([[-own, 1.0], [1, 0]]))
        spanned, schur = self.schur(column, own)
        if not schur > 0:
            # the free ones span it, but for rounding
            return self
        column = np.append(1.0, column)
        matrix = np.block([[self.matrix, column[:, None]], [column, own]])
        corner = np.outer(spanned, spanned) / schur
        edge = -spanned / schur
        inverse = np.block([[self.inverse + corner, edge[:, None]], [edge, 1 / schur]])
        return FreeSystem(np.append(self.items, item), matrix, inverse)

    def remove(self, place: int) -> "FreeSystem":
        """The system without the item at a place."""
        if len(self.items) == 1:
            return EMPTY
        if not self.inverse[place + 1, place + 1]:
            # an inverse that rounding has spoiled: free items are looked for anew
            return EMPTY
        keep = np.delete(np.arange(len(self.matrix)), place + 1)
        column = self.inverse[keep, place + 1]
        inverse = self.inverse[np.ix_(keep, keep)]
        inverse -= np.outer(column, column / self.inverse[place + 1, place + 1])
        return FreeSystem(np.delete(self.items, place), self.matrix[np.ix_(keep, keep)], inverse)


EMPTY = FreeSystem(np.zeros(0, dtype=np.intp), np.zeros((1, 1)), np.zeros((1, 1)))
