"""Displays of influences, trees and trimmers.

They store data, fit nothing, and import matplotlib only when they plot.
"""

from .fidelity import FidelityDisplay
from .regions import InfluenceRegionsDisplay
from .tree import InfluenceTreeDisplay
from .trimming import TrimmingDisplay

__all__ = ["FidelityDisplay", "InfluenceRegionsDisplay", "InfluenceTreeDisplay", "TrimmingDisplay"]
