"""Base of the solvers that use products with H only.

They work on A = S^-1 H S^-1 with S = diag(H)^(1/2) (Jacobi's preconditioner, seen as a change of units), so that
features in other units change neither the answer nor the number of iterations; on blocks of right-hand sides, so that
memory does not grow with their number; and they keep count of what converged.
"""

from abc import abstractmethod
from dataclasses import dataclass
from inspect import signature
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._memory import BLOCK_SIZE
from .._warnings import warn
from ..exceptions import SingularCurvatureError
from ._base import Factor, Solution, Solver

__all__ = ["Convergence", "IterativeFactor", "check_settings", "indefinite"]


@dataclass(frozen=True)
class Convergence:
    """Convergence of the right-hand sides of one or several solves.

    Parameters
    ----------
    n_columns, n_failed : int
        Right-hand sides, and those of them that did not converge.
    iterations : int
        The most that one of them took.
    residual : float
        The largest norm(b - A x) / norm(b).

    Examples
    --------
    >>> print(Convergence.of(np.array([4, 9]), np.array([1e-12, 1e-3]), tol=1e-6))
    2 right-hand sides in at most 9 iterations, largest relative residual 1.0e-03, 1 of them NOT CONVERGED
    """

    n_columns: int = 0
    n_failed: int = 0
    iterations: int = 0
    residual: float = 0.0

    @classmethod
    def of(cls, iterations: np.ndarray, residuals: np.ndarray, tol: float) -> "Convergence":
        """From iterations and residuals of each right-hand side."""
        failed = int(np.sum(~(residuals <= tol)))
        return cls(len(residuals), failed, int(iterations.max(initial=0)), float(residuals.max(initial=0)))

    def joined(self, other: Self) -> "Convergence":
        """Of the solves of both."""
        return Convergence(
            self.n_columns + other.n_columns,
            self.n_failed + other.n_failed,
            max(self.iterations, other.iterations),
            # keeps nan
            float(np.maximum(self.residual, other.residual)),
        )

    def __str__(self):
        text = f"{self.n_columns} right-hand sides in at most {self.iterations} iterations"
        text += f", largest relative residual {self.residual:.1e}"
        return f"{text}, {self.n_failed} of them NOT CONVERGED" if self.n_failed else text


class IterativeFactor(Factor):
    """H^-1 by products with H; members solve one block of right-hand sides in the units of A.

    Parameters
    ----------
    curvature : operator
        H, damped already.
    name : str
        The solver, for the verdict.
    tol : float
        Relative residual up to which a right-hand side counts as solved.
    """

    direct = False

    def __init__(self, curvature: Any, name: str, tol: float) -> None:
        self.curvature, self.name, self.tol = curvature, name, tol
        self.scale = _units(curvature)[:, None]
        self.solved = Convergence()

    @property
    def verdict(self) -> str:
        """The solver, and the convergence of all right-hand sides so far."""
        return self._told(self.solved)

    def _told(self, convergence):
        return f"{self.name} for {self.curvature.n_parameters} parameters, {self._account(convergence)}"

    def _account(self, convergence):
        """Convergence as text."""
        return str(convergence)

    @abstractmethod
    def _solve_block(self, B):
        """A^-1 B, iterations and relative residuals of its columns."""

    def product(self, V: np.ndarray) -> np.ndarray:
        """A V for V of shape (P, B)."""
        product = self.curvature.matvec(V / self.scale)
        product /= self.scale
        return product

    def solve(self, rhs: np.ndarray) -> Solution:
        solution, convergence = self.attempt(rhs)
        if convergence.n_failed:
            self._warn(convergence)
        return solution

    def attempt(self, rhs: np.ndarray) -> tuple[Solution, Convergence]:
        """A solution and its convergence, without a warning."""
        P, B = rhs.shape
        value, iterations, residuals = np.full((P, B), np.nan), np.zeros(B, dtype=int), np.full(B, np.nan)
        # the right-hand side of a row without an answer, such as the last of its class, is nan
        finite, width = np.flatnonzero(np.isfinite(rhs).all(axis=0)), max(1, BLOCK_SIZE // P)
        for block in (finite[start : start + width] for start in range(0, len(finite), width)):
            scaled = self._project(rhs[:, block]) / self.scale
            solved, iterations[block], residuals[block] = self._solve_block(scaled)
            value[:, block] = self._project(solved / self.scale)
        convergence = Convergence.of(iterations[finite], residuals[finite], self.tol)
        self.solved = self.solved.joined(convergence)
        return Solution(value, self._told(convergence), iterations, residuals), convergence

    def _project(self, V):
        null = self.curvature.null_directions
        return V - null @ (null.T @ V) if null.shape[1] else V

    def _warn(self, convergence):
        warn(
            f"{self.name}: {convergence} (tol={self.tol:g}). Raise max_iter or tol, or give the model a penalty; "
            "solver='cholesky' (or 'dual') is exact where its memory suffices",
            ConvergenceWarning,
        )


def check_settings(solver: Solver, *counts: str) -> None:
    """Raise an error for a tolerance outside (0, 1), and for counts below 1 or, unless None is the default, None.

    Raises
    ------
    ValueError
        Naming the parameter.
    """
    if not 0 < solver.tol < 1:
        raise ValueError(f"tol of {type(solver).__name__} must lie between 0 and 1, got {solver.tol!r}")
    defaults = {name: parameter.default for name, parameter in signature(type(solver)).parameters.items()}
    for name in counts:
        value = getattr(solver, name)
        if value is None and defaults[name] is None:
            continue
        if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
            or_none = " or None" if defaults[name] is None else ""
            raise ValueError(
                f"{name} of {type(solver).__name__} must be an integer of at least 1{or_none}, got {value!r}"
            )


def _units(curvature):
    """sqrt(diag H); 1 for a parameter that no row moves any more. Equal row norms where no diagonal is stated."""
    if not hasattr(curvature, "main_diagonal"):
        return _equal_rows(curvature)
    diagonal = curvature.main_diagonal()
    least, size = diagonal.min(initial=0.0), np.abs(diagonal).max(initial=0.0)
    if least < -1e-12 * size:
        raise indefinite(f"an entry {least:.1e} on its diagonal")
    return np.sqrt(np.where(diagonal > 1e-40 * size, diagonal, 1.0))


def _equal_rows(curvature, rounds=10, n_signs=8):
    """Units in which all rows of H are about as long, by products with random signs z: mean (H z)_j^2 = |H_j|^2."""
    generator, scale = np.random.default_rng(0), np.ones((curvature.n_parameters, 1))
    for _ in range(rounds):
        signs = generator.choice([-1.0, 1.0], size=(len(scale), n_signs))
        sizes = np.sqrt(np.mean((curvature.matvec(signs / scale) / scale) ** 2, axis=1, keepdims=True))
        scale *= np.sqrt(np.where(sizes > 0, sizes, 1))
    return scale[:, 0]


def indefinite(reason: str) -> SingularCurvatureError:
    """The error for a Hessian of negative curvature, at parameters that are therefore no minimum."""
    return SingularCurvatureError(
        f"the Hessian of the objective is indefinite: {reason}. The parameters are no minimum, and influence is not "
        "defined there: fit to convergence, make the penalty stronger, or pass damping > 0, at least as large as the "
        "negative curvature in multiples of the mean eigenvalue"
    )
