"""Features, and what was fitted to them, that numerical work can start from."""

from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg.blas import ddot

from ..exceptions import SingularCurvatureError, StationarityError, UnsupportedEstimatorError
from ..problems.coordinates import Coordinates

__all__ = ["check_finite", "check_moves", "check_sizes"]

#: feature up to which a million squares have a finite sum
LARGEST = 1e150


def check_sizes(features: Any, final: Any) -> None:
    """Refuse features whose squares add up to no finite number.

    Raises
    ------
    ValueError
    """
    if not features.size or _sum_of_squares(features) < LARGEST**2:
        return
    size = abs(features).max(axis=0)
    size = size.toarray() if hasattr(size, "toarray") else np.asarray(size)
    largest = size.max(initial=0.0)
    if largest > LARGEST:
        raise ValueError(
            f"the features of {type(final).__name__} hold numbers as large as {largest:.1e} (column {size.argmax()}), "
            f"and squares of numbers above {LARGEST:.0e} are not finite; measure the column in a larger unit"
        )


def _sum_of_squares(features):
    """One pass at the speed of memory."""
    numbers = features.data if sparse.issparse(features) else features.ravel(order="K")
    return ddot(numbers, numbers)


def check_finite(problem: Any, final: Any) -> None:
    """Refuse fitted parameters that are not finite, or at which the losses of the training rows are not.

    Raises
    ------
    SingularCurvatureError
        No optimum has finite parameters.
    StationarityError
        These are not near an optimum.
    """
    theta = problem.theta
    if np.isfinite(theta).all():
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            finite = np.isfinite(problem.row_gradients).all(axis=1)
        if finite.all():
            return
        raise StationarityError(
            f"the fitted {type(final).__name__} predicts numbers for {np.sum(~finite)} of {len(finite)} training rows "
            f"(the first at position {np.argmin(finite)}) at which its loss is not finite, so that it is no optimum; "
            "scale the columns (StandardScaler), or fit it to convergence, on exactly these rows"
        )
    raise SingularCurvatureError(
        f"the fitted {type(final).__name__} has parameters that are not finite ({theta[~np.isfinite(theta)][0]}): "
        "its solver diverged, or its objective has no optimum on these rows, as that of counts that are all zero; "
        "scale the columns (StandardScaler), or fit it on rows that have an optimum"
    )


def check_moves(coordinates: Coordinates, final: Any) -> None:
    """Refuse a model without a parameter that rows could move.

    Raises
    ------
    UnsupportedEstimatorError
    """
    if coordinates.n_features or coordinates.intercept:
        return
    raise UnsupportedEstimatorError(
        f"the columns of {type(final).__name__} are all zero and it has no intercept, so that no row has any "
        "influence; set fit_intercept=True, or pass columns that are not zero"
    )
