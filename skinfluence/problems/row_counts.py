"""How many rows there are in blocks, and of which class: what is known before the features are read."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

__all__ = ["RowCounts"]


@dataclass(frozen=True, eq=False)
class RowCounts:
    """Counts of rows; those of several blocks are joined by :meth:`joined`.

    Parameters
    ----------
    rows, present : ndarray of int, shape (number of blocks,)
        Rows of each block, and those of them that have a weight.
    of_class : ndarray of int, shape (C,)
        Rows of each class that have a weight; regressors have one class.
    mass, weighted_mass : ndarray of shape (C,)
        All rows of each class, and their total weight.

    Examples
    --------
    >>> here = RowCounts.of(np.array([0, 1, 1]), np.array([1.0, 2.0, 0.0]), 2)
    >>> RowCounts.joined([here, here]).starts
    array([0, 3, 6])
    >>> RowCounts.joined([here, here]).weighted_mass
    array([2., 4.])
    """

    rows: np.ndarray
    present: np.ndarray
    of_class: np.ndarray
    mass: np.ndarray
    weighted_mass: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray | None, weight: np.ndarray, n_classes: int) -> Self:
        """Those of one block, from class codes (None for regressors) and weights."""
        codes = np.zeros(len(weight), np.intp) if codes is None else codes
        return cls(
            rows=np.array([len(weight)]),
            present=np.array([np.count_nonzero(weight)]),
            of_class=np.bincount(codes[weight > 0], minlength=n_classes),
            mass=np.bincount(codes, minlength=n_classes).astype(np.float64),
            weighted_mass=np.bincount(codes, weights=weight, minlength=n_classes),
        )

    @classmethod
    def joined(cls, counts: "Iterable[RowCounts]") -> Self:
        """Those of several blocks."""
        counts = list(counts)
        by_block = (np.concatenate([getattr(count, name) for count in counts]) for name in ("rows", "present"))
        sums = (sum(getattr(count, name) for count in counts) for name in ("of_class", "mass", "weighted_mass"))
        return cls(*by_block, *sums)

    @property
    def starts(self) -> np.ndarray:
        """Position of the first row of each block, and the number of all rows."""
        return np.append(0, np.cumsum(self.rows))
