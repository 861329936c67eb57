"""Random vectors whose mean outer product is the inverse of H.

Where v has covariance H, H^-1 v has covariance H^-1 H H^-1 = H^-1. A curvature that is a sum of squares draws such v
without being formed: v = sum_i E_i' L_i e_i + D^(1/2) e with standard normal e. So k solves give Z of shape (P, k) with
Z Z' about H^-1: for any y, |Z'y|^2 / (y'H^-1 y) is chi^2 with k degrees of freedom, over k.
"""

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from .._typing import RandomState
from ..operators import DenseCurvature
from ._base import Factor

__all__ = ["inverse_probes"]


def inverse_probes(curvature: Any, factor: Factor, n_probes: int, random_state: RandomState) -> np.ndarray:
    """Z of shape (P, k) with mean Z Z' = H^-1.

    Parameters
    ----------
    curvature : operator
        H; formed as a matrix where it has no ``draw`` of its own.
    factor : Factor
        Of H.
    n_probes : int
        k.
    random_state : int, RandomState or None
        Seed.

    Returns
    -------
    ndarray of shape (P, k)

    Examples
    --------
    >>> from skinfluence.operators import DenseCurvature
    >>> from skinfluence.solvers import CholeskySolver
    >>> H = DenseCurvature(np.array([[4.0]]), np.zeros((1, 0)))
    >>> Z = inverse_probes(H, CholeskySolver().prepare(H), 20_000, random_state=0)
    >>> round((Z @ Z.T).item(), 2)
    0.25
    """
    if not hasattr(curvature, "draw"):
        curvature = DenseCurvature(curvature.dense(), curvature.null_directions)
    generator = check_random_state(random_state)
    return factor.solve(curvature.draw(generator, n_probes)).value / np.sqrt(n_probes)
