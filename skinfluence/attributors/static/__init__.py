"""Methods that read the final parameters only."""

from .diagnostics import DFBETAS, CooksDistance, Leverage
from .influence_functions import InfluenceFunctions
from .newton_step import NewtonStep
from .normalized import RelativeInfluence, RenormalizedInfluence
from .rescaled import RescaledInfluence
from .second_order import SecondOrderInfluence
from .sketch import InfluenceSketch
from .versatile import VersatileInfluence

__all__ = [
    "DFBETAS",
    "CooksDistance",
    "InfluenceFunctions",
    "InfluenceSketch",
    "Leverage",
    "NewtonStep",
    "RelativeInfluence",
    "RenormalizedInfluence",
    "RescaledInfluence",
    "SecondOrderInfluence",
    "VersatileInfluence",
]
