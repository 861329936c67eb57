"""The automatic choice of a solver, with its reason on record."""

from ..exceptions import SingularCurvatureError
from ._base import Solver
from .dense import CholeskySolver, EigenSolver
from .dual import DualSolver

__all__ = ["AutoSolver", "resolve_solver"]


class AutoSolver(Solver):
    """Dual with more parameters than rows times outputs, a penalty on every coefficient and no row of negative
    curvature, else Cholesky; the eigendecomposition where Cholesky finds H singular.

    Parameters
    ----------
    damping : float
        Multiple of the mean eigenvalue of H added to its diagonal.
    """

    def prepare(self, curvature):
        """Factor the curvature by the solver that fits it.

        Parameters
        ----------
        curvature : Curvature
            H.

        Returns
        -------
        Factor
        """
        if curvature.has_dual:
            return DualSolver(self.damping).prepare(curvature)
        try:
            return CholeskySolver(self.damping).prepare(curvature)
        except SingularCurvatureError:
            return EigenSolver(self.damping).prepare(curvature)


_NAMES = {"auto": AutoSolver, "cholesky": CholeskySolver, "eigen": EigenSolver, "dual": DualSolver}


def resolve_solver(solver, damping=0.0):
    """A solver by name, or a solver as it is.

    Parameters
    ----------
    solver : {"auto", "cholesky", "dual", "eigen"} or Solver
        What the user asked for.
    damping : float
        Damping of a solver given by name.

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
            raise ValueError("give damping to the solver object itself, not beside it")
        return solver
    if solver not in _NAMES:
        raise ValueError(f"solver must be one of {sorted(_NAMES)} or a Solver object, got {solver!r}")
    return _NAMES[solver](damping=damping)
