"""Which rows may be removed, and in what order: the budget, the last row of a class, the zero of a gap."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from ..adapters import plain_labels

__all__ = ["class_codes", "class_labels", "kept_by_class", "removal_order", "rows_in_budget", "stop_at_zero"]


def rows_in_budget(budget: int | float, n_rows: int, name: str = "budget") -> int:
    """Largest number of rows that a budget allows to remove.

    Parameters
    ----------
    budget : int or float
        An int counts rows; a float in [0, 1) is a fraction, rounded down.
    n_rows : int
        Number of rows.
    name : str
        Name of the budget in the message.

    Raises
    ------
    ValueError
        For anything else, and for a budget that would leave no row.

    Examples
    --------
    >>> rows_in_budget(0.05, 130), rows_in_budget(3, 130)
    (6, 3)
    """
    allowed = "an int (a number of rows) or a float in [0, 1) (a fraction of the rows)"
    if isinstance(budget, (bool, np.bool_)) or not isinstance(budget, Real):
        raise ValueError(f"{name} must be {allowed}; got {budget!r}")
    if isinstance(budget, Integral):
        if 0 <= budget < n_rows:
            return int(budget)
        raise ValueError(f"{name} must be {allowed}; got {budget} for {n_rows} rows; use fewer, or a fraction")
    if not 0 <= budget < 1:
        raise ValueError(f"{name} must be {allowed}; got {budget!r}; for one row use {name}=1")
    return int(np.floor(budget * n_rows))


def class_labels(y: Any) -> Any:
    """One-hot labels as column numbers, all others as they are; imbalanced-learn accepts both."""
    if y is None or type_of_target(plain_labels(y)) != "multilabel-indicator":
        return y
    indicator = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
    return indicator.argmax(axis=1) if (indicator.sum(axis=1) == 1).all() else y


def class_codes(y: Any, classifier: bool) -> np.ndarray:
    """Code of each row's class; one code for all rows of a regressor, whose last row is protected too.

    Raises
    ------
    ValueError
        For labels of a classifier that are not one class for each row.
    """
    if not classifier:
        return np.zeros(len(y), dtype=np.intp)
    y = plain_labels(y)
    check_classification_targets(y)
    if type_of_target(y) in ("multilabel-indicator", "multiclass-multioutput"):
        raise ValueError("Multilabel and multioutput targets are not supported. Fit one trimmer for each column of y")
    return np.unique(np.asarray(y).reshape(-1), return_inverse=True)[1]


def kept_by_class(y: Any, kept: np.ndarray) -> dict[Any, int]:
    """Number of kept rows of each class."""
    names, counts = np.unique(np.asarray(y).reshape(-1)[kept], return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def removal_order(scores: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Rows by falling score, without the lowest-scoring row of each class, which always stays.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Rows with larger scores are removed first; those with ``-inf`` and nan never. Ties: the first row
        first.
    codes : ndarray of shape (n,)
        Class of each row; -1 for rows that count for no class (weight 0, already removed).

    Returns
    -------
    ndarray of int

    Examples
    --------
    >>> removal_order(np.array([3.0, 1.0, 2.0, -np.inf]), np.array([0, 1, 0, 0]))
    array([0, 2])
    """
    scores = np.where(np.isnan(scores), -np.inf, scores)
    order = np.argsort(-scores, kind="stable")
    _, last = np.unique(codes[order][::-1], return_index=True)
    stays = np.zeros(len(scores), dtype=bool)
    stays[len(order) - 1 - last] = True
    removable = np.isfinite(scores[order]) & (codes[order] >= 0) & ~stays
    return order[removable]


def stop_at_zero(order: np.ndarray, value: float, changes: np.ndarray) -> np.ndarray:
    """The head of `order` before a predicted gap would pass through zero.

    Parameters
    ----------
    order : ndarray of int
        Rows in the order of removal.
    value : float
        The gap with all rows, at least 0.
    changes : ndarray of shape (n,)
        Predicted change of the gap by deleting each row.

    Examples
    --------
    >>> stop_at_zero(np.array([0, 1, 2]), 1.0, np.array([-0.6, -0.4, -0.3]))
    array([0, 1])
    """
    # the slack absorbs rounding, so that a gap predicted to close exactly is closed
    beyond = np.flatnonzero(value + np.cumsum(changes[order]) < -1e-12 * abs(value))
    return order[: beyond[0]] if len(beyond) else order
