"""Labels as one column of numbers: numbers as they are, anything else as its position in the sorted classes.

Also what an influence says of the sign of harmful rows.
"""

from numbers import Real

import numpy as np
from sklearn.utils.validation import column_or_1d

from .._typing import ArrayLike
from ..influence import Influence

__all__ = ["codes_of", "label_array", "learn_labels", "sign_of_harm"]


def label_array(labels: ArrayLike) -> np.ndarray:
    """Labels as a one-dimensional array; objects that are all numbers become numbers."""
    values = column_or_1d(np.asarray(labels))
    numbers = (Real, np.number)
    if values.dtype == object and all(isinstance(v, numbers) and not isinstance(v, bool) for v in values):
        values = values.astype(np.float64)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError("labels contain missing or infinite values; drop these rows, or give them a label")
    return values


def sorted_classes(values: np.ndarray) -> np.ndarray:
    try:
        return np.unique(values)
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in values})
        raise ValueError(
            f"labels must be all strings, all booleans or all numbers, without missing entries; got {', '.join(kinds)}"
        ) from error


def learn_labels(labels: ArrayLike | None) -> tuple[str | None, np.ndarray | None]:
    """Name of the label column, and the classes behind its codes; None and None without labels."""
    if labels is None:
        return None, None
    name, values = getattr(labels, "name", None), label_array(labels)
    coded = values.dtype.kind not in "iuf" or str(getattr(labels, "dtype", "")) == "category"
    # polars calls a Series without a name ""
    return "label" if name is None or name == "" else str(name), sorted_classes(values) if coded else None


def codes_of(values: np.ndarray, classes: np.ndarray | None = None) -> np.ndarray:
    """Position of each value in the sorted classes, or the numbers themselves, in double precision."""
    if classes is None:
        if values.dtype.kind not in "iufb":
            raise ValueError(f"the tree was fitted with numbers as labels, got {values.tolist()[0]!r}; pass numbers")
        return values.astype(np.float64)
    position = {value: code for code, value in enumerate(classes.tolist())}
    codes = [position.get(value, -1) for value in values.tolist()]
    if -1 in codes:
        raise ValueError(
            f"label {values.tolist()[codes.index(-1)]!r} was not seen in fit; known labels are {classes.tolist()}; "
            "drop these rows, or fit with rows of every label"
        )
    return np.array(codes, dtype=np.float64)


def sign_of_harm(y: Influence | ArrayLike) -> str | None:
    """The sign of a harmful row's influence; None where its target has no better direction."""
    if not isinstance(y, Influence):
        return "negative"
    return {None: None, False: "negative", True: "positive"}[y.greater_is_better]
