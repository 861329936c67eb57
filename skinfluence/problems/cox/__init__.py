"""Cox regression: a loss that is no sum over rows."""

from .hessians import leave_one_out_hessians
from .labels import check_events, survival_labels
from .penalty import FixedRidge, StandardizedRidge
from .problem import CoxProblem
from .risk_sets import risk_sets
from .risk_sums import risk_sums
from .times import SurvivalTimes

__all__ = [
    "CoxProblem",
    "FixedRidge",
    "StandardizedRidge",
    "SurvivalTimes",
    "check_events",
    "leave_one_out_hessians",
    "risk_sets",
    "risk_sums",
    "survival_labels",
]
