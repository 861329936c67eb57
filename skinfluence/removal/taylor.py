"""Chord rounds without exponentials, in single precision, to start the exact ones from.

The optimum without row i solves, with H_i = H - w_i H_i - s_i P and delta = X Delta,

    H_i Delta = R_i - sum_{j != i} w_j (l'(raw_j + delta_j) - l'_j - l''_j delta_j) x_j

The bracket is of second order in delta, so that a Taylor polynomial in single precision leaves an error far below one
contraction of the chord. It holds while every |delta| off the deleted row is small; the rounds in double precision that
follow start where this one ends, and judge it.
"""

from typing import Any

import numpy as np

from ..operators import Design
from ..solvers import Downdate
from .polish import FAST_CONTRACTION

__all__ = ["TaylorStart"]

#: largest |delta| off the deleted row for which the polynomial is used
MAX_DELTA = 0.5
MAX_ROUNDS = 8
#: step, relative to the effect, at which a column may stop contracting
STOPPED_STEP = 1e-5
#: step, relative to the effect, from which rounds in double precision go on
SINGLE_PRECISION_TOL = 2e-9


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

    def __init__(self, problem: Any) -> None:
        derivatives = None
        if problem.n_outputs == 1 and problem.balance is None:
            derivatives = problem.loss.higher_derivatives(problem.training_raw, problem.y)
        self.applies = derivatives is not None
        if self.applies:
            # coefficients of delta^2, delta^3, delta^4 in w (l' - its linear part)
            weighted = derivatives * problem.weights()[:, 0] / np.array([2.0, 6.0, 24.0])[:, None]
            self.applies = bool(np.abs(weighted).max(initial=0) < np.finfo(np.float32).max)
        if self.applies:
            self.coefficients = weighted.astype(np.float32)[:, :, None]
            self.design = Design(problem.design.X.astype(np.float32), 1, problem.design.intercept)

    def refine(
        self, downdate: Downdate, rows: np.ndarray, columns: np.ndarray, changes: np.ndarray, sharpener: Any = None
    ) -> np.ndarray:
        """Parameter changes (P, b) after some rounds; columns that diverge or leave the radius return as they came.

        A `sharpener` makes Newton steps of chord steps, as :class:`BlockOfThirdOrder`.
        """
        start, changes = changes, changes.copy()
        unit = np.abs(start).max(axis=0)
        last, active = unit.copy(), np.flatnonzero(np.isfinite(unit))
        for _ in range(MAX_ROUNDS):
            if not len(active):
                break
            pull, safe = self._curved_part(rows[active], changes[:, active])
            left = columns.copy()
            left[:, active] -= pull
            moved = downdate.solve(left)
            if sharpener is not None:
                moved = changes + sharpener.sharpened(changes, moved - changes)
            moved = moved[:, active]
            with np.errstate(invalid="ignore", divide="ignore"):
                size = np.abs(moved - changes[:, active]).max(axis=0)
                ratio = size / last[active]
            safe &= (ratio < FAST_CONTRACTION) | (size <= STOPPED_STEP * unit[active])
            changes[:, active] = np.where(safe, moved, start[:, active])
            last[active] = size
            # the next step would be as much smaller again
            active = active[safe & (ratio < FAST_CONTRACTION) & (size * ratio > SINGLE_PRECISION_TOL * unit[active])]
        return changes

    def _curved_part(self, rows, changes):
        """sum_{j != i} w_j (...) x_j for every column i, and whether |delta| stays within the radius off row i."""
        changes, n_columns = changes.astype(np.float32), len(rows)
        pull, reach = np.zeros(changes.shape), np.zeros(n_columns)
        # columns that diverge are out of reach before they are out of range
        with np.errstate(over="ignore", invalid="ignore"):
            for block in self.design.blocks(4 * n_columns):
                design = self.design.with_rows(self.design.X[block])
                delta = design.raw(changes)[:, 0]
                own = np.flatnonzero((rows >= block.start) & (rows < block.stop))
                delta[rows[own] - block.start, own] = 0
                reach = np.maximum(reach, np.maximum(delta.max(axis=0), -delta.min(axis=0)))
                pull += design.vjp(self._bracket(delta, block)[:, None])
        return pull, reach < MAX_DELTA

    def _bracket(self, delta, block):
        """w (l'(raw + delta) - l' - l'' delta) to fourth order: c2 delta^2 + c3 delta^3 + c4 delta^4."""
        second, third, fourth = self.coefficients[:, block]
        bracket = fourth * delta
        bracket += third
        bracket *= delta
        bracket += second
        bracket *= delta
        bracket *= delta
        return bracket
