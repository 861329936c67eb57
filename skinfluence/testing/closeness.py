"""Compare two results by the largest difference, relative to the largest expected entry."""

from typing import Any

import numpy as np

from .._typing import ArrayLike

__all__ = ["OPTIMA", "REFITS", "SOLVES", "SUMS", "assert_near", "without_null_directions"]

#: the same work again, or its sums in another order: 4 500 eps, a thousand terms of which most cancel
SUMS = 1e-12
#: effects by two ways of solving one system: eps x a condition number of 400 x parameters of 1000 effects
SOLVES = 1e-10
#: effects by two ways to an optimum: ten solves, one after the other, in Newton or in chord steps
OPTIMA = 1e-9
#: effects by refits of an estimator whose solver stops at a mean gradient of 1e-12: up to 8 200 of these is an effect
REFITS = 1e-8


def assert_near(
    actual: ArrayLike, expected: ArrayLike, rtol: float | None, atol: float = 0.0, what: str = "values"
) -> None:
    """Assert that max |actual - expected| <= rtol max |expected| + atol; nan must be at the same places.

    Parameters
    ----------
    actual, expected : array-like of one shape
        What is compared.
    rtol, atol : float
        Tolerances, on the largest entry: entries that are small because they cancel are not asked for digits that they
        do not have.
    what : str
        Name of the values in the message.

    Raises
    ------
    AssertionError
        With the size of the difference.

    Examples
    --------
    >>> assert_near([1.0, 1e-20], [1.0, 0.0], rtol=1e-12)
    >>> assert_near([1.0], [2.0], rtol=0.1, what="slopes")
    Traceback (most recent call last):
        ...
    AssertionError: slopes differ by 1.0e+00, allowed are 2.0e-01 (largest expected entry 2.0e+00)
    """
    actual, expected = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
    if actual.shape != expected.shape:
        raise AssertionError(f"{what} have shape {actual.shape}, expected is {expected.shape}")
    missing = np.isnan(expected)
    if (missing != np.isnan(actual)).any():
        raise AssertionError(f"{what} are nan at {np.sum(np.isnan(actual))} places, expected at {np.sum(missing)}")
    size = np.max(np.abs(expected[~missing]), initial=0.0)
    difference = np.max(np.abs(actual - expected)[~missing], initial=0.0)
    allowed = rtol * size + atol
    if not difference <= allowed:
        raise AssertionError(
            f"{what} differ by {difference:.1e}, allowed are {allowed:.1e} (largest expected entry {size:.1e})"
        )


def without_null_directions(problem: Any, V: np.ndarray) -> np.ndarray:
    """Parameters (P, *B) less their part in flat directions of the objective, which estimators place anywhere."""
    N = problem.null_directions
    return V if N is None else V - N @ (N.T @ V)
