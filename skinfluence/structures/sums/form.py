"""A form: which sums over the rows a classifier is made of, and what is left of it without some rows."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ..neighbours.sets import Sets
from .class_rows import ClassRows
from .entries import dense
from .group_sums import GroupSums

__all__ = ["Form"]


@dataclass(frozen=True, eq=False)
class Form(ABC):
    """A classifier that scores each class by a function of sums over the rows, on its training rows.

    Parameters
    ----------
    rows : ClassRows
        Training rows.
    priors : ndarray of shape (K,) or None
        Given probabilities of the classes; None for their shares of the weights.
    """

    rows: ClassRows
    priors: np.ndarray | None

    @abstractmethod
    def sums(self, classes: tuple[str, ...], features: tuple[str, ...]) -> tuple[GroupSums, ...]:
        """The sums, under the names of classes and features."""

    @abstractmethod
    def feasible(self, sets: Sets) -> np.ndarray:
        """Whether the estimator can be fitted without each set, (G,) of bool."""

    def prepared(self, features: Any) -> Any:
        """Evaluation rows as the other methods take them."""
        return dense(features)

    @abstractmethod
    def scores(self, Z: Any) -> np.ndarray:
        """Scores of the classes, (m, K)."""

    @abstractmethod
    def scores_without(self, Z: Any, before: np.ndarray, sets: Sets) -> np.ndarray:
        """Scores without each of G feasible sets, (K, G, m), from those with all rows (m, K)."""

    @abstractmethod
    def slopes(self, Z: Any, cotangents: np.ndarray, each: bool) -> np.ndarray:
        """d f / d w_i of f = sum_jk c_jk score_jk, or of each term of the sum over evaluation rows j.

        Parameters
        ----------
        Z : prepared evaluation rows
        cotangents : ndarray of shape (m, K)
            c.
        each : bool
            Of each evaluation row.

        Returns
        -------
        ndarray of shape (n, a)
            a = m with `each`, else 1.
        """

    def numbers(self, size: int) -> int:
        """Floats in memory for one set of `size` rows, but for its scores."""
        return 4 * self.rows.n_classes * (self.rows.X.shape[1] + 1)

    def answer_numbers(self, each: bool) -> int:
        """Floats in memory for one evaluation row in `slopes`, but for its answers."""
        return 2 * self.rows.n_classes * self.rows.X.shape[1]

    # ------------------------------------------------------------------ what forms share

    def log_priors(self, counts: np.ndarray) -> np.ndarray:
        """log pi_k, (..., K), of sums of weights (..., K)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.priors is not None:
                return np.broadcast_to(np.log(self.priors), counts.shape)
            return np.log(counts) - np.log(counts.sum(axis=-1, keepdims=True))

    def prior_slopes(self, cotangents: np.ndarray, each: bool) -> np.ndarray:
        """d / d w_i of sum_jk c_jk log pi_k: for a row of class l, c_l / W_l - sum_k c_k / W; (n, a)."""
        sums = cotangents.T if each else cotangents.sum(axis=0)[:, None]
        if self.priors is not None:
            return np.zeros((len(self.rows), sums.shape[1]))
        counts = self.rows.counts
        return (sums / counts[:, None] - sums.sum(axis=0) / counts.sum())[self.rows.y]

    def left(self, sets: Sets, column: int) -> Self:
        """The same form of the rows that one set leaves."""
        return replace(self, rows=self.rows.without(sets.rows[sets.columns == column]))

    def fill_from_rows(self, scores: np.ndarray, Z: Any, sets: Sets, columns: np.ndarray) -> None:
        """Write the scores of versions that lost too many digits, from the sums over the rows that are left."""
        for column in np.flatnonzero(columns):
            scores[:, column] = self.left(sets, int(column)).scores(Z).T
