"""Names for the array shapes that formulas speak of."""

from typing import Any

from numpy.typing import NDArray

import numpy as np

__all__ = ["Array", "Matrix"]

Array = NDArray[np.float64]
#: dense array or SciPy sparse matrix with rows as observations
Matrix = Any
