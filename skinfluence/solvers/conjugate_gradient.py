"""Conjugate gradients: H^-1 b by products with H alone."""

from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.base import clone

from .._typing import RandomState, RowIndex
from ..exceptions import UnsupportedQuestionError
from ..operators import Curvature, Design
from ._base import Factor, Solver
from ._iterative import IterativeFactor, check_settings, indefinite
from .kronecker import kronecker_preconditioner
from .probes import inverse_probes

__all__ = ["ConjugateGradientSolver"]

_EPS = np.finfo(float).eps
#: residual of Newton steps on the way to an optimum, which then contract by as much
ROUGH_TOL = 1e-4
#: the same of sizes that are only compared
ESTIMATE_TOL = 1e-2


def conjugate_gradients(
    product: Callable[[np.ndarray], np.ndarray],
    B: np.ndarray,
    tol: float,
    max_iter: int,
    precondition: Callable[[np.ndarray], np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns x with A x = b, each with its own step lengths and its own end, on one product for all.

    Parameters
    ----------
    product : callable
        A V for V of shape (P, b); A symmetric.
    B : ndarray of shape (P, B)
        Right-hand sides.
    tol : float
        Largest norm(b - A x) / norm(b).
    max_iter : int
        Iterations of each column.
    precondition : callable or None
        About A^-1 V for V of shape (P, b), symmetric and positive definite.

    Returns
    -------
    X : ndarray of shape (P, B)
    iterations : ndarray of int, shape (B,)
    residuals : ndarray of shape (B,)
        norm(b - A x) / norm(b), measured at the end and not the recurrence's own, which drifts.
    """
    X, size = np.zeros_like(B), np.linalg.norm(B, axis=0)
    iterations, residuals = np.zeros(B.shape[1], dtype=int), np.where(size > 0, 1.0, 0.0)
    left, R = np.flatnonzero(size), B[:, size > 0]
    while len(left):
        steps, taken = _sweep(product, R, tol * size[left], max_iter - iterations[left].max(), precondition)
        X[:, left] += steps
        iterations[left] += taken
        R = B[:, left] - product(X[:, left])
        measured = np.linalg.norm(R, axis=0) / size[left]
        # a column whose true residual no longer halves has reached rounding
        again = (measured > tol) & (measured < 0.5 * residuals[left]) & (iterations[left] < max_iter)
        residuals[left] = measured
        left, R = left[again], R[:, again]
    return X, iterations, residuals


def _sweep(product, R, goal, max_iter, precondition):
    """Conjugate gradients from 0 until each column's recurrent residual is below its goal."""
    precondition = precondition or (lambda r: r)
    X, taken, left = np.zeros_like(R), np.zeros(R.shape[1], dtype=int), np.arange(R.shape[1])
    x, r, p = X.copy(), R.copy(), precondition(R).copy()
    rho = _dot(r, p)
    for _ in range(max_iter):
        Ap = product(p)
        regular, length = _step_lengths(rho, _dot(p, Ap), _dot(p, p), len(p))
        x += length * p
        r -= length * Ap
        taken[left] += 1
        going = regular & (np.sqrt(_dot(r, r)) > goal[left])
        if not going.all():
            X[:, left[~going]] = x[:, ~going]
            left, x, r, p, rho = left[going], x[:, going], r[:, going], p[:, going], rho[going]
        if not len(left):
            return X, taken
        z = precondition(r)
        new = _dot(r, z)
        p = z + (new / rho) * p
        rho = new
    X[:, left] = x
    return X, taken


def _step_lengths(rho, curvature, size, P):
    """rho / p'Ap where the curvature along p is positive; refuses a negative one."""
    noise = P * _EPS * size
    if (curvature < -noise).any():
        raise indefinite(f"curvature {np.min(curvature / size):.1e} along a direction, scaled to unit diagonal")
    regular = curvature > noise
    return regular, np.divide(rho, curvature, where=regular, out=np.zeros_like(rho))


def _dot(A, B):
    return np.einsum("pb,pb->b", A, B)


class _ConjugateGradientFactor(IterativeFactor):
    def __init__(self, curvature: Any, solver: Solver) -> None:
        super().__init__(curvature, "conjugate gradients", solver.tol)
        self.max_iter, self.max_solves, self.probes = solver.max_iter, solver.max_solves, None
        if solver.n_probes is not None:
            self.name += f", leverages estimated from {solver.n_probes} probes: relative standard error "
            self.name += f"{np.sqrt(2 / solver.n_probes):.2g}"
            self.probes = inverse_probes(curvature, self, solver.n_probes, solver.random_state)

    @cached_property
    def _precondition(self):
        inverse = kronecker_preconditioner(self.curvature)
        # rounding along directions in which H is flat would grow
        return inverse and (lambda V: self.scale * self._project(inverse(self._project(self.scale * V))))

    def __getstate__(self):
        # functions cannot be pickled, and are made anew
        return {name: value for name, value in vars(self).items() if name != "_precondition"}

    def _solve_block(self, B):
        return conjugate_gradients(self.product, B, self.tol, self.max_iter, self._precondition)

    def estimate(self, rhs: np.ndarray) -> np.ndarray:
        rough = copy(self)
        rough._precondition = self._precondition
        rough.tol = max(self.tol, ESTIMATE_TOL)
        return rough.solve(rhs).value

    def afford(self, n_solves: int) -> None:
        if self.max_solves is not None and n_solves > self.max_solves:
            raise UnsupportedQuestionError(
                f"one solve for each row and output are {n_solves}, and conjugate gradients take {self.max_solves} for "
                "a question. InfluenceFunctions with evaluation='linear' needs one for a target, and InfluenceSketch "
                "none for self-influence; RescaledInfluence and Leverage estimate leverages with "
                "solver=ConjugateGradientSolver(n_probes=256). No limit: ConjugateGradientSolver(max_solves=None); "
                "solver='dual' or 'cholesky' need the square of the rows or parameters in memory"
            )

    def inner_of_rows(self, design: Design, rows: RowIndex) -> np.ndarray:
        if self.probes is None:
            return super().inner_of_rows(design, rows)
        # H^-1 is about Z Z'; sparse rows stay sparse
        seen = design.with_rows(design.X[rows]).raw(self.probes)
        return seen @ np.swapaxes(seen, 1, 2)

    def inner(self, Y: np.ndarray) -> np.ndarray:
        if self.probes is not None:
            seen = np.einsum("pbk,pr->bkr", Y, self.probes, optimize=True)
            return seen @ np.swapaxes(seen, 1, 2)
        if isinstance(self.curvature, Curvature):
            # a caller that needs a block of rows needs all of them later
            self.afford(self.curvature.n_dual)
        return super().inner(Y)


class ConjugateGradientSolver(Solver):
    r"""Conjugate gradients: no P x P array, and no copy of X.

    The preconditioner is Jacobi's, and for several outputs of at most 1 500 features that of K-FAC in its units. Each
    iteration is one product with H for all right-hand sides that have not converged: two passes over X (over its
    non-zeros if it is sparse). About :math:`\sqrt\kappa` times a dozen iterations, :math:`\kappa` the condition
    number of H scaled to unit diagonal. A right-hand side that is not solved after `max_iter` causes a warning and is
    counted in the verdict. For many parameters and few questions: methods that need a solve for each row (leverages,
    self-influence, ``evaluation="moved"``) raise an error beyond `max_solves`.

    Parameters
    ----------
    damping : float
        Multiple of the mean eigenvalue of H added to its diagonal.
    tol : float
        Relative residual norm(S^-1 (b - H x)) / norm(S^-1 b), S^2 the diagonal of H, at which a right-hand side counts
        as solved.
    max_iter : int
        Iterations of one right-hand side.
    n_probes : int or None
        Number of random vectors to estimate leverages h (one solve each, P numbers of memory each): the estimate is
        h chi^2 / n_probes with n_probes degrees of freedom for one output, so that its relative standard error is
        sqrt(2 / n_probes), and that of a rescaled influence h / (1 - h) times as much. None: exact.
    max_solves : int or None
        Largest number of right-hand sides of one question; None has no limit.
    random_state : int, RandomState or None
        Seed of the probes.

    Raises
    ------
    SingularCurvatureError
        During a solve, for a direction of negative curvature.

    References
    ----------
    Hestenes and Stiefel, Methods of conjugate gradients for solving linear systems, 1952; the probes: Spielman and
    Srivastava, Graph sparsification by effective resistances, 2011, section 4.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.operators import Curvature, Design
    >>> design = Design(np.array([[1.0], [2.0]]), n_outputs=1, intercept=False)
    >>> curvature = Curvature(design, np.ones((2, 1, 1)), np.array([3.0]), np.zeros((1, 0)))
    >>> solution = ConjugateGradientSolver().prepare(curvature).solve(np.array([[16.0, 0.0]]))
    >>> solution.value, solution.iterations
    (array([[2., 0.]]), array([1, 0]))
    """

    def __init__(
        self,
        damping: float = 0.0,
        tol: float = 1e-10,
        max_iter: int | None = 1000,
        n_probes: int | None = None,
        max_solves: int = 5000,
        random_state: RandomState = 0,
    ) -> None:
        super().__init__(damping)
        self.tol = tol
        self.max_iter = max_iter
        self.n_probes = n_probes
        self.max_solves = max_solves
        self.random_state = random_state

    @property
    def newton(self) -> Solver:
        """Itself without probes."""
        return self if self.n_probes is None else clone(self).set_params(n_probes=None)

    def single_precision(self, curvature: Any) -> Factor:
        """A factor for Newton steps: products as those of :meth:`prepare`, and fewer of them.

        Parameters
        ----------
        curvature : operator
            H.

        Returns
        -------
        Factor
            Good to four digits.
        """
        settings = {"tol": max(self.tol, ROUGH_TOL), "n_probes": None}
        factor = clone(self).set_params(**settings).prepare(curvature)
        factor.rough = True
        return factor

    def prepare(self, curvature: Any) -> Factor:
        """Take the diagonal of the curvature, and draw the probes where they are asked for.

        Parameters
        ----------
        curvature : operator
            H: n_parameters, null_directions, active, matvec, main_diagonal, damped.

        Returns
        -------
        Factor

        Raises
        ------
        SingularCurvatureError
            A negative entry on the diagonal.
        ValueError
            A parameter out of range.
        """
        check_settings(self, "max_iter", "n_probes")
        if self.max_solves is not None and not self.max_solves >= 0:
            raise ValueError(f"max_solves must be a number of at least 0, or None, got {self.max_solves!r}")
        return _ConjugateGradientFactor(curvature.damped(self.damping), self)
