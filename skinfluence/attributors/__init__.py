"""Attributors, one method in each file."""

from .retraining import LeaveOneOut
from .static import (
    DFBETAS,
    CooksDistance,
    InfluenceFunctions,
    InfluenceSketch,
    Leverage,
    NewtonStep,
    RelativeInfluence,
    RenormalizedInfluence,
    RescaledInfluence,
    SecondOrderInfluence,
    VersatileInfluence,
)

__all__ = [
    "DFBETAS",
    "CooksDistance",
    "InfluenceFunctions",
    "InfluenceSketch",
    "LeaveOneOut",
    "Leverage",
    "NewtonStep",
    "RelativeInfluence",
    "RenormalizedInfluence",
    "RescaledInfluence",
    "SecondOrderInfluence",
    "VersatileInfluence",
]
