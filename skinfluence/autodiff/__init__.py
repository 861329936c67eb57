"""Derivatives of functions that users write: autograd, JAX and PyTorch with one interface."""

from ._base import Autodiff
from .choice import resolve_autodiff

__all__ = ["Autodiff", "resolve_autodiff"]
