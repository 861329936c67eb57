"""Values of influences that pandas can index by name, and their arithmetic."""

from dataclasses import replace
from numbers import Real
from typing import Any, Self

import numpy as np

__all__ = ["Arithmetic", "RowValues"]

#: what has to be the same for effects to be added
MEANING = ("estimand", "unit", "sign", "predicts")


class RowValues(np.ndarray):
    """An array that can also be called, as pandas calls ``values()`` of a mapping to make an indexed Series of it.

    Whatever is computed of it, or taken from it, is a plain array.
    """

    def __call__(self):
        return np.asarray(self).tolist()

    def __getitem__(self, key):
        return np.asarray(self)[key]

    def __array_wrap__(self, array, context=None, return_scalar=False):
        plain = np.asarray(array)
        return plain[()] if return_scalar else plain

    def __repr__(self):
        return repr(np.asarray(self))

    def __str__(self):
        return str(np.asarray(self))


class Arithmetic:
    """``+ - * /`` of an :class:`~skinfluence.Influence`; results with arrays are arrays."""

    values: Any
    names: Any
    rows: Any
    target: str
    unit: str
    estimand: str
    method: str
    verdict: str
    greater_is_better: bool | None
    standard_error: Any

    # numbers and arrays of NumPy leave arithmetic to this class
    __array_priority__ = 1000

    def __add__(self, other: Any) -> Any:
        return self._with(other, np.add, "+")

    def __radd__(self, other: Any) -> Any:
        # the sum of a list of influences starts with 0
        return self if isinstance(other, int) and other == 0 else self._with(other, np.add, "+")

    def __sub__(self, other: Any) -> Any:
        return self._with(other, np.subtract, "-")

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        return self._scaled(other) if _is_number(other) else self._with(other, np.multiply, "*")

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._scaled(1 / other) if _is_number(other) and other else self._with(other, np.divide, "/")

    def __neg__(self) -> Self:
        return self._scaled(-1)

    def _scaled(self, factor):
        """The effect on f times a number, of which less is better where it is negative and more of f was."""
        better = self.greater_is_better
        changes = {
            "values": self.values * factor,
            "target": f"{factor:g} * {self.target}",
            "greater_is_better": None if better is None or not factor else better is (factor > 0),
            "standard_error": None if self.standard_error is None else self.standard_error * abs(factor),
        }
        return replace(self, **changes)

    def _with(self, other, operation, symbol):
        if isinstance(other, Arithmetic):
            self._check_same(other, symbol)
            return self._joined(other, operation(self.values, other.values), symbol)
        if isinstance(other, np.ndarray) and other.ndim:
            if other.shape != self.values.shape:
                raise ValueError(
                    f"cannot compute Influence {symbol} array: the shapes are {self.values.shape} and {other.shape}"
                )
            return operation(self.values, other)
        if _is_number(other):
            return replace(self, values=operation(self.values, other))
        raise TypeError(
            f"cannot compute Influence {symbol} {type(other).__name__}; give a number, an array of the same shape, or "
            "an Influence of the same estimand on the same rows"
        )

    def _check_same(self, other, symbol):
        for name in MEANING:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                raise ValueError(
                    f"cannot compute Influence {symbol} Influence: the {name} is {mine!r} of one and {theirs!r} of the "
                    "other; influences of one estimand and unit can be combined, others by their .values"
                )
        if self.values.shape != other.values.shape or self.rows is not None or other.rows is not None:
            raise ValueError(
                f"cannot compute Influence {symbol} Influence: the values have shapes {self.values.shape} and "
                f"{other.values.shape}; influences on the same rows can be combined, and not those of top_k"
            )
        if not np.array_equal(_names(self), _names(other)):
            raise ValueError(
                f"cannot compute Influence {symbol} Influence: the rows have other names, or another order; attribute "
                "both on the same training rows"
            )

    def _joined(self, other, values, symbol):
        """Of a sum the meaning stays; a difference has no better direction, and a product another unit."""
        linear = symbol in "+-"
        same = symbol == "+" and self.greater_is_better == other.greater_is_better
        changes = {
            "values": values,
            "target": f"{self.target} {symbol} {other.target}",
            "unit": self.unit if linear else f"({self.unit}) {symbol} ({other.unit})",
            "method": _once(self.method, other.method),
            "verdict": _once(self.verdict, other.verdict),
            "greater_is_better": self.greater_is_better if same else None,
            "standard_error": None,
        }
        return replace(self, **changes)


def _is_number(value):
    return isinstance(value, Real | np.number) and not isinstance(value, bool)


def _names(influence):
    return np.arange(len(influence.values)) if influence.names is None else influence.names


def _once(*texts):
    return "; ".join(dict.fromkeys(filter(None, texts)))
