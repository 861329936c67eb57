"""Sets of rows as flat arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

__all__ = ["Sets"]


@dataclass(frozen=True, eq=False)
class Sets:
    """G sets of training rows.

    Parameters
    ----------
    rows, columns : ndarray of shape (s,)
        Members, and the set that each of them is in; each member of a set once, in the order of sets and rows.
    n_sets : int
        G.
    """

    rows: np.ndarray
    columns: np.ndarray
    n_sets: int

    @classmethod
    def of(cls, sets: Sequence[Any], n_rows: int) -> "Sets":
        """From sets of positions among `n_rows` rows.

        Examples
        --------
        >>> sets = Sets.of([[2, 0, 2], []], 5)
        >>> sets.rows, sets.columns, sets.sizes
        (array([0, 2]), array([0, 0]), array([2, 0]))
        """
        sizes = np.fromiter(map(len, sets), dtype=np.intp, count=len(sets))
        rows = np.concatenate([np.empty(0, dtype=np.intp), *sets]).astype(np.intp, copy=False)
        if len(rows) and not (0 <= rows.min() and rows.max() < n_rows):
            raise IndexError(f"positions of rows are from 0 to {n_rows - 1}, got {rows.min()} to {rows.max()}")
        columns, rows = np.divmod(np.unique(np.repeat(np.arange(len(sizes)), sizes) * n_rows + rows), n_rows)
        return cls(rows, columns, len(sizes))

    def __len__(self) -> int:
        return self.n_sets

    @cached_property
    def sizes(self) -> np.ndarray:
        """Number of members of each set, (G,)."""
        return np.bincount(self.columns, minlength=self.n_sets)

    def where(self, columns: np.ndarray) -> "Sets":
        """Those sets of a mask (G,), in their own columns."""
        keep = columns[self.columns]
        return Sets(self.rows[keep], self.columns[keep], self.n_sets)

    def mask(self, start: int, stop: int, n_rows: int) -> np.ndarray:
        """Members of the sets `start` to `stop`, (n_rows + 1, stop - start) of bool; the last row is of no set."""
        members = slice(*np.searchsorted(self.columns, (start, stop)))
        mask = np.zeros((n_rows + 1, stop - start), dtype=bool)
        mask[self.rows[members], self.columns[members] - start] = True
        return mask
