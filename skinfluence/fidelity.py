"""Predicted against actual effects of deletions.

Works on arrays; where they come from does not matter here.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sklearn.utils import check_random_state

from ._typing import ArrayLike, RandomState

__all__ = ["FidelityReport", "compare_effects", "random_removals"]


@dataclass(frozen=True, eq=False)
class FidelityReport:
    """Agreement of predicted and actual effects.

    Attributes
    ----------
    predicted, actual : ndarray of shape (r,)
        Effects on the target, in its unit.
    rank_correlation : float
        Spearman's; nan when either side is constant.
    correlation : float
        Pearson's.
    slope : float
        Of actual on predicted, through the origin: above 1, the prediction is too small; nan where values only rank.
    relative_error : float
        norm(predicted - actual) / norm(actual); nan where values only rank.
    sign_agreement : float
        Share of deletions whose direction was predicted.
    predict_seconds, refit_seconds : float
        Cost of one prediction and of one refit.
    rounding : float
        Effects of at most this size, in the unit of the target, have no sign; those that differ by no more are of one
        rank.
    """

    predicted: np.ndarray
    actual: np.ndarray
    rank_correlation: float
    correlation: float
    slope: float
    relative_error: float
    sign_agreement: float
    predict_seconds: float = float("nan")
    refit_seconds: float = float("nan")
    rounding: float = 0.0

    def __str__(self):
        text = (
            f"{len(self.actual)} deletions: rank correlation {self.rank_correlation:.4f}, "
            f"correlation {self.correlation:.4f}, slope {self.slope:.4f}, "
            f"relative error {self.relative_error:.2g}, sign agreement {self.sign_agreement:.0%}"
        )
        if np.isnan(self.predict_seconds):
            return text
        return f"{text}, {1e3 * self.predict_seconds:.2g} ms a prediction, {1e3 * self.refit_seconds:.2g} ms a refit"


def compare_effects(
    predicted: ArrayLike,
    actual: ArrayLike,
    *,
    predict_seconds: float = float("nan"),
    refit_seconds: float = float("nan"),
    rounding: float = 0.0,
) -> FidelityReport:
    """Report on the agreement of predicted and actual effects.

    Parameters
    ----------
    predicted, actual : array-like of shape (r,)
        Effects of the same r deletions.
    predict_seconds, refit_seconds : float
        Cost of one prediction and of one refit, when known.
    rounding : float
        What rounding, or the tolerance of a refit, makes of 0, in the unit of both: values of at most this size have no
        sign, and values that differ by no more have one rank.

    Returns
    -------
    FidelityReport

    Raises
    ------
    ValueError
        For arrays of different or zero length, or that hold nan; for a negative `rounding`.

    Examples
    --------
    >>> report = compare_effects([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    >>> report.rank_correlation, report.slope, report.relative_error
    (1.0, 2.0, 0.5)
    >>> compare_effects([0.0, 0.0, 3.0], [1e-16, -1e-16, 3.0], rounding=1e-15).sign_agreement
    1.0
    """
    predicted, actual = np.asarray(predicted, dtype=float), np.asarray(actual, dtype=float)
    if predicted.shape != actual.shape or predicted.ndim != 1 or not len(predicted):
        raise ValueError(
            f"predicted and actual must be two lists of one length, got {predicted.shape} and {actual.shape}"
        )
    if not (np.isfinite(predicted).all() and np.isfinite(actual).all()):
        raise ValueError("predicted and actual must be finite; leave out deletions without an answer, and say so")
    if not rounding >= 0:
        raise ValueError(f"rounding must be a size in the unit of the effects, at least 0, got {rounding!r}")
    shown = [np.where(np.abs(values) <= rounding, 0.0, values) for values in (predicted, actual)]
    return FidelityReport(
        predicted,
        actual,
        rank_correlation=_pearson(*(rankdata(_tied(values, rounding)) for values in shown)),
        correlation=_pearson(predicted, actual),
        slope=_ratio(predicted @ actual, predicted @ predicted),
        relative_error=_ratio(np.linalg.norm(predicted - actual), np.linalg.norm(actual)),
        sign_agreement=float(np.mean(np.equal(*map(np.sign, shown)))),
        predict_seconds=predict_seconds,
        refit_seconds=refit_seconds,
        rounding=float(rounding),
    )


def random_removals(
    candidates: np.ndarray, n_removals: int, size: float, random_state: RandomState = None
) -> list[np.ndarray]:
    """Random sets of rows to delete.

    Parameters
    ----------
    candidates : ndarray of int
        Positions that may be deleted.
    n_removals : int
        How many sets.
    size : int or float
        Rows a set, or their fraction of the candidates.
    random_state : int, RandomState or None
        Seed.

    Returns
    -------
    list of ndarray of int
        Each sorted.

    Raises
    ------
    ValueError
        For a size that leaves no row or deletes none, or no sets.

    Examples
    --------
    >>> [len(rows) for rows in random_removals(np.arange(10), 2, 0.3, random_state=0)]
    [3, 3]
    """
    n = len(candidates)
    k = max(1, round(size * n)) if isinstance(size, float) else size
    if not (0 < k < n and n_removals >= 1):
        raise ValueError(
            f"need at least one removal of 1 to {n - 1} rows, got n_removals={n_removals} of size {size!r} "
            f"from {n} rows"
        )
    generator = check_random_state(random_state)
    return [np.sort(generator.choice(candidates, k, replace=False)) for _ in range(n_removals)]


def _tied(values, rounding):
    """Each value replaced by the least one that it ties with: those that are at most `rounding` above it."""
    tied, least = np.empty_like(values), -np.inf
    for place in np.argsort(values):
        least = values[place] if values[place] - least > rounding else least
        tied[place] = least
    return tied


def _pearson(a, b):
    a, b = a - a.mean(), b - b.mean()
    return _ratio(a @ b, np.sqrt((a @ a) * (b @ b)))


def _ratio(a, b):
    return float(a / b) if b > 0 else float("nan")
