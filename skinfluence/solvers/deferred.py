"""A factorisation that is put off: conjugate gradients for as long as they take less time."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np

from ..exceptions import SingularCurvatureError
from ..operators import Design
from ._base import Factor, Solution
from ._iterative import IterativeFactor
from .conjugate_gradient import ConjugateGradientSolver
from .cost import EXPECTED_PRODUCTS, direct_cost, has_cost, product_cost

__all__ = ["DeferredFactor"]

#: factorisations on the way to an optimum, that in single precision by half
FACTORS = 1.5
#: factorisations that Newton steps may spend in products, as these need no P x P array
PATIENCE = 2
#: products with H of a right-hand side as long as there has been none
FIRST_PRODUCTS = 64


class DeferredFactor(Factor):
    """Conjugate gradients, and a factorisation from when the products asked for would take longer.

    At worst the work of both: products are spent up to the cost of the factorisation, of steps to the optimum up to
    twice that, and no further.

    Parameters
    ----------
    curvature : Curvature
        H.
    factorise : callable
        Its factor, by a direct solver.
    damping : float
        As for solvers.
    rough : bool
        For Newton steps.
    """

    def __init__(self, curvature: Any, factorise: Callable[[], Factor], damping: float, rough: bool) -> None:
        solver = ConjugateGradientSolver(damping, max_solves=None)
        self.rough, self._factorise = rough, factorise
        prepare = solver.single_precision if rough else solver.prepare
        self._iterative = cast(IterativeFactor, prepare(curvature))
        self._direct: Factor | None = None
        # products left to spend
        self._left = (PATIENCE if rough else 1) * direct_cost(curvature) / product_cost(curvature)
        self._iterations, self._columns = 0, 0

    @staticmethod
    def pays(curvature: Any) -> bool:
        """Whether an optimum and a question are expected to take less time without a factorisation."""
        if not has_cost(curvature):
            return False
        return EXPECTED_PRODUCTS * product_cost(curvature) < FACTORS * direct_cost(curvature)

    @property
    def factor(self) -> Factor:
        """The one in use."""
        return self._direct or self._iterative

    @property
    def verdict(self) -> str:
        """Of the factor in use."""
        return self.factor.verdict

    @property
    def direct(self) -> bool:
        """Whether H is factored by now."""
        return self._direct is not None

    @property
    def triangle(self) -> np.ndarray | None:
        """R with H = R'R once there is one."""
        return self.factor.triangle

    def afford(self, n_solves: int) -> None:
        """Factor H where so many right-hand sides would take longer by products."""
        each = self._iterations / self._columns if self._columns else FIRST_PRODUCTS
        if self._direct is None and n_solves * each > self._left:
            self._turn()

    def _turn(self):
        self._direct = self._factorise()

    def solve(self, rhs: np.ndarray) -> Solution:
        self.afford(rhs.shape[1])
        solution = self._by_products(rhs) if self._direct is None else None
        if solution is None:
            solution = self.factor.solve(rhs)
        return solution

    def _by_products(self, rhs):
        """The solution by conjugate gradients; None, and a factorisation, where they do not arrive."""
        try:
            solution, convergence = self._iterative.attempt(rhs)
        except SingularCurvatureError:
            self._turn()
            return None
        taken = solution.iterations.sum()
        self._columns, self._iterations = self._columns + rhs.shape[1], self._iterations + taken
        self._left -= taken
        if convergence.n_failed:
            self._turn()
            return None
        return solution

    def estimate(self, rhs: np.ndarray) -> np.ndarray:
        # two digits of a few columns, all in one product, are no reason to factor H
        return self.factor.estimate(rhs)

    def inner(self, Y: np.ndarray) -> np.ndarray:
        self.afford(Y.shape[1] * Y.shape[2])
        return self.factor.inner(Y)

    def inner_of_all_rows(self, design: Design) -> Iterator[tuple[slice, np.ndarray]]:
        self.afford(design.n_rows * design.n_outputs)
        return self.factor.inner_of_all_rows(design)
