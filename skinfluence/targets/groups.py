"""Labels of groups of evaluation or training rows, in all the forms in which they are handed in, read into codes."""

from numbers import Number
from typing import Any, NamedTuple

import numpy as np

from .._warnings import warn
from ..exceptions import TargetWarning, UnsupportedTargetError

__all__ = ["check_groups", "check_train_groups"]

#: groups above which labels may be measurements: fewer are compared even where each has one row
FEW = 10
#: different numbers in one column above which they are measured rather than told apart
MANY_NUMBERS = 20


class _Wording(NamedTuple):
    """What messages call the labels and their rows."""

    argument: str
    rows: str


EVALUATION = _Wording("sensitive_features", "evaluation rows")
TRAINING = _Wording("train_groups", "training rows")


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
        labels; labels of types that have no order; fewer than two groups; more than 10 groups of fewer than two
        rows each on average, such as those of a measured number.

    Warns
    -----
    TargetWarning
        A column of more than 20 different numbers.

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
    codes, names = _read(sensitive_features, n_rows, X, EVALUATION)
    if len(names) < 2:
        raise UnsupportedTargetError(
            f"sensitive_features has only one group, {_plain(names)[0]!r}; a comparison of groups needs at least two"
        )
    _check_sizes(names, n_rows)
    return codes, np.array(_plain(names), dtype=object)


def check_train_groups(train_groups: Any, n_rows: int, X: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Codes and names of the groups of the training rows, read as :func:`check_groups` reads those of evaluation rows.

    Parameters
    ----------
    train_groups : array-like of shape (n_rows,) or (n_rows, q), str or list of str
        Labels, or names of columns of `X`.
    n_rows : int
        Number of training rows.
    X : DataFrame or None
        The raw training rows, in which names are looked up.

    Returns
    -------
    codes : ndarray of int, shape (n_rows,)
        Group of each row, 0..G-1.
    names : ndarray of shape (G,)
        Its label.

    Raises
    ------
    ValueError
        Unknown names, missing or mixed labels, another number of rows.

    Examples
    --------
    >>> check_train_groups([7, 5, 7], 3)
    (array([1, 0, 1]), array([5, 7]))
    """
    try:
        return _read(train_groups, n_rows, X, TRAINING)
    except UnsupportedTargetError as error:
        # no target is concerned
        raise ValueError(str(error)) from None


def _read(labels, n_rows, X, wording):
    """Codes and sorted labels of the groups, of one column or of all combinations of several."""
    columns = [_encode(name, column, n_rows, wording) for name, column in _columns(labels, n_rows, X, wording)]
    if len(columns) == 1:
        return columns[0]
    table, codes = np.unique(np.column_stack([codes for codes, _ in columns]), axis=0, return_inverse=True)
    plain = [_plain(names) for _, names in columns]
    joined = [", ".join(str(names[k]) for names, k in zip(plain, row, strict=True)) for row in table]
    return codes.reshape(-1), np.array(joined, dtype=object)


def _plain(names):
    """Labels as Python objects; dates would be numbers without a unit."""
    if names.dtype.kind in "mM":
        names = names.astype(f"{names.dtype.kind}8[us]")
    return names.tolist()


def _check_sizes(names, n_rows):
    """Refuse groups of hardly a row each; warn of numbers that seem to be measured."""
    way_out = "bin them first, as pandas.cut(column, 4) or (column > threshold) do"
    if len(names) > max(FEW, n_rows / 2):
        raise UnsupportedTargetError(
            f"sensitive_features makes {len(names)} groups of {n_rows} evaluation rows, fewer than two rows a group on "
            f"average, so that the target compares single rows; if the labels are numbers or dates, {way_out}, else "
            "join small groups"
        )
    if names.dtype.kind in "iufmM" and len(names) > MANY_NUMBERS:
        warn(
            f"sensitive_features holds {len(names)} different numbers, {names[0]} to {names[-1]}, each taken for a "
            f"group of its own, {n_rows / len(names):.3g} evaluation rows a group on average; if they are "
            f"measurements, {way_out}",
            TargetWarning,
        )


def _columns(given, n_rows, X, wording):
    """The columns of labels as pairs (name, 1-d array); names are looked up in `X`."""
    names = _column_names(given, n_rows, X, wording)
    if names is not None:
        return [(f"column {name!r} of X", np.asarray(X[name])) for name in names]
    if hasattr(given, "columns"):
        return [(f"{wording.argument} column {name!r}", np.asarray(given[name])) for name in given.columns]
    # a list as objects: NumPy would turn NaN among strings into the string "nan"
    array = np.asarray(given, dtype=object if isinstance(given, list | tuple) else None)
    if array.ndim not in (1, 2) or len(array) != n_rows:
        raise UnsupportedTargetError(
            f"{wording.argument} has shape {array.shape}; give one label for each of {n_rows} {wording.rows}, or "
            "columns of labels"
        )
    return [(wording.argument, column) for column in array.reshape(n_rows, -1).T]


def _column_names(given, n_rows, X, wording):
    """Names of the columns of `X` that are asked for, or None when labels were handed in."""
    if isinstance(given, str):
        names, labels = [given], False
    elif isinstance(given, list | tuple) and _all_strings(given):
        names, labels = list(given), len(given) == n_rows
    else:
        return None
    available = list(getattr(X, "columns", []))
    missing = [name for name in names if name not in available]
    if not missing:
        return names
    if labels:
        return None
    raise UnsupportedTargetError(_unknown_names(names, missing, X, n_rows, wording))


def _all_strings(labels):
    return len(labels) > 0 and all(isinstance(label, str) for label in labels)


def _unknown_names(names, missing, X, n_rows, wording):
    shown = repr(missing[:5])[:-1] + (", ...]" if len(missing) > 5 else "]")
    got = f"{wording.argument} names {shown}" + f", but there are {n_rows} {wording.rows}" * (len(names) > 1)
    if hasattr(X, "columns"):
        return f"{got}; these are not columns of X, whose columns are {list(X.columns)}"
    return (
        f"{got}; X is {type(X).__name__} without column names to look them up in; pass one label for each "
        'row as an array, or X as a DataFrame (after a transformer: its set_output(transform="pandas"))'
    )


def _encode(name, column, n_rows, wording):
    """Codes and sorted labels of one column."""
    if column.shape != (n_rows,):
        raise UnsupportedTargetError(
            f"{name} has shape {column.shape}, but there are {n_rows} {wording.rows}; give one label for each of them"
        )
    labels = column.tolist()
    missing = np.flatnonzero(np.isnat(column) if column.dtype.kind in "mM" else [*map(_is_missing, labels)])
    if len(missing):
        raise UnsupportedTargetError(
            f"{name} has no label in {len(missing)} of {n_rows} rows, the first in row {missing[0]} "
            f"({column[missing[0]]}); drop these rows, or give them a group of their own with a label such "
            "as 'unknown'"
        )
    if column.dtype == object and all(isinstance(label, int | float) for label in labels):
        # numbers among objects, as pandas' nullable columns and lists have them
        column = np.array(labels)
    try:
        return np.unique(column, return_inverse=True)[::-1]
    except TypeError:
        types = sorted({type(label).__name__ for label in labels})
        raise UnsupportedTargetError(f"{name} mixes labels of types {types}; convert them to strings") from None


def _is_missing(label):
    if isinstance(label, Number):
        return label != label
    return label is None or type(label).__name__ in {"NAType", "NaTType"}  # pandas' own, without pandas
