"""One step on the support set of the fit: bounded vectors stay at their bounds, free ones on their margins."""

from collections.abc import Sequence

import numpy as np

from .dual import violations
from .machine import Machine, Optimum

__all__ = ["changes_support", "on_fixed_support"]


def on_fixed_support(
    machine: Machine, factors: np.ndarray, deleted: Sequence[np.ndarray], feasible: np.ndarray
) -> list:
    """Coefficients of each version, which may leave their box; nan where no free vector is left to determine them."""
    return [_one(machine, f, rows, ok) for f, rows, ok in zip(factors, deleted, feasible)]


def _one(machine, factors, rows, feasible):
    dual, working, optimum = machine.dual, machine.working, machine.optimum
    nothing = Optimum(np.zeros(0, dtype=np.intp), np.zeros(0), np.nan, 0.0)
    base, bounds = dual.bounds(machine.factors), dual.bounds(factors, rows)
    u = optimum.u(len(dual.signs))
    if not feasible or np.array_equal(np.where(u > 0, bounds, 0), np.where(u > 0, base, 0)):
        return optimum if feasible else nothing
    free = (u > 0) & (u < base)
    staying = np.flatnonzero((free & (bounds > 0))[working.items])
    if not len(staying):
        return nothing
    u[~free] = np.where(u > 0, bounds, 0.0)[~free]
    u[free & (bounds == 0)] = 0.0
    local = u[working.items]
    places = working.owner[staying]
    missing = working.targets[staying] - working.sums_at(local)[places]
    bordered = np.ones((len(staying) + 1, len(staying) + 1))
    bordered[0, 0], bordered[1:, 1:] = 0.0, working.columns(places)[:, places]
    solved = np.linalg.lstsq(bordered, np.append(-(dual.signs @ u), missing), rcond=None)[0]
    u[working.items[staying]] += working.signs[staying] * solved[1:]
    used = np.flatnonzero(u)
    return Optimum(used, u[used], float(solved[0]), 0.0)


def changes_support(machine: Machine, factors: np.ndarray, deleted: Sequence[np.ndarray]) -> np.ndarray:
    """Whether the conditions of all rows, or the box, are broken after one step: (G,) of bool."""
    dual, working = machine.dual, machine.working
    answers = on_fixed_support(machine, factors, deleted, np.ones(len(deleted), dtype=bool))
    beta = np.column_stack(
        [dual.coefficients(each.u(len(dual.signs))) for each in answers] or [np.zeros((dual.n_rows, 0))]
    )
    sums, _ = dual.sums(np.arange(dual.n_rows), beta)
    changed = []
    for column, (answer, weights, rows) in enumerate(zip(answers, factors, deleted)):
        bounds, u = dual.bounds(weights, rows), answer.u(len(dual.signs))
        signed = dual.signs * (sums[dual.owner, column] + answer.intercept - dual.targets)
        slack = 1e-7 * bounds
        wrong = violations(u, bounds, signed).max() > max(1e-7, 10 * working.tolerance)
        changed.append(bool(wrong | (u < -slack).any() | (u > bounds + slack).any() | np.isnan(answer.intercept)))
    return np.array(changed, dtype=bool)
