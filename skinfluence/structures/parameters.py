"""A model with parameters as a state: one version, or G versions without G sets of rows side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Parameters"]


@dataclass(frozen=True, eq=False)
class Parameters:
    """A problem at given parameters.

    Parameters
    ----------
    problem : Problem
        The objective with all training rows.
    at : ndarray of shape (P,) or (P, G)
        Parameters of one version, or of G, in the coordinates of the problem.
    sets : sequence of ndarray of int, or None
        The rows that each of the G versions is without. They matter where predictions, or a target of the parameters,
        depend on the training rows themselves: a baseline hazard, the items of a ranking.
    """

    problem: Any
    at: np.ndarray
    sets: Sequence | None = None

    @property
    def theta(self) -> np.ndarray:
        """Parameters as the estimator has them, (P',) or (P', G)."""
        return self.problem.as_fitted(self.at)

    def raw(self, features: Any) -> np.ndarray:
        """Raw predictions, (m, K) or (m, K, G)."""
        if self.sets is None or not self.problem.predicts_from_rows(features):
            return self.problem.raw(features, self.at)
        versions = (self.problem.without(rows).raw(features, theta) for rows, theta in self._pairs())
        return np.stack(list(versions), axis=-1)

    def versions(self) -> Iterator[Any]:
        """The problem of each version, at its parameters and without its rows."""
        for rows, theta in self._pairs():
            problem = self.problem if rows is None else self.problem.without(rows)
            yield problem.at(theta)

    def _pairs(self):
        columns = self.at.reshape(len(self.at), -1).T
        sets = [None] * len(columns) if self.sets is None else (np.asarray(rows, dtype=np.intp) for rows in self.sets)
        return zip(sets, columns, strict=True)
