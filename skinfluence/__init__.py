"""skinfluence: which training rows made my model do this, and what happens if I delete them?"""

from .attributors import (
    DFBETAS,
    CooksDistance,
    InfluenceFunctions,
    LeaveOneOut,
    Leverage,
    NewtonStep,
    RelativeInfluence,
    RenormalizedInfluence,
    RescaledInfluence,
)
from .influence import Influence

__version__ = "0.1.0"

__all__ = [
    "CooksDistance",
    "DFBETAS",
    "Influence",
    "InfluenceFunctions",
    "LeaveOneOut",
    "Leverage",
    "NewtonStep",
    "RelativeInfluence",
    "RenormalizedInfluence",
    "RescaledInfluence",
]
