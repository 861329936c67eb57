"""Fisher information and dispersion of a likelihood, for the diagnostics of generalised linear models.

The dispersion is Pearson's statistic over the degrees of freedom, or 1 where the likelihood fixes it:

phi = sum_i w_i (y_i - mu_i)^2 / V(mu_i) / (n - degrees of freedom of the fit),      V(mu) = mu^power
"""

from dataclasses import replace
from typing import Any

import numpy as np

from ..losses import HalfSquaredError, HalfTweedieIdentityLoss, HalfTweedieLoss

__all__ = ["fisher_curvature", "has_dispersion", "pearson_squares"]

_ESTIMATED = (HalfSquaredError, HalfTweedieIdentityLoss, HalfTweedieLoss)


def has_dispersion(problem: Any) -> bool:
    """Whether the dispersion is estimated: of squared errors and Tweedie deviances, Gamma among them."""
    return isinstance(problem.loss, _ESTIMATED) or bool(getattr(problem.loss, "quadratic", False))


def fisher_curvature(problem: Any) -> Any:
    """H of a linear problem with the expected Hessian of each row in the place of the observed one, as R has it."""
    curvature = problem.curvature()
    if problem.loss.canonical:
        return curvature
    expected = problem.loss.hessian(problem.training_raw, problem.loss.predict(problem.training_raw)[:, 0])
    return replace(curvature, row_hessians=problem.weights()[:, :, None] * expected)


def pearson_squares(problem: Any) -> np.ndarray:
    """w_i (y_i - mu_i)^2 / V(mu_i) of each row and output, (n, K)."""
    loss = problem.loss
    if loss.quadratic:
        return problem.weights() * problem.row_gradients**2
    mean = loss.predict(problem.training_raw)
    return problem.weights() * (problem.y[:, None] - mean) ** 2 / mean**loss.power
