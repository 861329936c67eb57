"""Targets of the parameters themselves, and one fitted parameter: how far does a row move a coefficient?"""

from abc import abstractmethod
from operator import index
from typing import Any

import numpy as np

from ..exceptions import UnsupportedTargetError
from ._base import Target

__all__ = ["Parameter", "ThetaTarget"]


class ThetaTarget(Target):
    """A scalar f of the parameters; it has no evaluation rows.

    Attributes
    ----------
    of_presence : bool
        f also depends on which rows or objects are there, whatever the parameters.
    """

    of_presence = False

    @abstractmethod
    def value(self, state: Any) -> Any:
        """f of a state that has ``theta`` and ``problem``: (), or (G,) of G versions side by side."""

    @abstractmethod
    def gradient(self, state: Any) -> np.ndarray:
        """Derivative of f in the parameters of one state, (P,)."""

    def remainder(self) -> float:
        """Bound on what is left of f beyond its tangent: infinite, unless f is linear."""
        return float("inf")


class Parameter(ThetaTarget):
    """One parameter of the model, in its own unit; no direction is the better one.

    Parameters
    ----------
    parameter : str or int
        A name among ``problem.parameter_names``, or a position in the flat parameters; negative positions
        count from the end. A name that is no parameter stands for the only one that ends in it after "__", as the
        ``ColumnTransformer`` of a Pipeline writes names, or after ": ", as several classes are written.

    Raises
    ------
    UnsupportedTargetError
        On evaluation: no parameter of that name or position (the message lists them), or several of one name.

    Examples
    --------
    >>> import numpy as np
    >>> from types import SimpleNamespace
    >>> problem = SimpleNamespace(parameter_names=["age", "intercept"])
    >>> state = SimpleNamespace(theta=np.array([3.0, 5.0]), problem=problem)
    >>> Parameter("age").gradient(state)
    array([1., 0.])
    >>> float(Parameter(-1).value(state))
    5.0
    """

    name = "parameter"
    unit = "unit of the parameter"
    greater_is_better = None

    def __init__(self, parameter: int | str | None = None) -> None:
        self.parameter = parameter

    def remainder(self) -> float:
        """0: linear."""
        return 0.0

    def value(self, state: Any) -> Any:
        """The parameter of a state: (), or (G,) of G versions."""
        return state.theta[self._position(state.problem)]

    def gradient(self, state: Any) -> np.ndarray:
        """Unit vector of the parameter, (P,)."""
        gradient = np.zeros(len(state.theta))
        gradient[self._position(state.problem)] = 1.0
        return gradient

    def name_in(self, problem: Any) -> int | str:
        """Its full name among the parameters of a problem, by which other fits of the model have it, too."""
        names, position = list(problem.parameter_names), self._position(problem)
        return names[position] if names.count(names[position]) == 1 else position

    def _position(self, problem):
        names = list(problem.parameter_names)
        if isinstance(self.parameter, str):
            found = self._named(names)
        else:
            found = self._at(names)
        if len(found) == 1:
            return found[0]
        # of several, those are the choice
        shown = [f"{names[k]} (position {k})" for k in found] or names
        shown = shown if len(shown) <= 30 else [*shown[:30], f"... {len(shown)} in all"]
        got = f"{len(found)} parameters called" if found else "no parameter"
        raise UnsupportedTargetError(
            f"the model has {got} {self.parameter!r}; give Parameter one of the names {shown}, or a "
            f"position below {len(names)}"
        )

    def _named(self, names):
        """Positions of the parameters of that name, else of those whose name ends in it after a separator."""
        exact = [k for k, name in enumerate(names) if name == self.parameter]
        return exact or [k for k, name in enumerate(names) if _ends_in(name, self.parameter)]

    def _at(self, names):
        """The position as a list of one, empty where there is none."""
        try:
            return [range(len(names))[index(self.parameter)]]
        except (TypeError, IndexError):
            return []


def _ends_in(name, ending):
    return bool(ending) and name.endswith(("__" + ending, ": " + ending))
