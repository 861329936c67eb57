"""Text of verdicts about negative curvature and damping."""

from typing import Any

import numpy as np
from scipy.linalg.lapack import dpotrf

__all__ = ["damping_told", "left_out_told"]

#: an eigenvalue below minus this share of the largest is negative, not rounding error
NEGATIVE_EIGENVALUE = 1e-8


def damping_told(curvature: Any, damping: float) -> str:
    """What damping adds to the spectrum of H, and how much of it was negative; empty without damping.

    Parameters
    ----------
    curvature : operator
        H, not damped.
    damping : float
        Multiple of the mean eigenvalue.

    Returns
    -------
    str

    Notes
    -----
    A Cholesky factorisation, and the eigenvalues where that fails.
    """
    if not damping:
        return ""
    text = f", damped by {damping * curvature.mean_eigenvalue():.2g} ({damping:g} times the mean eigenvalue)"
    H = curvature.dense()
    if not dpotrf(H)[1]:
        return text
    values = np.linalg.eigvalsh(H)
    n_negative = np.sum(values < -NEGATIVE_EIGENVALUE * values[-1])
    if not n_negative:
        return text
    return f"{text}, for {n_negative} directions have negative curvature, down to {_share(values):.2g} of the largest"


def left_out_told(values: np.ndarray, kept: np.ndarray) -> str:
    """Which directions of an eigendecomposition, scaled to unit diagonal, are left out; empty when none is."""
    if kept.all():
        return ""
    n_negative = np.sum(values < -NEGATIVE_EIGENVALUE * values[-1])
    if not n_negative:
        return f", {np.sum(~kept)} flat directions left out (pseudo-inverse)"
    return (
        f", {np.sum(~kept)} directions left out, {n_negative} of them of negative curvature, down to "
        f"{_share(values):.2g} of the largest (scaled to unit diagonal): the parameters are not a minimum; fit to "
        "convergence, or pass damping > 0"
    )


def _share(values):
    return values[0] / values[-1]
