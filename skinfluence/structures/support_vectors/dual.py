"""The dual of one machine: a quadratic program in a box with one equation.

    min  beta' K beta / 2 - sum_j s_j t_j u_j    over 0 <= u_j <= c_j,  sum_j s_j u_j = 0;
    beta_r = sum of s_j u_j over the items j of row r

An SVC has one item j for each row, s_j = t_j = +-1; an SVR two, s_j = +-1 and t_j = y -+ epsilon. With
f = K beta + b, the optimum has s_j (f_j - t_j) >= 0 at u_j = 0, = 0 inside and <= 0 at u_j = c_j. An item with c_j = 0
asks for nothing: that is how rows are deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Dual", "interval", "violations"]


def violations(u: np.ndarray, bounds: np.ndarray, signed: np.ndarray) -> np.ndarray:
    """How far each item is from its condition, (N,); `signed` is s_j (f_j - t_j)."""
    return np.maximum(np.where(u < bounds, -signed, 0.0), np.where(u > 0, signed, 0.0))


def interval(u: np.ndarray, bounds: np.ndarray, signs: np.ndarray, missing: np.ndarray) -> tuple[np.intp, np.intp]:
    """Items and ends of the interval of optimal intercepts: (lowest item, highest item), missing = t - K beta."""
    up, down = u < bounds, u > 0
    raises = np.where(signs > 0, up, down)
    lowers = np.where(signs > 0, down, up)
    return np.argmax(np.where(raises, missing, -np.inf)), np.argmin(np.where(lowers, missing, np.inf))


@dataclass(frozen=True, eq=False)
class Dual:
    """One machine on its rows.

    Parameters
    ----------
    kernel : callable
        From (a, p) and (b, p) to (a, b), symmetric.
    X : ndarray or CSR matrix of shape (n, p)
        Rows of the machine.
    owner : ndarray of int, shape (N,)
        Row of each item.
    signs, targets : ndarray of shape (N,)
        s and t.
    costs : ndarray of shape (N,)
        Bounds before class weights.
    side : ndarray of int, shape (N,)
        Which class weight multiplies the bound: 0 or 1.
    """

    kernel: Any
    X: Any
    owner: np.ndarray
    signs: np.ndarray
    targets: np.ndarray
    costs: np.ndarray
    side: np.ndarray

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.X.shape[0]

    def bounds(self, factors: np.ndarray, deleted: Sequence[int] | np.ndarray = ()) -> np.ndarray:
        """c under two class weights, 0 for items of deleted rows: (N,)."""
        bounds = self.costs * np.asarray(factors)[self.side]
        gone = np.zeros(self.n_rows, dtype=bool)
        gone[np.asarray(deleted, dtype=np.intp)] = True
        bounds[gone[self.owner]] = 0.0
        return bounds

    def coefficients(self, u: np.ndarray) -> np.ndarray:
        """beta of each row: (n,) from (N,)."""
        return np.bincount(self.owner, weights=self.signs * u, minlength=self.n_rows)

    def items(self, beta: np.ndarray) -> np.ndarray:
        """u of coefficients (n,): (N,)."""
        return np.maximum(0.0, self.signs * beta[self.owner])

    def sums(self, rows: np.ndarray, beta: np.ndarray) -> tuple[np.ndarray, float]:
        """K beta at some rows, in blocks, (R, D) from (n, D), and the largest sum of |K_ij beta_j|."""
        used = np.flatnonzero(beta.any(axis=1))
        out, size = np.zeros((len(rows), beta.shape[1])), 0.0
        if len(used):
            step = max(1, 2**22 // len(used))
            for start in range(0, len(rows), step):
                block = self.kernel(self.X[rows[start : start + step]], self.X[used])
                out[start : start + step] = block @ beta[used]
                size = max(size, np.abs(block).max() * np.abs(beta[used]).sum(axis=0).max())
        return out, size

    def tolerance(self, size: float) -> float:
        """Violation that counts as none: 1e-10 of the range of targets, and rounding of sums of some size."""
        spread = np.ptp(self.targets) / 2
        return 1e-10 * spread + 4 * np.finfo(float).eps * (size + np.abs(self.targets).max())
