"""Targets of raw predictions on evaluation rows."""

from abc import abstractmethod
from typing import Any

import numpy as np

from ._base import Target
from .rows import EvaluationRows

__all__ = ["Moves", "RawTarget"]


class RawTarget(Target):
    """A scalar f of the raw predictions on the evaluation rows.

    A subclass states :meth:`value`, ``gradient(raw, rows)`` where f has one, and in :meth:`check` what it needs.
    Without a gradient f is evaluated at moved parameters and refits only.

    Examples
    --------
    The square of the mean raw prediction, as a target of one's own:

    >>> import numpy as np
    >>> class SquaredMean(RawTarget):
    ...     name, unit, greater_is_better = "squared_mean", "raw squared", None
    ...     def value(self, raw, rows):
    ...         return raw[:, 0].mean(axis=0) ** 2
    ...     def gradient(self, raw, rows):
    ...         return np.full_like(raw, 2 * raw.mean() / len(raw))
    >>> from skinfluence.losses import HalfSquaredError
    >>> from skinfluence.targets import Loss, evaluation_rows
    >>> float(SquaredMean().value(np.array([[1.0], [3.0]]), evaluation_rows(HalfSquaredError(), [0.0, 0.0])))
    4.0
    >>> Loss() - 2 * SquaredMean()
    Loss() - 2 * SquaredMean()
    """

    @abstractmethod
    def value(self, raw: np.ndarray, rows: EvaluationRows) -> Any:
        """Value of f, vectorised over candidates.

        Parameters
        ----------
        raw : ndarray of shape (m, K, *candidates)
            Raw predictions of the evaluation rows.
        rows : EvaluationRows
            Their labels, weights and groups.

        Returns
        -------
        ndarray of shape (*candidates)
        """

    def check(self, rows: EvaluationRows) -> None:
        """Refuse models and evaluation rows on which f is not defined.

        Raises
        ------
        UnsupportedTargetError
            With what to use instead.
        """

    def remainder(self, raw: np.ndarray, rows: EvaluationRows, radius: np.ndarray) -> float:
        """Bound on what is left of f beyond its tangent, for raw predictions within a radius; infinite where unknown.

        That is the largest absolute value of ``f(raw + z) - f(raw) - f'(raw) . z`` with each ``z_jk`` in
        ``[-radius_jk, radius_jk]``.

        Parameters
        ----------
        raw : ndarray of shape (m, K)
            Raw predictions of the evaluation rows.
        rows : EvaluationRows
            Their labels, weights and groups.
        radius : ndarray of shape (m, K)
            How far each raw prediction may go.

        Returns
        -------
        float
            0 for a target that is linear in the raw predictions.
        """
        return float("inf")


class Moves:
    """Mixin of targets that are measured on other features than those of the evaluation rows: attacks, for example."""

    @abstractmethod
    def move(self, X: Any, state: Any, rows: EvaluationRows) -> Any:
        """Evaluation features at which f is asked.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (m, p)
            What the final estimator of the model sees.
        state : State
            The fitted model.
        rows : EvaluationRows
            Labels of these rows.
        """
