"""One table in every container that users pass."""

import importlib.util
from typing import Any

import numpy as np
from scipy import sparse

from .._optional import require

__all__ = ["containers"]


def containers(X: Any) -> dict[str, Any]:
    """The same numbers as lists, other memory layouts, other precisions, sparse formats and data frames.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Best with entries that float32 holds exactly: then every container holds the same numbers.

    Returns
    -------
    dict of str to table
        Data frames only of libraries that are installed; integers only where `X` holds nothing else.

    Examples
    --------
    >>> sorted(containers(np.eye(2)))[:4]
    ['BSR', 'COO', 'CSC', 'CSR']
    """
    X = np.ascontiguousarray(X, dtype=np.float64)
    read_only = X.copy()
    read_only.flags.writeable = False
    tables = {
        "list": X.tolist(),
        "Fortran order": np.asfortranarray(X),
        "every other row of a larger array": np.repeat(X, 2, axis=0)[::2],
        "reversed view": X[:, ::-1].copy()[:, ::-1],
        "read-only": read_only,
        "float32": X.astype(np.float32),
        "CSR": sparse.csr_matrix(X),
        "CSR array": sparse.csr_array(X),
        "CSC": sparse.csc_matrix(X),
        "COO": sparse.coo_matrix(X),
        "BSR": sparse.bsr_matrix(X),
        "DIA": sparse.dia_matrix(X),
        "DOK": sparse.dok_matrix(X),
        "LIL": sparse.lil_matrix(X),
    }
    if (X == np.round(X)).all():
        tables |= {"int64": X.astype(np.int64), "int32": X.astype(np.int32)}
    return tables | _frames(X)


def _frames(X):
    """Data frames of every installed library."""
    columns = {f"x{j}": X[:, j] for j in range(X.shape[1])}
    installed = [name for name in ("pandas", "polars") if importlib.util.find_spec(name)]
    return {name: require(name, "test", "a battery on data frames").DataFrame(columns) for name in installed}
