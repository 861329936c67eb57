"""Blocks of consecutive rows of arrays that can be sliced."""

from collections.abc import Callable
from functools import partial
from mmap import mmap
from numbers import Integral
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils import _safe_indexing, check_consistent_length
from sklearn.utils.validation import _num_samples

from ..._memory import BLOCK_SIZE

__all__ = ["array_readers"]


def array_readers(X: Any, y: Any, sample_weight: Any, block_size: int | None) -> tuple[Callable[[], Any], ...]:
    """Functions that read the blocks of arrays: with features, and without."""
    check_consistent_length(X, y, sample_weight)
    X = X if hasattr(X, "shape") else np.asarray(X)
    n = _num_samples(X)
    size = _row_bytes(X) if block_size is None else block_size
    if block_size is not None and (not isinstance(block_size, Integral) or isinstance(block_size, bool) or size < 1):
        raise ValueError(f"block_size must be a positive number of rows, or None for about 8 MiB, got {block_size!r}")
    slices = [slice(start, min(start + size, n)) for start in range(0, n, size)]
    return tuple(partial(_loaders, features, y, sample_weight, slices) for features in (X, None))


def _row_bytes(X):
    """Rows whose features, as float64, fill a block."""
    n, p = X.shape
    # a row has labels, weights and raw predictions too
    numbers = 8 + (X.nnz / max(n, 1) if sparse.issparse(X) else p)
    return int(max(1, BLOCK_SIZE // numbers))


def _loaders(X, y, sample_weight, slices):
    return (partial(_load, X, y, sample_weight, rows) for rows in slices)


def _load(X, y, sample_weight, rows):
    return tuple(None if values is None else _rows(values, rows) for values in (X, y, sample_weight))


def _rows(values, rows):
    if isinstance(values, np.memmap) and isinstance(values.base, mmap) and values.flags.c_contiguous:
        # a map of its own: pages of one map for the whole file would stay, and count as memory of this process
        start = values.offset + rows.start * values.strides[0]
        shape = (rows.stop - rows.start, *values.shape[1:])
        return np.memmap(values.filename, values.dtype, mode="r", offset=start, shape=shape)
    return _safe_indexing(values, rows)
