"""The joint deletion of a set of rows."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

__all__ = ["Removal", "RemovalBatch", "check_rows", "check_sets", "group_sets"]


@dataclass(frozen=True, eq=False)
class Removal:
    """What the joint deletion of a set of rows does.

    Attributes
    ----------
    indices : ndarray of int
        The deleted rows, by position.
    params_change : ndarray of shape (P,)
        Parameters after the deletion, minus before: coefficients (outputs one after the other), then intercepts.
    target_change : float or None
        f after the deletion, minus before; None when no evaluation rows were given.
    verdict : str
        What the numerical work says about itself.
    method : str
        How it was computed.
    params_bound : float or None
        Bound on the 2-norm of the error of `params_change`; infinite when nothing is certain, None when not asked for.
    target_bound : float or None
        Bound on the error of `target_change`.
    """

    indices: np.ndarray
    params_change: np.ndarray
    target_change: float | None
    verdict: str
    method: str
    params_bound: float | None = None
    target_bound: float | None = None


@dataclass(frozen=True, eq=False)
class RemovalBatch:
    """What the deletions of many sets do, each on its own: a sequence of :class:`Removal`, and its numbers as arrays.

    Attributes
    ----------
    sets : list of ndarray of int
        The deleted rows of each set, by position.
    names : ndarray of shape (G,)
        Labels of the groups; positions of the sets where there are none.
    params_change : ndarray of shape (G, P)
        Parameters after each deletion, minus before.
    target_change : ndarray of shape (G,) or None
        f after each deletion, minus before; None when no evaluation rows were given.
    verdict, method : str
        As for :class:`Removal`.
    params_bound, target_bound : ndarray of shape (G,) or None
        Bounds on the errors of each set.
    """

    sets: list
    names: np.ndarray
    params_change: np.ndarray
    target_change: np.ndarray | None
    verdict: str
    method: str
    params_bound: np.ndarray | None = None
    target_bound: np.ndarray | None = None

    def __len__(self):
        return len(self.sets)

    def __getitem__(self, position):
        def one(values):
            return None if values is None else float(values[position])

        target_change, params_bound = one(self.target_change), one(self.params_bound)
        return Removal(
            self.sets[position],
            self.params_change[position],
            target_change,
            self.verdict,
            self.method,
            params_bound,
            one(self.target_bound),
        )


def check_rows(indices, n_rows):
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


def check_sets(sets, n_rows):
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


def group_sets(train_groups, n_rows):
    """Names of the groups, and the positions of each group's rows.

    Raises
    ------
    ValueError
        When there is not one label for each training row.
    """
    labels = np.asarray(train_groups)
    if labels.shape != (n_rows,):
        raise ValueError(
            f"train_groups must hold one label for each of the {n_rows} training rows, got shape {labels.shape}"
        )
    names, codes = np.unique(labels, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    return names, np.split(order, np.cumsum(np.bincount(codes))[:-1])
