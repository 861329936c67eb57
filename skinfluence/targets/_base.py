"""Targets and their sums: a scalar f that is asked of a model."""

from abc import ABC
from math import isfinite
from numbers import Real

from sklearn.base import BaseEstimator

from ..exceptions import UnsupportedTargetError

__all__ = ["Combination", "Multiple", "Sum", "Target"]


class Target(BaseEstimator, ABC):
    """A scalar f of a model: base of all targets.

    A function of raw predictions on evaluation rows derives from :class:`RawTarget`, or from :class:`PointwiseTarget`
    where it is a sum over them; a function of the parameters from :class:`ThetaTarget`. A target stores its parameters
    and nothing else, so that ``clone``, ``repr`` and ``set_params`` work. Targets add and scale:
    ``DemographicParity() + 0.5 * Loss()``.

    Attributes
    ----------
    name : str
        By what the target is asked for and called in results.
    unit : str
        Unit of its value.
    greater_is_better : bool or None
        None when f has no better direction.
    needs_groups : bool
        f needs ``sensitive_features``.
    """

    name: str
    unit: str
    greater_is_better: bool | None
    needs_groups = False
    # NumPy numbers leave products with a target to the target
    __array_ufunc__ = None

    def terms(self) -> "list[tuple[float, Target]]":
        """The target as a list of pairs (coefficient, target) that are no sums themselves."""
        return [(1.0, self)]

    def normalized(self, total_weight: float) -> "Target":
        """The same target with means in place of weighted sums.

        Puts a loss, which is a sum over evaluation rows, and a gap of means on one scale.

        Parameters
        ----------
        total_weight : float
            Sum of the evaluation weights.

        Returns
        -------
        Target
            Sums over evaluation rows divided by `total_weight`, all other terms as they are.

        Examples
        --------
        >>> from skinfluence.targets import DemographicParity, Loss
        >>> (DemographicParity() + 0.5 * Loss()).normalized(100)
        DemographicParity() + 0.005 * Loss()
        """
        return self

    def __add__(self, other):
        return Sum(self, other) if isinstance(other, Target) else NotImplemented

    def __mul__(self, coefficient):
        return Multiple(self, float(coefficient)) if isinstance(coefficient, Real) else NotImplemented

    __rmul__ = __mul__

    def __neg__(self):
        return -1 * self

    def __sub__(self, other):
        return self + -other if isinstance(other, Target) else NotImplemented


class Combination(Target):
    """A linear combination of targets, made by ``+``, ``-`` and ``*``.

    It has a better direction when all its terms agree on one, the sign of their coefficients taken into account. A
    :class:`~skinfluence.targets.Question` evaluates it, term by term.
    """

    @property
    def name(self) -> str:
        return _expression(self.terms(), lambda target: target.name)

    @property
    def unit(self) -> str:
        units = {target.unit for _, target in self.terms()}
        return units.pop() if len(units) == 1 else _expression(self.terms(), lambda target: f"[{target.unit}]")

    @property
    def greater_is_better(self) -> bool | None:
        directions = {_direction(coefficient, target) for coefficient, target in self.terms() if coefficient}
        return directions.pop() if len(directions) == 1 else None

    @property
    def needs_groups(self) -> bool:
        return any(target.needs_groups for _, target in self.terms())

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
    >>> target.greater_is_better
    False
    >>> target.set_params(right__coefficient=-2.0)
    Loss() - 2 * ClassProbability()
    """

    def __init__(self, left: Target, right: Target) -> None:
        self.left = left
        self.right = right

    def terms(self) -> list[tuple[float, Target]]:
        return self.left.terms() + self.right.terms()

    def normalized(self, total_weight: float) -> Target:
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

    def __init__(self, target: Target, coefficient: float) -> None:
        self.target = target
        self.coefficient = coefficient

    def terms(self) -> list[tuple[float, Target]]:
        if not isinstance(self.coefficient, Real) or not isfinite(self.coefficient):
            raise UnsupportedTargetError(
                f"the coefficient of {self.target!r} is {self.coefficient!r}; a target is multiplied by a finite number"
            )
        return [(self.coefficient * coefficient, target) for coefficient, target in self.target.terms()]

    def normalized(self, total_weight: float) -> Target:
        return self.coefficient * self.target.normalized(total_weight)  # type: ignore[return-value]


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
