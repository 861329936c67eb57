"""Sets of training rows that matter: the most influential one of k rows, and the smallest one that flips an answer."""

from .most_influential import most_influential_subset
from .result import Flip, InfluentialSubset
from .smallest_flip import smallest_flip

__all__ = ["Flip", "InfluentialSubset", "most_influential_subset", "smallest_flip"]
