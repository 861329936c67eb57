"""The optimum of a fitted objective and the factor of its Hessian there, from which static methods start."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from ..removal.separating_rows import separating_rows
from ..removal.separation import moved_by
from ..removal.undetermined import undetermined_rows

__all__ = ["Optimum"]


@dataclass(frozen=True, eq=False)
class Optimum:
    """A problem at its optimum and the factor of its Hessian; frozen, and shared by methods.

    Parameters
    ----------
    problem : Problem
        At the optimum.
    factor : Factor
        Of its Hessian there.
    stationarity : float
        How far the fitted estimator was from the optimum, in multiples of the effect of deleting a typical row.
    note : str
        How the optimum was found.
    diverging : ndarray of shape (P, q) or None
        Directions along which there is no optimum: what depends on them has no answer.
    """

    problem: Any
    factor: Any
    stationarity: float
    note: str
    diverging: np.ndarray | None

    @property
    def theta(self) -> np.ndarray:
        """Parameters as the estimator has them, (P',)."""
        return self.problem.as_fitted(self.problem.theta)

    def raw(self, features: Any) -> np.ndarray:
        """Raw predictions, (m, K)."""
        return self.problem.raw(features)

    def versions(self) -> Iterator[Any]:
        """The problem, the only one."""
        yield self.problem

    @cached_property
    def removal_terms(self) -> Any:
        """What the deletion of each row takes from the gradient."""
        return self.problem.removal_terms()

    @cached_property
    def undetermined_rows(self) -> np.ndarray:
        """Rows without which there is no optimum, or more than one, (n,) of bool."""
        found = undetermined_rows(self.problem, self.factor)
        # where classes are separated already, what has no answer is known by its direction
        return found if self.diverging is not None else found | separating_rows(self.problem, self.factor)

    @cached_property
    def score_terms(self) -> Any:
        """What each row contributes to the gradient per unit of its weight, times its weight."""
        return self.problem.score_terms()

    @cached_property
    def open_parameters(self) -> np.ndarray:
        """Parameters of the estimator that the rows leave open, or that have no optimum, (P',) of bool."""
        n_parameters = len(self.problem.parameter_names)
        if not self._may_be_open:
            return np.zeros(n_parameters, dtype=bool)
        slopes = self.problem.slope_in_theta(np.eye(n_parameters))
        found = np.isnan(slopes).any(axis=0)
        return found if self.diverging is None else found | moved_by(self.diverging, slopes, of_theta=True)

    @property
    def _may_be_open(self):
        return self.diverging is not None or self.problem.leaves_open

    def as_fitted(self, changes: np.ndarray) -> np.ndarray:
        """Changes of the estimator's parameters, (P', B) from (P, B); nan for those that are open."""
        moved = self.problem.change_as_fitted(changes)
        return np.where(self.open_parameters[:, None], np.nan, moved) if self._may_be_open else moved

    def on(self, problem: Any) -> Self:
        """The same factor with the problem of one block of rows."""
        return replace(self, problem=problem)

    def extended(self, kind: type, **facts: Any) -> Any:
        """The same optimum as a kind that holds more."""
        own = {field.name: getattr(self, field.name) for field in fields(Optimum)}
        return kind(**own, **facts)
