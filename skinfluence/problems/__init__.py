"""What a fitted model looks like to us: its objective at the optimum."""

from ._base import Problem, spread_ranks
from .block_sums import row_block
from .blocks import BlockProblem
from .capabilities import CoupledHessians, LogLinear
from .coordinates import choose_coordinates, in_coordinates
from .differences import DifferenceTerms
from .dispersion import fisher_curvature, has_dispersion, pearson_squares
from .interpolation import interpolated, interpolates
from .linear import LinearProblem
from .list_mle import ListMLEProblem
from .moves import MovedProblem, Moves
from .removals import Removals
from .row_counts import RowCounts
from .row_terms import RowTerms
from .weighting import BalancedWeights

__all__ = [
    "BalancedWeights",
    "BlockProblem",
    "CoupledHessians",
    "DifferenceTerms",
    "LinearProblem",
    "ListMLEProblem",
    "LogLinear",
    "MovedProblem",
    "Moves",
    "Problem",
    "Removals",
    "RowCounts",
    "RowTerms",
    "choose_coordinates",
    "fisher_curvature",
    "has_dispersion",
    "in_coordinates",
    "interpolated",
    "interpolates",
    "pearson_squares",
    "row_block",
    "spread_ranks",
]
