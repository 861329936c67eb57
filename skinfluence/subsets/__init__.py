"""The most influential set of k training rows, and the smallest set whose deletion flips a conclusion."""

from .most_influential import most_influential_subset
from .result import Flip, InfluentialSubset
from .smallest_flip import smallest_flip

__all__ = ["Flip", "InfluentialSubset", "most_influential_subset", "smallest_flip"]
