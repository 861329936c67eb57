"""The working set: the rows whose optimality conditions are kept at every step, and stored kernel columns."""

import numpy as np

from .dual import Dual

__all__ = ["WorkingSet"]

#: numbers in the stored kernel columns; further columns are computed each time
MAX_STORED = 2**26


class WorkingSet:
    """The rows on which a machine is solved, around a reference point.

    Parameters
    ----------
    dual : Dual
    rows : ndarray of int, shape (W,)
        Sorted; all rows with a coefficient at the reference are among them.
    u, sums : ndarray of shape (N,) and (n,)
        The reference, and K beta there.
    tolerance : float
        Largest violation of a condition that is allowed.
    """

    def __init__(self, dual: Dual, rows: np.ndarray, u: np.ndarray, sums: np.ndarray, tolerance: float) -> None:
        self.dual, self.rows, self.tolerance = dual, rows, tolerance
        place = np.full(dual.n_rows, -1)
        place[rows] = np.arange(len(rows))
        self.items = np.flatnonzero(place[dual.owner] >= 0)
        self.owner = place[dual.owner[self.items]]
        self.signs, self.targets = dual.signs[self.items], dual.targets[self.items]
        self.u, self.sums = u[self.items], sums[rows]
        self._slot, self._stored = np.full(len(rows), -1), np.zeros((0, len(rows)))
        self._count = 0

    def columns(self, places: np.ndarray) -> np.ndarray:
        """Kernel between some rows of the working set and all of them, (c, W)."""
        missing = np.unique(places[self._slot[places] < 0])
        if len(missing):
            if (self._count + len(missing)) * len(self.rows) > MAX_STORED:
                return self._kernel(places)
            self._store(missing)
        return self._stored[self._slot[places]]

    def _kernel(self, places):
        return self.dual.kernel(self.dual.X[self.rows[places]], self.dual.X[self.rows])

    def _store(self, missing):
        end = self._count + len(missing)
        if end > len(self._stored):
            larger = np.empty((max(end, 2 * len(self._stored)), len(self.rows)))
            larger[: self._count] = self._stored[: self._count]
            self._stored = larger
        self._stored[self._count : end] = self._kernel(missing)
        self._slot[missing] = np.arange(self._count, end)
        self._count = end

    def sums_at(self, u: np.ndarray) -> np.ndarray:
        """K beta of the rows of the working set at u (I,), from what differs from the reference."""
        change = np.bincount(self.owner, weights=self.signs * (u - self.u), minlength=len(self.rows))
        moved = np.flatnonzero(change)
        return self.sums + change[moved] @ self.columns(moved) if len(moved) else self.sums
