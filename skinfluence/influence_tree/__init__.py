"""InfluenceTree: where in feature space do the helpful and the harmful training rows live?"""

from ._rules import Region, RuleWriter
from ._shrinkage import LEAF
from ._tree import InfluenceTree

__all__ = ["LEAF", "InfluenceTree", "Region", "RuleWriter"]
