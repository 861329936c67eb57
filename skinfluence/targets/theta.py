"""A function of the parameters themselves, of the user's own."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from ..exceptions import UnsupportedTargetError
from ..problems import Problem
from .parameter import ThetaTarget

__all__ = ["ThetaFunction"]


class ThetaFunction(ThetaTarget):
    """f = function(theta), or function(theta, presence), of a model's flat parameters; no evaluation rows.

    Parameters
    ----------
    function : callable
        ``function(theta) -> float`` of the parameters, (P,), in the order of the problem's ``parameter_names``.
    theta_gradient : callable or None
        ``theta_gradient(theta) -> (P,)``. None differentiates: by the library of a :class:`~skinfluence.PresenceLoss`,
        for which `function` is to be written, too; elsewhere by central differences, at 2 P calls of `function`.
    of_presence : bool
        Both callables take ``(theta, presence)``, presence being 1 for the objects that are there and 0 for those that
        are not: f itself changes when an object leaves, and its influence is the whole of that,
        f(new theta, without i) - f(theta, all).
    name : str
        What f is called in results.
    unit : str
        Unit of its value.
    greater_is_better : bool or None
        None when f has no better direction.

    Raises
    ------
    UnsupportedTargetError
        On evaluation: no callables, or something else than one finite number, or than a gradient of shape (P,).

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> ratio = ThetaFunction(lambda theta: theta[0] / theta[1], name="ratio")
    >>> state = SimpleNamespace(theta=np.array([6.0, 2.0]), problem=SimpleNamespace(sample_weight=np.ones(3)))
    >>> float(ratio.value(state))
    3.0
    >>> ratio.gradient(state).round(6)
    array([ 0.5, -1.5])
    """

    def __init__(
        self,
        function: Callable[..., Any],
        theta_gradient: Callable[..., Any] | None = None,
        *,
        of_presence: bool = False,
        name: str = "function of theta",
        unit: str = "value of the function",
        greater_is_better: bool | None = None,
    ) -> None:
        self.function = function
        self.theta_gradient = theta_gradient
        self.of_presence = of_presence
        self.name = name
        self.unit = unit
        self.greater_is_better = greater_is_better

    def value(self, state: Any) -> Any:
        """f of a state: (), or (G,) of G versions."""
        self._check()
        theta = state.theta
        if self.of_presence and theta.ndim == 2:
            values = [self._at(problem, _parameters(problem)) for problem in state.versions()]
        else:
            columns = np.ascontiguousarray(theta.reshape(len(theta), -1).T)
            values = [self._at(state.problem, column) for column in columns]
        return np.reshape(values, theta.shape[1:])[()]

    def _at(self, problem, theta):
        return self._number(self._of_both(self.function), problem, theta, self._presence(problem))

    def gradient(self, state: Any) -> np.ndarray:
        """Derivative of f at the parameters of one state, (P,)."""
        self._check()
        theta, problem = state.theta, state.problem
        presence = self._presence(problem)
        library = getattr(problem, "autodiff", None)
        if self.theta_gradient is not None:
            gradient = np.asarray(self._of_both(self.theta_gradient)(theta, presence), dtype=np.float64)
        elif library is not None:
            gradient = library.gradient(self._of_both(self.function), theta, presence)
        else:
            gradient = self._differences(theta, problem)
        if gradient.shape != theta.shape or not np.isfinite(gradient).all():
            got = f"shape {gradient.shape}" if gradient.shape != theta.shape else "numbers that are not finite"
            raise UnsupportedTargetError(
                f"the gradient of target {self.name!r} has {got}; it must be {theta.shape}, one number for each "
                "parameter"
            )
        return gradient

    def _differences(self, theta, problem):
        """(f(theta + h e_j) - f(theta - h e_j)) / (2 h), with h where rounding and truncation are alike."""
        moves = np.diag(np.cbrt(np.finfo(float).eps) * np.maximum(np.abs(theta), 1.0))
        up, down = (np.array([self._at(problem, column) for column in theta + sign * moves]) for sign in (1, -1))
        return (up - down) / (2 * np.diagonal(moves))

    def _number(self, function, problem, theta, presence):
        library = getattr(problem, "autodiff", None)
        if not np.isfinite(theta).all():
            return np.nan
        result = function(theta, presence) if library is None else library.value(function, theta, presence)
        try:
            number = float(result)
        except (TypeError, ValueError):
            number = np.nan
        if not np.isfinite(number):
            raise UnsupportedTargetError(
                f"the target {self.name!r} is {result!r} at some parameters; it must be one finite number: choose a "
                "function that is defined around the fitted parameters"
            )
        return number

    def _of_both(self, function):
        """The function with two arguments; the same object each time, for libraries that compile."""
        return function if self.of_presence else _of_theta_alone(function)

    def _presence(self, problem):
        """1 for the rows or objects that are there; of nobody where f does not ask."""
        return (np.asarray(problem.sample_weight) > 0).astype(np.float64) if self.of_presence else np.zeros(0)

    def _check(self):
        if not callable(self.function) or not (self.theta_gradient is None or callable(self.theta_gradient)):
            raise UnsupportedTargetError(
                f"ThetaFunction needs callables, got function={self.function!r} and "
                f"theta_gradient={self.theta_gradient!r}; pass function(theta) -> float, and theta_gradient(theta) -> "
                "(P,) or None; with of_presence=True both take (theta, presence)"
            )


def _parameters(problem):
    """As the estimator has them."""
    return problem.as_fitted(problem.theta) if isinstance(problem, Problem) else problem.theta


@lru_cache(maxsize=32)
def _of_theta_alone(function):
    return lambda theta, presence: function(theta)
