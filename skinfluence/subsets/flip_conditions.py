"""Quantities that may cross a threshold when rows are deleted.

A condition has the quantity at a problem (with or without rows), its distance from the threshold, and, along a path of
deletions, the predicted change of that distance by each further deletion.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from ..exceptions import UnsupportedQuestionError
from ..removal.slopes import parameter_slopes
from ..structures import Parameters
from ..targets import Parameter, Question

__all__ = ["FlipCondition", "SignCondition", "TargetCondition"]


class FlipCondition(ABC):
    """distance > 0 before the flip, < 0 after it.

    Parameters
    ----------
    problem : Problem
        With all rows, at its optimum.
    beyond : float
        How far past the threshold the quantity has to go, in its own unit.

    Attributes
    ----------
    words : str
        Name of the quantity.
    threshold : float
        Where.
    """

    words: str
    threshold = 0.0
    #: distance, relative to the first one, below which a quantity counts as on the threshold, because of rounding
    rounding = 1e-9

    def __init__(self, problem: Any, beyond: float = 0.0) -> None:
        self.before = self.quantity(problem)
        self.side = 1.0 if self.before >= self.threshold else -1.0
        self.goal = self.threshold - self.side * beyond

    @abstractmethod
    def quantity(self, problem: Any) -> float:
        """What flips, in its own unit, at a problem."""

    @abstractmethod
    def gradient(self, problem: Any) -> np.ndarray:
        """The derivative in theta of what :meth:`changes` adds up, (P,)."""

    def distance(self, path: Any) -> float:
        """How far the end of a path of deletions is from the other side."""
        return self.margin(path.problem)

    def quantity_at(self, problem: Any, distance: float) -> float:
        """The quantity at a distance from the other side."""
        return self.goal + self.side * distance

    @property
    def slack(self) -> float:
        """Rounding error of distances and margins."""
        return self.rounding * abs(self.before - self.goal)

    def margin(self, problem: Any) -> float:
        """Below 0 where the quantity is on the other side."""
        return self.margin_of(self.quantity(problem))

    def margin_of(self, quantity: float) -> float:
        """The same of a quantity that is known."""
        return self.side * (quantity - self.goal)

    def flips(self, margin: float) -> bool:
        """Whether a distance or a margin is on the other side, and not on the threshold itself."""
        return margin < -self.slack

    def changes(self, path: Any, along: Callable[..., Any] | None = None) -> np.ndarray:
        """What each row's deletion is predicted to add to the distance, (n,); `along` in place of the path's own."""
        along = path.along if along is None else along
        return self.side * along(self.gradient(path.problem))


class SignCondition(FlipCondition):
    """The sign of a parameter.

    Parameters
    ----------
    problem : Problem
        With all rows.
    parameter : str or int
        Name or position.
    beyond : float
        As for `FlipCondition`.
    """

    def __init__(self, problem: Any, parameter: int | str | None, beyond: float = 0.0) -> None:
        self.target = Parameter(parameter)
        self.direction = problem.slope_in_theta(self.target.gradient(Parameters(problem, problem.theta)))
        if not np.isfinite(self.direction).all():
            raise UnsupportedQuestionError(
                f"the rows do not determine the coefficient {parameter!r}: its column is a linear combination of "
                "others, so that it has no sign and no significance; leave one of them out, or give the model a penalty"
            )
        self.words = f"parameter {parameter!r}"
        super().__init__(problem, beyond)

    def quantity(self, problem: Any) -> float:
        return float(self.direction @ problem.theta)

    def gradient(self, problem: Any) -> np.ndarray:
        return self.direction


class TargetCondition(FlipCondition):
    """Any target of evaluation rows or parameters, against a threshold.

    Parameters
    ----------
    problem : Problem
        With all rows.
    question : Question
        f.
    threshold : float
        Where it flips.
    words : str
        Name of f.
    beyond : float
        As for `FlipCondition`.
    """

    def __init__(self, problem: Any, question: Question, threshold: float, words: str, beyond: float = 0.0) -> None:
        self.question, self.threshold, self.words = question, threshold, words
        super().__init__(problem, beyond)

    def quantity(self, problem: Any) -> float:
        return self.question.value(Parameters(problem, problem.theta))

    def gradient(self, problem: Any) -> np.ndarray:
        return parameter_slopes(self.question, problem)[:, 0]
