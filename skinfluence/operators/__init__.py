"""Linear maps and curvatures with declared structure."""

from .curvature import Curvature
from .design import Design

__all__ = ["Curvature", "Design"]
