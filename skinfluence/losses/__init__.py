"""Pointwise losses: value, gradient and Hessian in the raw predictions, nothing about features."""

from ._base import Loss
from .logistic import BinaryLogLoss, MultinomialLogLoss
from .poisson import HalfPoissonLoss
from .squared import HalfSquaredError, SignedSquaredError

__all__ = [
    "BinaryLogLoss",
    "HalfPoissonLoss",
    "HalfSquaredError",
    "Loss",
    "MultinomialLogLoss",
    "SignedSquaredError",
]
