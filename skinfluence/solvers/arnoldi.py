"""Influence in the space of the largest eigenvalues of H, found by Arnoldi's iteration."""

from typing import Any

import numpy as np
from scipy.linalg import eigh
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from sklearn.utils import check_random_state

from .._typing import RandomState
from ._base import Factor, Solver
from ._iterative import IterativeFactor, check_settings
from .conjugate_gradient import ConjugateGradientSolver

__all__ = ["ArnoldiSolver"]

#: random vectors for the trace: two digits of it
TRACE_SIGNS = 16


class _ArnoldiFactor(IterativeFactor):
    """V diag(1 / l) V' in place of A^-1: the residual of a right-hand side is its part off the span of V."""

    def __init__(self, curvature: Any, solver: Solver) -> None:
        super().__init__(curvature, "Arnoldi", np.inf)
        values, vectors = self._largest_eigenpairs(solver)
        kept = values > len(vectors) * np.finfo(float).eps * values.max(initial=0)
        self.values, self.vectors = values[kept], vectors[:, kept]
        # the trace of A, as the mean of z'A z over random signs z
        signs = check_random_state(solver.random_state).choice([-1.0, 1.0], size=(len(vectors), TRACE_SIGNS))
        trace = np.sum(signs * self.product(signs)) / TRACE_SIGNS
        self.name = f"Arnoldi, {kept.sum()} largest eigenvalues"
        if kept.sum() < min(solver.rank, len(vectors)):
            self.name += f" ({solver.rank} asked for)"
        least, part = self.values.min(initial=np.inf), min(1, self.values.sum() / trace)
        self.name += f" down to {least:.1e}, about {part:.0%} of the trace,"

    def _largest_eigenpairs(self, solver):
        P = self.curvature.n_parameters
        if solver.rank >= P:
            return eigh(self.product(np.eye(P)))
        operator = LinearOperator((P, P), matvec=lambda v: self.product(v.reshape(P, 1))[:, 0], dtype=float)
        start = check_random_state(solver.random_state).standard_normal(P)
        try:
            return eigsh(operator, k=solver.rank, which="LA", v0=start, tol=solver.tol, maxiter=solver.max_iter)
        except ArpackNoConvergence as error:
            return error.eigenvalues, error.eigenvectors

    def _solve_block(self, B):
        inside = self.vectors.T @ B
        size = np.linalg.norm(B, axis=0)
        outside = np.linalg.norm(B - self.vectors @ inside, axis=0) / np.where(size > 0, size, 1)
        return self.vectors @ (inside / self.values[:, None]), np.zeros(B.shape[1], dtype=int), outside

    def _account(self, convergence):
        return f"left out: up to {convergence.residual:.2g} of the norm of {convergence.n_columns} right-hand sides"


class ArnoldiSolver(Solver):
    r"""The inverse in the space of the largest eigenvalues of H, zero elsewhere.

    For many questions at many parameters: after two or three times `rank` products with H, a question costs
    2 P `rank`. What lies outside the space is *left out*: the verdict says how much of H's trace the space holds,
    and ``Solution.residuals`` which part of each right-hand side is lost. That part matters most where H is flat, for
    there the inverse is large: with a spectrum that does not fall off, or a weak penalty, prefer conjugate gradients.
    H is scaled to unit diagonal first, so that the space does not depend on the units of features; the
    paper does not do this.

    Parameters
    ----------
    damping : float
        Multiple of the mean eigenvalue of H added to its diagonal.
    rank : int
        Eigenvalues kept; memory P times two or three of it.
    tol : float
        Relative accuracy of the eigenvalues.
    max_iter : int or None
        Restarts of ARPACK; None takes ARPACK's limit. Pairs that have not converged are left out; the verdict
        counts them.
    random_state : int, RandomState or None
        Seed of the start vector.

    Notes
    -----
    Parameters are brought to the optimum by conjugate gradients: Newton steps within the space do not reach it.

    References
    ----------
    Schioppa, Zablotskaia, Vilar and Sokolov, Scaling up influence functions, 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.operators import DenseCurvature
    >>> curvature = DenseCurvature(np.array([[2.0, 1.0], [1.0, 2.0]]), np.zeros((2, 0)))    # eigenvalue 3 along [1, 1]
    >>> factor = ArnoldiSolver(rank=1).prepare(curvature)
    >>> factor.solve(np.array([[6.0], [6.0]])).value.round(6)
    array([[2.],
           [2.]])
    >>> factor.solve(np.array([[1.0], [-1.0]])).residuals.round(6)    # all of it is left out
    array([1.])
    """

    def __init__(
        self,
        damping: float = 0.0,
        rank: int = 100,
        tol: float = 1e-8,
        max_iter: int | None = None,
        random_state: RandomState = 0,
    ) -> None:
        super().__init__(damping)
        self.rank = rank
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state

    @property
    def newton(self) -> Solver:
        """Conjugate gradients."""
        return ConjugateGradientSolver(self.damping)

    def prepare(self, curvature: Any) -> Factor:
        """Find the space.

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
        check_settings(self, "rank", "max_iter")
        return _ArnoldiFactor(curvature.damped(self.damping), self)
