"""Which training rows are missing under each of several candidates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from .._typing import RowIndex

__all__ = ["Removals"]


@dataclass(frozen=True, eq=False)
class Removals:
    """B sets of deleted rows, one for each candidate column.

    Parameters
    ----------
    rows : ndarray of int
        The deleted rows of all sets, one after the other.
    columns : ndarray of int
        The set that each of them belongs to.
    n_columns : int
        B.

    Examples
    --------
    >>> import numpy as np
    >>> Removals.of([[0, 2], [1]]).total(np.array([1.0, 10.0, 100.0]))
    array([101.,  10.])
    """

    rows: np.ndarray
    columns: np.ndarray
    n_columns: int

    @classmethod
    def single(cls, rows: RowIndex) -> "Removals":
        """One set for each row."""
        rows = np.asarray(rows)
        return cls(rows, np.arange(len(rows)), len(rows))

    @classmethod
    def of(cls, sets: Sequence[Any]) -> Self:
        """The given sets of row positions."""
        columns = np.repeat(np.arange(len(sets)), [len(rows) for rows in sets])
        rows = np.concatenate([np.asarray(rows, dtype=np.intp) for rows in sets])
        return cls(rows, columns, len(sets))

    def take(self, columns: np.ndarray) -> "Removals":
        """Some of the sets (ascending positions), renumbered."""
        position = np.full(self.n_columns, -1)
        position[columns] = np.arange(len(columns))
        kept = position[self.columns]
        return Removals(self.rows[kept >= 0], kept[kept >= 0], len(columns))

    def zero(self, values: np.ndarray, first: int = 0) -> None:
        """Set ``values[row - first, ..., column]`` to 0, in place, wherever the row is there and deleted from it."""
        rows = self.rows - first
        there = (rows >= 0) & (rows < len(values))
        values[rows[there], ..., self.columns[there]] = 0

    def membership(self, n_rows: int) -> Any:
        """1 where a row is deleted from a column, as a sparse (n_rows, B) array."""
        entries = np.ones(len(self.rows)), (self.rows, self.columns)
        return sparse.csr_array(entries, shape=(n_rows, self.n_columns))

    def total(self, values: np.ndarray) -> np.ndarray:
        """Sum of `values` over the rows of each set: (B,) from (n,)."""
        return np.bincount(self.columns, weights=values[self.rows], minlength=self.n_columns)
