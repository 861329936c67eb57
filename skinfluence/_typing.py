"""What arguments of the public interface may be, under the names that signatures use."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NewType, Protocol, TypeAlias

import numpy as np

__all__ = ["ArrayLike", "Estimator", "Features", "Labels", "Matrix", "RandomState", "RowIndex", "Weights"]

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from scipy import sparse

    #: features of rows as they are inside: dense, or sparse in any format
    Matrix: TypeAlias = np.ndarray | sparse.sparray | sparse.spmatrix
    #: features as users have them: an array, a list of lists, a sparse matrix or a DataFrame
    Features: TypeAlias = ArrayLike | sparse.sparray | sparse.spmatrix
    #: one label a row: an array, a list or a Series, or a structured array of survival times
    Labels: TypeAlias = ArrayLike
    #: one weight a row; None is 1 for each
    Weights: TypeAlias = ArrayLike | None
    #: some rows, by position or as a mask
    RowIndex: TypeAlias = np.ndarray | slice | list[int]
    #: a seed, a generator, or None for a new draw in each call
    RandomState: TypeAlias = int | np.random.RandomState | None
else:
    # help() shows these names, not the long unions behind them
    ArrayLike, Matrix, Features, Labels, Weights, RowIndex, RandomState = (
        NewType(name, object)
        for name in ("ArrayLike", "Matrix", "Features", "Labels", "Weights", "RowIndex", "RandomState")
    )


class Estimator(Protocol):
    """An estimator of scikit-learn or with its interface: a model, a Pipeline, a search around one."""

    @property
    def fit(self) -> Callable[..., Any]:
        """Fit to training rows."""
