"""Labels in the forms in which they are handed in; class labels to codes, with the estimator's own class order."""

from numbers import Number
from typing import Any

import numpy as np
from sklearn.utils import column_or_1d

from .._compat import VERSION

__all__ = [
    "balanced_rules",
    "class_weight_by_code",
    "encode_labels",
    "one_column",
    "own_class_weight",
    "plain_labels",
]

_COUNTS_WEIGHTS = VERSION >= (1, 7)


def plain_labels(y: Any) -> Any:
    """Labels that scikit-learn does not take for labels in a form that it takes; all others as they came.

    Numbers and booleans that came as objects become an array of these, and bytes (UTF-8) strings. Missing labels and
    mixed ones are left for the estimator to judge.

    Examples
    --------
    >>> plain_labels(np.array([True, False], dtype=object)), plain_labels([b"no", b"yes"])
    (array([ True, False]), array(['no', 'yes'], dtype='<U3'))
    """
    sequence = isinstance(y, list | tuple)
    if not sequence and getattr(getattr(y, "dtype", None), "kind", "") not in ("O", "S"):
        return y
    values = np.asarray(y)
    if values.dtype.kind == "S" or (values.dtype == object and _all_of(values, bytes)):
        return np.array([label.decode() for label in values.ravel().tolist()]).reshape(values.shape)
    if values.dtype == object and (_all_of(values, bool | np.bool_) or _all_of(values, Number)):
        return np.array(values.tolist())
    return y


def _all_of(values, kinds):
    boolean = isinstance(True, kinds) and not isinstance(0, kinds)
    return all(isinstance(label, kinds) and (boolean or not isinstance(label, bool)) for label in values.ravel())


def one_column(y: np.ndarray) -> np.ndarray:
    """Labels (n, 1) as (n,), and others as they are."""
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y


def encode_labels(y: Any, classes: np.ndarray) -> np.ndarray:
    """Position of each label in `classes`, which is sorted.

    Raises
    ------
    ValueError
        When a label is none of the classes, or rows have several.
    """
    # objects that only have __array__ are asked for it
    shape = np.asarray(y).shape
    if len(shape) == 2 and shape[1] > 1:
        raise ValueError(
            f"y has {shape[1]} columns of class labels, and questions are about one; use one estimator, and "
            "attributor, for each column"
        )
    # an estimator that was fitted on bytes, as few can be, knows bytes
    y = column_or_1d(y if classes.dtype.kind == "S" else plain_labels(y))
    try:
        codes = np.searchsorted(classes, y)
    except TypeError:
        codes = np.full(len(y), len(classes))
    # searchsorted places unknown labels too, in silence
    known = codes < len(classes)
    known[known] = classes[codes[known]] == y[known]
    if not known.all():
        unknown = sorted({str(label) for label in y[~known]})[:5]
        raise ValueError(
            f"y holds labels that the estimator was not trained on: {unknown}; its classes are {classes.tolist()}"
        )
    return codes.astype(np.intp)


def class_weight_by_code(class_weight: Any, classes: np.ndarray) -> Any:
    """A class_weight dictionary keyed by class code, in which classes left out weigh 1; other values as they are."""
    if class_weight is None or isinstance(class_weight, str):
        return class_weight
    return {code: float(class_weight.get(label, 1.0)) for code, label in enumerate(classes.tolist())}


def balanced_rules(class_weight: Any) -> tuple[bool, ...]:
    """Whether ``class_weight="balanced"`` counts weights, by LogisticRegression and LinearSVC: the likely answer first.

    It counts weights since scikit-learn 1.7 and counted rows before; a stored fit may be of either kind.
    """
    return (_COUNTS_WEIGHTS, not _COUNTS_WEIGHTS) if isinstance(class_weight, str) else (False,)


def own_class_weight(estimator: Any) -> dict[str, Any]:
    """Facts for an :class:`Objective` of a classifier that weighs a class where it stands against the rest, if it does.

    With more than two classes the weight of a class is that of its rows in its own problem only.
    """
    class_weight = class_weight_by_code(estimator.class_weight, estimator.classes_)
    return {"class_weight": class_weight, "against_rest": "own" if len(estimator.classes_) > 2 else None}
