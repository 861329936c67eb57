"""Gradients of targets that state none: central differences along the parameters.

    d f / d theta_j = (f(theta + h_j e_j) - f(theta - h_j e_j)) / (2 h_j) + O(h_j^2)

h_j is chosen so that the raw predictions of the evaluation rows move by at most delta = (eps R s^2)^(1/3), R their
size and s the scale on which f curves: rounding, eps R / delta, and truncation, (delta / s)^2, are then equal, about
1e-10 where R = s.
"""

from typing import Any

import numpy as np

from .._memory import BLOCK_SIZE
from ..exceptions import UnsupportedTargetError
from ._base import Target

__all__ = ["parameter_differences"]


def parameter_differences(target: Target, state: Any, X: Any, rows: Any) -> np.ndarray:
    """Gradient of a target in the parameters, (P,), by central differences.

    Parameters
    ----------
    target : Target
        Of which only the value is asked, at 2 P candidates.
    state : State
        The fitted model, with ``problem``, at its parameters.
    X : ndarray or CSR matrix of shape (m, p)
        Evaluation features, as the target moved them.
    rows : EvaluationRows
        Their labels, weights and groups.

    Returns
    -------
    ndarray of shape (P,)

    Raises
    ------
    UnsupportedTargetError
        All differences are zero: a step function.

    Notes
    -----
    Three products of `X` with P candidates, in blocks.
    """
    problem, raw = state.problem, state.raw(X)
    theta = problem.theta
    delta = _raw_step(raw, rows)
    gradient = np.empty(len(theta))
    size = max(1, BLOCK_SIZE // raw.size)
    for start in range(0, len(theta), size):
        block = np.arange(start, min(start + size, len(theta)))
        directions = _directions(problem, X, raw, delta, block)
        up, down = (target.value(problem.raw(X, theta[:, None] + sign * directions), rows) for sign in (1, -1))
        gradient[block] = (up - down) / (2 * directions[block, np.arange(len(block))])
    if not gradient.any():
        raise UnsupportedTargetError(
            f"the target {target.name!r} does not change under small changes of the parameters, so it has no linear "
            "evaluation; ask with evaluation='moved'"
        )
    return gradient


def _raw_step(raw, rows):
    """delta: regressors of the identity live on the scale of y, log odds and logarithms on the scale 1."""
    on_scale_of_y = rows.classes is None and rows.loss.quadratic
    scale = rows.y.std() if on_scale_of_y else 1.0
    scale = scale if scale > 0 else 1.0
    return np.cbrt(np.finfo(float).eps * max(np.abs(raw).max(), scale) * scale**2)


def _directions(problem, X, raw, delta, block):
    """Steps h_j e_j as columns, (P, b), each of which moves the raw predictions by delta at most."""
    theta = problem.theta
    directions = np.zeros((len(theta), len(block)))
    steps = np.maximum(np.abs(theta[block]), 1.0)
    directions[block, np.arange(len(block))] = steps
    reach = np.abs(problem.raw(X, theta[:, None] + directions) - raw[:, :, None]).max(axis=(0, 1))
    # a parameter that moves no evaluation row keeps its step: its difference is zero
    return directions * np.where(reach > 0, delta / np.where(reach > 0, reach, 1.0), 1.0)
