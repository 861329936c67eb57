"""Factor once, solve often; every solution has a verdict about its accuracy.

A solver stores its arguments and nothing else. ``prepare(curvature)`` returns a factor; ``factor.solve(rhs)`` returns a
:class:`Solution`; ``factor.inner(Y)`` returns the small matrices Y_i' H^-1 Y_i that leverage is made of.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import wraps
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from .._memory import BLOCK_SIZE
from .._typing import RowIndex
from ..exceptions import SingularCurvatureError
from ..operators import Design

__all__ = ["Factor", "Solution", "Solver", "singular"]


class Solution(NamedTuple):
    """A solution and the verdict of the solver.

    Attributes
    ----------
    value : ndarray of shape (P, B)
        H^-1 rhs.
    verdict : str
        Solver, conditioning and convergence.
    iterations, residuals : ndarray of shape (B,), or None
        Iterations and relative residual of each right-hand side; None from direct solvers.
    """

    value: np.ndarray
    verdict: str
    iterations: np.ndarray | None = None
    residuals: np.ndarray | None = None


class Factor(ABC):
    """A factored curvature.

    Attributes
    ----------
    verdict : str
        Solver, conditioning and convergence.
    direct : bool
        A right-hand side costs no more than a product with a P x P matrix; False where it costs iterations.
    rough : bool
        Accurate enough for Newton steps, but not for results.
    triangle : ndarray of shape (P, P) or None
        R, upper triangular, with H = R'R, of the factors that have it.
    """

    verdict: str
    #: many right-hand sides are cheap once H is factored
    direct = True
    rough = False
    triangle: np.ndarray | None = None

    @abstractmethod
    def solve(self, rhs: np.ndarray) -> Solution:
        """H^-1 rhs for rhs of shape (P, B), within the range of H."""

    def estimate(self, rhs: np.ndarray) -> np.ndarray:
        """H^-1 rhs to two digits, (P, B), where that is cheaper."""
        return self.solve(rhs).value

    def afford(self, n_solves: int) -> None:  # noqa: B027 - direct factors afford everything
        """Raise an error for a question that needs too many right-hand sides."""

    def inner(self, Y: np.ndarray) -> np.ndarray:
        """Y_i' H^-1 Y_i of shape (b, K, K) for Y of shape (P, b, K); it may overwrite Y."""
        P, b, K = Y.shape
        solved = self.solve(Y.reshape(P, b * K)).value.reshape(P, b, K)
        return np.einsum("pbk,pbl->bkl", Y, solved)

    def inner_of_rows(self, design: Design, rows: RowIndex) -> np.ndarray:
        """S_i = E_i H^-1 E_i' of shape (b, K, K) for some rows of a design."""
        return self.inner(design.basis(rows))

    def inner_of_all_rows(self, design: Design) -> Iterator[tuple[slice, np.ndarray]]:
        """Rows of a design, block by block, and their S_i of shape (b, K, K)."""
        size = max(1, BLOCK_SIZE // (design.n_parameters * design.n_outputs))
        for start in range(0, design.n_rows, size):
            rows = slice(start, start + size)
            yield rows, self.inner_of_rows(design, rows)


class Solver(BaseEstimator, ABC):
    """Prepares factors of curvatures.

    Parameters
    ----------
    damping : float
        Multiple of the mean eigenvalue of H that is added to its diagonal.
    """

    def __init__(self, damping: float = 0.0) -> None:
        self.damping = damping

    def __init_subclass__(cls, **settings):
        super().__init_subclass__(**settings)
        # for all subclasses: some parameters may be held fixed
        for name in {"prepare", "single_precision"} & cls.__dict__.keys():
            setattr(cls, name, _on_active(cls.__dict__[name]))

    @property
    def newton(self) -> "Solver":
        """The solver for Newton steps to the optimum: another one if this one is not accurate enough."""
        return self

    def expected(self, curvature: Any, n_solves: int = 0) -> str:
        """What an optimum, a question and so many more solves will take, as text; empty where that is not known."""
        return ""

    @abstractmethod
    def prepare(self, curvature: Any) -> Factor:
        """Factor a curvature; a member is given the block of the active parameters, and nothing else."""

    def single_precision(self, curvature: Any) -> Factor:
        """A factor for Newton steps on the way to an optimum, rough where that is cheaper."""
        return self.prepare(curvature)


class _ActiveFactor(Factor):
    """The inverse on the active parameters, zero in all others."""

    def __init__(self, factor: Factor, active: np.ndarray, n_parameters: int) -> None:
        self.factor, self.active, self.n_parameters = factor, active, n_parameters
        self.direct, self.rough = factor.direct, factor.rough

    @property
    def verdict(self) -> str:
        """The verdict of the active block."""
        return self._told(self.factor.verdict)

    def _told(self, verdict):
        return f"{verdict}, the active ones of {self.n_parameters} ; the active set and its signs are held fixed"

    def estimate(self, rhs: np.ndarray) -> np.ndarray:
        value = np.zeros((self.n_parameters, rhs.shape[1]))
        value[self.active] = self.factor.estimate(rhs[self.active])
        return value

    def solve(self, rhs: np.ndarray) -> Solution:
        value = np.zeros((self.n_parameters, rhs.shape[1]))
        solution = self.factor.solve(rhs[self.active])
        value[self.active] = solution.value
        return solution._replace(value=value, verdict=self._told(solution.verdict))

    def afford(self, n_solves: int) -> None:
        self.factor.afford(n_solves)

    def inner(self, Y: np.ndarray) -> np.ndarray:
        return self.factor.inner(Y[self.active])


def _on_active(prepare):
    """`prepare` and `single_precision` where only some parameters may move."""

    @wraps(prepare)
    def prepare_active(self, curvature):
        if curvature.active is None:
            return prepare(self, curvature)
        factor = prepare(self, curvature.on_active())
        return _ActiveFactor(factor, curvature.active, curvature.n_parameters)

    return prepare_active


def singular(reason: str) -> SingularCurvatureError:
    """The error for a Hessian without inverse, with usual causes and what to do."""
    return SingularCurvatureError(
        f"the Hessian of the objective is singular: {reason}. Usual causes: collinear or constant features without a "
        "penalty, fewer rows than features, perfectly separated classes at C=inf. Give the model a penalty (Ridge, a "
        "finite C, alpha > 0), drop the redundant features, or pass solver='eigen' (pseudo-inverse) or damping > 0"
    )
