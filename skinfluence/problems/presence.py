"""Any loss: a function of the parameters and of which objects are there.

    F(theta, b),   b in {0, 1}^n,      R_i = grad F(theta, b) - grad F(theta, b without i)

F is differentiated automatically in theta, and never in b: it need not mean anything between 0 and 1.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from .._typing import Matrix, RowIndex
from ..autodiff import Autodiff
from ..exceptions import UnsupportedQuestionError
from ..operators import DenseCurvature, ProductCurvature
from .differences import N_SAMPLED, DifferenceProblem
from .removals import Removals

__all__ = ["PresenceProblem"]


@dataclass(frozen=True, eq=False)
class PresenceProblem(DifferenceProblem):
    """A user's loss at its fitted parameters.

    Parameters
    ----------
    function : callable
        ``function(theta, presence) -> scalar``.
    theta : ndarray of shape (P,)
        Parameters.
    presence : ndarray of shape (n,)
        1 for the objects that are there, 0 for deleted ones.
    autodiff : Autodiff
        Differentiates the function.
    hessian : callable, "products" or None
        ``hessian(theta, presence) -> (P, P)``; "products" never forms the matrix; None differentiates twice.
    null_directions : callable, ndarray of shape (P, r) or None
        ``null_directions(theta, presence) -> (P, r)``, or one basis for all, of directions in which F is flat.
    names : list of str
        Names of the parameters.
    scale : ndarray of shape (P,) or None
        :meth:`gradient_scale`, where it is known from nearby.
    """

    function: Callable
    theta: np.ndarray
    presence: np.ndarray
    autodiff: Autodiff
    hessian: Any = None
    null_directions: Any = None
    names: list | None = None
    scale: np.ndarray | None = None
    loss = None
    y = None

    @property
    def n_rows(self) -> int:
        """Number of objects, deleted ones included."""
        return len(self.presence)

    @property
    def sample_weight(self) -> np.ndarray:
        """Presence of the objects, (n,)."""
        return self.presence

    @property
    def parameter_names(self) -> Any:
        """As given, else theta[0], theta[1], ..."""
        return [f"theta[{j}]" for j in range(len(self.theta))] if self.names is None else list(self.names)

    def at(self, theta: np.ndarray) -> Self:
        """The same objective at other parameters."""
        return replace(self, theta=theta, scale=self.gradient_scale())

    def without(self, rows: RowIndex) -> Self:
        """The objective with some objects deleted."""
        presence = self.presence.copy()
        presence[rows] = 0
        return replace(self, presence=presence, scale=self.gradient_scale())

    # ------------------------------------------------------------------ raw predictions: there are none

    def raw(self, X: Matrix, theta: np.ndarray | None = None) -> np.ndarray:
        """Refused: a loss of presences says nothing about rows."""
        raise UnsupportedQuestionError(
            "a PresenceLoss knows its loss and no predictions, so a target of evaluation rows has no meaning for it; "
            "ask for a function of the parameters, targets.ThetaFunction(function), or for targets.Parameter"
        )

    def raw_vjp(self, X: Matrix, cotangents: np.ndarray) -> np.ndarray:
        """Refused."""
        return self.raw(X)

    def raw_basis(self, X: Matrix) -> np.ndarray:
        """Refused."""
        return self.raw(X)

    # ------------------------------------------------------------------ the objective and its derivatives

    def value(self) -> Any:
        """F at theta."""
        return float(self.autodiff.value(self.function, self.theta, self.presence))

    def gradient(self, theta: np.ndarray | None = None, removals: Removals | None = None) -> np.ndarray:
        """Gradient of F: (P,) at theta, or (P, B) at candidates (P, B) each under its own removal."""
        if theta is None:
            return self._gradient_here
        columns = theta.reshape(len(theta), -1)
        presences = np.repeat(self.presence[None], columns.shape[1], axis=0)
        if removals is not None:
            presences[removals.columns, removals.rows] = 0
        return self.autodiff.gradients(self.function, columns, presences).reshape(theta.shape)

    @cached_property
    def _gradient_here(self):
        return self.autodiff.gradient(self.function, self.theta, self.presence)

    def gradient_scale(self) -> np.ndarray:
        """Size that rounding of the gradient is relative to, (P,): about the total that single objects contribute."""
        if self.scale is not None:
            return self.scale
        return self._scale_here

    @cached_property
    def _scale_here(self):
        columns, n_present = self.sampled_terms(N_SAMPLED)
        sizes = n_present * np.abs(columns).mean(axis=1)
        # a parameter that no object moves is as exact as the others
        return np.where(sizes > 0, sizes, sizes.max(initial=0))

    def curvature(self) -> Any:
        """The Hessian of F at theta, as an operator."""
        function, theta, presence = self.function, self.theta, self.presence
        null = self._null_basis()
        if self.hessian == "products":
            return ProductCurvature(
                lambda V: self.autodiff.products(function, theta, presence, V), self.n_parameters, null
            )
        if self.hessian is None:
            H = self.autodiff.hessian(function, theta, presence)
        else:
            H = np.asarray(self.hessian(theta, presence), dtype=np.float64)
        return DenseCurvature((H + H.T) / 2, null)

    def _null_basis(self):
        """The declared flat directions, orthonormal: (P, r)."""
        null = self.null_directions
        if null is None:
            return np.zeros((self.n_parameters, 0))
        given = null(self.theta, self.presence) if callable(null) else null
        return np.linalg.qr(np.reshape(np.asarray(given, dtype=np.float64), (self.n_parameters, -1)))[0]
