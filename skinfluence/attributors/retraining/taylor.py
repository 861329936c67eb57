"""Chord rounds without exponentials, in single precision, to start the exact ones from.

The optimum without row i solves, with H_i = H - w_i H_i - s_i P and delta = X Delta,

    H_i Delta = R_i - sum_{j != i} w_j (l'(raw_j + delta_j) - l'_j - l''_j delta_j) x_j

The bracket is of second order in delta, so that a Taylor polynomial in single precision leaves an error far below one
contraction of the chord. It holds while every |delta| off the deleted row is small; the rounds in double precision that
follow start where this one ends, and judge it.
"""

import numpy as np

from ...operators import Design

__all__ = ["TaylorStart"]

#: largest |delta| off the deleted row for which the polynomial is used
RADIUS = 0.5
ROUNDS = 5


class TaylorStart:
    """Starting points for exact removal, for losses of one output with stated higher derivatives.

    Parameters
    ----------
    problem : LinearProblem
        At its optimum.

    Attributes
    ----------
    applies : bool
        Whether the problem is of the kind.
    """

    def __init__(self, problem):
        derivatives = None
        if problem.n_outputs == 1 and problem.balance is None:
            derivatives = problem.loss.higher_derivatives(problem.training_raw, problem.y)
        self.applies = derivatives is not None
        if self.applies:
            # coefficients of delta^2, delta^3, delta^4 in w (l' - its linear part)
            weighted = derivatives * problem.weights()[:, 0] / np.array([2.0, 6.0, 24.0])[:, None]
            self.coefficients = weighted.astype(np.float32)[:, :, None]
            self.design = Design(problem.design.X.astype(np.float32), 1, problem.design.intercept)

    def refine(self, downdate, rows, columns, changes):
        """Parameter changes (P, b) after some rounds; columns that leave the radius are returned as they came."""
        start, inside = changes, None
        for _ in range(ROUNDS):
            with np.errstate(over="ignore", invalid="ignore"):  # columns that diverge leave the radius first
                pull, safe = self._curved_part(rows, changes)
            changes = downdate.solve(columns - pull)
            inside = safe if inside is None else inside & safe
        return np.where(inside & np.isfinite(changes).all(axis=0), changes, start)

    def _curved_part(self, rows, changes):
        """sum_{j != i} w_j (...) x_j for every column i, and whether |delta| stays within the radius off row i."""
        delta = self.design.raw(changes.astype(np.float32))[:, 0]
        delta[rows, np.arange(len(rows))] = 0
        second, third, fourth = self.coefficients
        bracket = fourth * delta
        bracket += third
        bracket *= delta
        bracket += second
        bracket *= delta
        bracket *= delta
        safe = np.maximum(delta.max(axis=0), -delta.min(axis=0)) < RADIUS
        return self.design.vjp(bracket[:, None]).astype(np.float64), safe
