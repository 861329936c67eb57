"""What a fitted model looks like to us: its objective at the optimum."""

from ._base import Problem
from .differences import DifferenceTerms
from .linear import LinearProblem
from .list_mle import ListMLEProblem
from .removals import Removals
from .row_terms import RowTerms
from .weighting import BalancedWeights

__all__ = ["BalancedWeights", "DifferenceTerms", "LinearProblem", "ListMLEProblem", "Problem", "Removals", "RowTerms"]
