"""What a fitted model looks like to us: its objective at the optimum."""

from ._base import Problem
from .linear import LinearProblem
from .removals import Removals
from .row_terms import RowTerms
from .weighting import BalancedWeights

__all__ = ["BalancedWeights", "LinearProblem", "Problem", "Removals", "RowTerms"]
