"""The active set of an l1 penalty: coefficients that are zero at the fit stay so, the others keep their sign."""

from typing import Any

import numpy as np

__all__ = ["wrong_signs"]


def wrong_signs(problem: Any, columns: np.ndarray, loss_gradient: np.ndarray, penalty_scale: Any) -> np.ndarray:
    """Which parameters have not the zero or the sign of an optimum: (P, B) of bool.

    Parameters
    ----------
    problem : LinearProblem
        Its penalty, and the signs of its active set.
    columns : ndarray of shape (P, B)
        Candidates.
    loss_gradient : ndarray of shape (P, B)
        Gradient of the losses there.
    penalty_scale : float or ndarray of shape (B,)
        Factor of the penalty.
    """
    if problem.l1_penalty is None:
        return np.zeros(columns.shape, dtype=bool)
    allowed = (1 + 1e-8) * penalty_scale * problem.l1_penalty[:, None]
    signs = problem.signs[:, None]
    wrong = (signs != 0) & (np.sign(columns) != signs)
    return np.where(problem.free[:, None], wrong, np.abs(loss_gradient) > allowed)
