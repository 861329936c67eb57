"""The validation rows that a trimmer evaluates its target on, and checks of them."""

from typing import Any

import numpy as np
from scipy.sparse import issparse

from .._typing import Features, Labels, Weights
from .._warnings import warn
from ..exceptions import TrimmingWarning

__all__ = ["ALIGNED_WITH_X_VAL", "ValidationSet", "count_rows", "names_columns", "validation_set"]

ALIGNED_WITH_X_VAL = ("y_val", "sample_weight_val", "sensitive_features_val")
#: a feature with a mean this many standard deviations from that of X was not preprocessed like X
MAX_SHIFT = 3.0
#: the same for a standard deviation this many times larger
MAX_SPREAD = 10.0


class ValidationSet:
    """Evaluation rows as one object that cross-validation does not split.

    `GridSearchCV` slices every fit argument that has as many rows as X, a validation set of that length among
    them, without a warning. This object has no length, so it is always passed whole. Pass it as ``X_val``,
    to a trimmer *around* the whole Pipeline: ``transform_input`` cannot transform it.

    Parameters
    ----------
    X : array-like or DataFrame of m rows
        Features, as the trimmer's own X.
    y : array-like of shape (m,)
        Labels.
    sensitive_features : array-like of shape (m,), str or list of str, optional
        Group of each row, or the columns of X that hold it.
    sample_weight : array-like of shape (m,), optional
        Weight of each row in the target.

    Examples
    --------
    >>> ValidationSet([[0.0], [1.0]], ["no", "yes"], sensitive_features=["a", "b"])
    ValidationSet(2 rows, sensitive_features given)
    """

    def __init__(
        self, X: Features, y: Labels, *, sensitive_features: Any = None, sample_weight: Weights = None
    ) -> None:
        self.X = X
        self.y = y
        self.sensitive_features = sensitive_features
        self.sample_weight = sample_weight

    def __repr__(self):
        given = [f"{name} given" for name in ("sensitive_features", "sample_weight") if getattr(self, name) is not None]
        return f"ValidationSet({', '.join([f'{count_rows(self.X)} rows', *given])})"


def count_rows(X: Any) -> int:
    """Number of rows of an array, a sparse matrix, a DataFrame or a list."""
    return X.shape[0] if hasattr(X, "shape") else len(X)


def names_columns(sensitive_features: Any, X: Any) -> bool:
    """Whether `sensitive_features` names columns of X rather than listing the group of each row."""
    if isinstance(sensitive_features, str):
        return True
    if not isinstance(sensitive_features, list | tuple) or not len(sensitive_features):
        return False
    columns = list(getattr(X, "columns", []))
    return all(isinstance(name, str) and name in columns for name in sensitive_features)


def validation_set(X: Any, X_val: Any, aligned: dict[str, Any], sensitive_features: Any) -> ValidationSet | None:
    """Evaluation rows as one :class:`ValidationSet`, or None when there are none.

    Column names in `sensitive_features` hold for X_val too; an array of groups of the training rows does not.

    Parameters
    ----------
    X : array-like
        Training rows.
    X_val : array-like, ValidationSet or None
        Evaluation rows.
    aligned : dict
        The fit arguments that are aligned with X_val.
    sensitive_features : array-like, str, list of str or None
        Groups of the training rows, or names of columns.

    Raises
    ------
    ValueError
        When the arguments contradict each other, or X_val has other columns than X.
    """
    given = [name for name, value in aligned.items() if value is not None]
    if X_val is None:
        if given:
            raise ValueError(f"got {', '.join(given)} without X_val; pass X_val, or a ValidationSet as X_val")
        return None
    if isinstance(X_val, ValidationSet):
        if given:
            raise ValueError(
                f"X_val is a ValidationSet, which holds labels, weights and groups, but {', '.join(given)} "
                "came beside it; put them into the ValidationSet"
            )
        found = X_val
    else:
        found = _assembled(X, X_val, **aligned)
    if found.sensitive_features is None and names_columns(sensitive_features, found.X):
        found = _with_groups(found, sensitive_features)
    _check_lengths(found)
    _check_features(X, found.X)
    return found


def _assembled(X, X_val, y_val, sensitive_features_val, sample_weight_val):
    if y_val is None:
        raise ValueError("got X_val without y_val; pass the labels of the evaluation rows as y_val")
    if count_rows(X_val) == count_rows(X):
        _warn(
            f"X_val has exactly as many rows as X ({count_rows(X)}): GridSearchCV and its kin cut such an "
            "argument to the training rows of each fold without a word; pass X_val=ValidationSet(X_val, "
            "y_val), which cannot be cut"
        )
    found = ValidationSet(X_val, y_val, sample_weight=sample_weight_val)
    return _with_groups(found, sensitive_features_val)


def _with_groups(found, sensitive_features):
    weight = found.sample_weight
    return ValidationSet(found.X, found.y, sensitive_features=sensitive_features, sample_weight=weight)


def _warn(message):
    # up through validation_set, DataTrimmer._prepare and fit to the caller
    warn(message, TrimmingWarning)


def _check_lengths(found):
    expected = count_rows(found.X)
    if expected == 0:
        raise ValueError("X_val has no rows; the target needs at least one evaluation row")
    for name in ("y", "sample_weight"):
        value = getattr(found, name)
        if value is not None and count_rows(value) != expected:
            raise ValueError(
                f"X_val has {expected} rows but its {name} has {count_rows(value)}; give one entry for each row"
            )


def _check_features(X, X_val):
    """Raise an error for another number of columns; warn if most features seem not to be preprocessed like X."""
    shape, shape_val = (getattr(data, "shape", ()) for data in (X, X_val))
    if len(shape) == 2 and len(shape_val) == 2 and shape[1] != shape_val[1]:
        raise ValueError(
            f"X_val has {shape_val[1]} columns but X has {shape[1]}; handed through a Pipeline, X_val stays "
            "raw unless Pipeline(transform_input=['X_val']) with metadata routing prepares it; or put "
            "DataTrimmer around the whole Pipeline"
        )
    train, held = _numbers(X), _numbers(X_val)
    if train is None or held is None or len(held) < 2:
        return
    far = _far_features(train, held)
    if 2 * far.sum() >= len(far) > 0:
        _warn(
            f"{far.sum()} of {len(far)} features of X_val lie far from X (mean shifted by more than {MAX_SHIFT:g} "
            f"standard deviations, or spread more than {MAX_SPREAD:g} times wider): X_val seems to have skipped "
            "the steps that prepared X. imblearn's Pipeline never transforms X_val for a middle step, and "
            "other Pipelines need transform_input=['X_val'] with metadata routing; put DataTrimmer around "
            "the whole Pipeline"
        )


def _far_features(train, held):
    """Mask over the features that vary in `train`."""
    spread = train.std(axis=0)
    varies = spread > 0
    shift = np.abs(held.mean(axis=0) - train.mean(axis=0))[varies]
    return (shift > MAX_SHIFT * spread[varies]) | (held.std(axis=0)[varies] > MAX_SPREAD * spread[varies])


def _numbers(X):
    """X as finite floats, to check its range; None for text, sparse matrices and missing values."""
    if issparse(X) or isinstance(X, list):
        return None
    try:
        numbers = np.asarray(X, dtype=float)
    except (TypeError, ValueError):
        return None
    return numbers if numbers.ndim == 2 and np.isfinite(numbers).all() else None
