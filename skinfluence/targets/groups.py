"""Sensitive features in all the forms in which they are handed in, read into group codes."""

from math import isnan
from typing import Any

import numpy as np

from ..exceptions import UnsupportedTargetError

__all__ = ["check_groups"]


def check_groups(sensitive_features: Any, n_rows: int, X: Any = None) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Codes and names of the groups of the evaluation rows.

    Parameters
    ----------
    sensitive_features : array-like of shape (n_rows,) or (n_rows, q), str, list of str, or None
        One group label for each row (array, list, Series), several columns of labels (array or DataFrame)
        that together make the groups, or the name of a column of `X` or a list of names. A list of strings
        means columns when all of them are columns of `X`, else labels; pass an array where a list could be
        read in both ways.
    n_rows : int
        Number of evaluation rows.
    X : DataFrame, array-like or None
        The raw evaluation rows, in which names are looked up.

    Returns
    -------
    codes : ndarray of shape (n_rows,), or None
        Group of each row, 0..G-1, in sorted order of the labels; None without sensitive features.
    names : ndarray of shape (G,), or None
        The labels; joined by commas where several columns make the groups.

    Raises
    ------
    UnsupportedTargetError
        A name that is not a column of `X`, or an `X` without column names; another number of rows; missing
        labels; labels of types that have no order; fewer than two groups.

    Notes
    -----
    O(m log m) in the number of rows.

    Examples
    --------
    >>> codes, names = check_groups([["a", 0], ["b", 1], ["b", 0]], 3)
    >>> codes.tolist(), names.tolist()
    ([0, 2, 1], ['a, 0', 'b, 0', 'b, 1'])
    """
    if sensitive_features is None:
        return None, None
    columns = [_encode(name, column, n_rows) for name, column in _columns(sensitive_features, n_rows, X)]
    codes, names = columns[0]
    if len(columns) > 1:
        table, codes = np.unique(np.column_stack([codes for codes, _ in columns]), axis=0, return_inverse=True)
        codes = codes.reshape(-1)
        labels = [", ".join(str(names[k]) for (_, names), k in zip(columns, row, strict=True)) for row in table]
        names = np.array(labels, dtype=object)
    if len(names) < 2:
        raise UnsupportedTargetError(
            f"sensitive_features has only one group, {names[0]!r}; a comparison of groups needs at least two"
        )
    return codes, names


def _columns(sensitive_features, n_rows, X):
    """The columns of labels as pairs (name, 1-d array); names are looked up in `X`."""
    names = _column_names(sensitive_features, n_rows, X)
    if names is not None:
        return [(f"column {name!r} of X", np.asarray(X[name])) for name in names]
    if hasattr(sensitive_features, "columns"):
        frame = sensitive_features
        return [(f"sensitive_features column {name!r}", np.asarray(frame[name])) for name in frame.columns]
    # a list as objects: NumPy would turn NaN among strings into the string "nan"
    dtype = object if isinstance(sensitive_features, list | tuple) else None
    array = np.asarray(sensitive_features, dtype=dtype)
    if array.ndim not in (1, 2) or len(array) != n_rows:
        raise UnsupportedTargetError(
            f"sensitive_features has shape {array.shape}; give one label for each of {n_rows} evaluation "
            "rows, or columns of labels"
        )
    return [("sensitive_features", column) for column in array.reshape(n_rows, -1).T]


def _column_names(sensitive_features, n_rows, X):
    """Names of the columns of `X` that are asked for, or None when labels were handed in."""
    if isinstance(sensitive_features, str):
        names, labels = [sensitive_features], False
    elif isinstance(sensitive_features, list | tuple) and _all_strings(sensitive_features):
        names, labels = list(sensitive_features), len(sensitive_features) == n_rows
    else:
        return None
    available = list(getattr(X, "columns", []))
    missing = [name for name in names if name not in available]
    if not missing:
        return names
    if labels:
        return None
    raise UnsupportedTargetError(_unknown_names(names, missing, X, n_rows))


def _all_strings(labels):
    return len(labels) > 0 and all(isinstance(label, str) for label in labels)


def _unknown_names(names, missing, X, n_rows):
    shown = repr(missing[:5])[:-1] + (", ...]" if len(missing) > 5 else "]")
    got = f"sensitive_features names {shown}" + f", but there are {n_rows} evaluation rows" * (len(names) > 1)
    if hasattr(X, "columns"):
        return f"{got}; these are not columns of X, whose columns are {list(X.columns)}"
    return (
        f"{got}; X is {type(X).__name__} without column names to look them up in; pass one label for each "
        'row as an array, or X as a DataFrame (after a transformer: its set_output(transform="pandas"))'
    )


def _encode(name, column, n_rows):
    """Codes and sorted labels of one column."""
    if column.shape != (n_rows,):
        raise UnsupportedTargetError(
            f"{name} has shape {column.shape}, but there are {n_rows} evaluation rows; give one label for each of them"
        )
    labels = column.tolist()
    missing = [row for row, label in enumerate(labels) if _is_missing(label)]
    if missing:
        raise UnsupportedTargetError(
            f"{name} has no label in {len(missing)} of {n_rows} rows, the first in row {missing[0]} "
            f"({labels[missing[0]]}); drop these rows, or give them a group of their own with a label such "
            "as 'unknown'"
        )
    try:
        names, codes = np.unique(column, return_inverse=True)
    except TypeError:
        types = sorted({type(label).__name__ for label in labels})
        raise UnsupportedTargetError(f"{name} mixes labels of types {types}; convert them to strings") from None
    return codes, np.array(names.tolist(), dtype=object)


def _is_missing(label):
    if isinstance(label, float):
        return isnan(label)
    return label is None or type(label).__name__ in {"NAType", "NaTType"}  # pandas' own, without pandas
