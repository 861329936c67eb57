"""Linear maps and curvatures with declared structure."""

from .curvature import Curvature
from .dense import DenseCurvature
from .design import Design
from .listwise import ListwiseCurvature
from .products import ProductCurvature

__all__ = ["Curvature", "DenseCurvature", "Design", "ListwiseCurvature", "ProductCurvature"]
