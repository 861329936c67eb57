"""Linear maps and curvatures with declared structure."""

from .curvature import Curvature
from .dense import DenseCurvature
from .design import SHARED_ROWS, Design
from .listwise import ListwiseCurvature
from .products import ProductCurvature

__all__ = ["SHARED_ROWS", "Curvature", "DenseCurvature", "Design", "ListwiseCurvature", "ProductCurvature"]
