"""Attributors: one method a file."""

from .static import (
    DFBETAS,
    CooksDistance,
    InfluenceFunctions,
    Leverage,
    NewtonStep,
    RelativeInfluence,
    RenormalizedInfluence,
    RescaledInfluence,
)

__all__ = [
    "CooksDistance",
    "DFBETAS",
    "InfluenceFunctions",
    "Leverage",
    "NewtonStep",
    "RelativeInfluence",
    "RenormalizedInfluence",
    "RescaledInfluence",
]
