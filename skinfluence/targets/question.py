"""One question: a target on checked evaluation rows, which any state can be asked for its value.

A question knows no model. It holds the evaluation rows as the final estimator takes them; rows that a target moves
were moved once, at the state that the question was asked at, and are fixed from then on:

    f(state) = sum_t c_t f_t(raw of the state on X_t)
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ..exceptions import UnsupportedQuestionError, UnsupportedTargetError
from ..problems import Problem
from ._base import Target
from .kinds import is_of_theta, require_additive, require_parameters
from .names import resolve_target
from .parameter import ThetaTarget
from .pointwise import PointwiseTarget
from .raw import Moves
from .rows import EvaluationRows, evaluation_rows

__all__ = ["Part", "Question", "Slope", "ask", "measure"]


@dataclass(frozen=True, eq=False)
class Part:
    """One term of a target, with the evaluation rows that it is measured on.

    Parameters
    ----------
    coefficient : float
        Its factor in the sum.
    term : Target
        No sum itself.
    features : ndarray, CSR matrix or None
        Evaluation rows, moved where the term moves them; None for a target of the parameters.
    """

    coefficient: float
    term: Target
    features: Any


@dataclass(frozen=True, eq=False)
class Slope:
    """The derivative of a question in the raw predictions of some evaluation rows.

    Parameters
    ----------
    features : ndarray or CSR matrix of shape (m, p)
        The rows.
    cotangents : ndarray of shape (m, K)
        In row j the derivative in its raw predictions, coefficients and weights included.
    """

    features: Any
    cotangents: np.ndarray


@dataclass(frozen=True, eq=False)
class Question:
    """A target on evaluation rows; made by :func:`ask` or an attributor's ``question``.

    Parameters
    ----------
    target : Target
        What is asked, sums included.
    parts : tuple of Part
        Its terms.
    features : ndarray, CSR matrix or None
        Evaluation rows as the final estimator takes them.
    rows : EvaluationRows or None
        Their labels, weights and groups; None for targets of the parameters alone.
    each : bool
        One answer for each evaluation row; False: their sum.
    """

    target: Target
    parts: tuple[Part, ...]
    features: Any
    rows: EvaluationRows | None
    each: bool = False

    def __len__(self):
        return 0 if self.rows is None else len(self.rows.y)

    @property
    def moved(self) -> Any:
        """Whether the target is measured on other features than those of the evaluation rows."""
        return any(part.features is not self.features for part in self.parts if part.features is not None)

    @property
    def n_answers(self) -> int:
        """a: the number of evaluation rows with `each`, else 1."""
        return len(self) if self.each else 1

    def n_outputs(self, state: Any) -> int:
        """K: raw predictions of one evaluation row; 1 for targets of the parameters alone."""
        return 1 if self.features is None else state.raw(self.features[:1]).shape[1]

    def by_row(self) -> Self:
        """The same question with one answer for each evaluation row.

        Raises
        ------
        UnsupportedQuestionError
            The target is not a sum over evaluation rows.
        """
        require_additive(self.target)
        return replace(self, each=True)

    def take(self, index: Any) -> Self:
        """The same question on some of the evaluation rows, for targets that are sums over them."""
        parts = tuple(replace(part, features=part.features[index]) for part in self.parts)
        return replace(self, parts=parts, features=self.features[index], rows=self.rows.take(index))

    def values(self, state: Any) -> np.ndarray:
        """The answers of a state: (a,), or (a, G) of G versions side by side."""
        raw = _RawPredictions(state)
        # a state may have no answer, nan, or one that is beyond all numbers, without a warning
        with np.errstate(over="ignore", invalid="ignore"):
            return sum(part.coefficient * self._value(part, state, raw) for part in self.parts)

    def _value(self, part, state, raw):
        if isinstance(part.term, ThetaTarget):
            return np.asarray(part.term.value(state))[None]
        predictions = raw.of(part.features)
        if self.each:
            return part.term.row_values(predictions, self.rows)
        return np.asarray(part.term.value(predictions, self.rows))[None]

    def value(self, state: Any) -> float:
        """The answer of one state, where there is one: a float."""
        return float(self.values(state)[0])

    def size(self, state: Any) -> float:
        """Sizes of all terms that are added up to the value of a state, f in the unit of its own rounding."""
        raw, total = _RawPredictions(state), 0.0
        for part in self.parts:
            by_row = isinstance(part.term, PointwiseTarget)
            terms = part.term.row_values(raw.of(part.features), self.rows) if by_row else self._value(part, state, raw)
            total += abs(part.coefficient) * np.abs(terms).sum()
        return float(total)

    def change(self, states: Any, before: Any) -> np.ndarray:
        """Answers of G versions less those of a state: (G, a)."""
        # two infinite answers have no difference: nan, without a warning
        with np.errstate(invalid="ignore"):
            return (self.values(states) - self.values(before)[:, None]).T

    def slopes(self, state: Any) -> list[Slope]:
        """Derivatives in the raw predictions of a state, one :class:`Slope` for each term that states its gradient.

        Raises
        ------
        UnsupportedQuestionError
            A term has no gradient.
        """
        raw, found = _RawPredictions(state), []
        for part in self.parts:
            if _by_raw(part.term):
                gradient = part.term.gradient(raw.of(part.features), self.rows)
                found.append(Slope(part.features, part.coefficient * gradient))
        return found

    def theta_slope(self, state: Any) -> Any:
        """Derivative in the parameters of the terms that are functions of these, or state no other: (P,) or 0."""
        total = 0
        for part in self.parts:
            if isinstance(part.term, ThetaTarget):
                total = total + part.coefficient * _in_theta(state, part.term.gradient(state))
            elif not _by_raw(part.term):
                total = total + part.coefficient * part.term.theta_gradient(state, part.features, self.rows)
        return total


def _in_theta(state, gradient):
    """A derivative in the estimator's parameters, in those of the problem that is solved."""
    return state.problem.slope_in_theta(gradient) if isinstance(state.problem, Problem) else gradient


def _by_raw(term):
    """Whether a term states its derivative in the raw predictions, not in the parameters.

    Raises
    ------
    UnsupportedQuestionError
        It has no derivative at all.
    """
    if isinstance(term, ThetaTarget) or hasattr(term, "gradient"):
        return not isinstance(term, ThetaTarget)
    if not hasattr(term, "theta_gradient"):
        raise UnsupportedQuestionError(
            f"the target {term.name!r} has no gradient, so its influence has no linear evaluation; ask with "
            "evaluation='moved', or use a smooth target such as 'loss'"
        )
    return False


class _RawPredictions:
    """Raw predictions of a state on each array of features, computed once."""

    def __init__(self, state: Any) -> None:
        self.state = state
        self.known: dict[int, np.ndarray] = {}

    def of(self, features: Any) -> np.ndarray:
        key = id(features)
        if key not in self.known:
            self.known[key] = self.state.raw(features)
        return self.known[key]


def ask(
    model: Any,
    target: str | Target,
    X: Any = None,
    y: Any = None,
    *,
    at: Any,
    sensitive_features: Any = None,
    sample_weight: Any = None,
) -> Question:
    """The question of a target on evaluation rows, checked.

    Parameters
    ----------
    model : Model
        Turns rows and labels into what its final estimator takes.
    target : str or Target
        What is asked.
    X, y : array-like
        Evaluation rows and labels; None for a target of the parameters alone.
    at : State
        The state at which rows are moved, where the target moves them.
    sensitive_features, sample_weight
        Groups and weights of the evaluation rows.

    Returns
    -------
    Question

    Raises
    ------
    UnsupportedTargetError
        The target is not defined for this model or on these rows.
    ValueError
        X and y of different lengths.
    """
    target = resolve_target(target)
    if is_of_theta(target):
        return measure(target, None, None, at)
    if X is None or (y is None and model.requires_y):
        raise UnsupportedTargetError(f"the target {target.name!r} is measured on evaluation rows; pass X and y")
    features, labels = model.features(X), model.labels(X, y)
    if features.shape[0] != len(labels):
        raise ValueError(f"X has {features.shape[0]} evaluation rows but y has {len(labels)} labels")
    rows = evaluation_rows(
        model.loss,
        labels,
        X=X,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
        classes=model.classes,
        reporting=model.reporting,
        given=None if model.reporting is None or model.reporting.inverse is None else y,
    )
    return measure(target, features, rows, at)


def measure(target: Target, features: Any, rows: EvaluationRows | None, at: Any) -> Question:
    """The question of a target on rows that are checked already, moved at the state `at`.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from skinfluence.targets import Parameter
    >>> problem = SimpleNamespace(parameter_names=["age", "intercept"])
    >>> state = SimpleNamespace(theta=np.array([3.0, 5.0]), problem=problem)
    >>> question = measure(Parameter("age") - 2 * Parameter("intercept"), None, None, state)
    >>> question.value(state), question.theta_slope(state)
    (-7.0, array([ 1., -2.]))
    """
    require_parameters(target, at)
    parts = []
    for coefficient, term in target.terms():
        if isinstance(term, ThetaTarget):
            parts.append(Part(coefficient, term, None))
            continue
        if rows is None:
            raise UnsupportedTargetError(f"the target {term.name!r} is measured on evaluation rows; pass X and y")
        term.check(rows)
        moved = term.move(features, at, rows) if isinstance(term, Moves) else features
        parts.append(Part(coefficient, term, moved))
    return Question(target, tuple(parts), features, rows)
