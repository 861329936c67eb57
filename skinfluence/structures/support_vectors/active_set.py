"""Primal active set on one dual: solve for the free items, stop at the first bound, let the worst item in, again.

An item whose row the free ones span (duplicated rows, a linear kernel) moves along the direction that changes no
prediction until something meets a bound, and takes its place. Source: Scheinberg (2006), J. Mach. Learn. Res. 7.
"""

from typing import Any

import numpy as np

from .dual import interval, violations
from .free_system import EMPTY, FreeSystem
from .working_set import WorkingSet

__all__ = ["ActiveSet"]

#: distance from a bound, relative to it, that is rounding: a coefficient there is not free
BOUND_TOL = 1e-12


class ActiveSet:
    """Items of the working set on their way to the optimum under new bounds.

    Parameters
    ----------
    working : WorkingSet
    bounds, u : ndarray of shape (I,)
        0 <= u <= bounds; the sum of s_j u_j need not be 0 yet.
    system : FreeSystem
        Of items between their bounds, positions among the items of the working set.
    """

    def __init__(self, working: WorkingSet, bounds: np.ndarray, u: np.ndarray, system: FreeSystem = EMPTY) -> None:
        self.working, self.bounds, self.u, self.system = working, bounds, u.copy(), system
        self.intercept = 0.0
        for item in system.items[(u[system.items] >= bounds[system.items])]:
            self._drop(np.flatnonzero(self.system.items == item)[0])
        self._refresh()

    def run(self, limit: int) -> bool:
        """Whether the optimum was reached within a number of steps."""
        return any(self._step() for _ in range(limit))

    def violation(self) -> Any:
        """Largest violation, (items) at the present intercept."""
        signed = self.working.signs * (self.intercept - self.missing)
        return violations(self.u, self.bounds, signed)

    def settle(self) -> None:
        """Items within rounding of a bound on it; the intercept: of free items, else the middle of its interval."""
        slack = BOUND_TOL * self.bounds
        self.u[self.u <= slack] = 0.0
        top = self.u >= self.bounds - slack
        self.u[top] = self.bounds[top]
        inside = (self.u > 0) & (self.u < self.bounds)
        if not inside.any() and (self.bounds > 0).any():
            low, high = self.missing[list(interval(self.u, self.bounds, self.working.signs, self.missing))]
            self.intercept = (low + high) / 2

    def _refresh(self):
        self.missing = self.working.targets - self.working.sums_at(self.u)[self.working.owner]
        self.right = self.missing[self.system.items]

    def _drop(self, place):
        self.system = self.system.remove(place)

    def _step(self):
        deficit = -(self.working.signs @ self.u)
        if not len(self.system.items):
            return self._without_free(deficit)
        items = self.system.items
        solved = self.system.solve(np.append(deficit, self.right))
        moves = self.working.signs[items] * solved[1:]
        length, place = self._first_bound(items, moves)
        if length < 1:
            self._advance(items, moves, length, place)
            self.right = np.delete(self.right - length * (self.right - solved[0]), place)
            self._drop(place)
            return False
        self.u[items] = np.clip(self.u[items] + moves, 0, self.bounds[items])
        self.intercept = solved[0]
        self._refresh()
        return self._enter()

    def _first_bound(self, items, moves):
        """Share of the moves up to the first bound, and whose it is."""
        room = np.where(moves > 0, self.bounds[items] - self.u[items], self.u[items])
        with np.errstate(divide="ignore", invalid="ignore"):
            lengths = np.where(moves != 0, room / np.abs(moves), np.inf)
        place = int(np.argmin(lengths))
        return lengths[place], place

    def _advance(self, items, moves, length, place):
        self.u[items] = np.clip(self.u[items] + length * moves, 0, self.bounds[items])
        self.u[items[place]] = self.bounds[items[place]] if moves[place] > 0 else 0.0

    def _without_free(self, deficit):
        """Where nothing is free: take up a missing sum, or look at the interval of the intercept."""
        self._refresh()
        signs, total = self.working.signs, np.abs(self.u).sum()
        low, high = interval(self.u, self.bounds, signs, self.missing)
        if abs(deficit) > 1e-13 * total:
            self._free(low if deficit > 0 else high)
            return False
        if not (self.bounds > 0).any() or self.missing[low] <= self.missing[high] + self.working.tolerance:
            return True
        self._free(low)
        return False

    def _free(self, item):
        place = self.working.owner[item]
        column = self.working.columns(np.array([place]))[0]
        self.system = self.system.add(item, column[self.working.owner[self.system.items]], column[place])
        self.right = self.missing[self.system.items]

    def _enter(self):
        """Whether all conditions hold; else the worst item becomes free."""
        excess = self.violation()
        item = int(np.argmax(excess))
        if excess[item] <= self.working.tolerance:
            return True
        if item in self.system.items:  # rounding: solved once more
            return False
        place = self.working.owner[item]
        column = self.working.columns(np.array([place]))[0]
        spanned, schur = self.system.schur(column[self.working.owner[self.system.items]], column[place])
        if schur > max(1e-12 * abs(column[place]), self.working.tolerance / self.bounds[item] / 10):
            self._free(item)
        else:
            self._exchange(item, spanned[1:])
        return False

    def _exchange(self, item, spanned):
        """Move along a direction that changes no prediction, up to the first bound."""
        signs, items = self.working.signs, np.append(self.system.items, item)
        rises = self.intercept - self.missing[item]
        moves = signs[items] * np.append(spanned, -1.0) * np.sign(rises)
        length, place = self._first_bound(items, moves)
        self._advance(items, moves, length, place)
        if place < len(self.system.items):
            self._drop(place)
            self._refresh()
            self._free(item)
        self._refresh()
