"""The largest effects on each evaluation row, without ever holding the effects of all rows on all."""

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import NamedTuple

import numpy as np

__all__ = ["TopRows", "check_top_k", "merged_tops", "top_rows"]


class TopRows(NamedTuple):
    """The k largest absolute effects on each of m evaluation rows, largest first; equal ones by position.

    Attributes
    ----------
    values : ndarray of shape (k, m)
        The effects, with their sign.
    rows : ndarray of int, shape (k, m)
        Positions of the training rows (or groups) that have them.
    missing : ndarray of bool, shape (n,)
        Training rows without an answer; they come last.
    """

    values: np.ndarray
    rows: np.ndarray
    missing: np.ndarray


def check_top_k(k: int, aggregate: bool, n: int) -> None:
    """Refuse a `top_k` that is no count of at most n, or without ``aggregate=False``.

    Raises
    ------
    ValueError
    """
    if aggregate:
        raise ValueError(
            "top_k keeps the largest effects on each evaluation row; pass aggregate=False with it, or rank the result "
            "for all evaluation rows together with Influence.top(k)"
        )
    if not isinstance(k, Integral) or isinstance(k, bool) or k < 1:
        raise ValueError(f"top_k must be an integer of at least 1, or None for all rows, got {k!r}")
    if k > n:
        raise ValueError(f"top_k={k} asks for more than the {n} training rows (or groups) that there are")


def top_rows(blocks: Iterable[np.ndarray], k: int) -> TopRows:
    """Largest effects from blocks of evaluation rows.

    Parameters
    ----------
    blocks : iterable of ndarray of shape (n, b)
        Effects of all training rows on some evaluation rows each.
    k : int
        How many to keep; all where there are fewer.

    Returns
    -------
    TopRows
        Memory k m, and one (n, b) array with its ranks.

    Examples
    --------
    >>> all_effects = np.array([[1.0, 0.5], [-3.0, 0.0], [2.0, -4.0]])
    >>> top = top_rows([all_effects[:, :1], all_effects[:, 1:]], k=2)
    >>> top.values
    array([[-3. , -4. ],
           [ 2. ,  0.5]])
    >>> top.rows
    array([[1, 2],
           [2, 0]])
    """
    tops = [_largest(effects, k) for effects in blocks]
    values, rows, missing = zip(*tops, strict=True)
    return TopRows(np.hstack(values), np.hstack(rows), np.any(missing, axis=0))


def merged_tops(tops: Sequence[TopRows], k: int) -> TopRows:
    """The largest effects of all training rows, from the largest of each block of them.

    Parameters
    ----------
    tops : iterable of TopRows
        The k largest of each block, or all its rows where these are fewer, in the order of the blocks.
    k : int
        How many to keep.

    Returns
    -------
    TopRows

    Examples
    --------
    >>> first, second = top_rows([np.array([[1.0], [-3.0]])], k=2), top_rows([np.array([[2.0]])], k=2)
    >>> merged_tops([first, second], k=2).rows.T
    array([[1, 2]])
    """
    whole = TopRows(np.zeros((0, 0)), np.zeros((0, 0), dtype=np.intp), np.zeros(0, dtype=bool))
    for top in tops:
        # those of earlier blocks stand first, so that equal ones stay in the order of their positions
        rows, missing = top.rows + len(whole.missing), np.append(whole.missing, top.missing)
        values = np.concatenate([whole.values.reshape(-1, top.values.shape[1]), top.values])
        rows = np.concatenate([whole.rows.reshape(-1, rows.shape[1]), rows])
        values, kept, _ = _largest(values, k)
        whole = TopRows(values, np.take_along_axis(rows, kept, axis=0), missing)
    return whole


def _largest(values, k):
    """Positions by falling size, those of equal size by position, without sorting all of them."""
    n, k = len(values), min(k, len(values))
    missing = np.isnan(values)
    size = np.where(missing, -1.0, np.abs(values))
    # everything as large as the k-th largest; ties at the border go to the first rows
    border = np.partition(size, n - k, axis=0)[n - k]
    larger, equal = size > border, size == border
    kept = larger | (equal & (equal.cumsum(axis=0) <= k - larger.sum(axis=0)))
    rows = np.nonzero(kept.T)[1].reshape(-1, k).T
    order = np.argsort(-np.take_along_axis(size, rows, axis=0), axis=0, kind="stable")
    rows = np.take_along_axis(rows, order, axis=0)
    return np.take_along_axis(values, rows, axis=0), rows, missing.any(axis=1)
