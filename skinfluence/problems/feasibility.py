"""Whether something is left to fit without some rows: one row with a weight, and one of each class."""

from collections.abc import Sequence

import numpy as np

from ..rows import SingleRows

__all__ = ["class_counts", "something_left", "without"]


def class_counts(codes: np.ndarray, weighted: np.ndarray) -> np.ndarray:
    """Rows with a weight of each class, (C,).

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Class of each row; zeros where there are none.
    weighted : ndarray of bool, shape (n,)
        Which rows have a weight.
    """
    return np.bincount(codes[weighted], minlength=codes.max(initial=0) + 1)


def without(count: np.ndarray, codes: np.ndarray, weighted: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The counts that are left without some rows, (C,)."""
    return count - np.bincount(codes[rows][weighted[rows]], minlength=len(count))


def something_left(codes: np.ndarray, weighted: np.ndarray, sets: Sequence[np.ndarray]) -> np.ndarray:
    """Whether every class keeps a row with a weight without each set, (G,) of bool.

    Examples
    --------
    >>> something_left(np.array([0, 0, 1]), np.ones(3, dtype=bool), [[0], [0, 1], [2]])
    array([ True, False, False])
    """
    count = class_counts(codes, weighted)
    if isinstance(sets, SingleRows):
        return ~(weighted & (count[codes] == 1))
    sizes = np.array([len(rows) for rows in sets], dtype=np.intp)
    # a set that is smaller than every class leaves a row of each
    known = sizes < count[count > 0].min(initial=len(codes))
    for i in map(int, np.flatnonzero(~known)):
        left = without(count, codes, weighted, np.asarray(sets[i], dtype=np.intp))
        known[i] = not ((left == 0) & (count > 0)).any()
    return known
