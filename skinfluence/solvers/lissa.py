"""LiSSA: the inverse as a power series, with all rows or with a random batch of them at each step."""

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from .._typing import RandomState
from ..exceptions import UnsupportedQuestionError
from ..operators import Curvature
from ._base import Factor, Solver
from ._iterative import IterativeFactor, check_settings
from .conjugate_gradient import ConjugateGradientSolver

__all__ = ["LissaSolver"]

#: power iterations for the largest eigenvalue, and the margin that what they miss needs
POWER_STEPS, MARGIN = 30, 1.1
#: batches whose largest eigenvalue is looked at
TRIED_BATCHES = 8
#: growth of an iterate, over what a smallest eigenvalue of machine precision allows, that is a divergence
DIVERGENCE = 1e16


class _LissaFactor(IterativeFactor):
    def __init__(self, curvature: Any, solver: Solver) -> None:
        super().__init__(curvature, "", solver.tol)
        self.max_iter, self.batch_size, self.n_repeats = solver.max_iter, solver.batch_size, solver.n_repeats
        self.random_state = solver.random_state
        self.largest = self._largest_eigenvalue()
        rows = "" if self.batch_size is None else f" on batches of {self.batch_size} rows, {self.n_repeats} repeats"
        self.name = f"LiSSA{rows}, scale {self.largest:.2g}"

    def _largest_eigenvalue(self):
        """Of A, and of the A of some batches, with a margin."""
        generator = check_random_state(self.random_state)
        products = [self.product]
        if self.batch_size is not None:
            products += [self._batch_product(generator) for _ in range(TRIED_BATCHES)]
        start = check_random_state(0).standard_normal((self.curvature.n_parameters, 1))
        return MARGIN * max(_power_iteration(product, start) for product in products)

    def _batch_product(self, generator):
        """A V with the rows' part of H estimated from a random batch."""
        batch = self.curvature.batch(generator.randint(self.curvature.n_rows, size=self.batch_size))
        return lambda V: batch.matvec(V / self.scale) / self.scale

    def _solve_block(self, B):
        if self.batch_size is None:
            return self._series(B)
        # every block of right-hand sides sees the same batches
        generator = check_random_state(self.random_state)
        X = sum(self._random_series(B, generator) for _ in range(self.n_repeats)) / self.n_repeats
        size = np.linalg.norm(B, axis=0)
        left = np.linalg.norm(B - self.product(X), axis=0) / np.where(size > 0, size, 1)
        return X, np.full(B.shape[1], self.max_iter), left

    def _series(self, B):
        """x + (b - A x) / s until the residual is small: sum_j (I - A / s)^j b / s."""
        X, size = np.zeros_like(B), np.linalg.norm(B, axis=0)
        iterations, residuals = np.zeros(B.shape[1], dtype=int), np.where(size > 0, 1.0, 0.0)
        left = np.flatnonzero(residuals > self.tol)
        R = B[:, left]
        while len(left):
            X[:, left] += R / self.largest
            R = B[:, left] - self.product(X[:, left])
            iterations[left] += 1
            residuals[left] = np.linalg.norm(R, axis=0) / size[left]
            going = (residuals[left] > self.tol) & (iterations[left] < self.max_iter) & (residuals[left] < DIVERGENCE)
            left, R = left[going], R[:, going]
        return X, iterations, residuals

    def _random_series(self, B, generator):
        """The series with a new batch at each step; the mean of the second half of its iterates."""
        X, total, first = np.zeros_like(B), np.zeros_like(B), self.max_iter // 2
        with np.errstate(over="ignore", invalid="ignore"):
            for step in range(self.max_iter):
                X = X + (B - self._batch_product(generator)(X)) / self.largest
                if step >= first:
                    total += X
        return total / (self.max_iter - first)


def _power_iteration(product, V):
    """Largest absolute eigenvalue, from below."""
    value = 0.0
    for _ in range(POWER_STEPS):
        V = product(V)
        value = np.linalg.norm(V)
        if not value > 0:
            break
        V /= value
    return max(value, 1.0)


class LissaSolver(Solver):
    r"""LiSSA, the series :math:`H^{-1} b = \sum_j (I - H / s)^j b / s`, on all rows or on random batches of them.

    The scale s, a tuning parameter in the literature, is the largest eigenvalue of H (scaled to unit diagonal) by
    power iteration, over some batches too, with a margin of a tenth. The condition number :math:`\kappa` of the scaled
    H decides: the error falls by :math:`1 - 1/\kappa` a step, where conjugate gradients take :math:`\sqrt\kappa` steps,
    so that LiSSA on all rows is slower and useful for comparison only; on batches a step costs one batch, and the
    result has a random error. The verdict has the true residual, by one product with all rows, which shows this error.

    Parameters
    ----------
    damping : float
        Multiple of the mean eigenvalue of H added to its diagonal.
    tol : float
        Relative residual at which a right-hand side is solved; with batches it does not stop the iteration.
    max_iter : int
        Terms of the series; with batches, all of them are taken.
    batch_size : int or None
        Rows of a batch, drawn with replacement; None takes all rows.
    n_repeats : int
        Series that are averaged, with batches.
    random_state : int, RandomState or None
        Seed of the batches.

    Notes
    -----
    With batches the parameters are moved to the optimum by conjugate gradients; random errors prevent convergence.

    References
    ----------
    Agarwal, Bullins and Hazan, Second-order stochastic optimization for machine learning in linear time, 2017; Koh and
    Liang, Understanding black-box predictions via influence functions, 2017, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.operators import DenseCurvature
    >>> curvature = DenseCurvature(np.diag([4.0, 2.0]), np.zeros((2, 0)))
    >>> LissaSolver().prepare(curvature).solve(np.array([[8.0], [8.0]])).value.round(5)
    array([[2.],
           [4.]])
    """

    def __init__(
        self,
        damping: float = 0.0,
        tol: float = 1e-6,
        max_iter: int | None = 5000,
        batch_size: int | None = None,
        n_repeats: int = 4,
        random_state: RandomState = 0,
    ) -> None:
        super().__init__(damping)
        self.tol = tol
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.n_repeats = n_repeats
        self.random_state = random_state

    @property
    def newton(self) -> Solver:
        """Itself on all rows, conjugate gradients beside batches."""
        return self if self.batch_size is None else ConjugateGradientSolver(self.damping)

    def prepare(self, curvature: Any) -> Factor:
        """Find the scale.

        Parameters
        ----------
        curvature : operator
            H: n_parameters, null_directions, active, matvec, main_diagonal, damped; with batches a sum over rows.

        Returns
        -------
        Factor

        Raises
        ------
        SingularCurvatureError
            A negative entry on the diagonal.
        ValueError
            A parameter out of range.
        UnsupportedQuestionError
            Batches of a Hessian that is no sum over rows.
        """
        check_settings(self, "max_iter", "batch_size", "n_repeats")
        if self.batch_size is not None and not isinstance(curvature, Curvature):
            raise UnsupportedQuestionError(
                "LiSSA on batches needs a Hessian that is a sum over rows, and this model's is not; "
                "pass batch_size=None, or solver='cg'"
            )
        return _LissaFactor(curvature.damped(self.damping), self)
