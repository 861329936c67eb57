"""Sequential minimal optimisation in double precision: pairs of coefficients, the second chosen by what it gains.

Source: Fan, Chen and Lin (2005), J. Mach. Learn. Res. 6, working set selection 2. It finishes what active sets do not.
"""

import numpy as np

from .working_set import WorkingSet

__all__ = ["pair_steps"]


def pair_steps(working: WorkingSet, bounds: np.ndarray, u: np.ndarray, limit: int) -> np.ndarray:
    """u (I,) after steps until the violation is within the tolerance of the working set, or `limit` steps."""
    u, signs = u.copy(), working.signs
    missing = working.targets - working.sums_at(u)[working.owner]
    diagonal = np.array([working.columns(np.array([k]))[0, k] for k in range(len(working.rows))])[working.owner]
    for _ in range(limit):
        up, down = u < bounds, u > 0
        raises, lowers = np.where(signs > 0, up, down), np.where(signs > 0, down, up)
        first = int(np.argmax(np.where(raises, missing, -np.inf)))
        gap = np.where(lowers, missing[first] - missing, -np.inf)
        if not gap.max() > working.tolerance:
            break
        column = working.columns(working.owner[[first]])[0]
        curved = np.maximum(diagonal[first] + diagonal - 2 * column[working.owner], 1e-12)
        second = int(np.argmax(np.where(gap > 0, gap**2 / curved, -np.inf)))
        step = gap[second] / curved[second]
        step = min(step, _room(u, bounds, signs, first, 1), _room(u, bounds, signs, second, -1))
        for item, change in ((first, step), (second, -step)):
            u[item] = _snapped(u[item] + signs[item] * change, bounds[item])
        other = working.columns(working.owner[[second]])[0]
        missing = missing - step * (column - other)[working.owner]
    return u


def _room(u, bounds, signs, item, direction):
    return bounds[item] - u[item] if signs[item] * direction > 0 else u[item]


def _snapped(value, bound):
    """A value within rounding of a bound is on it."""
    slack = 1e-15 * bound
    return 0.0 if value <= slack else bound if value >= bound - slack else value
