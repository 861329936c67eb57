"""Training data that answers go back to: copied where it is small, watched where it is large.

The caller may use an array again after ``fit``. Answers have to stay those of the rows of the fit, or be refused.
"""

from collections.abc import Iterator, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass
from math import isqrt
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

from ..adapters.unwrap import unwrap
from ..exceptions import StationarityError, UnsupportedEstimatorError

__all__ = ["Given", "Watched", "given", "own_data", "own_estimator", "watch"]

#: bytes of data above which there is no second copy
LARGEST_COPY = 2**28
#: rows that are looked at where values are objects
SAMPLE = 1024
#: attributes of a model that may hold the rows given to fit
HOLDERS = ("trained_on", "X", "y", "rows", "row_weight")


def own_data(data: Any) -> Any:
    """A copy of data that are no larger than 256 MiB, else the data."""
    if data is None or _size(data) > LARGEST_COPY:
        return data
    if sparse.issparse(data):
        return data.copy()
    # polars copies when it writes
    return data.clone() if hasattr(data, "clone") else deepcopy(data)


class Given(NamedTuple):
    """Training rows as given to fit, before preprocessing."""

    X: Any
    y: Any
    sample_weight: Any


def given(X: Any, y: Any, sample_weight: Any) -> Given | None:
    """What was given to fit; None where it is too large for a copy, so that the caller may edit it."""
    known = Given(X, y, sample_weight)
    return None if any(data is not None and _size(data) > LARGEST_COPY for data in known) else known


def own_estimator(estimator: Any, n_rows: int) -> Any:
    """A fitted estimator that another ``fit`` of the caller's does not change.

    One that keeps its training rows, as nearest neighbours do, is copied as a whole. Of others, estimators inside
    included, the arrays are shared: a fit makes new ones.
    """
    try:
        final = unwrap(estimator, resampled=True)[1]
    except UnsupportedEstimatorError:
        # refused, with the reason, where it is adapted
        return estimator
    rows = [array for array in _arrays_of(final) if len(array.shape) == 2 and array.shape[0] == n_rows]
    if rows and sum(map(_size, rows)) <= LARGEST_COPY:
        return deepcopy(estimator)
    return _twin(estimator)


def _twin(value):
    """A value with estimators and random generators of its own, in lists and tuples of them, too."""
    if isinstance(value, np.random.RandomState):
        return deepcopy(value)
    if isinstance(value, BaseEstimator):
        twin = copy(value)
        vars(twin).update({name: _twin(each) for name, each in vars(value).items()})
        return twin
    if isinstance(value, list) or type(value) is tuple:
        return type(value)(_twin(each) for each in value) if any(map(_may_hold, value)) else value
    return value


def _may_hold(value):
    return isinstance(value, (BaseEstimator, tuple, list))


@dataclass(frozen=True, eq=False)
class Watched:
    """Data of the caller that were not copied, and what they looked like in ``fit``."""

    data: Sequence[tuple[str, Any]]
    prints: Sequence[list[int]]

    def check(self) -> None:
        """Refuse data that have been edited.

        Raises
        ------
        StationarityError
            Saying which.
        """
        for (name, data), before in zip(self.data, self.prints, strict=True):
            if _prints(data) != before:
                raise StationarityError(
                    f"{name} was changed in place after fit, and answers need the rows that were fitted on. Data above "
                    f"{LARGEST_COPY >> 20} MiB are not copied: leave them as they are while the attributor is used, "
                    "edit a copy, or call fit again with the new data"
                )


def watch(model: Any, **given: Any) -> Watched:
    """Watch those of the data given to fit that are too large for a copy, and that the model holds."""
    large = [(name, data) for name, data in given.items() if data is not None and _size(data) > LARGEST_COPY]
    if not large:
        return Watched([], [])
    held = [getattr(model, name, None) for name in HOLDERS] + list(_arrays_of(getattr(model, "final", None)))
    parts = [part for data in held for part in _parts(data)]
    large = [(name, data) for name, data in large if _share_memory(_parts(data), parts)]
    return Watched(large, [_prints(data) for _, data in large])


def _arrays_of(estimator: Any) -> Iterator[Any]:
    """Arrays and sparse matrices that a fitted estimator, or an estimator inside, keeps."""
    for value in getattr(estimator, "__dict__", {}).values():
        if isinstance(value, np.ndarray) or sparse.issparse(value):
            yield value
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, BaseEstimator):
                yield from _arrays_of(inner)


def _share_memory(some, others):
    return any(np.may_share_memory(one, other) for one in some for other in others)


def _size(data):
    """Bytes; those of objects count as references, and 0 where they are not known."""
    if hasattr(data, "estimated_size"):
        return data.estimated_size()
    return sum(part.nbytes for part in _parts(data))


def _parts(data: Any) -> Iterator[np.ndarray]:
    """The arrays that data are made of."""
    if isinstance(data, np.ndarray):
        yield data
    elif sparse.issparse(data):
        for name in ("data", "indices", "indptr", "row", "col", "offsets"):
            part = getattr(data, name, None)
            if isinstance(part, np.ndarray):
                yield part
    elif hasattr(data, "iloc"):
        columns = [data] if data.ndim == 1 else [data.iloc[:, j] for j in range(data.shape[1])]
        yield from map(np.asarray, columns)


def _prints(data):
    """Checksums, one for each array: one pass over each, so far less than any answer."""
    return [_print(part) for part in _parts(data)]


def _print(array):
    """Sums along both axes of the bits as integers, which know neither rounding nor order of summation."""
    if array.dtype.kind not in "biufmM" or array.dtype.itemsize > 8:
        rows = np.unique(np.linspace(0, len(array) - 1, SAMPLE).astype(np.intp))
        return crc32(repr(array[rows].tolist()).encode())
    bits = array.view(f"u{array.dtype.itemsize}")
    if bits.ndim != 2:
        bits = bits.ravel()
        width = isqrt(bits.size) or 1
        full = bits.size // width * width
        return crc32(bits[full:].tobytes(), _sums(bits[:full].reshape(-1, width)))
    return _sums(bits)


def _sums(bits):
    return crc32(bits.sum(axis=1, dtype=np.uint64).tobytes(), crc32(bits.sum(axis=0, dtype=np.uint64).tobytes()))
