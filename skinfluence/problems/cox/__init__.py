"""Cox regression: a loss that is no sum over rows."""

from .hessians import leave_one_out_hessians
from .penalty import FixedRidge, StandardizedRidge
from .problem import CoxProblem, SurvivalTimes

__all__ = ["CoxProblem", "FixedRidge", "StandardizedRidge", "SurvivalTimes", "leave_one_out_hessians"]
