"""Products and elementwise functions of rows that are dense or sparse: entries that are not stored are zero."""

from typing import Any

import numpy as np
from scipy import sparse

__all__ = ["contracted", "dense", "entries", "entry_rows", "product", "row_sums", "with_entries"]


def dense(values: Any) -> np.ndarray:
    """As an ndarray."""
    return values.toarray() if sparse.issparse(values) else np.asarray(values)


def entries(values: Any) -> tuple[Any, Any]:
    """Stored entries, and an index that gives an array (q,) of columns their shape."""
    return (values.data, values.indices) if sparse.issparse(values) else (values, slice(None))


def entry_rows(values: Any) -> np.ndarray:
    """An index that gives an array (T,) or (T, q) of rows the shape of the stored entries, with that of columns."""
    if not sparse.issparse(values):
        return np.arange(len(values))[:, None]
    return np.repeat(np.arange(values.shape[0]), np.diff(values.indptr))


def with_entries(values: Any, data: np.ndarray) -> Any:
    """The same array with other entries."""
    if not sparse.issparse(values):
        return data
    return sparse.csr_array((data, values.indices, values.indptr), shape=values.shape)


def row_sums(values: Any) -> np.ndarray:
    """Sums of the rows, (m,)."""
    return np.asarray(values.sum(axis=1)).ravel()


def product(A: Any, B: Any) -> np.ndarray:
    """A B', (G, m), from (G, q) and (m, q)."""
    return dense(A @ B.T)


def contracted(values: Any, cotangents: np.ndarray, each: bool) -> np.ndarray:
    """sum_j c_j values_j as one column, or c_j values_j as one column for each j: (q, a) from (m, q) and (m,).

    Examples
    --------
    >>> values = np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> contracted(values, np.array([1.0, 10.0]), each=False)
    array([[ 1.],
           [32.]])
    >>> contracted(values, np.array([1.0, 10.0]), each=True)
    array([[ 1.,  0.],
           [ 2., 30.]])
    """
    if not each:
        return dense(values.T @ cotangents[:, None])
    return dense(values).T * cotangents
