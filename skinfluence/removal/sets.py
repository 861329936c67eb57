"""Sets of rows in blocks: which of them share a matrix product, and sums over their rows."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..problems import RowTerms
from .rank_one_downdates import row_blocks

__all__ = ["set_blocks", "shared_blocks", "summed_terms"]

#: part of a block's rows that a set has on average, at least: below, a dense product is mostly with zeros
MIN_DENSITY = 0.1
#: sets of one block, at most
MAX_SETS = 256


def set_blocks(sizes: np.ndarray, floats: np.ndarray, limit: int) -> list[np.ndarray]:
    """Positions of sets in blocks of like size, ascending, such that the arrays of a block stay small.

    Parameters
    ----------
    sizes : ndarray of int, shape (G,)
        Rows of each set.
    floats : ndarray of shape (G,)
        What a set needs.
    limit : int
        What a block may need.

    Returns
    -------
    list of ndarray of int

    Examples
    --------
    >>> set_blocks(np.array([9, 1, 1, 8]), np.array([1, 1, 1, 1]), 100)
    [array([1, 2]), array([3, 0])]
    """
    blocks, needed = [], 0
    block: list[int] = []
    for position in np.argsort(sizes, kind="stable"):
        # sets of one block are filled up to the largest of them
        longer = block and 2 * sizes[position] > 3 * sizes[block[0]]
        if block and (longer or needed + floats[position] > limit or len(block) == MAX_SETS):
            blocks.append(np.array(block))
            block, needed = [], 0
        block.append(position)
        needed += floats[position]
    return [*blocks, np.array(block)] if block else blocks


def shared_blocks(sets: Sequence[Any], n_rows: int) -> Iterator[tuple[Any, ...]]:
    """Consecutive sets in blocks whose rows are common enough for one dense product.

    Yields
    ------
    columns : slice
        Positions of the sets.
    rows : ndarray of int, shape (r,)
        All rows of these sets.
    member : ndarray of shape (r, B)
        1 where the row is in the set.

    Examples
    --------
    >>> [(rows, member.T) for _, rows, member in shared_blocks([[0, 2], [2, 3]], 5)]
    [(array([0, 2, 3]), array([[1., 1., 0.],
           [0., 1., 1.]]))]
    """
    start, seen, n_seen, total = 0, np.zeros(n_rows, dtype=bool), 0, 0
    for position, rows in enumerate(sets):
        n_new = len(rows) - np.count_nonzero(seen[rows])
        width = position - start
        if width and (total + len(rows) < MIN_DENSITY * (n_seen + n_new) * (width + 1) or width == MAX_SETS):
            yield _block(sets, slice(start, position), seen)
            start, n_new, n_seen, total = position, len(rows), 0, 0
            seen[:] = False
        seen[rows] = True
        n_seen, total = n_seen + n_new, total + len(rows)
    yield _block(sets, slice(start, len(sets)), seen)


def _block(sets, columns, seen):
    rows = np.flatnonzero(seen)
    place = np.zeros(len(seen), dtype=np.intp)
    place[rows] = np.arange(len(rows))
    member = np.zeros((len(rows), columns.stop - columns.start))
    for column, chosen in enumerate(sets[columns]):
        member[place[chosen], column] = 1
    return columns, rows, member


def summed_terms(problem: Any, terms: Any, sets: Sequence[np.ndarray]) -> np.ndarray:
    """Sum of the rows' terms over each set, (P, G): the products of :func:`shared_blocks`, in blocks of rows."""
    totals = np.zeros((problem.n_parameters, len(sets)))
    for columns, rows, member in shared_blocks(sets, problem.n_rows):
        for part in row_blocks(problem, np.arange(len(rows))):
            totals[:, columns] += _weighted_sum(terms, rows[part], member[part])
    return totals


def _weighted_sum(terms, rows, weights):
    """sum_i weights_i * term i, (P, B) from (r, B)."""
    if not isinstance(terms, RowTerms):
        return terms.columns(rows) @ weights
    design = terms.design.with_rows(terms.design.X[rows])
    own = design.vjp(terms.cotangents[rows][:, :, None] * weights[:, None, :])
    return own + terms.vectors.T @ (terms.coefficients[rows].T @ weights)
