"""InfluenceTree: regions of feature space with helpful and harmful training rows."""

from ._cuts import Category, Date
from ._rules import Region, RuleWriter
from ._shrinkage import LEAF
from ._tree import InfluenceTree

__all__ = ["LEAF", "Category", "Date", "InfluenceTree", "Region", "RuleWriter"]
