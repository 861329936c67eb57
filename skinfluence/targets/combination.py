"""Sums and multiples of targets."""

from abc import abstractmethod
from math import isfinite
from numbers import Real

from ..exceptions import UnsupportedQuestionError, UnsupportedTargetError
from ._base import Target, not_additive

__all__ = ["Combination", "Multiple", "Sum"]


class Combination(Target):
    """A linear combination of targets, made by ``+``, ``-`` and ``*``.

    It has a better direction when all its terms agree on one, the sign of their coefficients taken into
    account; it is additive when all its terms are. Terms that move the evaluation rows, or that are functions
    of theta, have no raw predictions in common with the others: a
    :class:`~skinfluence.targets.Question` evaluates these.
    """

    @abstractmethod
    def terms(self):
        """Pairs (coefficient, target) of which none is a combination."""

    @property
    def name(self):
        return _expression(self.terms(), lambda target: target.name)

    @property
    def unit(self):
        units = {target.unit for _, target in self.terms()}
        return units.pop() if len(units) == 1 else _expression(self.terms(), lambda target: f"[{target.unit}]")

    @property
    def greater_is_better(self):
        directions = {_direction(coefficient, target) for coefficient, target in self.terms() if coefficient}
        return directions.pop() if len(directions) == 1 else None

    @property
    def additive(self):
        return all(target.additive for _, target in self.terms())

    @property
    def needs_groups(self):
        return any(target.needs_groups for _, target in self.terms())

    @property
    def of_theta(self):
        return all(target.of_theta for _, target in self.terms())

    @property
    def moves(self):
        return any(target.moves for _, target in self.terms())

    @property
    def differentiable(self):
        return all(target.differentiable for _, target in self.terms())

    @property
    def numerical(self):
        return any(target.numerical for _, target in self.terms())

    def check(self, rows):
        for _, target in self.terms():
            target.check(rows)

    def move(self, X, state, rows):
        return self._alike()[0][1].move(X, state, rows)

    def value(self, raw, rows):
        return sum(coefficient * target.value(raw, rows) for coefficient, target in self._alike())

    def row_values(self, raw, rows):
        if not self.additive:
            raise not_additive(self)
        return sum(coefficient * target.row_values(raw, rows) for coefficient, target in self._alike())

    def gradient(self, raw, rows):
        return sum(coefficient * target.gradient(raw, rows) for coefficient, target in self._alike())

    def _alike(self):
        """The terms, provided that one array of raw predictions (or of parameters) serves them all."""
        terms = self.terms()
        kinds = {(target.of_theta, repr(target) if target.moves else None) for _, target in terms}
        if len(kinds) > 1:
            raise UnsupportedQuestionError(
                f"the terms of {self.name!r} are not evaluated at the same raw predictions; evaluate the "
                "sum as a question: skinfluence.targets.measure(target, features, rows, state)"
            )
        return terms

    def __repr__(self, N_CHAR_MAX=700):
        return _expression(self.terms(), lambda target: target.__repr__(N_CHAR_MAX))


class Sum(Combination):
    """left + right.

    Parameters
    ----------
    left, right : Target
        The two terms.

    Examples
    --------
    >>> from skinfluence.targets import ClassProbability, Loss
    >>> target = Loss() - ClassProbability()
    >>> target.greater_is_better, target.additive
    (False, True)
    >>> target.set_params(right__coefficient=-2.0)
    Loss() - 2 * ClassProbability()
    """

    def __init__(self, left, right):
        self.left = left
        self.right = right

    def terms(self):
        return self.left.terms() + self.right.terms()

    def normalized(self, total_weight):
        return self.left.normalized(total_weight) + self.right.normalized(total_weight)


class Multiple(Combination):
    """coefficient * target.

    Parameters
    ----------
    target : Target
        The target.
    coefficient : float
        A finite number.

    Examples
    --------
    >>> from skinfluence.targets import Loss
    >>> 2 * (-Loss())
    -2 * Loss()
    """

    def __init__(self, target, coefficient):
        self.target = target
        self.coefficient = coefficient

    def terms(self):
        if not isinstance(self.coefficient, Real) or not isfinite(self.coefficient):
            raise UnsupportedTargetError(
                f"the coefficient of {self.target!r} is {self.coefficient!r}; a target is multiplied by a finite number"
            )
        return [(self.coefficient * coefficient, target) for coefficient, target in self.target.terms()]

    def normalized(self, total_weight):
        return self.coefficient * self.target.normalized(total_weight)


def _direction(coefficient, target):
    """Whether a larger term is a better one, None without a better direction."""
    if target.greater_is_better is None:
        return None
    return target.greater_is_better == (coefficient > 0)


def _expression(terms, label):
    """The combination in words, as in ``a - 0.5 * b``."""
    text = ""
    for coefficient, target in terms:
        sign = "-" if coefficient < 0 else "+"
        factor = "" if abs(coefficient) == 1 else f"{abs(coefficient):.12g} * "
        text += f" {sign} {factor}{label(target)}"
    text = text.removeprefix(" + ")
    return "-" + text.removeprefix(" - ") if text.startswith(" - ") else text
