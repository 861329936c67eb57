"""Training rows that do not fit into memory, or lie on several machines."""

from typing import Any

import numpy as np

from .cluster import is_dask
from .model import adapt_blocks
from .row_blocks import RowBlocks
from .source import Blocks

__all__ = ["RowBlocks", "adapt_blocks", "as_row_blocks"]

#: bytes of features from which on a memory map is read in blocks
LARGE = 2**30


def as_row_blocks(X: Any, y: Any, sample_weight: Any, willing: bool = True) -> Blocks | None:
    """Training rows as blocks, where they are no ordinary arrays; None otherwise.

    Parameters
    ----------
    X, y, sample_weight
        As given to ``fit``: a :class:`RowBlocks` alone, Dask collections, or a ``numpy.memmap`` of 1 GiB and more.
    willing : bool
        Whether blocks are welcome: otherwise a memory map stays the array that it is.

    Raises
    ------
    ValueError
        For labels or weights beside :class:`RowBlocks`, which hold their own.
    """
    if isinstance(X, Blocks):
        if y is not None or sample_weight is not None:
            raise ValueError("RowBlocks bring their own labels and weights; pass them alone: fit(blocks)")
        return X
    if is_dask(X):
        return RowBlocks.from_dask(X, y, sample_weight)
    if willing and isinstance(X, np.memmap) and X.nbytes >= LARGE and y is not None:
        return RowBlocks.from_arrays(X, y, sample_weight)
    return None
