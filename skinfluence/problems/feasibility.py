"""Whether something is left to fit without some rows: one row with a weight, and one of each class."""

from collections.abc import Sequence

import numpy as np

from ..rows import SingleRows

__all__ = ["lost_classes", "something_left"]


def lost_classes(codes: np.ndarray, weighted: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Classes that lose their last row with a weight, and how many such rows each class keeps, (C,).

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Class of each row; zeros where there are none.
    weighted : ndarray of bool, shape (n,)
        Which rows have a weight.
    rows : ndarray of int
        The deleted ones.
    """
    count = np.bincount(codes[weighted], minlength=codes.max(initial=0) + 1)
    left = count - np.bincount(codes[rows][weighted[rows]], minlength=len(count))
    return np.flatnonzero((left == 0) & (count > 0)), left


def something_left(codes: np.ndarray, weighted: np.ndarray, sets: Sequence[np.ndarray]) -> np.ndarray:
    """Whether every class keeps a row with a weight without each set, (G,) of bool.

    Examples
    --------
    >>> something_left(np.array([0, 0, 1]), np.ones(3, dtype=bool), [[0], [0, 1], [2]])
    array([ True, False, False])
    """
    count = np.bincount(codes[weighted], minlength=codes.max(initial=0) + 1)
    if isinstance(sets, SingleRows):
        return ~(weighted & (count[codes] == 1))
    sizes = np.array([len(rows) for rows in sets], dtype=np.intp)
    known = sizes < count[count > 0].min(initial=len(codes))
    for i in np.flatnonzero(~known):
        known[i] = not len(lost_classes(codes, weighted, np.asarray(sets[int(i)], dtype=np.intp))[0])
    return known
