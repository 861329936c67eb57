"""skinfluence: which training rows made my model do this, and what happens if I delete them?"""

from .adapters import RowBlocks, supports
from .attributors import (
    DFBETAS,
    CooksDistance,
    InfluenceFunctions,
    InfluenceSketch,
    LeaveOneOut,
    Leverage,
    NewtonStep,
    RelativeInfluence,
    RenormalizedInfluence,
    RescaledInfluence,
    SecondOrderInfluence,
    VersatileInfluence,
)
from .influence import Influence
from .influence_tree import InfluenceTree
from .models import ListMLERanker, PresenceLoss
from .subsets import Flip, InfluentialSubset, most_influential_subset, smallest_flip
from .trimming import DataTrimmer, DataTrimmerCV, ValidationSet, trimming_curves

__version__ = "0.1.0"

__all__ = [
    "CooksDistance",
    "DFBETAS",
    "DataTrimmer",
    "DataTrimmerCV",
    "Flip",
    "Influence",
    "InfluenceFunctions",
    "InfluenceSketch",
    "InfluenceTree",
    "InfluentialSubset",
    "LeaveOneOut",
    "Leverage",
    "ListMLERanker",
    "NewtonStep",
    "PresenceLoss",
    "RelativeInfluence",
    "RenormalizedInfluence",
    "RescaledInfluence",
    "RowBlocks",
    "SecondOrderInfluence",
    "ValidationSet",
    "VersatileInfluence",
    "most_influential_subset",
    "smallest_flip",
    "supports",
    "trimming_curves",
]
