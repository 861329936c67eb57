"""Estimators fitted on distances or kernels between training rows: a row that leaves takes a column along."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing, get_tags

from ..exceptions import UnsupportedEstimatorError

__all__ = ["PRECOMPUTED", "KeptColumns", "check_takes_features", "is_pairwise"]

#: why a precomputed kernel has no exact treatment
PRECOMPUTED = (
    "kernel='precomputed' does not know the rows; use a named or callable kernel, and the rows, or for refits "
    "LeaveOneOut(estimator, method='refit')"
)


def is_pairwise(estimator: Any) -> bool:
    """Whether an estimator is fitted on a square matrix, with a column for each training row."""
    # estimators that do not derive from those of scikit-learn have no tags, and are fitted on features
    return hasattr(estimator, "__sklearn_tags__") and bool(get_tags(estimator).input_tags.pairwise)


def check_takes_features(estimator: Any, what: str) -> None:
    """Refuse an estimator that is fitted on a square matrix, where some rows are to be taken of features.

    Parameters
    ----------
    estimator : estimator
        Fitted or not.
    what : str
        What it is, for the message.

    Raises
    ------
    UnsupportedEstimatorError
    """
    if is_pairwise(estimator):
        raise UnsupportedEstimatorError(
            f"{what} is fitted on precomputed distances or kernels, with a column for each training row, so that it "
            "could not predict for the same columns after rows were dropped; fit it on features, with a named or "
            "callable metric or kernel"
        )


@dataclass(frozen=True, eq=False)
class KeptColumns:
    """Takes the columns of some training rows, as a fitted transformer does.

    Parameters
    ----------
    rows : ndarray of int
        Positions of these training rows.
    """

    rows: np.ndarray

    def transform(self, X: Any) -> Any:
        """Distances or kernels to these rows, from those to all training rows."""
        return _safe_indexing(X if hasattr(X, "shape") else np.asarray(X), self.rows, axis=1)
