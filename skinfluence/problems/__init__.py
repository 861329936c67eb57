"""What a fitted model looks like to us: its objective at the optimum."""

from .linear import LinearProblem
from .removals import Removals
from .row_terms import RowTerms
from .weighting import BalancedWeights

__all__ = ["BalancedWeights", "LinearProblem", "Removals", "RowTerms"]
