"""Training rows by position: single rows, groups and other sets of them that are deleted jointly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

__all__ = ["Players", "SingleRows", "as_table", "check_rows", "check_sets", "indexable"]


def indexable(X: Any) -> Any:
    """Data whose rows can be taken: sparse formats without rows become CSR, objects with __array__ become arrays."""
    if sparse.issparse(X) and X.format not in ("csr", "csc"):
        return X.tocsr()
    return np.asarray(X) if hasattr(X, "__array__") and not hasattr(X, "shape") else X


def as_table(X: Any) -> Any:
    """The same, and lists of rows as arrays: of objects where numbers stand beside texts, which would become texts."""
    if hasattr(X, "shape") or hasattr(X, "__array__"):
        return indexable(X)
    table = np.asarray(X)
    return np.asarray(X, dtype=object) if table.dtype.kind in "US" else table


class SingleRows(Sequence):
    """Each of n rows as a set of its own, made when it is asked for.

    Examples
    --------
    >>> list(SingleRows(2))
    [array([0]), array([1])]
    """

    def __init__(self, n_rows: int) -> None:
        self.n_rows = n_rows

    def __len__(self):
        return self.n_rows

    def __getitem__(self, index):
        rows = np.arange(self.n_rows)[index]
        return rows[:, None] if np.ndim(rows) else np.array([rows])


@dataclass(frozen=True, eq=False)
class Players:
    """Sets of training rows, each of which is deleted on its own.

    Parameters
    ----------
    sets : sequence of ndarray of int
        Positions of the rows of each set.
    names : ndarray of shape (G,) or None
        What the sets are called.
    """

    sets: Sequence
    names: np.ndarray | None = None

    @classmethod
    def rows(cls, n_rows: int, names: np.ndarray | None = None) -> Self:
        """Each row alone."""
        return cls(SingleRows(n_rows), names)

    @classmethod
    def groups(cls, codes: np.ndarray, names: np.ndarray) -> Self:
        """The rows of each group together, from its code in each row.

        Examples
        --------
        >>> Players.groups(np.array([1, 0, 1]), np.array(["a", "b"])).sets
        [array([1]), array([0, 2])]
        """
        order = np.argsort(codes, kind="stable")
        return cls(np.split(order, np.cumsum(np.bincount(codes, minlength=len(names)))[:-1]), names)

    def __len__(self):
        return len(self.sets)

    @property
    def single(self) -> bool:
        """Whether they are all rows, each alone."""
        return isinstance(self.sets, SingleRows)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums over the rows of each set: (G, a) from (n, a).

        Examples
        --------
        >>> Players([np.array([0, 2])]).sums(np.array([[1.0], [2.0], [4.0]]))
        array([[5.]])
        """
        return values if self.single else np.stack([values[rows].sum(axis=0) for rows in self.sets])


def check_rows(indices: ArrayLike, n_rows: int) -> np.ndarray:
    """Positions of the rows to delete, from positions or a boolean mask.

    Raises
    ------
    ValueError
        For positions out of range, repeated, of another type, or for a mask of another length.
    """
    indices = np.asarray(indices)
    if indices.dtype == bool:
        if indices.shape != (n_rows,):
            raise ValueError(f"a mask of rows must have shape ({n_rows},), got {indices.shape}")
        return np.flatnonzero(indices)
    indices = np.atleast_1d(indices)
    if indices.ndim != 1 or not (np.issubdtype(indices.dtype, np.integer) or indices.size == 0):
        raise ValueError(f"indices must be positions of rows or a boolean mask, got an array of {indices.dtype}")
    indices = indices.astype(np.intp)
    if indices.size and not (-n_rows <= indices.min() and indices.max() < n_rows):
        raise ValueError(f"indices must lie in [{-n_rows}, {n_rows}), got {indices.min()} to {indices.max()}")
    indices = indices % n_rows
    if len(np.unique(indices)) < len(indices):
        raise ValueError("indices name a row twice; a row can be deleted once")
    return indices


def check_sets(sets: Any, n_rows: int) -> list[np.ndarray]:
    """Positions of the rows of each set.

    Parameters
    ----------
    sets : bool array or sparse matrix of shape (G, n_rows), or sequence of G sets
        Each set as positions or as a mask.
    n_rows : int
        Training rows.

    Returns
    -------
    list of ndarray of int

    Raises
    ------
    ValueError
        No sets, one set in the place of several, or a bad one: which, and why.
    """
    if sparse.issparse(sets):
        if sets.shape[1] != n_rows:
            raise ValueError(f"a matrix of sets must have one column for each of {n_rows} rows, got {sets.shape}")
        return _of_matrix(sets)
    if isinstance(sets, str) or not hasattr(sets, "__len__") or not len(sets):
        raise ValueError(f"sets must be a list of sets, or a boolean matrix of shape (n_sets, {n_rows}), got {sets!r}")
    if any(np.ndim(rows) == 0 for rows in sets):
        raise ValueError(
            "sets must be a list of sets, each of them positions or a mask, but got a list of single numbers; for one "
            "set call removal(indices), for single rows attribute"
        )
    return [_check_set(position, rows, n_rows) for position, rows in enumerate(sets)]


def _of_matrix(matrix):
    matrix = sparse.csr_array(matrix, dtype=bool)
    matrix.eliminate_zeros()
    return [rows.astype(np.intp) for rows in np.split(matrix.indices, matrix.indptr[1:-1])]


def _check_set(position, rows, n_rows):
    try:
        return check_rows(rows, n_rows)
    except ValueError as error:
        raise ValueError(f"set {position}: {error}") from None
