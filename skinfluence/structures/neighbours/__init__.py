"""Predictions by the nearest training rows, which delete rows without a refit."""

from .neighbours import Neighbours
from .outliers import Outliers
from .search import Nearest, Within
from .votes import Votes

__all__ = ["Nearest", "Neighbours", "Outliers", "Votes", "Within"]
