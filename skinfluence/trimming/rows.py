"""The rows that a trimmer chooses from, and folds of them."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing, check_consistent_length

from ..rows import indexable
from .validation import ValidationSet, count_rows, names_columns

__all__ = ["TrainingRows", "held_out_folds", "take_rows"]


@dataclass(frozen=True)
class TrainingRows:
    """Features, labels, weights and groups of the training rows, in the containers they came in."""

    X: Any
    y: Any
    sample_weight: np.ndarray | None = None
    sensitive_features: Any = None

    def __len__(self):
        return count_rows(self.X)

    def check(self) -> Self:
        """Raise an error for arrays of different lengths, and for fewer than two rows."""
        groups = None if names_columns(self.sensitive_features, self.X) else self.sensitive_features
        check_consistent_length(self.X, self.y, self.sample_weight, groups)
        if len(self) < 2:
            raise ValueError(f"got n_samples = {len(self)}; trimming needs at least two rows")
        return self

    def take(self, rows: np.ndarray) -> Self:
        """The same for the rows at these positions; names of columns stay names."""
        return replace(self, **{name: take_rows(value, rows, len(self)) for name, value in vars(self).items()})

    def held_out(self, rows: np.ndarray) -> ValidationSet:
        """The rows at these positions as validation rows."""
        taken = self.take(rows)
        return ValidationSet(
            taken.X, taken.y, sensitive_features=taken.sensitive_features, sample_weight=taken.sample_weight
        )

    @property
    def counted(self) -> np.ndarray:
        """Mask of the rows with a positive weight."""
        return np.ones(len(self), dtype=bool) if self.sample_weight is None else np.asarray(self.sample_weight) > 0


def take_rows(value: Any, rows: np.ndarray, n_rows: int) -> Any:
    """Rows of whatever is aligned with the `n_rows` training rows; anything else as it is."""
    if issparse(value):
        # a matrix by keys is a dict as well, and has no shape for NumPy
        return _rows_of_sparse(value, rows) if count_rows(value) == n_rows else value
    aligned = hasattr(value, "__len__") or hasattr(value, "shape")
    if not aligned or isinstance(value, str | dict) or np.shape(value) == () or count_rows(value) != n_rows:
        return value
    return _safe_indexing(indexable(value), rows)


def _rows_of_sparse(matrix, rows):
    """In the format of the matrix."""
    return indexable(matrix)[rows].asformat(matrix.format)


def held_out_folds(
    cv: Any, rows: TrainingRows, strata: np.ndarray | None, random_state: Any
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs (train, test) of positions.

    Parameters
    ----------
    cv : int, splitter, iterable or None
        As in scikit-learn. A number (None: 5) distributes the rows of each stratum over the folds in random
        order, so that every class that has two rows is known to every model.
    rows : TrainingRows
        The rows.
    strata : ndarray of shape (n,)
        Classes, distributed equally over the folds.
    random_state : int
        Seed.
    """
    if cv is not None and not isinstance(cv, int | np.integer):
        return list(check_cv(cv, rows.y).split(rows.X, rows.y))
    n_folds = min(5 if cv is None else cv, len(rows))
    if n_folds < 2:
        raise ValueError(f"cv={cv} makes {n_folds} folds of {len(rows)} rows; give at least 2, or None for 5")
    shuffled = np.random.RandomState(random_state).permutation(len(rows))
    fold = np.empty(len(rows), dtype=np.intp)
    fold[shuffled[np.argsort(strata[shuffled], kind="stable")]] = np.arange(len(rows)) % n_folds
    # the only row of its class is never held out: models fitted without it do not know its class
    single = np.bincount(strata)[strata] == 1
    return [(np.flatnonzero((fold != k) | single), np.flatnonzero((fold == k) & ~single)) for k in range(n_folds)]
