"""Solving with the curvature: factor once, solve many, with a verdict."""

from ._base import Factor, Solution, Solver
from .auto import AutoSolver, resolve_solver
from .dense import CholeskySolver, EigenSolver
from .downdate import Downdate, woodbury_core
from .dual import DualSolver

__all__ = [
    "AutoSolver",
    "CholeskySolver",
    "Downdate",
    "DualSolver",
    "EigenSolver",
    "Factor",
    "Solution",
    "Solver",
    "resolve_solver",
    "woodbury_core",
]
