"""The automatic choice of a solver."""

from functools import partial
from typing import Any

from .. import _memory
from ..exceptions import SingularCurvatureError
from ..operators import Curvature, Design
from ._base import Factor, Solver
from .arnoldi import ArnoldiSolver
from .conjugate_gradient import ConjugateGradientSolver
from .cost import EXPECTED_PRODUCTS, direct_cost, leverage_cost, product_cost, seconds
from .deferred import FACTORS, DeferredFactor
from .dense import CholeskySolver, EigenSolver
from .dual import DualSolver
from .lissa import LissaSolver

__all__ = ["AutoSolver", "resolve_solver"]


class AutoSolver(Solver):
    """The solver that suits a Hessian: dual, Cholesky, eigendecomposition or conjugate gradients.

    Dual with more parameters than rows times outputs, a penalty on every coefficient and no row of negative curvature,
    else Cholesky; the eigendecomposition where these find H singular. Conjugate gradients where the matrix of
    either would take more than 1 GiB (an order above 11 585).

    With `few_solves`, conjugate gradients also where they are expected to take less time than a factorisation and
    every coefficient has a penalty; the matrix is factored after all where a right-hand side does not converge, or
    once the solves that were asked for would take as long. ``python -m benchmarks solvers`` measures the solvers.

    Parameters
    ----------
    damping : float
        Multiple of the mean eigenvalue of H added to its diagonal.
    few_solves : bool
        Expect a few right-hand sides, as a question has for :class:`~skinfluence.InfluenceFunctions`, and not one for
        each row.

    Examples
    --------
    >>> import numpy as np
    >>> from skinfluence.operators import DenseCurvature
    >>> AutoSolver().prepare(DenseCurvature(np.eye(2), np.zeros((2, 0)))).verdict
    'cholesky of 2 parameters, condition number 1.0e+00'
    """

    def __init__(self, damping: float = 0.0, few_solves: bool = False) -> None:
        super().__init__(damping)
        self.few_solves = few_solves

    def prepare(self, curvature: Any) -> Factor:
        """Factor the curvature by the solver that fits it.

        Parameters
        ----------
        curvature : Curvature
            H.

        Returns
        -------
        Factor
        """
        return self._factor(curvature, rough=False)

    def single_precision(self, curvature: Any) -> Factor:
        """A factor for Newton steps, by the same choice.

        Parameters
        ----------
        curvature : Curvature
            H.

        Returns
        -------
        Factor
        """
        return self._factor(curvature, rough=True)

    def expected(self, curvature: Any, n_solves: int = 0) -> str:
        """What an optimum, a question and so many more solves will take, as text; empty where that is not known.

        Parameters
        ----------
        curvature : Curvature
            H.
        n_solves : int
            Such as one for each row and output, for leverages.

        Returns
        -------
        str
        """
        if not isinstance(curvature, Curvature) or not isinstance(curvature.design, Design):
            return ""
        order = _order(curvature)
        if order > _memory.DENSE_ORDER or (self.few_solves and DeferredFactor.pays(curvature)):
            time = seconds(EXPECTED_PRODUCTS * product_cost(curvature))
            return f"conjugate gradients, about {time:.1f} s, and no {order} x {order} array"
        leverages = leverage_cost(curvature, n_solves // curvature.design.n_outputs)
        time = seconds(FACTORS * direct_cost(curvature) + leverages)
        return f"a factorisation, about {time:.1f} s, and {2 * 8 * order**2 / 2**20:.0f} MiB for two arrays"

    def _factor(self, curvature, rough):
        if _order(curvature) > _memory.DENSE_ORDER:
            iterative = ConjugateGradientSolver(self.damping)
            return iterative.single_precision(curvature) if rough else iterative.prepare(curvature)
        if self.few_solves and DeferredFactor.pays(curvature):
            return DeferredFactor(curvature, partial(self._direct, curvature, rough), self.damping, rough)
        return self._direct(curvature, rough)

    def _direct(self, curvature, rough):
        if curvature.has_dual:
            try:
                return DualSolver(self.damping).prepare(curvature)
            except SingularCurvatureError:
                if curvature.n_parameters > _memory.DENSE_ORDER:
                    raise
        cholesky = CholeskySolver(self.damping)
        try:
            return cholesky.single_precision(curvature) if rough else cholesky.prepare(curvature)
        except SingularCurvatureError:
            return EigenSolver(self.damping).prepare(curvature)


def _order(curvature):
    return curvature.n_dual if curvature.has_dual else curvature.n_parameters


_NAMES = {
    "auto": AutoSolver,
    "cholesky": CholeskySolver,
    "dual": DualSolver,
    "eigen": EigenSolver,
    "cg": ConjugateGradientSolver,
    "lissa": LissaSolver,
    "arnoldi": ArnoldiSolver,
}


def resolve_solver(solver: str | Solver, damping: float = 0.0, few_solves: bool = False) -> Solver:
    """A solver by name, or a solver as it is.

    Parameters
    ----------
    solver : {"auto", "cholesky", "dual", "eigen", "cg", "lissa", "arnoldi"} or Solver
        Name or object.
    damping : float
        Damping of a solver given by name.
    few_solves : bool
        What "auto" expects.

    Returns
    -------
    Solver

    Raises
    ------
    ValueError
        For an unknown name, a negative damping, or a damping beside a solver that has its own.
    """
    if not isinstance(damping, (int, float)) or not damping >= 0:
        raise ValueError(f"damping must be a number >= 0 (a multiple of the mean eigenvalue), got {damping!r}")
    if isinstance(solver, Solver):
        if damping:
            raise ValueError("pass damping to the solver object, not next to it")
        return solver
    if solver not in _NAMES:
        raise ValueError(f"solver must be one of {sorted(_NAMES)} or a Solver object, got {solver!r}")
    return AutoSolver(damping, few_solves) if solver == "auto" else _NAMES[solver](damping=damping)
