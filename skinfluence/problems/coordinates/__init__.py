"""Coordinates in which the objective of a linear predictor is well conditioned, and its parameters identified."""

from ._base import Basis, Coordinates
from .choice import choose_coordinates, in_coordinates
from .of_mixed_rows import MixedRowBasis
from .of_rows import RowBasis
from .restated import LinearPredictions, Restated

__all__ = [
    "Basis",
    "Coordinates",
    "LinearPredictions",
    "MixedRowBasis",
    "RowBasis",
    "Restated",
    "choose_coordinates",
    "in_coordinates",
]
