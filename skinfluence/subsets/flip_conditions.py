"""Quantities that may cross a threshold when rows are deleted.

A condition has the quantity at a problem (with or without rows), its distance from the threshold, and, along a path of
deletions, the predicted change of that distance by each further deletion.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .._typing import Features
from ..exceptions import UnsupportedQuestionError
from ..removal.slopes import parameter_slopes
from ..structures import Parameters
from ..targets import Parameter, Question

__all__ = ["ClassCondition", "FlipCondition", "SignCondition", "TargetCondition", "class_conditions"]


class FlipCondition(ABC):
    """distance > 0 before the flip, < 0 after it.

    Parameters
    ----------
    problem : Problem
        With all rows, at its optimum.

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

    def __init__(self, problem: Any) -> None:
        self.before = self.quantity(problem)
        self.side = 1.0 if self.before >= self.threshold else -1.0

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
        return self.threshold + self.side * distance

    @property
    def slack(self) -> float:
        """Rounding error of distances and margins."""
        return self.rounding * abs(self.before - self.threshold)

    def margin(self, problem: Any) -> float:
        """Below 0 where the quantity is on the other side."""
        return self.side * (self.quantity(problem) - self.threshold)

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
    """

    def __init__(self, problem: Any, parameter: int | str | None) -> None:
        self.target = Parameter(parameter)
        self.direction = self.target.gradient(Parameters(problem, problem.theta))
        self.words = f"parameter {parameter!r}"
        super().__init__(problem)

    def quantity(self, problem: Any) -> float:
        return float(self.direction @ problem.theta)

    def gradient(self, problem: Any) -> np.ndarray:
        return self.direction


class ClassCondition(FlipCondition):
    """The decision between the predicted class of one row and another class.

    Parameters
    ----------
    problem : Problem
        With all rows.
    features : ndarray or CSR matrix of shape (1, p)
        The row, as the final estimator sees it.
    contrast : ndarray of shape (K,)
        The margin is the inner product with the raw predictions.
    words : str
        What the margin is.
    """

    def __init__(self, problem: Any, features: Any, contrast: np.ndarray, words: str) -> None:
        self.words, self.features, self.contrast = words, features, contrast
        super().__init__(problem)

    def quantity(self, problem: Any) -> float:
        return float(problem.raw(self.features)[0] @ self.contrast)

    def gradient(self, problem: Any) -> np.ndarray:
        return problem.raw_vjp(self.features, self.contrast[None, :, None])[:, 0]


def class_conditions(attributor: Any, X: Features | None) -> Iterator[FlipCondition]:
    """One condition for each class that the prediction on a row may flip to.

    Raises
    ------
    UnsupportedQuestionError
        No classifier; other than one row; a class that is not decided by the raw predictions alone.
    """
    problem, classes = attributor.problem_, attributor.model_.classes
    if classes is None:
        raise UnsupportedQuestionError("a regressor predicts no class; use what='target' with a threshold")
    features = attributor.model_.features(X)
    if features.shape[0] != 1:
        raise UnsupportedQuestionError(f"what='class' asks about one row, so use X of one row; got {features.shape[0]}")
    raw = problem.raw(features)[0]
    own = int(raw[0] > 0) if len(raw) == 1 else int(np.argmax(raw))
    if attributor.estimator_.predict(X)[0] != classes[own]:
        raise UnsupportedQuestionError(
            "this estimator does not predict the class of the largest decision function (it uses another "
            "threshold); use what='target' with target='class_probability' and that threshold"
        )
    for rival in np.delete(np.arange(len(classes)), own):
        contrast = np.ones(1) if len(raw) == 1 else np.eye(len(raw))[own] - np.eye(len(raw))[rival]
        words = f"margin of class {classes[own].item()!r} over {classes[rival].item()!r}"
        yield ClassCondition(problem, features, contrast if len(raw) > 1 or own else -contrast, words)


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
    """

    def __init__(self, problem: Any, question: Question, threshold: float) -> None:
        self.question, self.threshold, self.words = question, threshold, f"target {question.target!r}"
        super().__init__(problem)

    def quantity(self, problem: Any) -> float:
        return self.question.value(Parameters(problem, problem.theta))

    def gradient(self, problem: Any) -> np.ndarray:
        return parameter_slopes(self.question, problem)[:, 0]
