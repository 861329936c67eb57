"""Solvers for systems with the Hessian: factor once, solve often."""

from ._base import Factor, Solution, Solver
from .arnoldi import ArnoldiSolver
from .auto import AutoSolver, resolve_solver
from .conjugate_gradient import ConjugateGradientSolver
from .dense import CholeskySolver, EigenSolver
from .downdate import Downdate, woodbury_core
from .dual import DualSolver
from .lissa import LissaSolver
from .probes import inverse_probes

__all__ = [
    "ArnoldiSolver",
    "AutoSolver",
    "CholeskySolver",
    "ConjugateGradientSolver",
    "Downdate",
    "DualSolver",
    "EigenSolver",
    "Factor",
    "LissaSolver",
    "Solution",
    "Solver",
    "inverse_probes",
    "resolve_solver",
    "woodbury_core",
]
