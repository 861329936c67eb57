"""Class labels to codes, with the estimator's own class order."""

from typing import Any

import numpy as np
from sklearn.utils import column_or_1d

from .._compat import VERSION

__all__ = ["balanced_rules", "class_weight_by_code", "encode_labels", "own_class_weight"]

_COUNTS_WEIGHTS = VERSION >= (1, 7)


def encode_labels(y: Any, classes: np.ndarray) -> np.ndarray:
    """Position of each label in `classes`, which is sorted.

    Raises
    ------
    ValueError
        When a label is none of the classes.
    """
    y = column_or_1d(y)
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
