"""What an object contributes to a gradient that is no sum over objects: the difference that its deletion makes."""

from functools import cached_property
from typing import Any

import numpy as np

from .._typing import RowIndex
from ._base import Problem
from .removals import Removals

__all__ = ["N_SAMPLED", "DifferenceProblem", "DifferenceTerms"]


#: objects that are looked at where a sample of them does, for each costs a gradient
N_SAMPLED = 32


class DifferenceTerms:
    """R_i = grad F(theta) - grad F(theta, without i), one gradient for each object, kept once it is computed.

    Parameters
    ----------
    problem : Problem
        Whose gradient takes removals. Memory P n.
    """

    def __init__(self, problem: Any) -> None:
        self.problem = problem
        self._columns = np.empty((problem.n_parameters, problem.n_rows))
        self._known = np.zeros(problem.n_rows, dtype=bool)

    def columns(self, rows: RowIndex) -> np.ndarray:
        """The objects' terms as columns, shape (P, b)."""
        rows = np.arange(len(self._known))[rows]
        new = np.unique(rows[~self._known[rows]])
        if len(new):
            theta = np.repeat(self.problem.theta[:, None], len(new), axis=1)
            left = self.problem.gradient(theta, Removals.single(new))
            self._columns[:, new] = self.problem.gradient()[:, None] - left
            self._known[new] = True
        return self._columns[:, rows]

    def along(self, U: np.ndarray) -> np.ndarray:
        """Inner products with the columns of U: (n, B) from (P, B)."""
        return self.columns(slice(None)).T @ U


class DifferenceProblem(Problem):
    """Base of problems whose objects are coupled: each removal term is a difference of two gradients."""

    def removal_terms(self) -> Any:
        """R_i = grad F - grad F without object i, for all objects."""
        return self._differences

    def sampled_terms(self, size: int) -> tuple[np.ndarray, int]:
        """Removal terms of a few evenly spaced objects, (P, b), and how many objects there are."""
        return super().sampled_terms(min(size, N_SAMPLED))

    @cached_property
    def _differences(self):
        return DifferenceTerms(self)
