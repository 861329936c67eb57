"""Pointwise losses: value, gradient and Hessian in the raw predictions, nothing about features."""

from ._base import Loss
from .list_mle import ListMLELoss
from .logistic import BinaryLogLoss, MultinomialLogLoss
from .margin import ModifiedHuberLoss, SquaredHingeLoss
from .nonsmooth import EpsilonInsensitiveLoss, HingeLoss, MulticlassHingeLoss
from .one_versus_rest import OneVersusRestLoss
from .poisson import HalfPoissonLoss
from .reporting import Reporting
from .residual import HuberLoss, HuberScaleLoss, SquaredEpsilonInsensitiveLoss
from .squared import HalfSquaredError, SignedSquaredError
from .tweedie import HalfTweedieIdentityLoss, HalfTweedieLoss

__all__ = [
    "BinaryLogLoss",
    "EpsilonInsensitiveLoss",
    "HalfPoissonLoss",
    "HalfSquaredError",
    "HalfTweedieIdentityLoss",
    "HalfTweedieLoss",
    "HingeLoss",
    "HuberLoss",
    "HuberScaleLoss",
    "ListMLELoss",
    "Loss",
    "ModifiedHuberLoss",
    "MulticlassHingeLoss",
    "MultinomialLogLoss",
    "OneVersusRestLoss",
    "Reporting",
    "SignedSquaredError",
    "SquaredEpsilonInsensitiveLoss",
    "SquaredHingeLoss",
]
